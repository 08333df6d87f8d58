"""A day of agents' time: from the data lake up to its watermark, from the live query beyond it.

Both tell records that begin or end in their interval, each with its true start. A record that had not
ended when it was told has no end: where a later load has told the end already, that stays known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Table, Upsert
from genesys_assets.extraction.ahead import ahead
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.intervals import filled, iso_interval, whole_ms
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.extraction.sink import Outcome
from genesys_assets.genesys import JobRequest, Page, Request, availability, pages, run_job

log = logging.getLogger(__name__)

QUERY_PATH = "/api/v2/analytics/users/details/query"
QUERY_PAGE_SIZE = 100


def read_agents(span: Span) -> Outcome:
    """Read the presence and routing status records that begin or end on the span's days.

    Async job: ``POST /api/v2/analytics/users/details/jobs``; beyond its ``dataAvailabilityDate``
    ``POST /api/v2/analytics/users/details/query``.

    Raises:
        ValueError: a day has not begun.
        GenesysError: the days cannot be read; nothing of them may be committed.
    """
    if span.start >= span.now:
        raise ValueError(f"{span.read.name} of {span.days[0]}: the day has not begun (it is {span.now:%Y-%m-%d} UTC)")
    watermark = availability(span.client, span.read.path)
    load = _Load(span)
    begin, until = whole_ms(max(span.start, watermark), min(span.end, span.now))
    if begin < until:
        log.info("%s: the live query fills %s", span.read.name, iso_interval(begin, until))
        load.take(_query(span, begin, until), latest=True)
    if span.start < watermark:
        job = _job(span, *whole_ms(span.start, min(span.end, watermark)))
        fetching = run_job(span.client, job, span.store, resume_if=span.resume_if)
        with ahead(fetching, interrupt=span.client.cancel) as fetched:
            load.take(fetched, latest=False)
    load.close()
    return Outcome(items=load.items, rejected=load.rejected, watermark=watermark)


class _Load:
    """Parses pages of users and hands over their records: those that have ended at once, the others last."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.parser = PageParser(span.tables)
        self.watch = DriftWatch(span.read, span.known)
        self.items = self.rejected = 0
        self.running: dict[str, pl.DataFrame] = {}
        self.ended: dict[str, pl.DataFrame] = {}
        """Keys of the records that the query, which looks at a later moment than the job, knows to have ended."""

    def take(self, fetched: Iterator[Page], *, latest: bool) -> None:
        for page in fetched:
            raw = page.raw_items()
            if page.number == 1:
                self.span.sink.drift(self.span.read.name, self.watch.look(raw))
            self._hand_over(self.parser.parse(raw, source=page.path), latest=latest)

    def _hand_over(self, parsed: Parsed, *, latest: bool) -> None:
        for table in self.span.tables:
            frame, keeps = parsed.frames[table.name], _keeps(table)
            running = frame.filter(pl.any_horizontal(pl.col(keeps).is_null()))
            ended = frame.join(running, on=table.key, how="anti")
            self.span.sink.append(table, ended)
            if latest:
                told = [self.ended[table.name]] if table.name in self.ended else []
                self.ended[table.name] = pl.concat([*told, ended.select(table.key)])
            elif table.name in self.ended:
                running = running.join(self.ended[table.name], on=table.key, how="anti")
            before = [self.running[table.name]] if table.name in self.running else []
            # What was told first was told by the query, if at all.
            first = pl.concat([*before, running]).unique(table.key, keep="first", maintain_order=True)
            self.running[table.name] = first.join(ended, on=table.key, how="anti")
        if len(parsed.rejects):
            self.span.sink.reject(parsed.rejects)
        self.items += parsed.items
        self.rejected += len(parsed.rejects)

    def close(self) -> None:
        """Hand over the records that were told without an end, with the end that is known already."""
        for table in self.span.tables:
            if table.name in self.running:
                self.span.sink.append(table, self._kept(table, self.running[table.name]))

    def _kept(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        if not len(frame):
            return frame
        keeps, days = _keeps(table), sorted(frame.get_column(DB_PARTITION.name).unique())
        rows = self.span.store.scan(table, [*table.key, *keeps], start=days[0], end=days[-1] + timedelta(days=1))
        known = rows.filter(pl.all_horizontal(pl.col(keeps).is_not_null()))
        named = known.rename({name: f"known {name}" for name in keeps})
        joined = frame.lazy().join(named, on=table.key, how="left", maintain_order="left")
        filled_in = joined.with_columns(pl.coalesce(name, f"known {name}").alias(name) for name in keeps)
        return filled_in.select(frame.columns).collect()


def _keeps(table: Table) -> Sequence[str]:
    return list(table.loading.keeps) if isinstance(table.loading, Upsert) else []


def _query(span: Span, start: datetime, end: datetime) -> Iterator[Page]:
    """All pages of the live query: an empty one is the last, as neither their length nor the total can be trusted.

    Records that cross midnight are stored for two days and told once: a page may hold less than it was asked for.
    """
    body = {
        "interval": iso_interval(start, end),
        "order": "asc",
        "paging": {"pageSize": QUERY_PAGE_SIZE, "pageNumber": 1},
    }
    request = Request("POST", QUERY_PATH, span.read.items, "page_number", QUERY_PAGE_SIZE, {}, body, exact_total=False)
    return pages(span.client, request)


def _job(span: Span, start: datetime, end: datetime) -> JobRequest:
    interval = iso_interval(start, end)
    return JobRequest(
        path=span.read.path,
        body=filled(span.read.body, interval=interval),
        results_items=span.read.items,
        page_size=span.read.page_size or 1000,
        key=f"{span.read.name} {interval}",
    )
