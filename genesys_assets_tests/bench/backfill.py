"""Four days loaded by four processes at once, and by one process one after the other; nothing is throttled.

The simulator has the pages ready, so that what is measured is fetching, parsing, staging and merging. Both are
measured with an API that answers at once (then the CPUs of this machine are what there is to share, and the
simulator, the database and the loaders share them) and with one that takes a while for every answer, as the real
one does (then there is waiting to share). What one process and four processes loaded is compared.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from genesys_assets.simulator import Faults, Simulator
from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.bench.organization import DAY, family, organization
from genesys_assets_tests.bench.process import BrokenError, answer, measure, note, started
from genesys_assets_tests.bench.report import Figure
from genesys_assets_tests.warehouse.postgres_server import ask, running, url

DAYS = [str(DAY - timedelta(days=n)) for n in range(4)]
ANSWER_S = 0.5
"""How long the slow API takes for every answer, a page of 1,000 conversations among them."""


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """Both backends, with the quick and with the slow API."""
    size = 1_000 if quick else 4_000
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        organization(size, page_cache_mb=1_000) as organisation,
        running(durable=True),
    ):
        prepared = measure("backfill_days", _arguments(DAYS, None, {}), **organisation.environment())
        bookmarks: Mapping[str, str] = prepared["bookmarks"]
        for backend in ("postgres", "duckdb"):
            for slow_s in (0.0, ANSWER_S):
                organisation.set_faults(Faults(slow_s=slow_s))
                places = [_place(backend, Path(folder), f"{ways}_{int(slow_s * 1000)}") for ways in ("one", "four")]
                one = _timed(organisation, places[0], [DAYS], bookmarks)
                four = _timed(organisation, places[1], [[day] for day in DAYS], bookmarks)
                _compare(places)
                api = f"answers after {slow_s:g} s" if slow_s else "answers at once"
                note(f"{backend}, API {api}: {one[0]:.1f} s one at a time, {four[0]:.1f} s at once")
                name = "PostgreSQL" if backend == "postgres" else "DuckDB, whose commits take turns"
                figures += [
                    Figure(f"{name}: {one[1]:,} rows, API {api}; one at a time", f"{one[0]:.1f} s"),
                    Figure("    four at once", f"{four[0]:.1f} s"),
                    Figure("    speed-up", f"{one[0] / four[0]:.2f} x"),
                ]
    return [asdict(figure) for figure in figures]


def _place(backend: str, folder: Path, name: str) -> str:
    if backend == "duckdb":
        return str(folder / f"{name}.duckdb")
    # As docs/postgres.md says.
    ask("postgres", f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    return url(name)


def _timed(
    organisation: Simulator, location: str, shares: Sequence[Sequence[str]], bookmarks: Mapping[str, str]
) -> tuple[float, int]:
    """Seconds from the word to begin until the last process is done, and rows; a process for each share of days."""
    with ExitStack() as stack:
        processes: list[subprocess.Popen[str]] = []
        for days in shares:
            mine = {key: value for key, value in bookmarks.items() if any(f" {day}T" in key for day in days)}
            if len(mine) != len(days):
                raise BrokenError(f"the jobs of {', '.join(days)} are not among {', '.join(bookmarks)}")
            arguments = _arguments(days, location, mine)
            process = started("backfill_days", arguments, **organisation.environment())
            processes.append(stack.enter_context(process))
            # One after the other: who comes first creates the tables.
            _line(process)
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        done = [json.loads(_line(process)) for process in processes]
        return time.perf_counter() - began, sum(each["rows"] for each in done)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BrokenError(f"backfill_days: its process ended with {process.wait()}; what it said stands above")
    return line


def _arguments(days: Sequence[str], location: str | None, bookmarks: Mapping[str, str]) -> dict[str, Any]:
    return {"days": list(days), "location": location, "bookmarks": dict(bookmarks)}


def _compare(places: Sequence[str]) -> None:
    """Both ways must have led to the same number of rows."""
    one, four = (open_warehouse(place) for place in places)
    for table in family()[1]:
        if one.count(table) != four.count(table):
            raise BrokenError(f"{table.name}: {one.count(table)} rows by one process, {four.count(table)} by four")


if __name__ == "__main__":
    answer(bench)
