"""dlt's side of the comparison: one process, one pipeline, as its documentation shows it.

Parquet takes its rows to DuckDB. The INSERT statements that are its default take many times as long: the
version of DuckDB that is used here parses them slowly.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

from genesys_assets_tests.bench.organization import client_of
from genesys_assets_tests.bench.process import answer, peak_mb

_NAME = "conversations"
_COUNTED = {
    "conversations": _NAME,
    "participants": f"{_NAME}__participants",
    "sessions": f"{_NAME}__participants__sessions",
    "segments": f"{_NAME}__participants__sessions__segments",
    "metrics": f"{_NAME}__participants__sessions__metrics",
}


def load(bookmark: tuple[str, str]) -> dict[str, Any]:
    """Load the results of the job into a DuckDB file in the working directory."""
    api = _client()
    path = f"/api/v2/analytics/conversations/details/jobs/{json.loads(bookmark[1])['jobId']}/results"

    @dlt.resource(name=_NAME, write_disposition="append", file_format="parquet")
    def conversations() -> Iterator[list[Any]]:
        yield from api.paginate(path, params={"pageSize": 1000}, data_selector="conversations")

    file = Path.cwd() / "dlt.duckdb"
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(Path.cwd() / "pipelines"),
        destination=dlt.destinations.duckdb(str(file)),
        dataset_name="genesys",
    )
    began, cpu = time.perf_counter(), time.process_time()
    pipeline.extract(conversations())
    extracted = time.perf_counter()
    pipeline.normalize()
    normalized = time.perf_counter()
    pipeline.load()
    ended, cpu = time.perf_counter(), time.process_time() - cpu
    with duckdb.connect(file, read_only=True) as con:
        found = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        counts = {
            name: con.execute(f"SELECT count(*) FROM genesys.{table}").fetchall()[0][0]
            for name, table in _COUNTED.items()
        }
    return {
        "seconds": ended - began,
        "parts": [extracted - began, normalized - extracted, ended - normalized],
        "cpu": cpu,
        "counts": counts,
        "tables": sum(1 for name in found if name.startswith(_NAME)),
        "peak_mb": peak_mb(),
    }


def _client() -> RESTClient:
    with client_of() as ours:
        settings = ours.settings
    asking = RESTClient(settings.login_url)
    token = asking.post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        },
    ).json()["access_token"]
    return RESTClient(
        settings.api_url,
        auth=BearerTokenAuth(token),
        paginator=JSONResponseCursorPaginator(cursor_path="cursor", cursor_param="cursor"),
    )


if __name__ == "__main__":
    answer(load)
