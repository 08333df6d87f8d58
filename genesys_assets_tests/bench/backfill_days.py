"""A process that loads days into a warehouse, once it is told to begin; or that has the simulator prepare them."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from genesys_assets.catalog import load_catalog
from genesys_assets.orchestration.loading import Loader, PendingLoad
from genesys_assets.warehouse import DuckDBWarehouse, open_warehouse
from genesys_assets_tests.bench.organization import client_of, family
from genesys_assets_tests.bench.process import answer

Bookmarks = Mapping[str, str]


class _Noting(DuckDBWarehouse):
    """Keeps in mind which jobs were submitted."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.bookmarks: dict[str, str] = {}

    def remember(self, key: str, value: str) -> None:
        # A job that is older than the latest load would not be read again.
        self.bookmarks[key] = json.dumps({**json.loads(value), "submitted": "2100-01-01T00:00:00+00:00"})
        super().remember(key, value)


def run(days: Sequence[str], location: str | None, bookmarks: Bookmarks) -> dict[str, Any]:
    """Load the days, whose jobs have been submitted before, into the warehouse there.

    Without a place nothing is loaded: the pages of the days are asked for, and the jobs' bookmarks returned.
    """
    read, tables = family()
    wanted = [date.fromisoformat(day) for day in days]
    with tempfile.TemporaryDirectory() as folder, client_of() as client:
        if location is None:
            noting = _Noting(Path(folder) / "warehouse.duckdb")
            for load, _, _ in Loader(client, noting, load_catalog(), "bench").conversations(read, tables, wanted):
                load.stage.discard()
            return {"bookmarks": noting.bookmarks}
        warehouse = open_warehouse(location)
        warehouse.prepare(tables)
        for bookmark in bookmarks.items():
            warehouse.remember(*bookmark)
        client.server_time()
        print("ready", flush=True)
        sys.stdin.readline()
        began, cpu = time.perf_counter(), time.process_time()
        loader = Loader(client, warehouse, load_catalog(), "bench")
        committed = PendingLoad(loader.conversations(read, tables, wanted)).commit(warehouse)
        return {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "rows": sum(report.inserted for made in committed for report in made.reports.values()),
        }


if __name__ == "__main__":
    answer(run)
