"""Fields in answers that no declaration knows: noticed on a sample, counted, reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from genesys_assets.catalog.declare import Column, Read, Shape, Table
from genesys_assets.extraction.paths import Steps, parse
from genesys_assets.extraction.plan import row_paths

SAMPLE = 20
"""How many items of a load's first page are looked at."""


@dataclass(slots=True)
class _Known:
    """What is known of a field: its own fields, that it is a map of such values, or that all of it is taken."""

    fields: dict[str, _Known] = field(default_factory=dict[str, "_Known"])
    is_map: bool = False
    whole: bool = False


class DriftWatch:
    """Knows every field that the tables of a read take or deliberately ignore.

    A field below an ignored one, or below a json column without a shape, is known with it; below a json
    column with a shape, only what the shape names.
    """

    def __init__(self, read: Read, tables: Sequence[Table]) -> None:
        self._known = _Known()
        for table in tables:
            for rows in row_paths(table):
                level = parse(rows)
                self._learn(level)
                for column in table.columns:
                    self._learn_column(level, column)
            if table.partition_by is not None and table.partition_by.startswith("$."):
                self._learn(parse(table.partition_by[2:])).whole = True
        for path in read.ignored:
            self._learn(parse(path)).whole = True

    def _learn_column(self, level: Steps, column: Column) -> None:
        path = column.path
        if path.startswith("$."):
            steps = parse(path[2:])
        elif path in ("@", "@value"):
            steps = level
        elif path and not path.startswith("@"):
            steps = (*level, *parse(path))
        else:
            return
        known = self._learn(steps)
        if column.shape is not None:
            _learn_shape(known, column.shape)
        elif column.type == "json":
            known.whole = True

    def _learn(self, steps: Steps) -> _Known:
        known = self._known
        for step in steps:
            known = known.fields.setdefault(step.name, _Known())
            known.is_map = known.is_map or step.many == "map"
            if step.match is not None:
                known.fields.setdefault(step.match[0], _Known())
        return known

    def look(self, items: Sequence[bytes | msgspec.Raw]) -> dict[str, int]:
        """Paths of undeclared fields with the number of times they were seen in the sample."""
        found: Counter[str] = Counter()
        for item in items[:SAMPLE]:
            try:
                value: object = msgspec.json.decode(item)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # The parser rejects it, and says why.
                continue
            _compare(value, self._known, "", found)
        return dict(found)


def _learn_shape(known: _Known, shape: Shape) -> None:
    if isinstance(shape, tuple):
        _learn_shape(known, shape[0])
    elif not isinstance(shape, str):
        for name, inner in shape.items():
            _learn_shape(known.fields.setdefault(name, _Known()), inner)


def _compare(value: object, known: _Known, path: str, found: Counter[str]) -> None:
    if known.whole:
        return
    if isinstance(value, list):
        for element in cast("list[object]", value):
            _compare(element, known, path, found)
    elif isinstance(value, dict):
        entries = cast("Mapping[str, object]", value)
        if known.is_map:
            inside = _Known(known.fields)
            for inner in entries.values():
                _compare(inner, inside, path + "{}", found)
            return
        for name, inner in entries.items():
            here = (f"{path}.{name}" if path else name) + _mark(inner)
            if name in known.fields:
                _compare(inner, known.fields[name], here, found)
            else:
                found[here] += 1


def _mark(value: object) -> str:
    return "[]" if isinstance(value, list) else ""
