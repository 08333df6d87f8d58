"""Whether two warehouses hold the same rows, whatever stands behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from genesys_assets.catalog.declare import (
    DB_AS_OF,
    DB_LAST_UPDATED,
    DB_WHEN_CREATED,
    DB_WHEN_DELETED,
    Table,
)
from genesys_assets.warehouse.protocol import Contents, Warehouse

EXAMPLES = 3
"""So many keys of differing rows are given."""

_SEEDS = (1, 2)
"""Rows are held against each other by hashes, so that any number of them fits into memory."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of two warehouses: how many rows both have, only one has, or both have with different values.

    ``examples`` are keys of rows of the last three kinds.
    """

    table: str
    same: int = 0
    only_first: int = 0
    only_second: int = 0
    different: int = 0
    examples: tuple[tuple[object, ...], ...] = ()

    @property
    def equal(self) -> bool:
        """Whether no row differs."""
        return not (self.only_first or self.only_second or self.different)

    def __add__(self, other: Comparison) -> Comparison:
        """Both together; the examples are those of the first that has them."""
        return Comparison(
            self.table,
            self.same + other.same,
            self.only_first + other.only_first,
            self.only_second + other.only_second,
            self.different + other.different,
            (self.examples + other.examples)[:EXAMPLES],
        )


def compare(
    first: Warehouse, second: Warehouse, tables: Iterable[Table], *, times: bool = False
) -> Iterator[Comparison]:
    """Compare tables row by row; a table that was never loaded is an empty one.

    When the loader wrote a row depends on when it ran, so that those moments count only if ``times`` is set;
    otherwise it counts whether a row is retired. NUL characters, which not every backend can keep, are
    equal to U+FFFD.

    Raises:
        WarehouseError: one of them does not exist.
    """
    with first.contents() as here, second.contents() as there:
        loaded = here.tables | there.tables
    for table in tables:
        if table.name not in loaded:
            yield Comparison(table.name)
            continue
        # Opened anew for each, as runs may be waiting for their turn.
        with first.contents() as here, second.contents() as there:
            yield compare_table(here, there, table, times=times)


def compare_table(first: Contents, second: Contents, table: Table, *, times: bool = False) -> Comparison:
    """Compare one table, a partition at a time; see :func:`compare`."""
    total = Comparison(table.name)
    for start in _partitions(first, second, table):
        total += _compare(first, second, table, start, times)
    return total


def without_nul(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as a backend keeps it that knows no NUL characters."""
    return frame.with_columns(pl.col(pl.String).str.replace_all("\0", "\N{REPLACEMENT CHARACTER}", literal=True))


def _partitions(first: Contents, second: Contents, table: Table) -> list[date | None]:
    if table.partition_by is None:
        return [None]
    days: set[date | None] = set()
    for store in (first, second):
        if table.name in store.tables:
            days.update(store.days(table))
    return sorted(days, key=str)


def _frames(store: Contents, table: Table, day: date | None) -> Iterator[pl.DataFrame]:
    if table.name in store.tables:
        yield from store.frames(table, day, None if day is None else day + timedelta(days=1))


def _compare(first: Contents, second: Contents, table: Table, day: date | None, times: bool) -> Comparison:
    here, there = (_hashes(_frames(store, table, day), table, times) for store in (first, second))
    both = here.join(there, on="key", how="inner", suffix="_there")
    different = both.filter(pl.col("row") != pl.col("row_there"))
    only_here, only_there = here.join(there, on="key", how="anti"), there.join(here, on="key", how="anti")
    examples = [
        key
        for store, rows in ((first, only_here), (second, only_there), (first, different))
        for key in _keys(store, table, day, rows["key"].head(EXAMPLES))
    ]
    return Comparison(
        table.name,
        same=len(both) - len(different),
        only_first=len(only_here),
        only_second=len(only_there),
        different=len(different),
        examples=tuple(examples[:EXAMPLES]),
    )


def _hashes(frames: Iterator[pl.DataFrame], table: Table, times: bool) -> pl.DataFrame:
    """A hash of the key and one of all values, a row each."""
    hashed = [pl.DataFrame(schema={"key": pl.UInt64(), "row": pl.UInt64()})]
    for frame in frames:
        values = without_nul(frame)
        if not times:
            values = values.drop(DB_WHEN_CREATED.name, DB_LAST_UPDATED.name, DB_AS_OF.name, strict=False)
            values = values.with_columns(pl.col(n).is_not_null() for n in values.columns if n == DB_WHEN_DELETED.name)
        hashed.append(pl.DataFrame([_key_hash(values, table), values.hash_rows(_SEEDS[1]).alias("row")]))
    return pl.concat(hashed)


def _key_hash(frame: pl.DataFrame, table: Table) -> pl.Series:
    return frame.select(table.key).hash_rows(_SEEDS[0]).alias("key")


def _keys(store: Contents, table: Table, day: date | None, wanted: pl.Series) -> list[tuple[object, ...]]:
    """The keys of which the hashes are known."""
    if not len(wanted):
        return []
    found = [
        frame.select(table.key).filter(_key_hash(without_nul(frame), table).is_in(wanted.implode()))
        for frame in _frames(store, table, day)
    ]
    return pl.concat(found).rows()
