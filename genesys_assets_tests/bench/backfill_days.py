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

from genesys_assets.orchestration.loading import PendingLoad
from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.bench.organization import NotingWarehouse, client_of, days_of_conversations, family
from genesys_assets_tests.bench.process import answer

Bookmarks = Mapping[str, str]


def run(days: Sequence[str], location: str | None, bookmarks: Bookmarks) -> dict[str, Any]:
    """Load the days, whose jobs have been submitted before, into the warehouse there.

    Without a place nothing is loaded: the pages of the days are asked for, and the jobs' bookmarks returned.
    """
    wanted = [date.fromisoformat(day) for day in days]
    with tempfile.TemporaryDirectory() as folder, client_of() as client:
        if location is None:
            noting = NotingWarehouse(Path(folder) / "warehouse.duckdb")
            for load, _ in days_of_conversations(client, noting, wanted):
                load.stage.discard()
            # A job that is older than the latest load would not be read again.
            later = {"submitted": "2100-01-01T00:00:00+00:00"}
            return {"bookmarks": {key: json.dumps({**json.loads(job), **later}) for key, job in noting.jobs.items()}}
        warehouse = open_warehouse(location)
        warehouse.prepare(family()[1])
        for bookmark in bookmarks.items():
            warehouse.remember(*bookmark)
        client.server_time()
        print("ready", flush=True)
        sys.stdin.readline()
        began, cpu = time.perf_counter(), time.process_time()
        committed = PendingLoad(days_of_conversations(client, warehouse, wanted)).commit(warehouse)
        return {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "rows": sum(report.inserted for made in committed for report in made.reports.values()),
        }


if __name__ == "__main__":
    answer(run)
