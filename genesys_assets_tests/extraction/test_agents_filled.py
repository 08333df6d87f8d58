"""Every column of agents' time and of the aggregates is filled by an ordinary organisation within two days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.agents import read_agents
from genesys_assets.extraction.aggregates import read_aggregates
from genesys_assets.genesys import GenesysClient
from genesys_assets.simulator import Settings, serve
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_agents import client_of, span

NOW = datetime(2026, 5, 21, 12, tzinfo=UTC)
DAYS = (date(2026, 5, 19), date(2026, 5, 20))
READS = (
    "user_details",
    "queue_aggregations",
    "queue_aggregations2",
    "queue_aggregation3",
    "user_aggregations",
    "user_aggregations2",
    "user_aggregation3",
)


@pytest.fixture(scope="module")
def client() -> Iterator[GenesysClient]:
    ordinary = Settings(now=f"{NOW:%Y-%m-%dT%H:%M:%S}.000Z", conversations_per_day=3_000, rate_limit=0, job_polls=1)
    with serve(ordinary) as running, client_of(running) as made:
        yield made


@pytest.mark.parametrize("read", READS)
def test_every_column_has_a_value_somewhere_or_says_why_not(client: GenesysClient, read: str) -> None:
    sink = MemorySink()
    reader = read_agents if read == "user_details" else read_aggregates
    for day in DAYS:
        reader(span(client, read, sink, NOW, day))
    empty = [
        f"{table.name}.{column.name}"
        for table in load_catalog().reads()[read][1]
        for column in table.columns
        if column.unfilled is None and sink.rows(table)[column.name].drop_nulls().is_empty()
    ]
    assert not empty
    unknown = [
        f"{table.name}.{column.name}: {value}"
        for table in load_catalog().reads()[read][1]
        for column in table.columns
        if column.values
        for value in sink.rows(table)[column.name].unique().drop_nulls()
        if value not in (*column.values, column.absent)
    ]
    assert not unknown
