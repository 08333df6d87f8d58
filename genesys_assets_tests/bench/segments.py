"""1.2 million segment rows into the warehouse, first and again without a change, beside a plain copy of the same rows.

The rows are those of one day, taken from the simulator beforehand. The plain copy is the cheapest way to have
them in the database at all: one insert or COPY of Arrow data into a table without key and index. What is
measured is the commit, from the staged rows to the merged table; staging them, which happens while pages are
read, is told beside. Both ways take turns; of each the best counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from adbc_driver_postgresql import dbapi

from genesys_assets.catalog import Table, load_catalog
from genesys_assets.warehouse import DuckDBWarehouse, Load, Warehouse, open_warehouse
from genesys_assets.warehouse.stage import ORDER
from genesys_assets_tests.bench.organization import DAY, client_of, days_of_conversations, organization
from genesys_assets_tests.bench.process import BrokenError, answer, note
from genesys_assets_tests.bench.report import Figure
from genesys_assets_tests.warehouse.postgres_server import ask, running, url

GOAL = 3.0
ROUNDS = 3
CONVERSATIONS = 225_000
"""So many conversations of the simulator have 1.2 million segments; it gives each but half of what is usual."""

_TYPES = {
    pl.String(): "text",
    pl.Int64(): "bigint",
    pl.Float64(): "double precision",
    pl.Boolean(): "boolean",
    pl.Datetime("us", "UTC"): "timestamptz",
    pl.Date(): "date",
}

Seconds = dict[str, list[float]]


class _Day:
    """The rows of a day, in memory, and how to load them."""

    def __init__(self, table: Table, folder: Path, conversations: int) -> None:
        self.table = table
        with organization(conversations) as organisation, client_of(organisation) as client:
            unused = DuckDBWarehouse(folder / "unused.duckdb")
            load, _ = next(days_of_conversations(client, unused, [DAY], tables=[table]))
        self.frames = [pl.read_parquet(part).drop(ORDER) for part in load.stage.parts(table)]
        self.covers = [pl.read_parquet(part) for part in load.stage.covers(table)]
        load.stage.discard()
        self.rows = sum(map(len, self.frames))

    def load(self, warehouse: Warehouse, seconds: Seconds, what: str) -> None:
        """Stage and commit."""
        began = time.perf_counter()
        stage = warehouse.stage("bench")
        for frame in self.frames:
            stage.append(self.table, frame)
        for cover in self.covers:
            stage.cover(self.table, cover)
        stage.parts(self.table)
        staged = time.perf_counter()
        load = Load("bench", stage, (self.table,), "bench", datetime.now(UTC), (DAY,))
        report = warehouse.commit(load)[self.table.name]
        seconds[what].append(time.perf_counter() - staged)
        seconds["stage"].append(staged - began)
        if (report.inserted, report.unchanged) != ((self.rows, 0) if what == "first" else (0, self.rows)):
            raise BrokenError(f"{what} load of {self.rows} rows: {report}")


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """One backend after the other."""
    table = load_catalog()["analytics_conversation_segment"]
    with tempfile.TemporaryDirectory() as folder:
        day = _Day(table, Path(folder), 10_000 if quick else CONVERSATIONS)
        note(f"{day.rows:,} rows of a day of the simulator")
        figures = [*_on("DuckDB", _duckdb, day, quick), *_on("PostgreSQL", _postgres, day, quick)]
    return [asdict(figure) for figure in figures]


def _on(name: str, once: Callable[[_Day, Path, Seconds], None], day: _Day, quick: bool) -> list[Figure]:
    seconds: Seconds = {"plain": [], "first": [], "again": [], "stage": []}
    for _ in range(1 if quick else ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            once(day, Path(folder), seconds)
        note(f"{name}: " + ", ".join(f"{what} {many[-1]:.1f} s" for what, many in seconds.items()))
    best = {what: min(many) for what, many in seconds.items()}
    first, again = best["first"] / best["plain"], best["again"] / best["plain"]

    def speed(what: str) -> str:
        return f"{day.rows / best[what]:,.0f} rows/s"

    return [
        Figure(f"{name}: plain copy of {day.rows:,} rows ({best['plain']:.1f} s)", speed("plain")),
        Figure(f"    first load ({best['first']:.1f} s; staging before that {best['stage']:.1f} s)", speed("first")),
        Figure(f"    load without a change ({best['again']:.1f} s)", speed("again")),
        Figure("    first load against the plain copy", f"{first:.2f} x", f"<= {GOAL:.0f} x", first <= GOAL),
        Figure("    load without a change against the plain copy", f"{again:.2f} x"),
    ]


def _duckdb(day: _Day, folder: Path, seconds: Seconds) -> None:
    began = time.perf_counter()
    with duckdb.connect(folder / "plain.duckdb", config={"threads": 2}) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.begin()
        con.register("first", day.frames[0])
        con.execute("CREATE TABLE plain AS FROM first LIMIT 0")
        for frame in day.frames:
            con.register("part", frame)
            con.execute("INSERT INTO plain FROM part")
        con.commit()
    seconds["plain"].append(time.perf_counter() - began)
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    day.load(warehouse, seconds, "first")
    day.load(warehouse, seconds, "again")


def _postgres(day: _Day, _: Path, seconds: Seconds) -> None:
    columns = ", ".join(f'"{name}" {_TYPES[dtype]}' for name, dtype in day.frames[0].schema.items())
    with running(durable=True):
        # As docs/postgres.md says.
        ask("postgres", "CREATE DATABASE bench TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        _at_rest()
        began = time.perf_counter()
        with dbapi.connect(url("bench")) as con, con.cursor() as cursor:
            cursor.execute(f"CREATE TABLE plain ({columns})")
            for frame in day.frames:
                cursor.adbc_ingest("plain", frame.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="append")
            con.commit()
        seconds["plain"].append(time.perf_counter() - began)
        warehouse = open_warehouse(url("bench"))
        _at_rest()
        day.load(warehouse, seconds, "first")
        _at_rest()
        day.load(warehouse, seconds, "again")


def _at_rest() -> None:
    """Let the server write what it still has to, or the next one to be measured would wait for it."""
    ask("postgres", "CHECKPOINT")


if __name__ == "__main__":
    answer(bench)
