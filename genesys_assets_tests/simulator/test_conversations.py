"""What conversations are like, and which of them a job and a query give at which moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from genesys_assets.simulator import Settings, Simulator
from genesys_assets.simulator.calls import LONGEST
from genesys_assets.simulator.cut import cut
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.selection import Conversations
from genesys_assets.simulator.timeline import LONG_EVERY, Timeline
from genesys_assets.simulator.times import DAY, HOUR, iso, parse
from genesys_assets_tests.simulator.conftest import Client

DAY_18 = "2026-05-18T00:00:00.000Z/2026-05-19T00:00:00.000Z"
DAY_19 = "2026-05-19T00:00:00.000Z/2026-05-20T00:00:00.000Z"
START_18 = parse("2026-05-18")


def timeline(per_day: int = 2_000, seed: int = 1) -> Timeline:
    return Timeline(Settings(seed=seed, conversations_per_day=per_day, users=200, queues=20), Origin(seed))


def sessions(conversation: dict) -> Iterator[tuple[dict, dict]]:
    for participant in conversation["participants"]:
        for session in participant["sessions"]:
            yield participant, session


def alive(conversation: dict, begin: int, end: int) -> bool:
    return conversation["conversationStart"] < iso(end) and conversation.get("conversationEnd", "9") > iso(begin)


def everything(line: Timeline, moment: int, days_back: int = 16) -> list[dict]:
    """Every conversation of the last days as it looks at a moment, found by going through all of them."""
    found = []
    for day in range(moment // DAY - days_back, moment // DAY + 1):
        for index in range(line.per_day):
            seen = cut(line.life(day, index).conversation, iso(moment), line.cast.divisions)
            if seen is not None:
                found.append(seen)
    return sorted(found, key=lambda conversation: conversation["conversationStart"])


@pytest.fixture(scope="module")
def lives() -> list[dict]:
    line = timeline(8_000)
    return [line.life(START_18 // DAY, index).conversation for index in range(line.per_day)]


def test_the_averages_are_those_of_real_job_results(lives: list[dict]) -> None:
    counts: Counter[str] = Counter()
    for conversation in lives:
        for participant in conversation["participants"]:
            counts["participants"] += 1
            counts["attributes"] += len(participant.get("attributes", ()))
        for _, session in sessions(conversation):
            counts["sessions"] += 1
            counts["segments"] += len(session["segments"])
            counts["metrics"] += len(session["metrics"])
    averages = {name: count / len(lives) for name, count in counts.items()}
    wanted = {"participants": 2.3, "sessions": 2.3, "segments": 5.3, "metrics": 8.1, "attributes": 23}
    assert averages == pytest.approx(wanted, rel=0.1)


def test_a_session_carries_the_metrics_of_its_purpose(lives: list[dict]) -> None:
    allowed = {
        "acd": "nOffered tAcd tAbandon tShortAbandon tFlowOut nCallbackScheduled tCallbackVirtualWait",
        "ivr": "nFlow tFlow tFlowExit tFlowDisconnect nFlowOutcome tFlowOutcome nFlowOutcomeFailed tIvr",
        "voicemail": "tVoicemail",
        "customer": "nConnected tConnected nError nOutboundAttempted nOutboundConnected nOutboundAbandoned "
        "tUserResponseTime",
        "external": "nConnected tConnected nError",
    }
    seen: dict[str, set[str]] = {}
    for conversation in lives:
        for participant, session in sessions(conversation):
            seen.setdefault(participant["purpose"], set()).update(metric["name"] for metric in session["metrics"])
    assert {"agent", "user"} == seen.keys() - allowed.keys()
    for purpose, names in allowed.items():
        assert seen[purpose] <= set(names.split())
    assert not (seen["agent"] | seen["user"]) & {"nOffered", "tAcd", "tAbandon", "nConnected", "tFlow"}
    assert {"tAnswered", "nOverSla", "tNotResponding", "tHeldComplete", "nTransferred", "nConsult"} <= seen["agent"]


def test_metrics_add_up_to_their_totals_and_to_the_segments(lives: list[dict]) -> None:
    checked = 0
    for conversation in lives:
        for participant, session in sessions(conversation):
            if participant["purpose"] not in ("agent", "user") or session["mediaType"] != "voice":
                continue
            totals: Counter[str] = Counter()
            for metric in session["metrics"]:
                totals[metric["name"]] += metric["value"]
            if "tHandle" not in totals:
                continue
            checked += 1
            assert totals["tTalk"] == totals["tTalkComplete"]
            assert totals["tHeld"] == totals["tHeldComplete"]
            parts = ("tTalkComplete", "tHeldComplete", "tAcw", "tDialing", "tContacting")
            assert totals["tHandle"] == sum(totals[part] for part in parts)
            spans: Counter[str] = Counter()
            for part in session["segments"]:
                spans[part["segmentType"]] += parse(part["segmentEnd"]) - parse(part["segmentStart"])
            assert totals["tAcw"] == spans["wrapup"]
            assert totals["tHeldComplete"] == spans["hold"]
            assert totals["tTalkComplete"] == spans["interact"]
            assert totals["tAlert"] == spans["alert"]
    assert checked > 2_000


def test_what_one_queue_lets_go_an_agent_answers_or_the_caller_abandons(lives: list[dict]) -> None:
    totals: Counter[str] = Counter()
    for conversation in lives:
        for _, session in sessions(conversation):
            totals.update(metric["name"] for metric in session["metrics"])
    assert totals["nOffered"] == totals["tAcd"] == sum(totals[name] for name in ("tAnswered", "tAbandon", "tFlowOut"))
    assert 0 < totals["tShortAbandon"] < totals["tAbandon"]


def test_segments_and_metrics_can_be_told_apart_and_lie_within_the_conversation(lives: list[dict]) -> None:
    for conversation in lives:
        for _, session in sessions(conversation):
            metrics = [(metric["name"], metric["emitDate"]) for metric in session["metrics"]]
            segments = [(part["segmentType"], part["segmentStart"]) for part in session["segments"]]
            assert len(set(metrics)) == len(metrics), conversation
            assert len(set(segments)) == len(segments), conversation
            for part in session["segments"]:
                assert conversation["conversationStart"] <= part["segmentStart"] < part["segmentEnd"]
                assert part["segmentType"] == "wrapup" or part["segmentEnd"] <= conversation["conversationEnd"]
    ids = [
        [conversation["conversationId"] for conversation in lives],
        [participant["participantId"] for conversation in lives for participant in conversation["participants"]],
        [session["sessionId"] for conversation in lives for _, session in sessions(conversation)],
    ]
    assert all(len(set(each)) == len(each) for each in ids)


def test_the_nasty_habits_are_there(lives: list[dict]) -> None:
    names = {n for c in lives for p in c["participants"] for n in p.get("attributes", ())}
    values = {v for c in lives for p in c["participants"] for v in p.get("attributes", {}).values()}
    assert {"ANI", "ANI ", "ANI string", "Customer.Segment", "customer.segment"} <= names
    assert "" in values
    assert max(map(len, values)) == max(map(len, names)) == 1024
    codes = {
        s["wrapUpCode"] for c in lives for _, session in sessions(c) for s in session["segments"] if "wrapUpCode" in s
    }
    assert "ININ-WRAP-UP-TIMEOUT" in codes
    wrapped_late = [
        part
        for conversation in lives
        for _, session in sessions(conversation)
        for part in session["segments"]
        if part["segmentType"] == "wrapup" and part["segmentEnd"][:10] > conversation["conversationEnd"][:10]
    ]
    assert wrapped_late
    assert any(conversation["conversationEnd"][:10] > "2026-05-19" for conversation in lives)
    assert any(not conversation["divisionIds"] for conversation in lives)
    assert any("conferenceStart" in conversation for conversation in lives)
    repeated = [Counter(m["name"] for m in session["metrics"]) for c in lives for _, session in sessions(c)]
    assert any(names["tTalk"] > 1 and names["tHeld"] > 1 for names in repeated)


def test_only_what_may_live_long_does_and_no_longer_than_it_may() -> None:
    line, day = timeline(4_000), START_18 // DAY
    long_lived = set(line.long_lived(day))
    assert len(long_lived) == line.per_day // LONG_EVERY
    for index in range(line.per_day):
        conversation = line.life(day, index).conversation
        end = parse(conversation["conversationEnd"])
        if index in long_lived:
            assert end // DAY <= day + line.reach(day, index)
        else:
            assert end - parse(conversation["conversationStart"]) < LONGEST


def test_a_day_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    day = START_18 // DAY
    forwards, backwards = timeline(), timeline()
    first = [forwards.life(day, index) for index in range(300)]
    second = [backwards.life(day, index) for index in reversed(range(300))][::-1]
    assert first == second
    assert timeline(seed=2).life(day, 0) != first[0]


def test_a_conversation_is_found_by_its_id_and_no_other_is() -> None:
    line = timeline()
    life = line.life(START_18 // DAY, 77)
    identifier = life.conversation["conversationId"]
    assert line.find(identifier) == life
    assert line.find(identifier[:-1] + ("0" if identifier[-1] != "0" else "1")) is None
    assert line.find("no id at all") is None


def test_a_whole_life_cut_after_its_last_event_is_itself() -> None:
    line = timeline()
    for index in range(500):
        life = line.life(START_18 // DAY, index)
        assert cut(life.conversation, life.settled, line.cast.divisions) == life.conversation


def test_a_conversation_grows_and_never_shows_the_future() -> None:
    line = timeline()
    for index in line.long_lived(START_18 // DAY):
        life = line.life(START_18 // DAY, index)
        start, end = parse(life.conversation["conversationStart"]), parse(life.settled)
        assert cut(life.conversation, iso(start - 1)) is None
        segments = 0
        for step in range(8):
            moment = iso(start + (end - start) * step // 8)
            seen = cut(life.conversation, moment)
            assert seen is not None
            parts = [part for _, session in sessions(seen) for part in session["segments"]]
            running = [part for part in parts if "segmentEnd" not in part]
            assert all(part["segmentStart"] <= moment for part in parts)
            assert all(part.get("segmentEnd", moment) <= moment for part in parts)
            assert not any("wrapUpCode" in part or "disconnectType" in part for part in running)
            assert all(m["emitDate"] <= moment for _, session in sessions(seen) for m in session["metrics"])
            assert ("conversationEnd" in seen) == all(part["segmentType"] == "wrapup" for part in running)
            assert len(parts) >= segments
            segments = len(parts)


def test_some_ended_conversations_are_opened_again() -> None:
    line, reopened = timeline(8_000), 0
    for index in line.long_lived(START_18 // DAY):
        life = line.life(START_18 // DAY, index)
        start, end = parse(life.conversation["conversationStart"]), parse(life.conversation["conversationEnd"])
        seen = [cut(life.conversation, iso(start + (end - start) * step // 40)) for step in range(40)]
        ended = ["conversationEnd" in conversation for conversation in seen if conversation is not None]
        reopened += any(before and not after for before, after in pairwise(ended))
    assert reopened >= 5


@pytest.mark.parametrize("interval", [(0, DAY), (0, 3 * DAY), (6 * HOUR, 9 * HOUR), (-DAY, HOUR)])
def test_a_selection_holds_exactly_what_was_alive(interval: tuple[int, int]) -> None:
    line = timeline(300)
    begin, end = START_18 + interval[0], START_18 + interval[1]
    moment = START_18 + DAY + 12 * HOUR
    wanted = [c for c in everything(line, moment, 20) if alive(c, begin, end)]
    selection = Conversations(line).select(begin, end, moment)
    found = [conversation for first in range(0, selection.total, 37) for conversation in selection.page(first, 37)]
    assert found == wanted
    assert any(conversation["conversationStart"] < iso(begin) for conversation in found)
    assert selection.page(0, selection.total, descending=True) == found[::-1]


def test_a_job_gives_what_was_alive_and_the_query_what_started(client: Client) -> None:
    job, query = client.day(DAY_18), client.query(DAY_18)
    earlier = [c["conversationId"] for c in job if c["conversationStart"] < "2026-05-18"]
    assert earlier
    assert {c["conversationId"] for c in query} == {c["conversationId"] for c in job} - set(earlier)
    same_day = client.day(DAY_18, startOfDayIntervalMatching=True)
    assert [c["conversationId"] for c in same_day] == [c["conversationId"] for c in query]
    afternoon = client.query("2026-05-18T14:00:00.000Z/2026-05-18T15:00:00.000Z")
    assert any(c["conversationStart"] < "2026-05-18T14" for c in afternoon)
    assert all(c.get("conversationEnd", "9") > "2026-05-18T14:00:00.000Z" for c in afternoon)


def test_only_a_job_gives_attributes(client: Client) -> None:
    def attributes(conversations: list[dict]) -> int:
        return sum(len(p.get("attributes", ())) for c in conversations for p in c["participants"])

    job = client.day(DAY_18)
    assert attributes(job) > 0
    assert attributes(client.query(DAY_18)) == 0
    by_id = client.get("/analytics/conversations/details", id=job[0]["conversationId"]).json()["conversations"]
    assert by_id[0]["conversationId"] == job[0]["conversationId"]
    assert attributes(by_id) == 0


def test_a_job_sees_the_lake_and_the_query_sees_now(client: Client, simulator: Simulator) -> None:
    simulator.set_clock("2026-05-19T20:30:00Z")
    assert simulator.clock()["dataAvailabilityDate"] == "2026-05-19T14:00:00.000Z"
    job, query = client.day(DAY_19), client.query(DAY_19)
    latest = max(c["conversationStart"] for c in job)
    assert "2026-05-19T13" < latest <= "2026-05-19T14:00:00.000Z"
    assert max(c["conversationStart"] for c in query) > "2026-05-19T19"
    assert any("conversationEnd" not in c for c in job)
    assert any("conversationEnd" not in c for c in query)
    simulator.set_lag(0)
    simulator.set_clock("2026-06-19T20:30:00Z")
    settled = {c["conversationId"]: c for c in client.day(DAY_19)}
    assert all("conversationEnd" in c for c in settled.values())
    changed = [c for c in job if c != settled[c["conversationId"]]]
    assert changed


def test_a_scripted_conversation_is_seen_as_it_happens(client: Client, simulator: Simulator) -> None:
    def part(kind: str, start: str, end: str) -> dict:
        return {"segmentType": kind, "segmentStart": f"2026-05-{start}.000Z", "segmentEnd": f"2026-05-{end}.000Z"}

    def agent(number: int, *parts: dict) -> dict:
        session = {"sessionId": f"session-{number}", "mediaType": "email", "segments": list(parts), "metrics": []}
        return {"participantId": f"agent-{number}", "purpose": "agent", "sessions": [session]}

    wrapped = part("wrapup", "11T00:20:00", "11T01:20:00") | {"wrapUpCode": "code"}
    simulator.script(
        {
            "conversationId": "over-midnight",
            "conversationStart": "2026-05-10T23:50:00.000Z",
            "divisionIds": ["division"],
            "participants": [
                agent(1, part("interact", "10T23:50:00", "11T00:20:00"), wrapped),
                agent(2, part("interact", "13T09:00:00", "13T10:00:00")),
            ],
        }
    )
    simulator.set_lag(0)

    def seen(now: str, day: int) -> dict | None:
        simulator.set_clock(now)
        found = client.day(f"2026-05-{day}T00:00:00.000Z/2026-05-{day + 1}T00:00:00.000Z")
        assert [c["conversationStart"] for c in found] == sorted(c["conversationStart"] for c in found)
        return next((c for c in found if c["conversationId"] == "over-midnight"), None)

    open_ = seen("2026-05-11T00:00:00Z", 10)
    assert open_ is not None
    assert "conversationEnd" not in open_
    ended = seen("2026-05-11T01:00:00Z", 11)
    assert ended is not None
    assert ended["conversationEnd"] == "2026-05-11T00:20:00.000Z"
    assert "wrapUpCode" not in ended["participants"][0]["sessions"][0]["segments"][1]
    done = seen("2026-05-11T02:00:00Z", 10)
    assert done is not None
    assert done["participants"][0]["sessions"][0]["segments"][1]["wrapUpCode"] == "code"
    assert seen("2026-05-12T12:00:00Z", 12) is None
    reopened = seen("2026-05-13T09:30:00Z", 13)
    assert reopened is not None
    assert "conversationEnd" not in reopened
    assert len(reopened["participants"]) == 2
    closed = seen("2026-05-14T00:00:00Z", 10)
    assert closed is not None
    assert closed["conversationEnd"] == "2026-05-13T10:00:00.000Z"


def test_versions_of_a_scripted_conversation_follow_each_other(client: Client, simulator: Simulator) -> None:
    def version(**more: object) -> dict:
        start = {"conversationId": "scripted", "conversationStart": "2026-05-18T08:00:00.000Z"}
        return {**start, "participants": [], **more}

    simulator.script(versions=[("2026-05-18T08:00:00Z", version()), ("2026-05-19T08:00:00Z", version(externalTag="b"))])
    simulator.set_lag(0)
    found = []
    for now in ("2026-05-18T07:00:00Z", "2026-05-18T09:00:00Z", "2026-05-19T09:00:00Z"):
        simulator.set_clock(now)
        found.append([c.get("externalTag") for c in client.query(DAY_18) if c["conversationId"] == "scripted"])
    assert found == [[], [None], ["b"]]
