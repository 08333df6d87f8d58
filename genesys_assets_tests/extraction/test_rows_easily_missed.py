"""Rows that a reader who asks for less, or counts on a key that is none, would lose without noticing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from genesys_assets.catalog import Table, load_catalog
from genesys_assets.catalog.conversations import (
    ANALYTICS_CONVERSATION,
    ANALYTICS_CONVERSATION_SEGMENT,
    ANALYTICS_PARTICIPANT_ATTRIBUTE,
    ANALYTICS_SESSION_FLOW_OUTCOME,
    ANALYTICS_SESSION_METRIC,
    CONVERSATION_DIVISION,
)
from genesys_assets.catalog.declare import DB_WHEN_DELETED, Read
from genesys_assets.extraction.listing import read_listing, requests_for
from genesys_assets.extraction.time_off import read_time_off
from genesys_assets.extraction.unit_weeks import read_unit_weeks
from genesys_assets.extraction.weeks import WEEK, WeekCalendar
from genesys_assets.genesys import GenesysClient, pages
from genesys_assets.simulator import Simulator
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_agents import NOON, Store, span
from genesys_assets_tests.extraction.test_conversations import as_of, conversation, ids, read

READS = load_catalog().reads()
DAY = date(2026, 5, 10)
BEGUN = "2026-05-10T02:00:00.000Z"
PLANNED_AT = NOON + timedelta(days=14)
"""A moment at which something is planned a hundred weeks ahead, and nothing but that and another beyond this year."""


# -- conversations -------------------------------------------------------------------------------------


def test_a_conversation_that_began_weeks_before_is_told_by_every_day_on_which_it_lives(
    client: GenesysClient, simulator: Simulator
) -> None:
    long = conversation("long", "2026-04-28T09:00:00.000Z", ("customer", {"a": "1"}), ended="2026-05-12T09:00:00.000Z")
    simulator.script(long)
    for day in (DAY, DAY + timedelta(1)):
        sink = MemorySink()
        read(client, sink, day)
        (head,) = sink.rows(ANALYTICS_CONVERSATION).filter(pl.col("conversation_id") == "long").iter_rows(named=True)
        assert head["db_partition"] == date(2026, 4, 28)
        assert "long" in ids(sink.rows(ANALYTICS_PARTICIPANT_ATTRIBUTE))


def test_segments_metrics_and_outcomes_that_only_their_position_tells_apart_are_all_kept(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
) -> None:
    later = "2026-05-10T02:00:09.000Z"
    alike = conversation("alike", BEGUN, ("agent", {}), ended=later, conversationEnd=later)
    (session,) = alike["participants"][0]["sessions"]
    session["segments"] = [
        {"segmentType": "system", "segmentStart": BEGUN, "segmentEnd": BEGUN, "queueId": queue} for queue in "ab"
    ]
    session["metrics"] = [{"name": "tTalk", "emitDate": BEGUN, "value": value} for value in (1, 12.9, 12.9)]
    session["flow"] = {
        "flowId": "f",
        "outcomes": [
            {"flowOutcomeId": "o", "flowOutcomeStartTimestamp": start, "flowOutcomeValue": value}
            for start, value in ((BEGUN, "FAILURE"), (BEGUN, "SUCCESS"), (later, "SUCCESS"))
        ],
    }
    simulator.script(versions=[(BEGUN, alike)])
    assert read(client, sink, DAY).rejected == 0

    def told(table: Table, column: str) -> list[Any]:
        rows = sink.rows(table).filter(pl.col("conversation_id") == "alike")
        return rows.sort("ordinal")[column].to_list()

    assert told(ANALYTICS_CONVERSATION_SEGMENT, "queue_id") == ["a", "b"]
    assert told(ANALYTICS_SESSION_METRIC, "value") == [1.0, 12.9, 12.9]
    assert told(ANALYTICS_SESSION_FLOW_OUTCOME, "flow_outcome_value") == ["FAILURE", "SUCCESS", "SUCCESS"]


def test_a_conversation_in_no_division_is_known_to_be_in_none(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
) -> None:
    nowhere = conversation("nowhere", BEGUN, ("agent", {}), divisionIds=[], conversationEnd=BEGUN)
    simulator.script(versions=[(BEGUN, nowhere)])
    assert read(client, sink, DAY).rejected == 0
    assert "nowhere" in as_of(sink, CONVERSATION_DIVISION), "those that it was in before are taken away"
    assert "nowhere" not in ids(sink.rows(CONVERSATION_DIVISION))


# -- workforce management ------------------------------------------------------------------------------


@dataclass
class Loaded(Store):
    """A warehouse in which a few tables are loaded."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    def scan(self, table: Table, columns: Sequence[str] | None = None, **window: Any) -> pl.LazyFrame:
        if table.name not in self.frames:
            return super().scan(table, columns, **window)
        return self.frames[table.name].select(columns or pl.all()).lazy()


def loaded(client: GenesysClient, *reads: str) -> Loaded:
    sink, store = MemorySink(), Loaded()
    for name in reads:
        declared, tables = READS[name]
        read_listing(client, declared, tables, sink)
        for table in tables:
            there = pl.lit(None, pl.Datetime("us", "UTC")).alias(DB_WHEN_DELETED.name)
            store.frames[table.name] = sink.rows(table).with_columns(there)
    return store


def answered(client: GenesysClient, declared: Read, body: dict[str, Any] | None = None, **path: str) -> list[Any]:
    """What one request, made by hand, tells."""
    (request,) = requests_for(declared, path)
    (page,) = pages(client, replace(request, body=body, params={}))
    return [json.loads(item) for item in page.raw_items()]


@pytest.mark.parametrize("name", ["business_unit_schedules", "short_term_forecasts"])
def test_what_is_planned_years_ahead_is_found_within_a_fortnight(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, name: str
) -> None:
    declared, (table,) = READS[name]
    assert declared.weeks is not None
    store, planned = loaded(client, "business_units"), dict[str, str]()
    simulator.set_clock(f"{PLANNED_AT:%Y-%m-%dT%H:%M:%S}.000Z")
    for unit in store.frames["business_unit"].iter_rows(named=True):
        this = WeekCalendar(ZoneInfo(unit["time_zone"]), unit["start_day_of_week"]).at(PLANNED_AT)
        for n in range(-26, 105):
            path = {"businessUnitId": unit["id"], declared.weeks.parameter: (this + n * WEEK).isoformat()}
            planned |= {each["id"]: each["weekDate"] for each in answered(client, declared, **path)}
    assert max(planned.values()) > f"{PLANNED_AT + 98 * WEEK:%Y-%m-%d}"

    for n in range(14):
        now = PLANNED_AT + timedelta(days=n)
        simulator.set_clock(f"{now:%Y-%m-%dT%H:%M:%S}.000Z")
        outcome = read_unit_weeks(replace(span(client, name, sink, now, now.date()), store=store))  # type: ignore[arg-type]
        assert (outcome.failed, outcome.rejected) == ((), 0)
    assert not set(planned) - set(sink.rows(table)["id"])


def test_schedules_that_are_not_published_are_there_and_none_is_taken_away(
    client: GenesysClient, sink: MemorySink
) -> None:
    declared, (table,) = READS["business_unit_schedules"]
    store = loaded(client, "business_units")
    read_unit_weeks(replace(span(client, declared.name, sink), store=store))  # type: ignore[arg-type]
    told = {
        each["id"]: each["published"]
        for unit in store.frames["business_unit"]["id"]
        for each in answered(client, declared, businessUnitId=unit, weekId="recent")
    }
    assert set(told.values()) == {True, False}
    assert told.items() <= dict(sink.rows(table).select("id", "published").iter_rows()).items()
    assert not sink.covers, "what is no longer told stays as it was seen last"


def test_requests_for_days_off_that_are_past_are_read_again_with_a_value_for_each_day(
    client: GenesysClient, sink: MemorySink
) -> None:
    declared, (table,) = READS["time_off_requests"]
    store = loaded(client, "business_units", "management_units")
    read_time_off(replace(span(client, declared.name, sink), store=store))  # type: ignore[arg-type]
    rows = {row["id"]: row for row in sink.rows(table).iter_rows(named=True)}
    past = {"dateRange": {"startDate": "2026-04-18", "endDate": "2026-05-18"}}
    units = store.frames["management_unit"]["id"]
    told = [each for unit in units for each in answered(client, declared, past, managementUnitId=unit)]
    arrays = {
        "full_day_management_unit_dates": "fullDayManagementUnitDates",
        "partial_day_start_date_times": "partialDayStartDateTimes",
        "duration_minutes": "durationMinutes",
        "payable_minutes": "payableMinutes",
        "full_day_earliest_start_offset_minutes": "fullDayEarliestStartOffsetMinutes",
        "full_day_latest_end_offset_minutes": "fullDayLatestEndOffsetMinutes",
    }
    for each in told:
        row = rows[each["id"]]
        assert row["status"] == each["status"]
        assert (row["version"], row["submitted_by_id"]) == (each["metadata"]["version"], each["submittedBy"]["id"])
        for column, name in arrays.items():
            assert (None if row[column] is None else json.loads(row[column])) == each.get(name), column
    assert "System" in {each["submittedBy"]["id"] for each in told}
    assert any(None in each.get("fullDayEarliestStartOffsetMinutes", ()) for each in told), "gaps keep their place"
    assert {each["status"] for each in told} >= {"APPROVED", "CANCELED"}
