"""API calls of a full refresh of all metadata and knowledge, table by table, beside those of a naive loader.

The naive loader takes each table by itself: it pages as the API does by default (25 items), and makes a
call for each item where what it wants lies inside an item or only comes with it when asked for. What that
means for a table follows from its declaration, and is told beside the figure.

The goal is a call for every 100 rows of a plain listing, plus one for each parent where the API leaves no
other way: a fan-out, or a field that only a second request tells.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from genesys_assets.catalog import Catalog, Read, Table, load_catalog
from genesys_assets.orchestration.loading import Committed, Loader, PendingLoad
from genesys_assets.warehouse import Warehouse, open_warehouse
from genesys_assets_tests.bench.organization import client_of, organization
from genesys_assets_tests.bench.process import answer, note
from genesys_assets_tests.bench.report import Figure
from genesys_assets_tests.orchestration.changes import TABLES

DEFAULT_PAGE = 25
"""Items of a page where none are asked for."""

GOAL = 100
"""Rows of a plain listing that a call should bring."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A read that was carried out: its tables' rows, by the parent beneath which they were found."""

    read: Read
    tables: Sequence[Table]
    calls: int
    items: int
    rows: dict[str, pl.DataFrame]
    parents: int

    def naive(self, table: Table) -> tuple[int, str]:
        """Calls that the table costs a naive loader, and what that loader does."""
        read = self.read
        if table.rows != "" and read.items:
            return self.items, f"a GET per {self._item()}"
        if read.each is not None and read.paging == "none":
            return self.parents, f"a GET per {read.each.table}"
        one_by_one = read.expands is not None or read.detail is not None
        then = ", then a GET each" if one_by_one else ""
        pages = self._pages(table) + (self.items if one_by_one else 0)
        if read.each is not None:
            return pages, f"{DEFAULT_PAGE} a page per {read.each.table}{then}"
        return (pages, f"{DEFAULT_PAGE} a page{then}") if read.paging != "none" else (pages, "a GET" + then)

    def _item(self) -> str:
        """What an item of the read is."""
        own = next((table.name for table in self.tables if table.rows == ""), None)
        return own or (self.read.each.table if self.read.each is not None else self.read.name)

    def _pages(self, table: Table) -> int:
        """Pages of the default size; a parent without anything beneath it takes one too."""
        if self.read.paging == "none":
            return max(1, len(self.read.variants))
        if self.read.each is None:
            return max(1, len(self.read.variants), math.ceil(self.items / DEFAULT_PAGE))
        beneath = self.rows[table.name].group_by(pl.all()).len()["len"]
        pages = sum(math.ceil(rows / DEFAULT_PAGE) for rows in beneath) + self.parents - len(beneath)
        return max(pages, self.parents * len(self.read.variants))


def allowed(read: Read, items: int, parents: int) -> int:
    """Calls that a read of so many items, beneath so many parents, may cost."""
    variants, inside = max(1, len(read.variants)), items if read.detail is not None else 0
    if read.each is not None:
        return parents * variants + items // GOAL + inside
    return max(1, math.ceil(items / GOAL)) + variants - 1 + inside


def refresh(loader: Loader, tables: Sequence[Table]) -> Iterator[Refreshed]:
    """Load tables in full, parents first."""
    catalog, warehouse = loader.catalog, loader.warehouse
    warehouse.prepare(tables)
    for read, mine in _parents_first(catalog, tables):
        rows = None if read.each is None else warehouse.scan(catalog[read.each.table])
        (made,) = PendingLoad(loader.snapshot(read, mine, rows)).commit(warehouse)
        if made.outcome.failed or made.outcome.rejected:
            raise RuntimeError(f"{read.name} was not loaded in full: {made.outcome}")
        parents = 0 if rows is None else rows.select(pl.len()).collect().item()
        yield _refreshed(read, mine, made, warehouse, parents)


def _refreshed(read: Read, tables: Sequence[Table], made: Committed, warehouse: Warehouse, parents: int) -> Refreshed:
    rows = {
        table.name: warehouse.scan(table, table.loading.parent or table.key[:1]).collect()  # type: ignore[union-attr]
        for table in tables
    }
    return Refreshed(read, tables, made.load.calls, made.outcome.items, rows, parents)


def _parents_first(catalog: Catalog, tables: Sequence[Table]) -> list[tuple[Read, tuple[Table, ...]]]:
    names = {table.name for table in tables}
    reads = [(read, tuple(t for t in mine if t.name in names)) for read, mine in catalog.reads().values()]
    return sorted(((read, mine) for read, mine in reads if mine), key=lambda entry: entry[0].each is not None)


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """Refresh everything twice: the second time what never changes need not be asked for again."""
    del quick  # it is the size of the organisation that the figures are about
    figures: list[Figure] = []
    total = naively = 0
    with tempfile.TemporaryDirectory() as folder, organization(10) as organisation, client_of(organisation) as client:
        loader = Loader(client, open_warehouse(Path(folder) / "warehouse.duckdb"), load_catalog(), "bench")
        for done in refresh(loader, TABLES):
            note(f"{done.read.name}: {done.calls} calls for {done.items:,} items")
            total += done.calls
            for table in done.tables:
                calls, how = done.naive(table)
                naively += calls
                figures.append(_figure(done, table, f"{calls:,}: {how}"))
        again = sum(done.calls for done in refresh(loader, TABLES))
    goal = all(figure.met is not False for figure in figures)
    figures.append(Figure(f"all {len(TABLES)} tables", f"{total:,}", "as above", goal, f"{naively:,}"))
    figures.append(Figure("once more, with nothing changed", f"{again:,}", f"<= {total:,}", again <= total))
    return [asdict(figure) for figure in figures]


def _figure(done: Refreshed, table: Table, naive: str) -> Figure:
    what = f"{table.name} ({len(done.rows[table.name]):,} rows)"
    if table is not done.tables[0]:
        return Figure(what, "the same", beside=naive)
    most = allowed(done.read, done.items, done.parents)
    return Figure(what, f"{done.calls:,}", f"<= {most:,}", done.calls <= most, naive)


if __name__ == "__main__":
    answer(bench)
