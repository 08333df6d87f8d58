"""Our side of the comparison with dlt: one process, one load."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from genesys_assets_tests.bench.organization import DAY, NotingWarehouse, client_of, days_of_conversations
from genesys_assets_tests.bench.process import answer, peak_mb

_COUNTED = {
    "conversations": "analytics_conversation",
    "participants": "analytics_participant",
    "sessions": "analytics_session",
    "segments": "analytics_conversation_segment",
    "metrics": "analytics_session_metric",
}


def load(bookmark: tuple[str, str] | None) -> dict[str, Any]:
    """Load the day; ``bookmark`` is that of a job which a load before submitted, to be read again."""
    with tempfile.TemporaryDirectory() as folder, client_of() as client:
        warehouse = NotingWarehouse(Path(folder) / "warehouse.duckdb")
        if bookmark is not None:
            warehouse.remember(*bookmark)
        began, cpu = time.perf_counter(), time.process_time()
        load, _ = next(days_of_conversations(client, warehouse, [DAY]))
        staged = time.perf_counter()
        reports = warehouse.commit(load)
        ended, cpu = time.perf_counter(), time.process_time() - cpu
    return {
        "seconds": ended - began,
        "parts": [staged - began, ended - staged],
        "cpu": cpu,
        "counts": {name: reports[table].inserted for name, table in _COUNTED.items()},
        "tables": len(reports),
        "peak_mb": peak_mb(),
        "bookmark": next(iter(warehouse.jobs.items()), bookmark),
    }


if __name__ == "__main__":
    answer(load)
