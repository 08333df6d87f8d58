"""Our side of the comparison with dlt: one process, one load."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from genesys_assets.catalog import load_catalog
from genesys_assets.orchestration.loading import Loader
from genesys_assets.warehouse import DuckDBWarehouse
from genesys_assets_tests.bench.organization import DAY, client_of, family
from genesys_assets_tests.bench.process import answer, peak_mb

_COUNTED = {
    "conversations": "analytics_conversation",
    "participants": "analytics_participant",
    "sessions": "analytics_session",
    "segments": "analytics_conversation_segment",
    "metrics": "analytics_session_metric",
}


class _Noting(DuckDBWarehouse):
    """Keeps in mind which job was submitted."""

    bookmark: tuple[str, str] | None = None

    def remember(self, key: str, value: str) -> None:
        self.bookmark = (key, value)
        super().remember(key, value)


def load(bookmark: tuple[str, str] | None) -> dict[str, Any]:
    """Load the day; ``bookmark`` is that of a job which a load before submitted, to be read again."""
    read, tables = family()
    with tempfile.TemporaryDirectory() as folder, client_of() as client:
        warehouse = _Noting(Path(folder) / "warehouse.duckdb")
        if bookmark is not None:
            warehouse.remember(*bookmark)
        loader = Loader(client, warehouse, load_catalog(), "bench")
        began, cpu = time.perf_counter(), time.process_time()
        load, _, _ = next(loader.conversations(read, tables, [DAY]))
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
        "bookmark": warehouse.bookmark,
    }


if __name__ == "__main__":
    answer(load)
