"""Fields in answers that no declaration knows: noticed on a sample, counted, reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from genesys_assets.catalog.declare import Read, Table
from genesys_assets.extraction.paths import Step, parse

SAMPLE = 20
"""How many items of a load's first page are looked at."""


class DriftWatch:
    """Knows every field that the tables of a read take or deliberately ignore.

    A field below a json column, below an ignored one, or beside a key of a map is known with it.
    """

    def __init__(self, read: Read, tables: Sequence[Table]) -> None:
        self._known: dict[str, Any] = {}
        for table in tables:
            for rows in (table.rows,) if isinstance(table.rows, str) else table.rows:
                level = parse(rows)
                self._learn(level, whole=False)
                for column in table.columns:
                    path = column.path
                    if path.startswith("$."):
                        self._learn(parse(path[2:]), whole=True)
                    elif path and not path.startswith("@"):
                        self._learn((*level, *parse(path)), whole=True)
            if table.partition_by is not None and table.partition_by.startswith("$."):
                self._learn(parse(table.partition_by[2:]), whole=True)
        for path in read.ignored:
            self._learn(parse(path), whole=True)

    def _learn(self, steps: Sequence[Step], *, whole: bool) -> None:
        known = self._known
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            if step.many == "map" or (last and whole):
                known[step.name] = None
                return
            inner = known.setdefault(step.name, {})
            if inner is None:
                return
            if step.match is not None:
                inner.setdefault(step.match[0], None)
            known = inner

    def look(self, items: Sequence[bytes]) -> dict[str, int]:
        """Paths of undeclared fields with the number of times they were seen in the sample."""
        found: Counter[str] = Counter()
        for item in items[:SAMPLE]:
            _compare(msgspec.json.decode(item), self._known, "", found)
        return dict(found)


def _compare(value: Any, known: dict[str, Any], path: str, found: Counter[str]) -> None:
    if isinstance(value, list):
        for element in value:  # pyright: ignore[reportUnknownVariableType]
            _compare(element, known, path, found)
    elif isinstance(value, dict):
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            here = f"{path}.{name}" if path else str(name)  # pyright: ignore[reportUnknownArgumentType]
            if name not in known:
                found[here + ("[]" if isinstance(inner, list) else "")] += 1
            elif known[name] is not None:
                _compare(inner, known[name], here + ("[]" if isinstance(inner, list) else ""), found)
