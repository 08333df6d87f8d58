"""A conversation that crosses midnight, is wrapped up late and reopened: complete, and there exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.parser import PageParser
from genesys_assets.genesys import GenesysClient, JobRequest, Settings, run_job
from genesys_assets_tests.orchestration.project import CONVERSATION_TABLES, Project, project

ID = "0d6a3f0e-9c1b-4c53-8f2e-5f8f4f1d2e3c"
DAY = date(2026, 3, 10)


def session(number: int, start: str, end: str | None, *, wrapped: str | None = None) -> dict[str, Any]:
    segments: list[dict[str, Any]] = [
        {"segmentType": "interact", "segmentStart": start, "queueId": "q", **({"segmentEnd": end} if end else {})}
    ]
    metrics = [{"name": "tAnswered", "value": 900, "emitDate": start}]
    if wrapped is not None:
        segments.append({"segmentType": "wrapup", "segmentStart": end, "segmentEnd": wrapped, "wrapUpCode": "done"})
        metrics.append({"name": "tAcw", "value": 3_600_000, "emitDate": wrapped})
    return {
        "sessionId": f"5e55{number:04d}-0000-4000-8000-000000000000",
        "mediaType": "email",
        "direction": "inbound",
        "segments": segments,
        "metrics": metrics,
        "flow": {
            "flowId": "f",
            "flowType": "INBOUNDEMAIL",
            "outcomes": [
                {"flowOutcomeId": "o", "flowOutcome": "o:SUCCESS", "flowOutcomeStartTimestamp": start},
            ],
        },
    }


def version(sessions: list[dict[str, Any]], end: str | None, attributes: dict[str, str]) -> dict[str, Any]:
    return {
        "conversationId": ID,
        "conversationStart": "2026-03-10T23:50:00.000Z",
        "originatingDirection": "inbound",
        "divisionIds": ["d1", "d2"],
        "participants": [
            {
                "participantId": "9a7c0000-0000-4000-8000-000000000000",
                "purpose": "agent",
                "attributes": attributes,
                "sessions": sessions,
            }
        ],
        **({"conversationEnd": end} if end else {}),
    }


FIRST_OPEN = session(1, "2026-03-10T23:50:00.000Z", None)
FIRST = session(1, "2026-03-10T23:50:00.000Z", "2026-03-11T00:20:00.000Z")
WRAPPED = session(1, "2026-03-10T23:50:00.000Z", "2026-03-11T00:20:00.000Z", wrapped="2026-03-11T01:20:00.000Z")
AGAIN_OPEN = session(2, "2026-03-12T15:00:00.000Z", None)
AGAIN = session(2, "2026-03-12T15:00:00.000Z", "2026-03-12T15:40:00.000Z")
FINAL = version([WRAPPED, AGAIN], "2026-03-12T15:40:00.000Z", {"ANI ": "1", "ANI": "", "reopened": "yes"})
VERSIONS = [
    {"visible_from": "2026-03-10T23:50:00.000Z", "conversation": version([FIRST_OPEN], None, {"ANI ": "1"})},
    {
        "visible_from": "2026-03-11T00:20:00.000Z",
        "conversation": version([FIRST], "2026-03-11T00:20:00.000Z", {"ANI ": "1"}),
    },
    {
        "visible_from": "2026-03-11T01:20:00.000Z",
        "conversation": version([WRAPPED], "2026-03-11T00:20:00.000Z", {"ANI ": "1", "ANI": ""}),
    },
    {
        "visible_from": "2026-03-12T15:00:00.000Z",
        "conversation": version([WRAPPED, AGAIN_OPEN], None, {"ANI ": "1", "ANI": ""}),
    },
    {"visible_from": "2026-03-12T15:40:00.000Z", "conversation": FINAL},
]
EXPECTED = {
    "analytics_conversation": 1,
    "analytics_participant": 1,
    "analytics_participant_attribute": 3,
    "analytics_session": 2,
    "analytics_session_flow_outcome": 2,
    "analytics_session_metric": 3,
    "analytics_conversation_segment": 3,
    "conversation_division": 2,
}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    settings = simulator.Settings(conversations_per_day=10, rate_limit=0, job_polls=1, now="2026-03-11T02:00:00.000Z")
    with project(tmp_path, settings, start=DAY) as made:
        made.control("POST", "conversations", versions=VERSIONS)
        yield made


def test_after_the_sensor_it_is_complete_and_exactly_once_in_the_partition_of_its_start(small: Project) -> None:
    loaded: Counter[date] = Counter()
    for moment in ("2026-03-11T02:00", "2026-03-11T07:00", "2026-03-12T07:00", "2026-03-13T07:00", "2026-03-14T07:00"):
        small.at(f"{moment}:00.000Z")
        loaded.update(small.tick())
    # Day 10 is read when it is complete, and again each day after that: four times by the 14th.
    assert loaded == {DAY: 4, DAY + timedelta(1): 3, DAY + timedelta(2): 2, DAY + timedelta(3): 1}

    expected = PageParser(CONVERSATION_TABLES).parse([_json(FINAL)]).frames
    for table in CONVERSATION_TABLES:
        mine = small.rows(table.name).filter(pl.col("conversation_id") == ID)
        assert len(mine) == EXPECTED[table.name], table.name
        assert mine["db_partition"].unique().to_list() == [DAY]
        columns = [column.name for column in table.columns]
        assert mine.select(columns).sort(table.key).equals(expected[table.name].select(columns).sort(table.key))


def test_deleting_and_inserting_by_date_would_have_lost_it(small: Project) -> None:
    by_date: dict[date, pl.DataFrame] = {}
    segments = load_catalog()["analytics_conversation_segment"]
    for offset in range(4):
        day = DAY + timedelta(offset)
        small.at(f"{day + timedelta(1)}T07:00:00.000Z")
        returned = pl.concat(_segments(small, segments, day))
        # What a loader does that keeps a table by date: drop the day, insert what the day's job returned.
        by_date[day] = returned.filter(pl.col("db_partition") == day)
    kept = pl.concat(by_date.values()).filter(pl.col("conversation_id") == ID)
    assert len(kept) < EXPECTED["analytics_conversation_segment"]
    assert "2026-03-12" not in {str(start.date()) for start in kept["segment_start"]}, "the reopening is lost"


def _segments(small: Project, table: Any, day: date) -> Iterator[pl.DataFrame]:
    import os

    settings = Settings.from_environment(os.environ)
    assert settings is not None
    read = table.read
    interval = f"{day}T00:00:00.000Z/{day + timedelta(1)}T00:00:00.000Z"
    job = JobRequest(
        path=read.path, body={"interval": interval}, results_items=read.items, page_size=1000, key=f"naive {day}"
    )
    with GenesysClient(settings) as client:
        for page in run_job(client, job, small.warehouse):
            yield PageParser([table]).parse(page.raw_items()).frames[table.name]


def _json(value: object) -> bytes:
    import msgspec

    return msgspec.json.encode(value)
