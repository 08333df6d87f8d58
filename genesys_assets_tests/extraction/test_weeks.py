"""Weeks as business units count them, and what a declaration adds to the items that are counted by them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from genesys_assets.catalog.added import Earliest, Midnight, Series
from genesys_assets.catalog.calendar import Weeks
from genesys_assets.extraction.added import added
from genesys_assets.extraction.weeks import RECENT, WEEK, WeekCalendar
from genesys_assets.genesys import PagingError
from genesys_assets_tests.extraction.samples import raw

BERLIN = WeekCalendar(ZoneInfo("Europe/Berlin"), "Monday")
INDIANA = WeekCalendar(ZoneInfo("America/Indiana/Indianapolis"), "Sunday")
LISTS = Weeks("weekId", recent=26, ahead=104, turns=14)
NOW = datetime(2026, 3, 25, 8, tzinfo=UTC)


def hours(calendar: WeekCalendar, week: date) -> float:
    return (calendar.begin(week + WEEK) - calendar.begin(week)) / timedelta(hours=1)


def test_a_day_belongs_to_the_week_that_begins_on_the_first_day_of_the_unit() -> None:
    sunday = date(2026, 3, 22)
    assert BERLIN.week_of(sunday) == date(2026, 3, 16)
    assert INDIANA.week_of(sunday) == sunday
    assert BERLIN.week_of(date(2026, 3, 16)) == date(2026, 3, 16)


def test_a_week_lasts_from_midnight_to_midnight_of_the_unit_however_many_hours_that_are() -> None:
    weeks = [date(2026, 3, 16), date(2026, 3, 23), date(2026, 10, 19), date(2026, 10, 26)]
    assert [hours(BERLIN, week) for week in weeks] == [168, 167, 169, 168]
    assert BERLIN.begin(date(2026, 3, 30)) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_a_utc_day_touches_the_weeks_of_its_hours() -> None:
    # From one in the night on it is Monday in Berlin, while in Indiana it is Saturday still.
    assert BERLIN.touched([date(2026, 3, 22)]) == [date(2026, 3, 16), date(2026, 3, 23)]
    assert INDIANA.touched([date(2026, 3, 22)]) == [date(2026, 3, 15), date(2026, 3, 22)]
    assert BERLIN.touched([date(2026, 3, 23), date(2026, 3, 25)]) == [date(2026, 3, 23)]
    assert BERLIN.touched([date(2026, 3, 23)], margin=timedelta(days=1)) == [date(2026, 3, 16), date(2026, 3, 23)]


def test_a_day_of_the_week_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="'Caturday' is no day of the week"):
        WeekCalendar(ZoneInfo("UTC"), "Caturday")


def test_a_day_of_the_past_asks_for_its_own_weeks_by_their_first_day() -> None:
    assert list(BERLIN.values(LISTS, [date(2026, 3, 3)], NOW, present=False)) == ["2026-03-02"]


def test_weeks_beyond_the_recent_ones_have_their_turn_within_a_fortnight() -> None:
    asked: set[date] = set()
    for n in range(14):
        now = NOW + n * timedelta(days=1)
        first, *others = BERLIN.values(LISTS, [now.date()], now, present=True)
        assert first == RECENT
        assert len(others) <= 6
        asked |= {date.fromisoformat(each) for each in others}
    far = {date(2026, 3, 23) + n * WEEK for n in range(28, 105)}
    assert far <= asked
    assert all(week.weekday() == 0 for week in asked)


def test_days_long_past_are_asked_for_beside_the_recent_ones() -> None:
    found = list(BERLIN.values(LISTS, [date(2025, 1, 8), date(2026, 3, 25)], NOW, present=True))
    assert found[:2] == [RECENT, "2025-01-06"]
    assert "2026-03-23" not in found


# -- what is added to items ----------------------------------------------------------------------------------


def made(adds: Any, item: dict[str, Any], **response: Any) -> dict[str, Any]:
    (found,) = added([adds], raw(item), response)
    return json.loads(found)


@pytest.mark.parametrize(
    ("zone", "day", "begin"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000Z"),
        # The clocks go from midnight to one: the day begins at that moment.
        ("America/Asuncion", "2024-10-06", "2024-10-06T04:00:00.000Z"),
        # They go from one back to midnight: the day begins at the earlier of the two.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z"),
    ],
)
def test_a_day_begins_when_it_does_in_its_zone(zone: str, day: str, begin: str) -> None:
    midnights = Midnight("off[]", field="start", of="day", zone="zone")
    assert made(midnights, {"off": [{"day": day}]}, zone=zone) == {"off": [{"day": day, "start": begin}]}


def test_a_day_without_a_zone_is_left_for_the_parser_to_refuse_and_a_wrong_zone_is_an_error() -> None:
    midnights = Midnight("off[]", field="start", of="day", zone="zone")
    for item in ({"off": [{"day": "2026-03-29"}]}, {"off": [{"day": "soon"}]}, {"off": None}, {}):
        assert made(midnights, item) == item
    with pytest.raises(PagingError, match="'Europe/Atlantis', which is no time zone"):
        made(midnights, {"off": []}, zone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("item", "day"),
    [
        ({"days": ["2026-05-02", "2026-05-01"], "moments": []}, "2026-05-01"),
        ({"days": [], "moments": ["2026-05-03T01:00:00.000Z", "2026-05-02T23:30:00.000-04:00"]}, "2026-05-03"),
        ({"moments": ["2026-05-02T23:30:00.000Z"]}, "2026-05-02"),
    ],
)
def test_the_earliest_day_is_found_wherever_it_stands(item: dict[str, Any], day: str) -> None:
    assert made(Earliest("first", of=("days", "moments")), item)["first"] == day


def test_without_a_day_there_is_no_earliest() -> None:
    for item in ({}, {"days": []}, {"days": ["tomorrow", "2026-05-02"]}):
        assert "first" not in made(Earliest("first", of=("days", "moments")), item)


QUARTERS = Series("quarters", {"offered": "n", "handled": "t"}, start="start", since="since", minutes=15)


def test_parallel_arrays_become_rows_that_count_on_through_a_change_of_the_clocks() -> None:
    since = "2026-03-28T23:00:00.000Z"
    found = made(QUARTERS, {"id": "g", "n": [1.0] * 96, "t": [2.0] * 96}, since=since)
    assert set(found) == {"id", "quarters"}
    assert found["quarters"][0] == {"start": since, "offered": 1.0, "handled": 2.0}
    assert found["quarters"][-1]["start"] == "2026-03-29T22:45:00.000Z"


def test_arrays_of_different_length_are_an_error_and_not_padded() -> None:
    with pytest.raises(PagingError, match="differ in length: n has 2 values, t has 1 values"):
        made(QUARTERS, {"n": [1.0, 2.0], "t": [1.0]}, since="2026-03-28T23:00:00.000Z")
    with pytest.raises(PagingError, match="has no since"):
        made(QUARTERS, {"n": [], "t": []})
