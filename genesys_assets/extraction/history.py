"""What reading days of history needs, and when a day is final; every reader of history takes a :class:`Span`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

import polars as pl

from genesys_assets.catalog import Catalog
from genesys_assets.catalog.declare import Read, Table
from genesys_assets.extraction.sink import Outcome, Sink, Status
from genesys_assets.genesys import GenesysClient, JobStore

SETTLE_AFTER = timedelta(days=4)
"""A day is final when it was read with a watermark so long after its end: Genesys rewrites data at least 48 hours old
every night, and after-call work and corrections arrive in the days after."""


class Store(JobStore, Protocol):
    """What a reader may ask of the warehouse: jobs in flight, and rows that are loaded already."""

    def scan(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> pl.LazyFrame:
        """Rows of a table (of the days from ``start`` up to but without ``end``), retired ones included."""
        ...

    def ledger(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """The latest load of every table and day."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a read that are loaded at once, and everything that reading them needs.

    ``tables`` are those wanted, ``known`` all that live in the read. ``days`` are UTC days in order.
    ``now`` is the present at Genesys (UTC). ``resume_if`` says whether a job submitted at a moment, and
    left behind by a run that was killed, may still be used.
    """

    client: GenesysClient
    catalog: Catalog
    read: Read
    tables: tuple[Table, ...]
    days: tuple[date, ...]
    sink: Sink
    store: Store
    now: datetime
    resume_if: Callable[[datetime], bool] = lambda submitted: True
    settle_after: timedelta = SETTLE_AFTER

    @property
    def known(self) -> tuple[Table, ...]:
        """All tables that live in the read, wanted or not."""
        return self.catalog.reads()[self.read.name][1]

    @property
    def start(self) -> datetime:
        """Midnight UTC at which the first day begins."""
        return datetime.combine(self.days[0], time(), UTC)

    @property
    def end(self) -> datetime:
        """Midnight UTC at which the last day ends."""
        return end_of(self.days[-1])

    def reaches(self, moment: datetime) -> bool:
        """Whether the span ends at the present as far as it is known (UTC), or less than a day before."""
        return moment < self.end + timedelta(days=1)

    def loaded_together(self) -> bool:
        """Whether the wanted tables were last loaded with all others of the read, on each of the days.

        Only then does what one of them holds tell what the others hold.
        """
        ledger = self.store.ledger(self.known, start=self.days[0], end=self.days[-1] + timedelta(days=1))
        latest = {(row["table"], row["partition"]): row["loaded_at"] for row in ledger.iter_rows(named=True)}
        days = {day for _, day in latest}
        return all(
            latest.get((table.name, day)) is not None
            and latest[table.name, day] >= max(latest[key] for key in latest if key[1] == day)
            for table in self.tables
            for day in days
        )


Reader = Callable[[Span], Outcome]
"""Reads the days of a span into its sink."""


def end_of(day: date) -> datetime:
    """Midnight UTC at which a day ends."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def status_of(end: datetime, watermark: datetime, settle_after: timedelta = SETTLE_AFTER) -> Status:
    """The status of a day that ends at ``end`` and was read up to that watermark."""
    if watermark < end:
        return "open"
    return "settled" if watermark >= end + settle_after else "provisional"
