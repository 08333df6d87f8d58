"""A day of conversations: from the data lake up to its watermark, from the live query beyond it.

The async job (``POST /api/v2/analytics/conversations/details/jobs``) returns every conversation that
was alive in its interval, also those of earlier days, with participant attributes, but knows only what
happened before ``dataAvailabilityDate``; asked past it, it is incomplete without saying so. The
synchronous query (``POST .../details/query``) knows the present, without participant attributes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from genesys_assets.catalog.declare import DB_AS_OF, DB_PARTITION, Read, Table
from genesys_assets.extraction.ahead import ahead, worked
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.history import SETTLE_AFTER, status_of
from genesys_assets.extraction.intervals import filled, iso_interval, whole_ms
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.extraction.sink import Outcome, Sink
from genesys_assets.genesys import GenesysClient, JobRequest, JobStore, Page, Request, availability, pages, run_job

log = logging.getLogger(__name__)

REACH = "reach of {} {}"
"""Bookmark with the days (ISO texts in JSON) on which conversations began that were alive on a day of a read."""

ROOT = "conversationId"
"""The field that identifies a conversation."""

TOGETHER = 12_000_000
"""Pages are parsed together until they are so many bytes."""

QUERY_PATH = "/api/v2/analytics/conversations/details/query"
QUERY_PAGE_SIZE = 100
QUERY_CAP = 100_000
"""A query is sliced smaller before it could return more conversations than this."""


def read_conversations(
    client: GenesysClient,
    read: Read,
    tables: Sequence[Table],
    day: date,
    sink: Sink,
    *,
    store: JobStore,
    now: datetime,
    known: Sequence[Table] = (),
    resume_if: Callable[[datetime], bool] = lambda submitted: True,
    settle_after: timedelta = SETTLE_AFTER,
) -> Outcome:
    """Read the conversations that were alive on a UTC day into the ``tables`` of the family.

    ``now`` is the present (UTC). ``resume_if`` says whether a job submitted at a moment, and left
    behind by a run that was killed, may still be used.

    Raises:
        ValueError: the day has not begun.
        GenesysError: the day cannot be read; nothing of it may be committed.
    """
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    if start >= now:
        raise ValueError(f"conversations of {day}: the day has not begun (it is {now:%Y-%m-%d %H:%M} UTC)")
    watermark = availability(client, f"{read.path}/availability")
    load = _Load(read, tables, sink, known)
    tail = whole_ms(max(start, watermark), min(end, now))
    if load.in_tail and tail[0] < tail[1]:
        log.info("conversations of %s: the live query fills %s to %s", day, *tail)
        load.take_tail(_query(client, *tail), as_of=now)
    if start < watermark:
        begin, until = whole_ms(start, min(end, watermark))
        job = _job(read, begin, until)
        fetching = run_job(client, job, store, resume_if=resume_if)
        with (
            ahead(fetching, interrupt=client.cancel) as fetched,
            worked(load.parsed, gathered(fetched), interrupt=client.cancel) as parsed,
        ):
            load.take_lake(parsed, as_of=watermark)
    _note_reach(store, REACH.format(read.name, day), load.starts)
    return Outcome(
        items=load.items,
        rejected=load.rejected,
        watermark=watermark,
        status=status_of(end, watermark, settle_after),
    )


def gathered(pages: Iterator[Page]) -> Iterator[Sequence[Page]]:
    """Pages by the handful, as many as make :data:`TOGETHER` bytes: much of what parsing takes is not for the rows."""
    waiting: list[Page] = []
    for page in pages:
        waiting.append(page)
        if sum(len(each.body) for each in waiting) >= TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def parse_together(parser: PageParser, pages: Sequence[Page]) -> Parsed:
    """Pages of one job in frames, all of them in one go; of two states of a conversation, the later page's counts."""
    return parser.parse([item for page in pages for item in page.views()], source=pages[0].path)


class _Load:
    """Parses pages of conversations and hands them to the sink."""

    def __init__(self, read: Read, tables: Sequence[Table], sink: Sink, known: Sequence[Table]) -> None:
        self.read, self.tables, self.sink = read, tables, sink
        self.watch = DriftWatch(read, known or tables)
        self.parser = PageParser(tables, root=ROOT)
        # The query leaves participant attributes out: what is known of them must stay.
        self.in_tail = [table for table in tables if "attributes" not in table.rows]
        self.fresh = pl.Series(ROOT, [], dtype=pl.String)
        self.items = self.rejected = 0
        self.starts: set[date] = set()

    def take_tail(self, fetched: Iterator[Page], *, as_of: datetime) -> None:
        parser = PageParser(self.in_tail, root=ROOT)
        told: list[pl.Series] = [self.fresh]
        for page in fetched:
            parsed = parser.parse(page.views(), source=page.path)
            told.append(parsed.roots)
            self._hand_over(parsed, self.in_tail, as_of)
        # One that could not be loaded is not among them: what the lake knows of it is better than nothing.
        self.fresh = pl.concat(told).unique()

    def parsed(self, pages: Sequence[Page]) -> tuple[Mapping[str, int] | None, Parsed]:
        """Pages in frames; with the first, the undeclared fields of a sample."""
        first = pages[0]
        drift = self.watch.look(first.views()) if first.number == 1 else None
        return drift, parse_together(self.parser, pages)

    def take_lake(self, told: Iterator[tuple[Mapping[str, int] | None, Parsed]], *, as_of: datetime) -> None:
        for drift, parsed in told:
            if drift is not None:
                self.sink.drift(self.read.name, drift)
            self._hand_over(parsed, self.tables, as_of, older_than=self.fresh)

    def _hand_over(
        self, parsed: Parsed, tables: Sequence[Table], as_of: datetime, older_than: pl.Series | None = None
    ) -> None:
        """Hand over a page; of conversations in ``older_than`` only what the query does not tell."""
        roots = parsed.roots
        stale = roots.filter(roots.is_in(older_than.implode())) if older_than is not None else roots.clear()
        moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
        scope = pl.DataFrame({"conversation_id": roots.unique()}).with_columns(moment.alias("as_of"))
        current = ~pl.col("conversation_id").is_in(stale.implode())
        for table in tables:
            frame, covered = parsed.frames[table.name], scope
            if len(stale) and table in self.in_tail:
                frame, covered = frame.filter(current), scope.filter(current)
            if DB_AS_OF in table.housekeeping:
                frame = frame.with_columns(moment.alias(DB_AS_OF.name))
            self.sink.append(table, frame)
            self.sink.cover(table, covered)
            self.starts.update(frame.get_column(DB_PARTITION.name).unique())
        if len(parsed.rejects):
            self.sink.reject(parsed.rejects)
        self.items += parsed.items
        self.rejected += len(parsed.rejects)


def _note_reach(store: JobStore, key: str, starts: set[date]) -> None:
    """Remember on which days the conversations of a load began; those of an earlier one may still be in place."""
    before = store.recall(key)
    days = sorted({start.isoformat() for start in starts} | set(json.loads(before) if before else []))
    if before is None or days != json.loads(before):
        store.remember(key, json.dumps(days))


def _query(client: GenesysClient, start: datetime, end: datetime) -> Iterator[Page]:
    body: dict[str, Any] = {
        "interval": iso_interval(start, end),
        "order": "asc",
        "orderBy": "conversationStart",
        "paging": {"pageSize": QUERY_PAGE_SIZE, "pageNumber": 1},
    }
    request = Request("POST", QUERY_PATH, "conversations", "page_number", QUERY_PAGE_SIZE, {}, body)
    fetched = pages(client, request)
    for page in fetched:
        hits = page.envelope.get("totalHits")
        if page.number == 1 and isinstance(hits, int) and hits > QUERY_CAP and end - start > timedelta(hours=1):
            middle = start + (end - start) / 2
            yield from _query(client, start, middle)
            yield from _query(client, middle, end)
            return
        yield page


def _job(read: Read, start: datetime, end: datetime) -> JobRequest:
    interval = iso_interval(start, end)
    return JobRequest(
        path=read.path,
        body=filled(read.body, interval=interval),
        results_items=read.items,
        page_size=read.page_size or 1000,
        key=f"{read.name} {interval}",
    )
