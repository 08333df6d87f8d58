"""Weeks as business units count them: in their own time zone, from their own first day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from genesys_assets.catalog.calendar import Weeks
from genesys_assets.extraction.added import midnight

RECENT = "recent"
WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class WeekCalendar:
    """The weeks of a business unit; a week is named by its first day."""

    zone: ZoneInfo
    first_day: str

    def __post_init__(self) -> None:
        if self.first_day not in _DAYS_OF_WEEK:
            raise ValueError(f"{self.first_day!r} is no day of the week")

    def week_of(self, day: date) -> date:
        """The week that a day of the unit lies in."""
        return day - timedelta(days=(day.weekday() - _DAYS_OF_WEEK.index(self.first_day)) % 7)

    def at(self, moment: datetime) -> date:
        """The week in which a moment lies."""
        return self.week_of(moment.astimezone(self.zone).date())

    def begin(self, day: date) -> datetime:
        """The moment (UTC) at which a day of the unit begins."""
        return midnight(day, self.zone)

    def touched(self, days: Iterable[date], margin: timedelta = timedelta(0)) -> list[date]:
        """The weeks that UTC days touch, in order; each day is taken to begin ``margin`` earlier."""
        found: set[date] = set()
        for day in days:
            start = datetime.combine(day, time(), UTC)
            week, last = self.at(start - margin), self.at(start + _DAY - timedelta(microseconds=1))
            while week <= last:
                found.add(week)
                week += WEEK
        return sorted(found)

    def around(self, weeks: Weeks, now: datetime) -> list[date]:
        """The weeks that a load at the present asks for besides those of its days."""
        present = self.at(now)
        return [present + n * WEEK for n in range(-weeks.back, weeks.ahead + 1)]

    def values(self, weeks: Weeks, days: Iterable[date], now: datetime, *, present: bool) -> Iterator[str]:
        """What the path takes for a week, one request each, where one answer holds all the ``recent`` weeks."""
        touched = self.touched(days)
        if not present:
            yield from map(date.isoformat, touched)
            return
        # Whether the weeks at either end are in the answer cannot be told: they are asked for by themselves.
        this, reach = self.at(now), (weeks.recent - 1) * WEEK
        yield RECENT
        yield from (week.isoformat() for week in touched if abs(week - this) > reach)
        # Counted in days since the beginning of time, so that each week has its turn whatever the clock says.
        turn = now.date().toordinal() % weeks.turns
        for n in range(weeks.recent, weeks.ahead + 1):
            week = this + n * WEEK
            if week.toordinal() // 7 % weeks.turns == turn:
                yield week.isoformat()
