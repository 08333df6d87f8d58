"""Aggregates and histograms as days go by: what follows what, what falls away, midnights and changes of the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.project import Project, failures, project

pytestmark = pytest.mark.soak

DAY = date(2026, 3, 10)
AGGREGATED = 8
COUNTED = ("queue_aggregations", "queue_aggregation3", "histogram")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    settings = simulator.Settings(
        conversations_per_day=10, users=30, queues=4, rate_limit=0, now="2026-03-11T08:00:00.000Z"
    )
    with project(tmp_path, settings, start=date(2026, 3, 1)) as made:
        yield made


def waited(identifier: str, queue: str, entered: datetime, left: datetime, how: str = "tAnswered") -> dict[str, Any]:
    """A call that entered a queue and left it, on its one session."""
    start, end = (f"{at:%Y-%m-%dT%H:%M:%S}.000Z" for at in (entered, left))
    milliseconds = int((left - entered) / timedelta(milliseconds=1))
    return {
        "conversationId": identifier,
        "conversationStart": start,
        "conversationEnd": end,
        "originatingDirection": "inbound",
        "divisionIds": [],
        "participants": [
            {
                "participantId": f"{identifier}-p",
                "purpose": "acd",
                "sessions": [
                    {
                        "sessionId": f"{identifier}-s",
                        "mediaType": "voice",
                        "direction": "inbound",
                        "segments": [
                            {
                                "segmentType": "interact",
                                "segmentStart": start,
                                "segmentEnd": end,
                                "queueId": queue,
                                "conference": False,
                            }
                        ],
                        "metrics": [
                            {"name": "nOffered", "value": 1, "emitDate": start},
                            {"name": how, "value": milliseconds, "emitDate": end},
                        ],
                    }
                ],
            }
        ],
    }


def load(made: Project, day: date) -> None:
    """The conversations of a day, then what is counted of them (as far as these tests look at it)."""
    for category, reads in (("historical", ("conversation_details",)), ("aggregated", COUNTED)):
        result = made.run(category, day=day, asset_selection=made.assets(*reads))
        assert result.success, failures(result)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of_queue(made: Project, table: str, queue: str, *columns: str) -> list[tuple[Any, ...]]:
    rows = made.rows(table).filter(pl.col("queue_id") == queue).sort("time")
    return rows.select(*columns).rows()


def test_a_wait_over_midnight_is_offered_on_one_day_and_answered_on_the_next(small: Project) -> None:
    call = waited("over-midnight", "q", at("2026-03-09T23:59:50"), at("2026-03-10T00:00:20"))
    small.control("POST", "conversations", conversation=call)
    load(small, DAY)
    assert of_queue(small, "queue_aggregation3", "q", "time", "t_answered_count") == [(at("2026-03-10T00:00:00"), 1)]
    # Its conversation lies in the partition of the day before, which was never asked for.
    told = of_queue(small, "queue_second_histogram3", "q", "time", "second", "answered", "db_partition")
    assert told == [(at("2026-03-10T00:00:00"), 30, 1, DAY)]
    load(small, DAY - timedelta(1))
    rows = of_queue(small, "queue_aggregations", "q", "time", "n_offered", "t_answered_count", "db_partition")
    assert rows == [
        (at("2026-03-09T23:30:00"), 1, None, DAY - timedelta(1)),
        (at("2026-03-10T00:00:00"), None, 1, DAY),
    ]
    assert len(of_queue(small, "queue_second_histogram3", "q", "second")) == 1


def test_a_conversation_that_began_weeks_ago_counts_on_the_day_it_is_answered(small: Project) -> None:
    call = waited("long", "q", at("2026-02-20T10:00:00"), at("2026-03-10T10:00:00"))
    small.control("POST", "conversations", conversation=call)
    load(small, DAY)
    weeks = int(timedelta(days=18).total_seconds())
    assert of_queue(small, "queue_aggregations_second", "q", "second", "answered") == [(weeks, 1)]


def test_a_wait_counts_in_the_queue_in_which_it_ended(small: Project) -> None:
    """Of a session that passed two queues, and of an agent's that names none: it was the queue before."""
    both = waited("both", "first", at("2026-03-10T09:00:00"), at("2026-03-10T09:03:00"))
    (session,) = both["participants"][0]["sessions"]
    first = session["segments"][0]
    first["segmentEnd"] = "2026-03-10T09:01:00.000Z"
    session["segments"].append(
        {
            **first,
            "segmentStart": "2026-03-10T09:01:00.000Z",
            "segmentEnd": "2026-03-10T09:03:00.000Z",
            "queueId": "second",
        }
    )
    silent = waited("silent", "third", at("2026-03-10T10:00:00"), at("2026-03-10T10:00:07"))
    acd = silent["participants"][0]["sessions"][0]
    talk = {"segmentType": "interact", "segmentStart": "2026-03-10T10:00:07.000Z", "conference": False}
    agent = {**acd, "sessionId": "silent-a", "segments": [talk], "metrics": [acd["metrics"].pop()]}
    silent["participants"].append({"participantId": "silent-agent", "purpose": "agent", "sessions": [agent]})
    for call in (both, silent):
        small.control("POST", "conversations", conversation=call)
    load(small, DAY)
    for queue, second in (("first", None), ("second", 180), ("third", 7)):
        told = of_queue(small, "queue_second_histogram3", queue, "second", "answered")
        assert told == ([] if second is None else [(second, 1)]), queue
        rows = small.rows("queue_aggregation3").filter(pl.col("queue_id") == queue)
        assert rows["t_answered_count"].drop_nulls().to_list() == ([] if second is None else [1]), queue


def test_a_wait_of_no_time_is_in_second_0_and_days_loaded_before_their_reach_was_noted_are_searched(
    small: Project,
) -> None:
    call = waited("at-once", "q", at("2026-03-09T23:00:00"), at("2026-03-10T09:00:00"), "tFlowOut")
    call["participants"][0]["sessions"][0]["metrics"][1]["value"] = 0
    small.control("POST", "conversations", conversation=call)
    for day in (DAY - timedelta(1), DAY):
        assert small.run("historical", day=day, asset_selection=small.assets("conversation_details")).success
    small.warehouse.forget(f"reach of conversation_details {DAY}")
    assert small.run("aggregated", day=DAY, asset_selection=small.assets(*COUNTED)).success
    assert of_queue(small, "queue_aggregations_second", "q", "second", "flow_out", "answered") == [(0, 1, 0)]


@pytest.mark.parametrize(
    ("day", "calls"),
    [
        # In Berlin the hour from 2 to 3 does not exist: half past one is followed by three.
        (date(2026, 3, 29), [("00:59:30", "01:00:31")]),
        # In Berlin the hour from 2 to 3 exists twice: both calls are answered there at half past two.
        (date(2026, 10, 25), [("00:29:30", "00:30:31"), ("01:29:30", "01:30:31")]),
    ],
    ids=["spring", "autumn"],
)
def test_when_the_clocks_change_a_day_has_24_hours_and_no_interval_twice(
    tmp_path: Path, day: date, calls: list[tuple[str, str]]
) -> None:
    """Intervals are cut in UTC, whose days all have 48 half hours; local time is a matter of the report.

    Cut in local time, the day of spring would lack two of them and one of autumn would hold two hours.
    """
    after = f"{day + timedelta(1)}T12:00:00.000Z"
    settings = simulator.Settings(conversations_per_day=1_500, users=30, queues=4, rate_limit=0, now=after)
    with project(tmp_path, settings, start=date(2026, 3, 1)) as made:
        for number, (entered, left) in enumerate(calls):
            call = waited(f"call-{number}", "q", at(f"{day}T{entered}"), at(f"{day}T{left}"))
            made.control("POST", "conversations", conversation=call)
        load(made, day)
        rows = of_queue(made, "queue_aggregation3", "q", "time", "t_answered_count")
        answered = [(start, count) for start, count in rows if count]
        assert answered == [(at(f"{day}T{left}").replace(second=0), 1) for _, left in calls]
        seconds = of_queue(made, "queue_second_histogram3", "q", "time", "second", "answered")
        assert seconds == [(start, 61, 1) for start, _ in answered]
        times = made.rows("queue_aggregations")["time"].unique().sort()
        midnight = at(f"{day}T00:00:00")
        assert times.to_list() == [midnight + n * timedelta(minutes=30) for n in range(48)]
        assert made.rows("queue_aggregations")["db_partition"].unique().to_list() == [day]


def test_a_group_that_falls_away_in_a_later_read_is_retired(small: Project) -> None:
    def place(queue: str) -> None:
        call = waited("moved", queue, at("2026-03-10T09:00:00"), at("2026-03-10T09:00:05"), "tAbandon")
        small.control("POST", "conversations", conversation=call)

    place("q")
    load(small, DAY)
    tables = ("queue_aggregations", "queue_aggregation3", "queue_second_histogram3")
    assert all(of_queue(small, table, "q", "time") for table in tables)
    place("r")
    load(small, DAY)
    for table in tables:
        assert not of_queue(small, table, "q", "time"), table
        assert of_queue(small, table, "r", "time"), table
    ledger = small.warehouse.ledger([load_catalog()[table] for table in tables])
    assert set(ledger["retired"]) == {1}
    load(small, DAY)
    ledger = small.warehouse.ledger([table for table in load_catalog() if table.name in tables])
    assert ledger.select(pl.sum("inserted", "updated", "retired")).row(0) == (0, 0, 0)


def test_whenever_the_conversations_of_a_day_are_loaded_its_aggregates_are_due_and_then_no_more(small: Project) -> None:
    conversations = small.assets("conversation_details")
    assert small.tick("follows_conversations") == []
    for _ in range(2):
        assert small.run("historical", day=DAY, asset_selection=conversations).success
        assert small.tick("follows_conversations") == [DAY]
        assert small.tick("follows_conversations") == []
    ledger = small.warehouse.history(
        [table for table in load_catalog() if load_catalog().category(table.name) == "aggregated"]
    )
    assert ledger.group_by("table").len()["len"].to_list() == [2] * AGGREGATED
    assert ledger["run_id"].n_unique() == 2, "parents and histograms in one run"


def test_an_open_day_is_not_followed_until_it_is_over(small: Project) -> None:
    assert small.run("historical", day=DAY + timedelta(1), asset_selection=small.assets("conversation_details")).success
    assert small.tick("follows_conversations") == []


def test_an_open_day_is_counted_as_far_as_its_conversations_are_known(tmp_path: Path) -> None:
    """Past the watermark the live query does not tell of an e-mail of last week that is answered now."""
    settings = simulator.Settings(
        conversations_per_day=1_000, users=60, queues=6, rate_limit=0, now="2026-03-10T21:10:00.000Z"
    )
    with project(tmp_path, settings, start=date(2026, 3, 1)) as made:
        load(made, DAY)
        key = list(load_catalog()["queue_aggregation3"].key)
        counts = {"answered": "t_answered_count", "abandoned": "t_abandon_count", "flow_out": "t_flow_out_count"}
        rows = made.rows("queue_aggregation3").select(*key, pl.col(list(counts.values())).fill_null(0))
        sums = made.rows("queue_second_histogram3").group_by(key).agg(pl.col(list(counts)).sum())
        waited_for = rows.filter(pl.sum_horizontal(list(counts.values())) > 0).sort(key)
        assert sums.sort(key).rows() == waited_for.rows()
        assert max(waited_for["time"]) == at("2026-03-10T14:30:00"), "the watermark is at 15:00"
        ledger = made.warehouse.ledger([load_catalog()["queue_aggregation3"]])
        assert (ledger["status"].item(), ledger["watermark"].item()) == ("open", at("2026-03-10T15:00:00"))
        made.at("2026-03-11T08:00:00.000Z")
        load(made, DAY)
        assert max(made.rows("queue_aggregation3")["time"]) == at("2026-03-10T23:30:00")


def test_without_the_conversations_of_the_day_there_is_no_histogram_but_a_clear_message(small: Project) -> None:
    result = small.run("aggregated", day=DAY, asset_selection=small.assets(*COUNTED))
    assert not result.success
    told = failures(result)[0]
    assert told.startswith("ValueError: histogram of")
    assert "analytics_session_metric" in told
    assert f"of {DAY} is not loaded; load the day of the conversation tables first" in told
    loaded = {table for table in small.warehouse.ledger()["table"]}
    assert {"queue_aggregations", "queue_aggregation3"} <= loaded, "the others are loaded"
    assert "queue_second_histogram3" not in loaded


def test_a_failing_query_leaves_the_day_as_it_was(small: Project) -> None:
    load(small, DAY)
    before = {name: small.content_of(load_catalog()[name]) for name in ("queue_aggregations", "queue_aggregation3")}
    path = "/api/v2/analytics/conversations/aggregates/query"
    small.control("POST", "failures", path=path, status=400)
    assert not small.run("aggregated", day=DAY, asset_selection=small.assets(*COUNTED)).success
    small.control("DELETE", "failures")
    for name, rows in before.items():
        assert small.content_of(load_catalog()[name]).equals(rows)


def test_intervals_can_be_shorter_for_all_tables_at_once(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    small.control(
        "POST", "conversations", conversation=waited("a", "q", at("2026-03-10T09:16:00"), at("2026-03-10T09:16:05"))
    )
    load(small, DAY)
    monkeypatch.setenv("GENESYS_ASSETS_GRANULARITY", "PT15M")
    load(small, DAY)
    for table in ("queue_aggregations", "queue_second_histogram3"):
        assert of_queue(small, table, "q", "time") == [(at("2026-03-10T09:15:00"),)], "and the half hour is gone"
    monkeypatch.setenv("GENESYS_ASSETS_GRANULARITY", "PT20M")
    result = small.run("aggregated", day=DAY, asset_selection=small.assets("queue_aggregations"))
    assert not result.success
    assert "GENESYS_ASSETS_GRANULARITY='PT20M' is no length of an interval; set it to one of PT15M, PT30M, PT1H" in str(
        failures(result)
    )
