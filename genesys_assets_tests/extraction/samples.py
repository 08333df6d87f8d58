"""Small tables of the tests' own, and a sink that keeps what it is given."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from genesys_assets.catalog.declare import Column, Loading, Read, Snapshot, Table, string
from genesys_assets.catalog.types import polars_schema
from genesys_assets.extraction.parser import PageParser, Parsed

READ = Read(name="things", path="/api/v2/things")
ID = string("id", "Identifier.", key=True)
OF_ITEM = string("item_id", "Identifier of the item.", "$.id", key=True)


def table(
    *columns: Column,
    name: str = "thing",
    rows: str | tuple[str, ...] = "",
    loading: Loading | None = None,
    partition_by: str | None = None,
    read: Read = READ,
) -> Table:
    return Table(name, "A thing.", read, loading or Snapshot(), columns or (ID,), rows, partition_by)


def raw(*items: object) -> list[bytes]:
    return [json.dumps(item).encode() for item in items]


def parsed(tables: Table | list[Table], *items: object, **beside: Any) -> Parsed:
    return PageParser([tables] if isinstance(tables, Table) else tables).parse(raw(*items), **beside)


def values(column: Column, *found: object) -> list[Any]:
    """What becomes of values of the field ``x`` in a column; every item must load."""
    result = parsed(table(ID, column), *({"id": str(n), "x": value} for n, value in enumerate(found)))
    assert result.rejects.is_empty(), result.rejects["reason"].to_list()
    return result.frames["thing"][column.name].to_list()


def reason(tables: Table | list[Table], item: object, **beside: Any) -> tuple[str, str, str]:
    """Table, column and reason of an item's rejection, between two good neighbours that must load."""
    good = [{"id": "before"}, {"id": "after"}]
    result = parsed(tables, good[0], item, good[1], **beside)
    assert len(result.rejects) == 1, result.rejects
    row = result.rejects.row(0, named=True)
    assert json.loads(row["raw"]) == item
    first = tables if isinstance(tables, Table) else tables[0]
    assert result.frames[first.name].get_column("id").to_list() == ["before", "after"]
    return row["table"], row["column"], row["reason"]


@dataclass
class MemorySink:
    """Keeps everything in the order in which it came."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    covers: dict[str, list[pl.DataFrame | None]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[pl.DataFrame] = field(default_factory=list)
    drifted: list[tuple[str, dict[str, int]]] = field(default_factory=list)

    def append(self, table: Table, frame: pl.DataFrame) -> None:
        declared = polars_schema(table)
        assert {name: frame.schema[name] for name in declared} == dict(declared)
        self.frames[table.name].append(frame)

    def cover(self, table: Table, scope: pl.DataFrame | None) -> None:
        self.covers[table.name].append(scope)

    def reject(self, rejects: pl.DataFrame) -> None:
        self.rejected.append(rejects)

    def drift(self, read: str, fields: Mapping[str, int]) -> None:
        self.drifted.append((read, dict(fields)))

    def rows(self, table: Table) -> pl.DataFrame:
        """The rows as a warehouse would take them: of those with one key the last."""
        frames = self.frames[table.name]
        return pl.concat(frames).unique(table.key, keep="last", maintain_order=True)

    def covered(self, table: Table) -> pl.DataFrame:
        scopes = [scope for scope in self.covers[table.name] if scope is not None]
        return pl.concat(scopes)

    @property
    def rejects(self) -> pl.DataFrame:
        return pl.concat(self.rejected) if self.rejected else pl.DataFrame()
