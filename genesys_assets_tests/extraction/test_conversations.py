"""A day of conversations: the lake up to its watermark, the live query beyond it, and what each may say."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genesys_assets.catalog.conversations import (
    ANALYTICS_CONVERSATION,
    ANALYTICS_PARTICIPANT,
    ANALYTICS_PARTICIPANT_ATTRIBUTE,
    CONVERSATION_DETAILS,
    TABLES,
)
from genesys_assets.catalog.declare import Table
from genesys_assets.extraction import conversations
from genesys_assets.extraction.conversations import QUERY_PATH, read_conversations
from genesys_assets.extraction.history import status_of
from genesys_assets.extraction.sink import Outcome
from genesys_assets.genesys import GenesysClient, TransientError
from genesys_assets.simulator import Faults, Simulator
from genesys_assets_tests.extraction import by_hand
from genesys_assets_tests.extraction.samples import MemorySink

TODAY = date(2026, 5, 20)
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
WATERMARK = datetime(2026, 5, 20, 6, tzinfo=UTC)
JOBS = CONVERSATION_DETAILS.path
IN_TAIL = [table for table in TABLES if table is not ANALYTICS_PARTICIPANT_ATTRIBUTE]


class Jobs:
    """Bookmarks of jobs, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.names: list[str] = []

    def recall(self, key: str) -> str | None:
        return self.kept.get(key)

    def remember(self, key: str, value: str) -> None:
        self.kept[key] = value
        self.names.append(key)

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)

    @property
    def jobs(self) -> list[str]:
        return [key for key in self.kept if not key.startswith("reach of ")]


def read(client: GenesysClient, sink: MemorySink, day: date = TODAY, tables: Any = TABLES, **options: Any) -> Outcome:
    options = {"store": Jobs(), "now": NOON, "known": TABLES, **options}
    return read_conversations(client, CONVERSATION_DETAILS, tables, day, sink, **options)


def conversation(
    identifier: str, begun: str, *parties: tuple[str, dict[str, str]], ended: str | None = None, **more: Any
) -> dict[str, Any]:
    """A conversation of some participants, each with its attributes, in one session."""
    end = {} if ended is None else {"segmentEnd": ended}
    return {
        "conversationId": identifier,
        "conversationStart": begun,
        "divisionIds": ["d1"],
        "participants": [
            {
                "participantId": f"{identifier}-{party}",
                "purpose": party,
                "attributes": attributes,
                "sessions": [
                    {
                        "sessionId": f"{identifier}-{party}-s",
                        "segments": [{"segmentType": "interact", "segmentStart": begun, **end}],
                        "metrics": [],
                    }
                ],
            }
            for party, attributes in parties
        ],
        **more,
    }


def ids(frame: pl.DataFrame) -> set[str]:
    return set(frame["conversation_id"])


def as_of(sink: MemorySink, table: Table) -> dict[str, set[datetime]]:
    found: dict[str, set[datetime]] = {}
    for identifier, moment in sink.covered(table).iter_rows():
        found.setdefault(identifier, set()).add(moment)
    return found


def queries(simulator: Simulator) -> int:
    return simulator.statistics()["requests"].get(f"POST {QUERY_PATH}", 0)


def submissions(simulator: Simulator) -> int:
    return simulator.statistics()["requests"].get(f"POST {JOBS}", 0)


# -- a day in the lake ---------------------------------------------------------------------------------


def test_a_day_in_the_lake_is_read_from_it_alone(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    outcome = read(client, sink, date(2026, 5, 10))
    assert (outcome.status, outcome.watermark, outcome.rejected) == ("settled", WATERMARK, 0)
    assert outcome.items == len(sink.rows(ANALYTICS_CONVERSATION)) >= 40
    assert queries(simulator) == 0
    heads = sink.rows(ANALYTICS_CONVERSATION)
    assert heads["db_as_of"].unique().to_list() == [WATERMARK]
    assert date(2026, 5, 10) in heads["db_partition"]
    for table in TABLES:
        assert as_of(sink, table) == {identifier: {WATERMARK} for identifier in ids(heads)}
        assert ("db_as_of" in sink.frames[table.name][0].columns) == (table is ANALYTICS_CONVERSATION)
    assert sink.drifted == [("conversation_details", {})]


def test_every_row_of_a_day_is_what_the_answers_say(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    read(client, sink, date(2026, 5, 10))
    interval = "2026-05-10T00:00:00.000Z/2026-05-11T00:00:00.000Z"
    job = json.loads(client.request("POST", JOBS, json={"interval": interval}).body)["jobId"]
    client.request("GET", f"{JOBS}/{job}")
    answer = json.loads(client.request("GET", f"{JOBS}/{job}/results", params={"pageSize": 1000}).body)
    items = [json.dumps(each).encode() for each in answer["conversations"]]
    for table in TABLES:
        rows = sink.rows(table).drop("db_as_of", strict=False)
        found = by_hand.plain(table, rows.sort(table.key))
        assert found == sorted(by_hand.rows(table, items), key=lambda row: [row[name] for name in table.key])
        # Few as they are, not all of them need to have had a flow with outcomes.
        assert found or table.name == "analytics_session_flow_outcome"


def test_the_job_is_forgotten_once_it_was_read(client: GenesysClient, sink: MemorySink):
    store = Jobs()
    read(client, sink, date(2026, 5, 10), store=store)
    assert store.jobs == []


def test_a_part_of_the_tables_gets_the_same_rows(client: GenesysClient, sink: MemorySink):
    read(client, sink)
    part = MemorySink()
    read(client, part, tables=TABLES[3:5])
    assert set(part.frames) == {table.name for table in TABLES[3:5]}
    for table in TABLES[3:5]:
        assert_frame_equal(part.rows(table).sort(table.key), sink.rows(table).sort(table.key))
        assert as_of(part, table) == as_of(sink, table)
    assert part.drifted == sink.drifted


# -- the day that runs ---------------------------------------------------------------------------------


@pytest.fixture
def running(simulator: Simulator) -> Simulator:
    """Early: over before the watermark. Late: begun after it. Long: begun before, and changed after it."""
    ended = "2026-05-20T02:10:00.000Z"
    simulator.script(conversation("early", "2026-05-20T02:00:00.000Z", ("customer", {"a": "1"}), ended=ended))
    simulator.script(conversation("late", "2026-05-20T09:00:00.000Z", ("customer", {"a": "2"})))
    begun = conversation("long", "2026-05-20T03:00:00.000Z", ("customer", {"a": "3"}), ("ivr", {"b": "4"}))
    later = conversation(
        "long",
        "2026-05-20T03:00:00.000Z",
        ("customer", {"a": "changed"}),
        ("agent", {}),
        externalTag="seen live",
    )
    simulator.script(versions=[("2026-05-20T03:00:00.000Z", begun), ("2026-05-20T08:00:00.000Z", later)])
    return simulator


def test_the_query_tells_what_the_lake_does_not_know_yet(client: GenesysClient, running: Simulator, sink: MemorySink):
    store = Jobs()
    outcome = read(client, sink, store=store)
    assert (outcome.status, outcome.watermark) == ("open", WATERMARK)
    assert queries(running) > 0
    assert store.names[:-1] == ["conversation_details 2026-05-20T00:00:00.000Z/2026-05-20T06:00:00.000Z"], (
        "the lake is not asked past its watermark"
    )
    assert store.names[-1] == "reach of conversation_details 2026-05-20"
    heads = sink.rows(ANALYTICS_CONVERSATION)
    assert {"early", "late", "long"} <= ids(heads)
    tags = dict(heads.select("conversation_id", "external_tag").iter_rows())
    assert (tags["early"], tags["long"]) == (None, "seen live")
    known = dict(heads.select("conversation_id", "db_as_of").iter_rows())
    assert (known["early"], known["late"], known["long"]) == (WATERMARK, NOON, NOON)
    parties = sink.rows(ANALYTICS_PARTICIPANT).filter(pl.col("conversation_id") == "long")
    assert set(parties["purpose"]) == {"customer", "agent"}, "the ivr is gone, as the query does not tell of it"


def test_rows_of_the_lake_never_follow_those_of_the_query(client: GenesysClient, running: Simulator, sink: MemorySink):
    read(client, sink)
    for table in IN_TAIL:
        frames = sink.frames[table.name]
        tail = set().union(*(ids(frame) for frame in frames[:-1]))
        lake = ids(frames[-1])
        assert not tail & lake, table.name
        assert as_of(sink, table)["long"] == {NOON}, "what the query told is known up to now, and only once"
        assert as_of(sink, table)["late"] == {NOON}
        assert as_of(sink, table)["early"] == {WATERMARK}


def test_the_query_says_nothing_of_attributes(client: GenesysClient, running: Simulator, sink: MemorySink):
    read(client, sink)
    rows = sink.rows(ANALYTICS_PARTICIPANT_ATTRIBUTE)
    told = {(who, name): value for who, name, value in rows.select("participant_id", "name", "val").iter_rows()}
    assert told["early-customer", "a"] == "1"
    assert (told["long-customer", "a"], told["long-ivr", "b"]) == ("3", "4"), "as the lake knew them"
    covered = as_of(sink, ANALYTICS_PARTICIPANT_ATTRIBUTE)
    assert (covered["early"], covered["long"]) == ({WATERMARK}, {WATERMARK})
    assert "late" not in covered
    assert "late" not in ids(rows)


def test_attributes_alone_are_not_worth_a_query(client: GenesysClient, running: Simulator, sink: MemorySink):
    outcome = read(client, sink, tables=[ANALYTICS_PARTICIPANT_ATTRIBUTE])
    assert queries(running) == 0
    assert outcome.status == "open"
    assert {"early", "long"} <= set(as_of(sink, ANALYTICS_PARTICIPANT_ATTRIBUTE))


def test_a_day_beyond_the_watermark_is_read_by_query_alone(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    simulator.set_lag(40)
    watermark = datetime(2026, 5, 18, 20, tzinfo=UTC)
    outcome = read(client, sink, date(2026, 5, 19))
    assert (outcome.status, outcome.watermark) == ("open", watermark)
    assert submissions(simulator) == 0
    assert len(sink.rows(ANALYTICS_CONVERSATION)) >= 40
    assert set(sink.rows(ANALYTICS_CONVERSATION)["db_partition"]) == {date(2026, 5, 19)}
    assert sink.frames["analytics_participant_attribute"] == []
    assert sink.covers["analytics_participant_attribute"] == []


def test_a_query_with_too_many_hits_is_sliced(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, monkeypatch: pytest.MonkeyPatch
):
    simulator.set_lag(40)
    whole = MemorySink()
    read(client, whole, date(2026, 5, 19))
    before = queries(simulator)
    monkeypatch.setattr(conversations, "QUERY_CAP", 10)
    read(client, sink, date(2026, 5, 19))
    assert queries(simulator) - before > before
    for table in IN_TAIL:
        assert_frame_equal(sink.rows(table).sort(table.key), whole.rows(table).sort(table.key))


def test_nothing_is_asked_of_the_query_when_the_lake_is_ahead_of_the_clock(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    simulator.set_lag(0)
    outcome = read(client, sink, now=NOON - timedelta(seconds=5))
    assert outcome.watermark == NOON
    assert queries(simulator) == 0
    assert len(sink.rows(ANALYTICS_CONVERSATION)) > 0


# -- what goes wrong -----------------------------------------------------------------------------------


def test_a_rejected_conversation_is_not_covered(client: GenesysClient, running: Simulator, sink: MemorySink):
    bad = conversation("bad", "2026-05-20T02:30:00.000Z", ("customer", {}), externalTag={"not": "a text"})
    running.script(versions=[("2026-05-20T02:30:00.000Z", bad)])
    outcome = read(client, sink)
    for table in TABLES:
        assert "bad" not in as_of(sink, table)
        assert "bad" not in ids(sink.rows(table))
    # Alive at noon, it came by the query and from the lake.
    assert (outcome.rejected, len(sink.rejects)) == (2, 2)
    assert set(sink.rejects["column"]) == {"external_tag"}
    assert sink.rejects["source"][0] == QUERY_PATH
    assert JOBS in sink.rejects["source"][1]


def test_a_conversation_rejected_in_the_query_is_taken_from_the_lake(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    good = conversation("odd", "2026-05-20T02:00:00.000Z", ("customer", {"a": "1"}), externalTag="good")
    bad = {**good, "externalTag": ["bad"]}
    simulator.script(versions=[("2026-05-20T02:00:00.000Z", good), ("2026-05-20T10:00:00.000Z", bad)])
    outcome = read(client, sink)
    assert outcome.rejected == 1
    head = sink.rows(ANALYTICS_CONVERSATION).filter(pl.col("conversation_id") == "odd")
    assert head.select("external_tag", "db_as_of").rows() == [("good", WATERMARK)]
    for table in TABLES:
        assert as_of(sink, table)["odd"] == {WATERMARK}


def test_a_conversation_rejected_in_the_lake_is_kept_from_the_query(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    bad = conversation("odd", "2026-05-20T02:00:00.000Z", ("customer", {"a": "1"}), externalTag=["bad"])
    good = {**bad, "externalTag": "good"}
    simulator.script(versions=[("2026-05-20T02:00:00.000Z", bad), ("2026-05-20T10:00:00.000Z", good)])
    assert read(client, sink).rejected == 1
    assert as_of(sink, ANALYTICS_CONVERSATION)["odd"] == {NOON}
    assert "odd" not in as_of(sink, ANALYTICS_PARTICIPANT_ATTRIBUTE)


def test_malformed_conversations_cost_only_themselves(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    clean = MemorySink()
    read(client, clean)
    simulator.set_faults(Faults(malformed_items=0.2))
    outcome = read(client, sink)
    heads, all_heads = sink.rows(ANALYTICS_CONVERSATION), clean.rows(ANALYTICS_CONVERSATION)
    lost = ids(all_heads) - ids(heads)
    assert lost
    assert len(sink.rejects) == outcome.rejected >= len(lost)
    for table in TABLES:
        assert ids(sink.rows(table)) == ids(clean.rows(table)) - lost
        assert not set(as_of(sink, table)) & lost


def test_a_conversation_without_participants_is_no_fault(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    empty = conversation("empty", "2026-05-10T02:30:00.000Z", conversationEnd="2026-05-10T02:31:00.000Z")
    simulator.script(versions=[("2026-05-10T02:30:00.000Z", empty)])
    assert read(client, sink, date(2026, 5, 10)).rejected == 0
    for table in TABLES:
        assert as_of(sink, table)["empty"] == {WATERMARK}, "that it has no rows is known as well"
    assert "empty" in ids(sink.rows(ANALYTICS_CONVERSATION))


def test_a_day_that_has_not_begun_is_refused(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    for now in (NOON, datetime(2026, 5, 21, tzinfo=UTC)):
        with pytest.raises(ValueError, match="2026-05-21: the day has not begun"):
            read(client, sink, date(2026, 5, 21), now=now)
    assert simulator.statistics()["total"] == 0


def test_a_day_that_cannot_be_read_to_its_end_is_an_error(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    simulator.fail(QUERY_PATH, 500)
    with pytest.raises(TransientError):
        read(client, sink)
    assert sink.covers == {}


def test_a_sink_that_fails_ends_the_day_with_its_error(client: GenesysClient):
    class Full(MemorySink):
        def append(self, table: Table, frame: pl.DataFrame) -> None:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        read(client, Full(), date(2026, 5, 10))


@pytest.mark.parametrize(
    ("watermark", "status"),
    [
        ("2026-05-09T23:59:59", "open"),
        ("2026-05-10T00:00:00", "provisional"),
        ("2026-05-13T23:59:59", "provisional"),
        ("2026-05-14T00:00:00", "settled"),
        ("2027-01-01T00:00:00", "settled"),
    ],
)
def test_a_day_is_open_until_the_lake_has_it_and_settled_four_days_later(watermark: str, status: str):
    end = datetime(2026, 5, 10, tzinfo=UTC)
    assert status_of(end, datetime.fromisoformat(watermark).replace(tzinfo=UTC)) == status


def test_how_soon_a_day_settles_is_for_the_caller_to_say(client: GenesysClient, sink: MemorySink):
    assert read(client, sink, date(2026, 5, 18)).status == "provisional"
    assert read(client, sink, date(2026, 5, 18), settle_after=timedelta(days=1)).status == "settled"
