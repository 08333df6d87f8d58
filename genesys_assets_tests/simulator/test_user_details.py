"""What users did: coherent with the conversations, the same whichever day is asked, and seen as of a moment."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest

from genesys_assets.simulator import Settings
from genesys_assets.simulator.agents_time import AgentsTime, Times
from genesys_assets.simulator.digest import Happenings, Work
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import DAY, HOUR, parse
from genesys_assets_tests.simulator.conftest import Client

FIRST = parse("2026-05-11") // DAY
WEEK = range(FIRST, FIRST + 7)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(Settings(users=80, queues=6, conversations_per_day=150))


@pytest.fixture(scope="module")
def happenings(simulation: Simulation) -> Happenings:
    return Happenings(simulation.conversations)


@pytest.fixture(scope="module")
def week(simulation: Simulation, happenings: Happenings) -> dict[str, Times]:
    times = AgentsTime(simulation.conversations.timeline.cast, happenings)
    return {agent.id: told for agent, told in times.over(WEEK[0] - 2, WEEK[-1] + 2)}


def records_of(times: Times, what: str) -> list[tuple[int, int]]:
    return [(r.start, r.end) for r in (*times.presences, *times.statuses) if r.what == what]


def test_records_follow_each_other_without_gaps_and_change_something(week: dict[str, Times]) -> None:
    for times in week.values():
        for records in times:
            for before, after in pairwise(records):
                assert before.end == after.start
                assert before.start < before.end
        assert all(a.what != b.what for a, b in pairwise(times.statuses))


def test_who_works_for_a_queue_is_on_queue_and_interacting(week: dict[str, Times], happenings: Happenings) -> None:
    works: dict[str, list[Work]] = defaultdict(list)
    for day in WEEK:
        for work in happenings.work(day):
            works[work.user].append(work)
    checked = 0
    for user, mine in works.items():
        for work in mine:
            if work.status != "INTERACTING":
                continue
            checked += 1
            for what in ("ON_QUEUE", "INTERACTING"):
                assert any(start <= work.start and work.end <= end for start, end in records_of(week[user], what)), work
    assert checked > 200


def test_a_record_is_the_same_whichever_day_is_asked(simulation: Simulation, week: dict[str, Times]) -> None:
    times = AgentsTime(simulation.conversations.timeline.cast, Happenings(simulation.conversations))
    for day in (WEEK[1], WEEK[4]):
        begin, end = day * DAY, (day + 1) * DAY
        for agent, told in times.over(day - 2, day + 2):
            for mine, theirs in zip(told, week[agent.id], strict=True):
                assert [r for r in mine if r.start < end and r.end > begin] == [
                    r for r in theirs if r.start < end and r.end > begin
                ]


def test_only_active_users_have_records_and_some_days_none(week: dict[str, Times], simulation: Simulation) -> None:
    states = {user["id"]: user["state"] for user in simulation.world.entities("users")}
    assert {states[user] for user in week} == {"active"}
    assert len(week) == sum(state == "active" for state in states.values()) < len(states)
    quiet = [
        (user, day)
        for user, times in week.items()
        for day in WEEK
        if not any(day * DAY <= at < (day + 1) * DAY for r in times.presences for at in (r.start, r.end))
    ]
    assert quiet, "who is logged off over a whole day has nothing to tell of it"
    nights = [r for times in week.values() for r in times.presences if r.start // DAY < (r.end - 1) // DAY]
    assert {"OFFLINE", "ON_QUEUE"} <= {r.what for r in nights}
    assert any(r.end - r.start > 24 * HOUR for r in nights)


def test_what_is_told_depends_on_the_moment(client: Client) -> None:
    body = {"interval": "2026-05-20T00:00:00.000Z/2026-05-21T00:00:00.000Z"}
    told = client.post("/analytics/users/details/query", {**body, "paging": {"pageSize": 100}}).json()
    records = [r for user in told["userDetails"] for r in user["primaryPresence"] + user["routingStatus"]]
    now = "2026-05-20T12:00:00.000Z"
    assert all(r["startTime"] <= now and r.get("endTime", "") <= now for r in records)
    assert any("endTime" not in r for r in records)
    assert client.post("/analytics/users/details/query", {**body, "paging": {"pageNumber": 9}}).json().keys() == {
        "totalHits"
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"interval": "2026-05-01T00:00:00.000Z/2026-05-20T00:00:00.000Z"},
        {"interval": "yesterday"},
        {"interval": "2026-05-19T00:00:00.000Z/2026-05-20T00:00:00.000Z", "paging": {"pageSize": 101}},
        {"interval": "2026-05-19T00:00:00.000Z/2026-05-20T00:00:00.000Z", "userFilters": [{"type": "or"}]},
    ],
)
def test_what_the_query_does_not_know_it_refuses(client: Client, wrong: dict) -> None:
    assert client.post("/analytics/users/details/query", wrong).status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"filter": {"type": "or"}}, {"granularity": "PT7X"}, {"groupBy": ["colour"]}, {"metrics": []}]
)
def test_what_aggregates_do_not_know_they_refuse(client: Client, wrong: dict) -> None:
    body = {"interval": "2026-05-19T00:00:00.000Z/2026-05-20T00:00:00.000Z", "metrics": ["nOffered"], **wrong}
    assert client.post("/analytics/conversations/aggregates/query", body).status_code == 400


def test_the_borders_of_intervals_count_from_the_start_that_was_asked_for(client: Client) -> None:
    body = {"interval": "2026-05-19T00:10:00.000Z/2026-05-19T02:00:00.000Z", "metrics": ["tHandle", "nConnected"]}
    told = client.post("/analytics/conversations/aggregates/query", {**body, "granularity": "PT1H"}).json()["results"]
    assert {data["interval"] for each in told for data in each["data"]} <= {
        "2026-05-19T00:10:00.000Z/2026-05-19T01:10:00.000Z",
        "2026-05-19T01:10:00.000Z/2026-05-19T02:00:00.000Z",
    }
