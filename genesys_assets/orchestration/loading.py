"""From a read to committed rows: the plain sequence that an asset runs. Knows no Dagster.

A :class:`PendingLoad` is what an asset yields: the loads of a step, staged one after the other as
they are asked for, each committed before the next is staged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl

from genesys_assets.catalog import Catalog, Read, Table
from genesys_assets.extraction.history import Span, end_of, status_of
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.extraction.sink import FailedParent, Outcome, Sink, Status
from genesys_assets.genesys import GenesysClient
from genesys_assets.orchestration.histories import History
from genesys_assets.orchestration.parents import parents_to_read
from genesys_assets.warehouse import Load, TableReport, Warehouse

log = logging.getLogger(__name__)

Staged = tuple[Load, Outcome]
"""A load that is ready to be committed, and how its read ended."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A load that is in the warehouse: what each table took, and what it cost."""

    load: Load
    outcome: Outcome
    reports: Mapping[str, TableReport]


@dataclass
class PendingLoad:
    """The loads of one step; :meth:`commit` makes them, once."""

    staged: Iterator[Staged]
    committed: list[Committed] = field(default_factory=list[Committed])
    _done: bool = False

    def commit(self, warehouse: Warehouse, seen: Callable[[Committed], None] = lambda made: None) -> list[Committed]:
        """Drain the loads into the warehouse, each in a transaction of its own, and remember them.

        ``seen`` hears of each load once it is committed. A second call returns what the first did.

        Raises:
            GenesysError: a read failed; the loads before it stay, its own changed nothing.
        """
        if not self._done:
            self._done = True
            for load, outcome in self.staged:
                made = Committed(load, outcome, warehouse.commit(load))
                self.committed.append(made)
                seen(made)
        return self.committed

    @property
    def failed(self) -> tuple[FailedParent, ...]:
        """Parents of a fan-out that could not be read."""
        return tuple(failure for made in self.committed for failure in made.outcome.failed)


@dataclass(frozen=True, slots=True)
class Loader:
    """Stages what a read brings, for one run."""

    client: GenesysClient
    warehouse: Warehouse
    catalog: Catalog
    run_id: str

    def snapshot(self, read: Read, tables: Sequence[Table], parents: pl.LazyFrame | None = None) -> Iterator[Staged]:
        """Stage the present state of a listing, or of a fan-out over ``parents``."""
        known, store = self._known(read), self.warehouse
        if read.each is None:
            yield self._stage(
                read.name, tables, lambda sink: read_listing(self.client, read, tables, sink, known=known, store=store)
            )
            return
        if parents is None:
            raise ValueError(f"read {read.name} fans out over {read.each.table}, whose rows are needed")
        frame = parents_to_read(read.each, tables, parents, self.warehouse)
        yield self._stage(
            read.name,
            tables,
            lambda sink: read_fan_out(self.client, read, tables, frame, sink, known=known, store=store),
        )

    def history(self, history: History, read: Read, tables: Sequence[Table], days: Sequence[date]) -> Iterator[Staged]:
        """Stage days of a read of history, each as a load of its own or all of them as one."""
        if looked_up := _looked_up(read):
            self.warehouse.prepare([self.catalog[name] for name in looked_up])
        loads = {read.name: tuple(days)} if history.together else {f"{read.name} {day}": (day,) for day in days}
        for name, part in loads.items():
            fill = partial(self._days, history, read, tables, part)
            yield self._stage(name, tables, fill, part, history.settle_after)

    def _days(
        self, history: History, read: Read, tables: Sequence[Table], days: tuple[date, ...], sink: Sink
    ) -> Outcome:
        def nothing_loaded_since(submitted: datetime) -> bool:
            """A job that a killed run left behind is stale once a later load has been committed."""
            ledger = self.warehouse.ledger(self._known(read), start=days[0], end=days[-1] + timedelta(days=1))
            latest: datetime | None = ledger.select(pl.max("loaded_at")).item()
            return latest is None or latest < submitted

        span = Span(
            client=self.client,
            catalog=self.catalog,
            read=read,
            tables=tuple(tables),
            days=days,
            sink=sink,
            store=self.warehouse,
            now=self.client.server_time(),
            resume_if=nothing_loaded_since,
            settle_after=history.settle_after,
        )
        return history.reader(span)

    def _known(self, read: Read) -> tuple[Table, ...]:
        return self.catalog.reads()[read.name][1]

    def _stage(
        self,
        name: str,
        tables: Sequence[Table],
        fill: Callable[[Sink], Outcome],
        days: tuple[date, ...] | None = None,
        settle_after: timedelta | None = None,
    ) -> Staged:
        started_at, before = datetime.now(UTC), self.client.usage()
        log.info("%s: reading", name)
        stage = self.warehouse.stage(name)
        try:
            outcome = fill(stage)
        except BaseException:
            stage.discard()
            raise
        used = self.client.usage() - before
        log.info("%s: %s items in %s calls; merging", name, f"{outcome.items:,}", used.calls)
        load = Load(
            name=name,
            stage=stage,
            tables=tuple(tables),
            partitions=days,
            run_id=self.run_id,
            watermark=outcome.watermark,
            status=_statuses(days, outcome, settle_after),
            started_at=started_at,
            calls=used.calls,
            bytes=used.bytes,
        )
        return load, outcome


def _looked_up(read: Read) -> set[str]:
    """The tables, besides its own, in which a read of history looks up what to ask for."""
    return {name for name in (read.each and read.each.table, read.weeks and read.weeks.table) if name}


def _statuses(
    days: tuple[date, ...] | None, outcome: Outcome, settle_after: timedelta | None
) -> Status | Mapping[date, Status]:
    """How final each day is, by the moment up to which Genesys had told when it was read.

    A day of which something could not be read is not final yet, however old it is.
    """
    if days is None or settle_after is None or outcome.watermark is None:
        return outcome.status
    statuses: dict[date, Status] = {}
    for day in days:
        status = status_of(end_of(day), outcome.watermark, settle_after)
        statuses[day] = "provisional" if status == "settled" and outcome.failed else status
    return statuses
