"""The one daily partitions definition, in UTC, of everything that has a time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

START_VARIABLE = "GENESYS_ASSETS_START_DATE"
DEFAULT_START = "2026-01-01"


def start_date(environment: Mapping[str, str] | None = None) -> date:
    """The first day that can be loaded, from ``GENESYS_ASSETS_START_DATE`` (``YYYY-MM-DD``).

    Raises:
        ValueError: the variable is set, but is no date.
    """
    text = (os.environ if environment is None else environment).get(START_VARIABLE, DEFAULT_START)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{START_VARIABLE}={text!r} is not a date; write it as YYYY-MM-DD") from None


def daily_partitions(start: date) -> dg.DailyPartitionsDefinition:
    """Days from ``start`` to today inclusive: today's partition fills up while the day goes on."""
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), timezone="UTC", end_offset=1)


def days_of(keys: list[str]) -> tuple[date, ...]:
    """Partition keys as days, in order."""
    return tuple(sorted(date.fromisoformat(key) for key in keys))


def day_start(day: date) -> datetime:
    """Midnight UTC at which the day begins."""
    return datetime.combine(day, time(), UTC)


def day_end(day: date) -> datetime:
    """Midnight UTC at which the day ends."""
    return day_start(day) + timedelta(days=1)
