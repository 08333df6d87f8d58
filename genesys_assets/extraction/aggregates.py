"""A day of aggregates: what Genesys Cloud counts itself, per group and interval.

``POST /api/v2/analytics/conversations/aggregates/query`` answers at once and in one piece. A metric
belongs to the interval in which it was emitted. The intervals are cut in UTC, so that a day has 24 hours
whatever the clocks do, and each interval belongs to one day.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import date, datetime

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.granularity import LENGTHS, granularity
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.intervals import filled, iso_interval
from genesys_assets.extraction.known import counted_until, watermarks
from genesys_assets.extraction.parser import PageParser
from genesys_assets.extraction.sink import Outcome
from genesys_assets.genesys import ApiError, Page, Request, pages

log = logging.getLogger(__name__)

_METRICS = "analytics_session_metric"
"""The table of the details that aggregates add up."""
_TOO_LARGE = re.compile(r"too (large|many|big)|larger than|exceed|result limit", re.IGNORECASE)


def read_aggregates(span: Span) -> Outcome:
    """Read the aggregates of the span's days in full; what an earlier read had and this one has not is gone.

    Raises:
        ValueError: a day has not begun, or the granularity is not one that can be set.
        GenesysError: the days cannot be read; nothing of them may be committed.
    """
    if span.start >= span.now:
        raise ValueError(f"{span.read.name} of {span.days[0]}: the day has not begun (it is {span.now:%Y-%m-%d} UTC)")
    length = granularity()
    known = min(_known(span, day) for day in span.days)
    until = counted_until(span.days[-1], known, length)
    parser, watch = PageParser(span.tables), DriftWatch(span.read, span.known)
    items = rejected = 0
    for page in _answers(span, length, span.start, until) if span.start < until else ():
        raw = page.raw_items()
        if not items:
            span.sink.drift(span.read.name, watch.look(raw))
        parsed = parser.parse(raw, source=page.path)
        for table in span.tables:
            span.sink.append(table, parsed.frames[table.name])
        if len(parsed.rejects):
            span.sink.reject(parsed.rejects)
        items += parsed.items
        rejected += len(parsed.rejects)
    # A group that could not be loaded is there all the same: without knowing which, none can be said to be gone.
    if not rejected:
        for table in span.tables:
            span.sink.cover(table, pl.DataFrame({DB_PARTITION.name: list(span.days)}))
    return Outcome(items=items, rejected=rejected, watermark=known)


def _known(span: Span, day: date) -> datetime:
    """Up to which moment a day is counted: as far as its conversations are known, if they are loaded; else now."""
    return min(span.now, watermarks(span, [_METRICS], day)[_METRICS] or span.now)


def _answers(span: Span, length: str, start: datetime, end: datetime) -> Iterator[Page]:
    """The answer for a stretch of time; where that is refused as too large, those for its halves."""
    body = filled(span.read.body, interval=iso_interval(start, end), granularity=length)
    request = Request("POST", span.read.path, span.read.items, "none", body=body)
    try:
        (page,) = pages(span.client, request)
    except ApiError as error:
        step = LENGTHS[length]
        if not _too_large(error) or end - start <= step:
            raise
        middle = start + max(1, (end - start) // step // 2) * step
        log.info("%s of %s: too large an answer, asked for in halves", span.read.name, iso_interval(start, end))
        yield from _answers(span, length, start, middle)
        yield from _answers(span, length, middle, end)
        return
    yield page


def _too_large(error: ApiError) -> bool:
    return error.status == 413 or (error.status == 400 and _TOO_LARGE.search(error.message) is not None)
