"""Which days have to be read (again), and which are not finished: plain functions of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from genesys_assets.extraction.history import SETTLE_AFTER
from genesys_assets.orchestration.partitions import day_end

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A day that has to be read, and why; ``run_key`` is the same for the same reason on the same day."""

    day: date
    reason: str
    run_key: str

    @property
    def kind(self) -> str:
        """The reason in a word or two, without its particulars."""
        return self.reason.split(":")[0]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Days of a table between the first and the last loaded one that are not final, and how many are.

    ``overdue`` are those of the open and provisional ones that should have settled by now.
    """

    missing: tuple[date, ...] = ()
    open: tuple[date, ...] = ()
    provisional: tuple[date, ...] = ()
    overdue: tuple[date, ...] = ()
    settled: int = 0


def due_days(ledger: pl.DataFrame, *, read: str, watermark: datetime, start: date, lookback: int) -> list[Due]:
    """The days of a read that are complete for Genesys and not final here, the oldest first.

    ``ledger`` has the columns ``partition`` (date), ``status`` and ``watermark``, one row a day. A day is
    due when it is complete and was never read, or was read before it was complete; and again whenever
    the ``watermark`` (UTC) has moved on by a day, until it is settled. Days before ``start``, or more than
    ``lookback`` days before the watermark, are left alone.
    """
    known = {row["partition"]: row for row in ledger.iter_rows(named=True)}
    day = max(start, watermark.date() - timedelta(days=lookback))
    due: list[Due] = []
    while day_end(day) <= watermark:
        age = (watermark - day_end(day)) // _DAY
        reason = _reason(known.get(day), day, age)
        if reason is not None:
            due.append(Due(day, reason, f"{read} {day} +{age}d {reason.split()[0]}"))
        day += _DAY
    return due


def due_after(ledger: pl.DataFrame, before: pl.DataFrame, *, read: str, start: date) -> list[Due]:
    """The days of a read that must be read again because the read before it was, the oldest first.

    Both ledgers have the columns ``partition``, ``status`` and ``loaded_at``, one row a day. An open day of
    the read before is not waited upon; it is due once it is complete.
    """
    known = dict(ledger.select("partition", "loaded_at").iter_rows())
    due: list[Due] = []
    for day, status, loaded_at in before.select("partition", "status", "loaded_at").sort("partition").iter_rows():
        if day < start or status == "open" or (day in known and known[day] >= loaded_at):
            continue
        reason = "missing: what it is made from is loaded" if day not in known else "made from rows loaded anew since"
        due.append(Due(day, reason, f"{read} {day} after {loaded_at:%Y-%m-%dT%H:%M:%S}"))
    return due


def _reason(row: dict[str, Any] | None, day: date, age: int) -> str | None:
    if row is None:
        return "missing: complete at Genesys and never loaded"
    if row["status"] == "open":
        return "complete at Genesys since it was loaded"
    if row["status"] == "provisional" and age > (row["watermark"] - day_end(day)) // _DAY:
        return "provisional: to be read again until it is settled"
    return None


def unfinished(ledger: pl.DataFrame, settle_after: timedelta = SETTLE_AFTER) -> Unfinished:
    """What is missing or not final between the first and the last day of a table's ledger.

    The newest watermark of the ledger tells what should have settled: a day is read again each day, so
    one that is a day older than settling takes, and still not settled, is overdue.
    """
    rows = {row["partition"]: row for row in ledger.iter_rows(named=True) if row["partition"] is not None}
    if not rows:
        return Unfinished()
    days = [min(rows) + _DAY * n for n in range((max(rows) - min(rows)).days + 1)]
    present = max(row["watermark"] for row in rows.values())
    status = {day: row["status"] for day, row in rows.items()}
    waiting = [day for day in days if status.get(day) in ("open", "provisional")]
    return Unfinished(
        missing=tuple(day for day in days if day not in status),
        open=tuple(day for day in waiting if status[day] == "open"),
        provisional=tuple(day for day in waiting if status[day] == "provisional"),
        overdue=tuple(day for day in waiting if day_end(day) + settle_after + _DAY <= present),
        settled=sum(each == "settled" for each in status.values()),
    )
