"""The process that loads one day from the organisation that its environment names, and says what it took."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.bench.organization import DAY, client_of, days_of_conversations
from genesys_assets_tests.bench.process import answer, peak_mb


def load() -> dict[str, Any]:
    """Load the day into a new warehouse; seconds by what they were spent on, and memory in MB."""
    with tempfile.TemporaryDirectory() as folder, client_of() as client:
        warehouse = open_warehouse(Path(folder) / "warehouse.duckdb")
        began = time.perf_counter()
        load, outcome = next(days_of_conversations(client, warehouse, [DAY]))
        staged, peak_read = time.perf_counter(), peak_mb()
        reports = warehouse.commit(load)
        ended, peak = time.perf_counter(), peak_mb()
    return {
        "items": outcome.items,
        "rows": sum(report.inserted for report in reports.values()),
        "mb": load.bytes / 1e6,
        "seconds": ended - began,
        "reading": staged - began,
        "committing": ended - staged,
        "peak_read_mb": peak_read,
        "peak_mb": peak,
    }


if __name__ == "__main__":
    answer(load)
