"""Published schedules of the agents: searched a management unit and a week at a time.

``POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search``
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Window
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.parser import Parsed
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.templates import filled
from genesys_assets.extraction.units import Unit, Units
from genesys_assets.extraction.weeks import WEEK
from genesys_assets.genesys import Page, PagingError, pages

log = logging.getLogger(__name__)

PROCESSING = "Processing"
"""The status of a search whose result is promised by notification, to whom it may concern."""

_DAY = timedelta(days=1)
_LONGEST_SHIFT = _DAY
"""Whether a search tells of the shifts that begin in its interval, or also of those that reach into it, is not
documented: the activities of a day are complete once the day before was searched, too."""


def read_agent_schedules(span: Span) -> Outcome:
    """Read the weeks that the days touch; a load that reaches the present also those around it.

    What is no longer in the schedule of a unit, on days that were read in full, is gone. A unit of which a
    search fails keeps its rows.

    Raises:
        ValueError: the first day has not begun, or business units or management units are not loaded.
        GenesysError: many units in a row got no answer.
    """
    weeks = span.read.weeks
    if weeks is None:
        raise ValueError(f"read {span.read.name} does not say of which weeks")
    units = Units(span)
    for unit in units.listed():
        asked = set(unit.calendar.touched(span.days, margin=_LONGEST_SHIFT))
        if span.reaches(span.now):
            asked.update(unit.calendar.around(weeks, span.now))
        whole = _whole_days(unit, sorted(asked))

        def read(
            unit: Unit = unit, asked: Sequence[date] = sorted(asked), whole: Sequence[date] = whole
        ) -> list[Parsed]:
            answers = [page for week in asked for page in _search(span, unit, week, week + WEEK)]
            return [_within(units.parse(page, unit.given), whole) for page in answers]

        if units.attempt(unit.id, read):
            _cover(span, unit, whole)
    return units.outcome()


def _search(span: Span, unit: Unit, first: date, end: date) -> Iterator[Page]:
    """The schedules of days of the unit; where the answer is not ready, those of either half of the days."""
    (request,) = requests_for(span.read, unit.filled)
    begin, until = unit.calendar.begin(first), unit.calendar.begin(end)
    (page,) = pages(span.client, replace(request, body=filled(request.body or {}, begin, until)))
    if page.has_items:
        yield page
        return
    status, days = page.envelope.get("status"), (end - first).days
    if status != PROCESSING or days <= 1:
        raise PagingError(
            f"{page.path}: the search from {begin:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC has no result but the "
            f"status {status!r}" + ("; it cannot be made smaller" if status == PROCESSING else ""),
            transient=status != PROCESSING,
        )
    middle = first + timedelta(days=days // 2)
    log.info("%s of %s: %d days are too many at once, asked for in halves", span.read.name, unit.id, days)
    yield from _search(span, unit, first, middle)
    yield from _search(span, unit, middle, end)


def _whole_days(unit: Unit, asked: Sequence[date]) -> list[date]:
    """The UTC days of which every activity is told in some weeks, which begin and end in the midst of others."""
    days: list[date] = []
    for first, end in _stretches(asked):
        begin, until = unit.calendar.begin(first) + _LONGEST_SHIFT, unit.calendar.begin(end)
        day = begin.date()
        while _midnight(day + _DAY) <= until:
            days += [day] if _midnight(day) >= begin else []
            day += _DAY
    return days


def _within(parsed: Parsed, days: Sequence[date]) -> Parsed:
    """The rows of whole days: of others, what was moved would stand beside what it was moved from."""
    on_them = pl.col(DB_PARTITION.name).is_in(list(days))
    return replace(parsed, frames={name: frame.filter(on_them) for name, frame in parsed.frames.items()})


def _cover(span: Span, unit: Unit, days: Sequence[date]) -> None:
    for table in span.tables:
        assert isinstance(table.loading, Window)
        (parent,) = table.loading.parent
        scope = pl.DataFrame({DB_PARTITION.name: list(days)}, schema={DB_PARTITION.name: pl.Date})
        span.sink.cover(table, scope.select(pl.lit(unit.id).alias(parent), DB_PARTITION.name))


def _stretches(weeks: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Weeks that follow each other, as the first day and the day after the last."""
    first = end = None
    for week in weeks:
        if week != end and first is not None and end is not None:
            yield first, end
            first = None
        first, end = first or week, week + WEEK
    if first is not None and end is not None:
        yield first, end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
