"""The path language of the declarations, taken apart into steps.

See :mod:`genesys_assets.catalog.declare` for what a path means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

_PARTS = re.compile(r"(?:[^.\[]|\[[^\]]*\])+")
_STEP = re.compile(r"(?P<name>[^.\[\]{}]+)(?P<mark>\[\]|\{\}|\[\d+\]|\[\?[^\]]+\])?")
_INTERVAL = re.compile(r"(?P<path>.*\w):(?P<part>start|end)")
_FILTER = re.compile(r"\[\?(\w+)==([^\]]+)\]")


class DeclarationError(ValueError):
    """A declaration cannot be turned into a parser; the message names table and column."""


class PathError(DeclarationError):
    """A declared path cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a field, and what is done with its value.

    ``many`` is ``"array"`` or ``"map"`` where every element or entry is meant; ``position`` and
    ``match`` (field, value) pick one element. ``part`` is ``"start"`` or ``"end"`` where one of the two
    moments of an interval is meant.
    """

    name: str
    many: str | None = None
    position: int | None = None
    match: tuple[str, str] | None = None
    part: str | None = None

    def __str__(self) -> str:
        if self.part is not None:
            return f"{self.name}:{self.part}"
        if self.many is not None:
            return self.name + ("[]" if self.many == "array" else "{}")
        if self.position is not None:
            return f"{self.name}[{self.position}]"
        if self.match is not None:
            return f"{self.name}[?{self.match[0]}=={self.match[1]}]"
        return self.name


Steps = tuple[Step, ...]


def parse(path: str) -> Steps:
    """The steps of a path without its prefix (``$.``, ``@request.`` ...); none for ``""``.

    Raises:
        PathError: a step is neither a field, an array, a map, a position nor a filter.
    """
    if not path:
        return ()
    interval = _INTERVAL.fullmatch(path)
    if interval is not None:
        *outer, last = parse(interval["path"])
        if last != Step(last.name):
            raise PathError(f"path {path!r}: only a field holds an interval")
        return (*outer, Step(last.name, part=interval["part"]))
    parts = _PARTS.findall(path)
    if ".".join(parts) != path:
        raise PathError(f"path {path!r}: an empty step or an open bracket")
    return tuple(_step(path, part) for part in parts)


def text(steps: Iterable[Step]) -> str:
    """The path that the steps came from."""
    return ".".join(map(str, steps))


def reach(value: object, steps: Steps) -> Iterator[object]:
    """Every decoded value that the steps lead to; none where something on the way is absent or of another shape."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    inner = cast("dict[str, object]", value).get(step.name) if isinstance(value, dict) else None
    if inner is None:
        return
    for each in _meant(inner, step):
        yield from reach(each, rest)


def _meant(value: object, step: Step) -> Sequence[object]:
    """The elements or entries of a field's value that the step means; the value itself where it marks none."""
    if step.many == "map":
        return list(cast("dict[str, object]", value).values()) if isinstance(value, dict) else []
    if step.many is None and step.position is None and step.match is None:
        return [value]
    elements = cast("list[object]", value) if isinstance(value, list) else []
    if step.position is not None:
        return elements[step.position : step.position + 1]
    if step.match is not None:
        name, wanted = step.match
        return [element for element in elements if wanted in reach(element, (Step(name),))][:1]
    return elements


def _step(path: str, part: str) -> Step:
    match = _STEP.fullmatch(part)
    if match is None:
        raise PathError(f"path {path!r}: cannot read the step {part!r}")
    name, mark = match["name"], match["mark"]
    if mark is None:
        return Step(name)
    if mark in ("[]", "{}"):
        return Step(name, many="array" if mark == "[]" else "map")
    if mark[1:-1].isdecimal():
        return Step(name, position=int(mark[1:-1]))
    found = _FILTER.fullmatch(mark)
    if found is None:
        raise PathError(f"path {path!r}: cannot read the filter {mark!r}; expected [?field==value]")
    return Step(name, match=(found[1], found[2].strip("'\"")))
