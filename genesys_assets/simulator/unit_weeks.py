"""The weeks of a business unit: which there are, and in which spans of one or two weeks it plans.

Weeks are numbered through time; a span is named by the number of its first week. Of four weeks the third and
fourth are planned together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from genesys_assets.simulator.endpoint import Json

_DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class UnitWeeks:
    """How a business unit counts; days are dates in its own time zone, moments milliseconds since 1970 (UTC)."""

    zone: str
    first_day: str

    @staticmethod
    def of(business_unit: Json) -> UnitWeeks:
        """Those of a business unit."""
        settings = business_unit["settings"]
        return UnitWeeks(settings["timeZone"], settings["startDayOfWeek"])

    def day(self, moment: int) -> date:
        """The day on which a moment lies."""
        return (datetime.fromtimestamp(moment // 1_000, UTC)).astimezone(ZoneInfo(self.zone)).date()

    def at(self, day: date, minutes: int = 0) -> int:
        """The moment at which the clock on the wall shows so many minutes after midnight."""
        return _moment(self.zone, day, minutes)

    def first(self, number: int) -> date:
        """The first day of a week."""
        return date.fromordinal(number * 7 + (_DAYS_OF_WEEK.index(self.first_day) + 1) % 7)

    def number(self, day: date) -> int:
        """The week that a day lies in."""
        number = day.toordinal() // 7
        return number if self.first(number) <= day else number - 1

    def begin(self, number: int) -> int:
        """The moment at which a week begins."""
        return self.at(self.first(number))


def span_of(number: int) -> int:
    """The span that a week is planned in."""
    return number - 1 if number % 4 == 3 else number


def length(span: int) -> int:
    """How many weeks a span has."""
    return 2 if span % 4 == 2 else 1


def spans(first: int, last: int) -> Iterator[int]:
    """The spans that touch the weeks from ``first`` to ``last``, both included."""
    for number in range(span_of(first), last + 1):
        if span_of(number) == number:
            yield number


def is_planned_far_ahead(span: int) -> bool:
    """Whether a span is one of the few that are planned years before."""
    return span % 26 == 13


@lru_cache(maxsize=65_536)
def _moment(zone: str, day: date, minutes: int) -> int:
    wall = datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(minutes=minutes)
    return (wall.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND * 1_000
