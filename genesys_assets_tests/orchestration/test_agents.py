"""Presences and routing statuses as days go by: open at the watermark, closed later, over midnight, once."""

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
NEXT = DAY + timedelta(1)
PRESENCES, STATUSES = "analytics_user_presence_record", "analytics_routing_status_record"
RECORDS = (PRESENCES, STATUSES)
KEY = ["user_id", "start_time"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    settings = simulator.Settings(conversations_per_day=100, users=60, queues=5, rate_limit=0)
    with project(tmp_path, settings, start=DAY) as made:
        yield made


def load(made: Project, now: str, *days: date, lag_hours: float = 5) -> None:
    made.control("PUT", "clock", now=f"{now}:00.000Z", lag_hours=lag_hours, user_lag_hours=lag_hours)
    for day in days:
        result = made.run("historical", day=day, asset_selection=made.assets("user_details"))
        assert result.success, failures(result)


def changes(made: Project) -> tuple[Any, ...]:
    """What the latest loads of all days inserted, updated and retired."""
    ledger = made.warehouse.ledger([load_catalog()[name] for name in RECORDS])
    return ledger.select(pl.sum("inserted", "updated", "retired")).row(0)


def test_a_presence_open_at_the_watermark_is_closed_by_the_next_days_load_and_stays_one_row(small: Project) -> None:
    watermark = datetime(2026, 3, 11, tzinfo=UTC)
    load(small, "2026-03-11T05:00", DAY)
    for table in RECORDS:
        rows = small.rows(table)
        assert (rows["end_time"].is_null() | (rows["end_time"] <= watermark)).all()
        running = rows.filter(pl.col("end_time").is_null())
        assert len(running) > 30, "every user is in some presence"
        assert not running.select("user_id").is_duplicated().any(), "and in one only"
    before = {table: small.rows(table).filter(pl.col("end_time").is_null()).select(KEY) for table in RECORDS}

    load(small, "2026-03-12T05:00", NEXT)
    for table in RECORDS:
        rows = small.rows(table)
        assert not rows.select(KEY).is_duplicated().any()
        closed = before[table].join(rows, on=KEY).filter(pl.col("end_time").is_not_null())
        assert len(closed) > 20, table
        assert (closed["end_time"] > watermark).all()
        assert set(closed["db_partition"]) == {DAY}, "over midnight, in the partition of its start"


def test_every_second_load_changes_nothing(small: Project) -> None:
    load(small, "2026-03-12T05:00", DAY, NEXT)
    first = {table: small.content_of(load_catalog()[table]) for table in RECORDS}
    load(small, "2026-03-12T05:00", DAY, NEXT)
    assert changes(small) == (0, 0, 0)
    for table in RECORDS:
        assert small.content_of(load_catalog()[table]).equals(first[table])


def test_days_loaded_one_by_one_in_any_order_are_the_days_as_they_were(small: Project, tmp_path: Path) -> None:
    load(small, "2026-03-10T13:00", DAY)
    load(small, "2026-03-11T09:00", NEXT)
    load(small, "2026-03-12T06:00", NEXT)
    load(small, "2026-03-12T06:00", DAY)
    other = simulator.Settings(conversations_per_day=100, users=60, queues=5, rate_limit=0)
    (tmp_path / "other").mkdir()
    with project(tmp_path / "other", other, start=DAY) as fresh:
        load(fresh, "2026-03-12T06:00", DAY, NEXT)
        for table in RECORDS:
            known, told = (made.content_of(load_catalog()[table]) for made in (small, fresh))
            assert known.equals(told), table


def test_an_older_telling_without_an_end_does_not_blank_the_end_that_is_known(small: Project) -> None:
    # The query of the 11th tells ends that the lake, which the load of the 10th reads, does not know yet.
    load(small, "2026-03-11T18:00", NEXT, lag_hours=17)
    assert changes(small)[0] > 0
    known = small.rows(PRESENCES).filter(pl.col("db_partition") == DAY).drop_nulls("end_time").select(*KEY, "end_time")
    assert len(known) > 20
    load(small, "2026-03-11T18:00", DAY, lag_hours=17)
    kept = small.rows(PRESENCES).join(known, on=[*KEY, "end_time"], how="semi")
    assert len(kept) == len(known)
    assert len(small.rows(PRESENCES).filter(pl.col("db_partition") == DAY)) > 2 * len(known), "the day was told"


def test_past_the_watermark_the_query_tells_and_the_day_stays_open(small: Project) -> None:
    load(small, "2026-03-10T16:00", DAY)
    rows = small.rows(STATUSES)
    assert (rows["start_time"] > datetime(2026, 3, 10, 11, tzinfo=UTC)).any()
    assert set(small.warehouse.ledger([load_catalog()[STATUSES]])["status"]) == {"open"}
    load(small, "2026-03-12T16:00", DAY)
    assert set(small.warehouse.ledger([load_catalog()[STATUSES]])["status"]) == {"provisional"}
    load(small, "2026-03-15T16:00", DAY)
    assert set(small.warehouse.ledger([load_catalog()[STATUSES]])["status"]) == {"settled"}


def test_the_sensor_follows_the_watermark_of_the_users_and_not_that_of_the_conversations(small: Project) -> None:
    small.control("PUT", "clock", now="2026-03-11T06:00:00.000Z", lag_hours=30, user_lag_hours=5)
    assert small.tick("conversation_watermark") == []
    assert small.tick("agent_watermark") == [DAY]
    assert small.tick("agent_watermark") == []
    small.control("PUT", "clock", now="2026-03-12T06:00:00.000Z")
    assert small.tick("agent_watermark") == [DAY, NEXT]
    requests = small.control("GET", "statistics")["requests"]
    assert requests["GET /api/v2/analytics/users/details/jobs/availability"] >= 3


def test_who_is_on_a_call_of_a_queue_is_on_queue_and_interacting(small: Project) -> None:
    load(small, "2026-03-12T05:00", DAY, NEXT)
    conversations = small.assets("conversation_details")
    assert small.run("historical", day=DAY, asset_selection=conversations).success
    sessions = small.rows("analytics_session").filter(pl.col("media_type") == "voice")
    agents = small.rows("analytics_participant").filter(pl.col("purpose") == "agent")
    talks = (
        small.rows("analytics_conversation_segment")
        .filter((pl.col("segment_type") == "interact") & pl.col("segment_start").dt.date().eq(DAY))
        .join(sessions, on=["conversation_id", "participant_id", "session_id"], how="semi")
        .join(agents.select("conversation_id", "participant_id", "user_id"), on=["conversation_id", "participant_id"])
    )
    assert len(talks) > 20
    for table, column, state in (
        (PRESENCES, "system_presence", "ON_QUEUE"),
        (STATUSES, "routing_status", "INTERACTING"),
    ):
        meanwhile = small.rows(table).filter(pl.col(column) == state)
        within = talks.join(meanwhile, on="user_id").filter(
            (pl.col("start_time") <= pl.col("segment_start")) & (pl.col("segment_end") <= pl.col("end_time"))
        )
        assert within["segment_start"].len() == len(talks), table


def test_a_load_that_fails_half_way_changes_nothing(small: Project) -> None:
    load(small, "2026-03-10T16:00", DAY)
    before = {table: small.content_of(load_catalog()[table]) for table in RECORDS}
    small.control("POST", "failures", path="/api/v2/analytics/users/details/jobs", status=400)
    small.control("PUT", "clock", now="2026-03-11T16:00:00.000Z")
    assert not small.run("historical", day=DAY, asset_selection=small.assets("user_details")).success
    for table in RECORDS:
        assert small.content_of(load_catalog()[table]).equals(before[table])
