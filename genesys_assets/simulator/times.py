"""Moments as whole milliseconds since 1970 (UTC), and their ISO 8601 text as Genesys Cloud writes it.

The text has a fixed width (``2026-01-31T23:59:59.999Z``), so texts compare like the moments they mean.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_CLOCK = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]
_MILLI = [f".{m:03d}Z" for m in range(1_000)]
_EPOCH = date(1970, 1, 1)


@lru_cache(maxsize=4_096)
def date_text(day: int) -> str:
    """The date of a day counted from 1970-01-01."""
    return (_EPOCH + timedelta(days=day)).isoformat()


@lru_cache(maxsize=4_096)
def _date_prefix(day: int) -> str:
    return date_text(day) + "T"


def iso(moment: int) -> str:
    """The ISO text of a moment, with milliseconds."""
    day, rest = divmod(moment, DAY)
    second, milli = divmod(rest, 1_000)
    return _date_prefix(day) + _CLOCK[second] + _MILLI[milli]


def parse(text: str) -> int:
    """The moment that an ISO text means; without an offset it is taken as UTC.

    Raises:
        ValueError: the text is no ISO 8601 moment.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return delta.days * DAY + delta.seconds * SECOND + delta.microseconds // 1_000


def parse_interval(text: str) -> tuple[int, int]:
    """Begin and end (exclusive) of an interval ``begin/end``.

    Raises:
        ValueError: it is no such interval, or it does not end after it begins.
    """
    begin, slash, end = text.partition("/")
    if not slash:
        raise ValueError(f"interval {text!r} has no slash")
    window = parse(begin), parse(end)
    if window[0] >= window[1]:
        raise ValueError(f"interval {text!r} does not end after it begins")
    return window
