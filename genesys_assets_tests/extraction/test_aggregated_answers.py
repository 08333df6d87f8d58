"""What one call leaves in all aggregated tables, and what of it goes when Genesys tells of the call otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.project import Project, failures, project
from genesys_assets_tests.orchestration.test_aggregates import HISTOGRAMS, QUEUES, USERS
from genesys_assets_tests.orchestration.test_aggregates_over_time import at, waited

pytestmark = pytest.mark.soak

DAY = date(2026, 3, 10)
ENTERED, DONE = at("2026-03-10T09:00:00"), at("2026-03-10T09:05:00")
LEFT = {"tAnswered": at("2026-03-10T09:00:30"), "tAbandon": at("2026-03-10T09:00:20")}
TABLES = (*QUEUES, *USERS, *HISTOGRAMS)


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Project]:
    """An organisation in which hardly anything happens on its own."""
    settings = simulator.Settings(
        conversations_per_day=3, users=30, queues=4, rate_limit=0, now="2026-03-11T08:00:00.000Z"
    )
    with project(tmp_path, settings, start=date(2026, 3, 1)) as made:
        yield made


def served(how: str, media: str = "voice") -> dict[str, Any]:
    """A call that waited in a queue; an agent answered and dealt with it, or let it ring until it was abandoned."""
    call = waited("call", "the-queue", ENTERED, LEFT[how], how)
    acd = call["participants"][0]["sessions"][0]
    acd["mediaType"] = media
    start, left, done = (f"{moment:%Y-%m-%dT%H:%M:%S}.000Z" for moment in (ENTERED, LEFT[how], DONE))
    rang = {**acd["segments"][0], "segmentType": "alert", "segmentStart": start, "segmentEnd": left}
    agent = {**acd, "sessionId": "call-a", "segments": [rang]}
    agent["metrics"] = [{"name": "tAlert", "value": 9_000, "emitDate": left}]
    if how == "tAnswered":
        agent["metrics"] += [acd["metrics"].pop(), {"name": "tHandle", "value": 269_999.5, "emitDate": done}]
        coded = {"segmentType": "wrapup", "segmentStart": left, "segmentEnd": done, "wrapUpCode": "the-code"}
        agent["segments"].append({**rang, **coded})
        call["conversationEnd"] = done
    call["participants"].append(
        {"participantId": "call-agent", "purpose": "agent", "userId": "the-agent", "sessions": [agent]}
    )
    return call


def loaded(made: Project, call: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Load the day as it is with the call; the rows of the call that are not retired, without what is empty."""
    made.control("POST", "conversations", conversation=call)
    for category, selected in (("historical", made.assets("conversation_details")), ("aggregated", None)):
        result = made.run(category, day=DAY, asset_selection=selected)
        assert result.success, failures(result)
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in TABLES:
        of_call = pl.col("user_id") == "the-agent" if name in USERS else pl.col("queue_id") == "the-queue"
        columns = [column.name for column in load_catalog()[name].columns]
        found = made.rows(name).filter(of_call).select(columns).sort(load_catalog()[name].key)
        rows[name] = [{key: value for key, value in row.items() if value is not None} for row in found.to_dicts()]
    return rows


def key(table: str, code: str = "", **more: object) -> dict[str, object]:
    """The key of the call's row in a table."""
    whole = {
        "queue_id": "the-queue",
        "user_id": "the-agent",
        "time": ENTERED,
        "media_type": "voice",
        "direction": "inbound",
        "initial_direction": "inbound",
        "wrap_up_code": code,
        **more,
    }
    return {name: whole[name] for name in load_catalog()[table].key}


def timed(name: str, value: float) -> dict[str, object]:
    return {f"{name}_count": 1, f"{name}_sum": value, f"{name}_min": value, f"{name}_max": value}


def test_nothing_stays_that_genesys_no_longer_tells_whether_a_row_or_a_value_in_it(quiet: Project) -> None:
    """Answered at first; in the next read, after Genesys went over it, the same call was abandoned."""
    answered, rang = timed("t_answered", 30_000.0), timed("t_alert", 9_000.0)
    handled = timed("t_handle", 269_999.5)
    first, then = loaded(quiet, served("tAnswered")), loaded(quiet, served("tAbandon"))
    abandoned = timed("t_abandon", 20_000.0)
    for name in QUEUES:
        offered = {**key(name), "n_offered": 1, **rang}
        assert first[name] == [{**offered, **timed("t_wait", 30_000.0), **answered, **handled}], name
        assert then[name] == [{**offered, **timed("t_wait", 20_000.0), **abandoned}], name
    assert first["user_aggregations"] == [{**key("user_aggregations"), **answered, **rang, **handled}]
    assert then["user_aggregations"] == [{**key("user_aggregations"), **rang}]
    for name in ("user_aggregations2", "user_aggregation3"):
        assert first[name] == [{**key(name), **answered, **rang}, {**key(name, "the-code"), **handled}], name
        assert then[name] == [{**key(name), **rang}], name
    for name in HISTOGRAMS:
        assert first[name] == [{**key(name, second=30), "answered": 1, "abandoned": 0, "flow_out": 0}], name
        assert then[name] == [{**key(name, second=20), "answered": 0, "abandoned": 1, "flow_out": 0}], name


def test_media_that_nobody_knows_yet_are_counted_under_their_name_and_parts_of_a_millisecond_are_kept(
    quiet: Project,
) -> None:
    found = loaded(quiet, served("tAnswered", media="hologram"))
    for name in TABLES:
        assert found[name], name
        assert {row["media_type"] for row in found[name]} == {"hologram"}, name
    for name in (*QUEUES, *USERS):
        sums = [row["t_handle_sum"] for row in found[name] if "t_handle_sum" in row]
        assert sums == [269_999.5], name
    assert quiet.warehouse.quarantined().is_empty()
