"""The rows of a table as its declaration says, found one value at a time: slow, and plain enough to be believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from genesys_assets.catalog.declare import Column, Shape, Table
from genesys_assets.extraction.paths import Step, parse

Row = dict[str, Any]


def rows(table: Table, items: list[bytes]) -> list[Row]:
    """Every row of the items, in their order."""
    paths = (table.rows,) if isinstance(table.rows, str) else table.rows
    return [
        row
        for item in map(json.loads, items)
        for path in paths
        for trail in _trails(item, parse(path), [])
        for row in [_row(table, item, path, trail)]
    ]


def _trails(value: Any, steps: tuple[Step, ...], trail: list[tuple[Step, Any, Any]]) -> Iterator[list[Any]]:
    """The ways to the rows: for each step the position (or key) and the value."""
    if not steps:
        yield trail
        return
    step, rest = steps[0], steps[1:]
    inner = value.get(step.name) if isinstance(value, dict) else None
    if inner is None:
        return
    entries = enumerate(inner) if step.many == "array" else inner.items() if step.many == "map" else [(None, inner)]
    for at, each in entries:
        yield from _trails(each, rest, [*trail, (step, at, each)])


def _row(table: Table, item: Any, path: str, trail: list[Any]) -> Row:
    row = {column.name: _converted(column, _find(column.path, item, path, trail)) for column in table.columns}
    by = table.partition_by
    if by is not None:
        found = _find(by if by.startswith("$.") else table.column(by).path, item, path, trail)
        row["db_partition"] = _day(found)
    return row


def _find(path: str, item: Any, rows_path: str, trail: list[Any]) -> Any:
    if path in ("@", "@value"):
        return trail[-1][2]
    if path in ("@key", "@index"):
        return trail[-1][1]
    if path == "@rows":
        return rows_path
    value, steps = (trail[-1][2] if trail else item), parse(path.removeprefix("$."))
    if path.startswith("$."):
        value = item
        for step, _, each in trail:
            if not any(each.many for each in steps):
                break
            assert steps[0] == step
            value, steps = each, steps[1:]
    for step in steps:
        value = _into(value, step)
    return value


def _into(value: Any, step: Step) -> Any:
    inner = value.get(step.name) if isinstance(value, dict) else None
    if inner is None:
        return None
    if step.position is not None:
        return inner[step.position] if step.position < len(inner) else None
    if step.match is not None:
        name, wanted = step.match
        return next((each for each in inner if each.get(name) == wanted), None)
    return inner


def _converted(column: Column, value: Any) -> Any:
    if value is None:
        return None
    match column.type:
        case "string":
            return value if isinstance(value, str) else json.dumps(value)
        case "timestamp":
            return datetime.fromisoformat(value).astimezone(UTC)
        case "double":
            return float(value)
        case "json":
            return as_shaped(value, column.shape)
        case _:
            return value


def as_shaped(value: Any, shape: Shape | None) -> Any:
    """The value with every field of its shape, and no other."""
    if value is None or shape is None or isinstance(shape, str):
        return value
    if isinstance(shape, tuple):
        return [as_shaped(each, shape[0]) for each in value]
    assert isinstance(shape, Mapping)
    return {name: as_shaped(value.get(name), inner) for name, inner in shape.items()}


def _day(value: Any) -> date | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC).date()


def plain(table: Table, frame: Any) -> list[Row]:
    """The rows of a frame, json columns read."""
    kinds = {column.name for column in table.columns if column.type == "json"}
    return [
        {name: json.loads(value) if name in kinds and value is not None else value for name, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]
