"""The path language of the declarations, taken apart into steps.

See :mod:`genesys_assets.catalog.declare` for what a path means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STEP = re.compile(r"(?P<name>[^.\[\]{}]+)?(?P<mark>\[\]|\{\}|\[\d+\]|\[\?[^\]]+\])?")
_FILTER = re.compile(r"\[\?(\w+)==([^\]]+)\]")


class PathError(ValueError):
    """A declared path cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a field, and what is done with its value.

    ``many`` is ``"array"`` or ``"map"`` where every element or entry is meant; ``position`` and
    ``match`` (field, value) pick one element.
    """

    name: str
    many: str | None = None
    position: int | None = None
    match: tuple[str, str] | None = None


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path without its prefix (``$.``, ``@request.`` ...); none for ``""``.

    Raises:
        PathError: a step is neither a field, an array, a map, a position nor a filter.
    """
    if not path:
        return ()
    return tuple(_step(path, part) for part in _split(path))


def _split(path: str) -> list[str]:
    """Split at the dots outside brackets."""
    return re.findall(r"(?:[^.\[]|\[[^\]]*\])+", path)


def _step(path: str, part: str) -> Step:
    match = _STEP.fullmatch(part)
    if match is None or match["name"] is None:
        raise PathError(f"path {path!r}: cannot read the step {part!r}")
    name, mark = match["name"], match["mark"]
    if mark is None:
        return Step(name)
    if mark in ("[]", "{}"):
        return Step(name, many="array" if mark == "[]" else "map")
    if (found := _FILTER.fullmatch(mark)) is not None:
        return Step(name, match=(found[1], found[2].strip("'\"")))
    return Step(name, position=int(mark[1:-1]))
