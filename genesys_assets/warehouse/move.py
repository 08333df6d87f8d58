"""Moving a whole warehouse to another backend, or to another place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from genesys_assets.catalog.declare import Table
from genesys_assets.warehouse.compare import compare_table, without_nul
from genesys_assets.warehouse.protocol import RECORDS, Contents, Warehouse, WarehouseError


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: rows by table, and how many records (ledger, quarantine, drift, bookmarks).

    ``left_behind`` are tables of the source that no declaration knows.
    """

    rows: dict[str, int]
    records: int
    left_behind: tuple[str, ...]


def move(
    source: Warehouse,
    target: Warehouse,
    tables: Iterable[Table],
    told: Callable[[str, int], None] = lambda doing, rows: None,
) -> Moved:
    """Copy all of ``source`` into the empty ``target``, times included, and hold the copy against the original.

    The copy appears at once or not at all, so that after an interruption it can simply be done again. ``told``
    hears what is being done and how many more rows of it are done. The source stays as it is.

    Raises:
        WarehouseError: there is no source, the target is not empty, or the copy is not equal to the original.
    """
    rows: dict[str, int] = {}
    with source.contents() as original:

        def counted(table: Table, start: date | None, end: date | None) -> Iterator[pl.DataFrame]:
            rows.setdefault(table.name, 0)
            for frame in original.frames(table, start, end):
                yield frame
                rows[table.name] += len(frame)
                told(f"copying {table.name}", len(frame))

        declared = {table.name: table for table in tables}
        wanted = [table for table in declared.values() if table.name in original.tables]
        target.take_over(wanted, replace(original, frames=counted))
        with target.contents() as copy:
            faults = [fault for table in wanted for fault in _check(original, copy, table, told)]
            faults += _check_records(original, copy)
        records = sum(len(original.record(name)) for name in RECORDS)
    if faults:
        raise WarehouseError(
            "the copy is not equal to the original; drop the schemas genesys and genesys_loader of the copy and move "
            "again:\n  " + "\n  ".join(faults)
        )
    return Moved(rows, records, tuple(sorted(original.tables - declared.keys())))


def _check(original: Contents, copy: Contents, table: Table, told: Callable[[str, int], None]) -> Iterator[str]:
    found = compare_table(original, copy, table, times=True)
    told(f"checking {table.name}", found.same)
    if not found.equal:
        yield (
            f"table {table.name}: {found.different} rows differ, {found.only_first} are lacking, "
            f"{found.only_second} should not be there; such as {', '.join(map(str, found.examples))}"
        )


def _check_records(original: Contents, copy: Contents) -> Iterator[str]:
    for name, columns in RECORDS.items():
        here, there = (without_nul(store.record(name)).sort(list(columns)) for store in (original, copy))
        if not here.equals(there):
            yield f"{name}: the records differ"
