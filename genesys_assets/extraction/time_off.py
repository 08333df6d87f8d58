"""Time-off requests: asked for by the days of the time off, whenever they were submitted.

``POST /api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests/query``
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from genesys_assets.catalog.calendar import Dates
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.parser import Parsed
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.templates import filled
from genesys_assets.extraction.units import Unit, Units
from genesys_assets.genesys import Page, PagingError, pages

_DAY = timedelta(days=1)


def read_time_off(span: Span) -> Outcome:
    """Read the requests for time off on the days; a load that reaches the present also those far around it.

    Raises:
        ValueError: the first day has not begun, or business units or management units are not loaded.
        GenesysError: many units in a row got no answer.
    """
    dates = span.read.dates
    if dates is None:
        raise ValueError(f"read {span.read.name} does not say of which dates")
    units = Units(span)
    windows = list(_windows(span, dates))
    for unit in units.listed():

        def read(unit: Unit = unit) -> list[Parsed]:
            return [units.parse(page, unit.given) for page in _answers(span, unit, dates, windows)]

        units.attempt(unit.id, read)
    return units.outcome()


def _answers(span: Span, unit: Unit, dates: Dates, windows: list[tuple[date, date]]) -> Iterator[Page]:
    (request,) = requests_for(span.read, unit.filled)
    bodies = [
        filled(request.body or {}, span.start, span.end, first_date=first.isoformat(), last_date=last.isoformat())
        for first, last in windows
    ]
    if dates.standing and span.reaches(span.now):
        # First, so that what the days know of a request, being asked later, counts.
        bodies.insert(0, dict(dates.standing))
    for body in bodies:
        (page,) = pages(span.client, replace(request, body=body))
        if not page.has_items:
            raise PagingError(f"{page.path}: the answer has no {span.read.items}", transient=True)
        yield page


def _windows(span: Span, dates: Dates) -> Iterator[tuple[date, date]]:
    """First and last day of each request, both included: no more days than one may ask for.

    A day of the unit is at most one day off the UTC day that it shares hours with.
    """
    wanted = {day + n * _DAY for day in span.days for n in (-1, 0, 1)}
    if span.reaches(span.now):
        wanted |= {span.now.date() + n * _DAY for n in range(-dates.back, dates.ahead + 1)}
    first: date | None = None
    for day in sorted(wanted):
        if first is None or day - first >= dates.longest * _DAY:
            first = day
        following = day + _DAY
        if following not in wanted or following - first >= dates.longest * _DAY:
            yield first, day
            first = None
