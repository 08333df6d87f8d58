"""Whether two warehouses hold the same rows, whatever stands behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from genesys_assets.catalog.declare import (
    DB_AS_OF,
    DB_LAST_UPDATED,
    DB_PARTITION,
    DB_WHEN_CREATED,
    DB_WHEN_DELETED,
    Table,
)
from genesys_assets.warehouse.protocol import SchemaError, Warehouse

EXAMPLES = 3
"""So many keys of differing rows are given."""


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


def compare(
    first: Warehouse, second: Warehouse, tables: Iterable[Table], *, times: bool = False
) -> Iterator[Comparison]:
    """Compare tables row by row, a partition at a time; a table that was never loaded is an empty one.

    When the loader wrote a row depends on when it ran, so that those moments count only if ``times`` is set;
    otherwise it counts whether a row is retired. NUL characters, which not every backend can keep, are
    equal to U+FFFD.
    """
    for table in tables:
        total = Comparison(table.name)
        for start in _partitions(first, second, table):
            end = None if start is None else start + timedelta(days=1)
            found = _compare(table, *(_rows(store, table, start, end, times) for store in (first, second)))
            total = Comparison(
                table.name,
                total.same + found.same,
                total.only_first + found.only_first,
                total.only_second + found.only_second,
                total.different + found.different,
                (total.examples + found.examples)[:EXAMPLES],
            )
        yield total


def _partitions(first: Warehouse, second: Warehouse, table: Table) -> list[date | None]:
    if table.partition_by is None:
        return [None]
    days: set[date | None] = set()
    for store in (first, second):
        days.update(_collected(store.scan(table, [DB_PARTITION.name]).unique(), table)[DB_PARTITION.name])
    return sorted(days, key=str)


def _rows(store: Warehouse, table: Table, start: date | None, end: date | None, times: bool) -> pl.DataFrame:
    frame = _collected(store.scan(table, start=start, end=end), table)
    if not times:
        frame = frame.drop(DB_WHEN_CREATED.name, DB_LAST_UPDATED.name, DB_AS_OF.name, strict=False)
        frame = frame.with_columns(pl.col(n).is_not_null() for n in frame.columns if n == DB_WHEN_DELETED.name)
    return frame.with_columns(pl.col(pl.String).str.replace_all("\0", "\N{REPLACEMENT CHARACTER}", literal=True))


def _collected(scan: pl.LazyFrame, table: Table) -> pl.DataFrame:
    try:
        return scan.collect()
    except SchemaError as error:
        if "not in the warehouse yet" not in str(error):
            raise
    return pl.DataFrame(schema=scan.collect_schema())


def _compare(table: Table, first: pl.DataFrame, second: pl.DataFrame) -> Comparison:
    key = list(table.key)
    values = [name for name in first.columns if name not in key]
    both = first.join(second, on=key, how="inner", suffix="\0")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}\0")) for name in values]
    different = both.filter(pl.any_horizontal(differs)) if differs else both.clear()
    only = [mine.join(theirs, on=key, how="anti") for mine, theirs in ((first, second), (second, first))]
    examples = pl.concat([frame.select(key).head(EXAMPLES) for frame in (*only, different)])
    return Comparison(
        table.name,
        same=len(both) - len(different),
        only_first=len(only[0]),
        only_second=len(only[1]),
        different=len(different),
        examples=tuple(examples.head(EXAMPLES).rows()),
    )
