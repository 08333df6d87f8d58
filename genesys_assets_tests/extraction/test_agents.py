"""Reading agents' time and aggregates: pages to the true end, answers that are too large, keys that lack a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genesys_assets.catalog import Catalog, Table, load_catalog
from genesys_assets.catalog.agents import ANALYTICS_ROUTING_STATUS_RECORD, ANALYTICS_USER_PRESENCE_RECORD
from genesys_assets.catalog.types import polars_schema
from genesys_assets.extraction.agents import QUERY_PATH, read_agents
from genesys_assets.extraction.aggregates import read_aggregates
from genesys_assets.extraction.granularity import granularity
from genesys_assets.extraction.history import Span
from genesys_assets.genesys import ApiError, GenesysClient, Settings
from genesys_assets.simulator import Settings as Organisation
from genesys_assets.simulator import Simulator, serve
from genesys_assets.warehouse.protocol import LEDGER
from genesys_assets_tests.extraction.samples import MemorySink

DAY = date(2026, 5, 20)
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
ORGANISATION = {"users": 300, "queues": 8, "conversations_per_day": 200, "rate_limit": 0, "job_polls": 1}
AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"


@dataclass
class Store:
    """A warehouse in which nothing is loaded."""

    kept: dict[str, str] = field(default_factory=dict)

    def recall(self, key: str) -> str | None:
        return self.kept.get(key)

    def remember(self, key: str, value: str) -> None:
        self.kept[key] = value

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)

    def scan(self, table: Table, columns: Sequence[str] | None = None, **window: Any) -> pl.LazyFrame:
        return polars_schema(table, housekeeping=True).to_frame().select(columns or pl.all()).lazy()

    def ledger(self, tables: Any = None, **window: Any) -> pl.DataFrame:
        return LEDGER.to_frame()


def served(**changed: Any) -> Any:
    return serve(Organisation(**{"now": "2026-05-20T12:00:00.000Z", **ORGANISATION, **changed}))


def client_of(simulator: Simulator) -> GenesysClient:
    return GenesysClient(Settings(simulator.url, simulator.url, simulator.client_id, simulator.client_secret, 60_000))


def span(client: GenesysClient, read: str, sink: MemorySink, now: datetime = NOON, day: date = DAY) -> Span:
    catalog: Catalog = load_catalog()
    return Span(client, catalog, *catalog.reads()[read], (day,), sink, Store(), now)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def organisation() -> Iterator[Simulator]:
    with served() as running:
        yield running


def test_the_query_is_read_to_its_empty_page_whatever_it_says_of_its_total(organisation: Simulator) -> None:
    sink = MemorySink()
    with client_of(organisation) as client:
        read_agents(span(client, "user_details", sink))
        body = {"interval": "2026-05-20T07:00:00.000Z/2026-05-20T12:00:00.000Z", "paging": {"pageSize": 100}}
        first = msgspec.json.decode(client.request("POST", QUERY_PATH, json=body).body)
    assert len(first["userDetails"]) < 100, "a page may be shorter than asked for"
    users = sink.rows(ANALYTICS_ROUTING_STATUS_RECORD)["user_id"].n_unique()
    assert first["totalHits"] < users, "and the total less than there is"
    day = MemorySink()
    with served(user_lag_hours=0) as complete, client_of(complete) as client:
        read_agents(span(client, "user_details", day))
    for table in (ANALYTICS_ROUTING_STATUS_RECORD, ANALYTICS_USER_PRESENCE_RECORD):
        told, lake = (found.rows(table).sort(table.key) for found in (sink, day))
        assert_frame_equal(told, lake)


def test_lake_and_query_together_tell_each_record_once_as_it_is_now(organisation: Simulator) -> None:
    sink = MemorySink()
    with client_of(organisation) as client:
        outcome = read_agents(span(client, "user_details", sink))
    assert outcome.watermark == datetime(2026, 5, 20, 7, tzinfo=UTC)
    for table in (ANALYTICS_ROUTING_STATUS_RECORD, ANALYTICS_USER_PRESENCE_RECORD):
        rows = pl.concat(sink.frames[table.name])
        open_ones = rows.filter(pl.col("end_time").is_null())
        ended = rows.drop_nulls("end_time").select(table.key)
        assert len(open_ones) and not len(open_ones.join(ended, on=table.key, how="semi"))
        assert not open_ones.select("user_id").is_duplicated().any()
        assert not sink.covers, "absence of a record says nothing"
    assert sink.drifted and all(not fields for _, fields in sink.drifted)


def test_a_day_that_has_not_begun_is_not_asked_for(organisation: Simulator) -> None:
    with client_of(organisation) as client:
        for read, reader in (("user_details", read_agents), ("queue_aggregations", read_aggregates)):
            with pytest.raises(ValueError, match=f"{read} of 2026-05-21: the day has not begun"):
                reader(span(client, read, MemorySink(), day=date(2026, 5, 21)))


def test_an_answer_that_is_refused_as_too_large_is_asked_for_in_parts_and_is_the_same(organisation: Simulator) -> None:
    whole, parts = MemorySink(), MemorySink()
    (table,) = load_catalog().reads()["user_aggregation3"][1]
    with client_of(organisation) as client:
        read_aggregates(span(client, table.read.name, whole))
    with served(aggregate_rows=30) as strict, client_of(strict) as client:
        read_aggregates(span(client, table.read.name, parts))
        assert strict.statistics()["statuses"]["413"] > 2
    assert_frame_equal(parts.rows(table).sort(table.key), whole.rows(table).sort(table.key))
    assert parts.covered(table).rows() == [(DAY,)]
    assert len(parts.frames[table.name]) > 3


def test_an_interval_that_alone_is_too_large_is_an_error_and_covers_nothing() -> None:
    sink = MemorySink()
    with served(aggregate_rows=0) as strict, client_of(strict) as client, pytest.raises(ApiError, match="413"):
        read_aggregates(span(client, "queue_aggregations", sink))
    assert not sink.covers


def test_another_refusal_is_not_taken_for_too_large(organisation: Simulator) -> None:
    organisation.fail(AGGREGATES, 400)
    try:
        with client_of(organisation) as client, pytest.raises(ApiError, match="400"):
            read_aggregates(span(client, "queue_aggregations", MemorySink()))
    finally:
        organisation.heal()


def test_parts_of_a_key_that_a_group_lacks_are_empty_text_so_that_rows_do_not_collapse(organisation: Simulator) -> None:
    sink = MemorySink()
    (table,) = load_catalog().reads()["queue_aggregation3"][1]
    with client_of(organisation) as client:
        read_aggregates(span(client, "queue_aggregation3", sink))
    rows = sink.rows(table)
    assert "" in set(rows["queue_id"]) and "" not in set(rows["media_type"])
    assert sum(rows.select(table.key).null_count().row(0)) == 0
    assert sum(len(frame) for frame in sink.frames[table.name]) == len(rows)
    assert sink.drifted == [("queue_aggregation3", {})]


def test_the_granularity_is_half_an_hour_unless_the_environment_says_otherwise() -> None:
    assert granularity({}) == "PT30M"
    assert granularity({"GENESYS_ASSETS_GRANULARITY": "PT1H"}) == "PT1H"
    with pytest.raises(ValueError, match="GENESYS_ASSETS_GRANULARITY='P1D' is no length of an interval; set it to one"):
        granularity({"GENESYS_ASSETS_GRANULARITY": "P1D"})
