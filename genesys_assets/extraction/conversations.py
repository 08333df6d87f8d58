"""A day of conversations: from the data lake up to its watermark, from the live query beyond it.

The async job (``POST /api/v2/analytics/conversations/details/jobs``) returns every conversation that
was alive in its interval, also those of earlier days, with participant attributes, but knows only what
happened before ``dataAvailabilityDate``; asked past it, it is incomplete without saying so. The
synchronous query (``POST .../details/query``) knows the present, without participant attributes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import msgspec
import polars as pl

from genesys_assets.catalog.declare import DB_AS_OF, Read, Table
from genesys_assets.extraction.ahead import ahead
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.extraction.sink import Outcome, Sink, Status
from genesys_assets.genesys import GenesysClient, JobRequest, JobStore, Page, Request, availability, pages, run_job

log = logging.getLogger(__name__)

QUERY_PATH = "/api/v2/analytics/conversations/details/query"
QUERY_PAGE_SIZE = 100
QUERY_CAP = 100_000
"""A query is sliced smaller before it could return more conversations than this."""

SETTLE_AFTER = timedelta(days=4)
"""A day is final when it was read with a watermark so long after its end: Genesys rewrites data at least 48 hours old
every night, and after-call work and corrections arrive in the days after."""


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
    if end > watermark:
        tail = _interval(max(start, watermark), min(end, now))
        log.info("conversations of %s: the live query fills %s to %s", day, *tail)
        load.take_tail(_query(client, *tail), as_of=now)
    if start < watermark:
        begin, until = _interval(start, min(end, watermark))
        job = _job(read, begin, until)
        fetching = run_job(client, job, store, resume_if=resume_if)
        with ahead(fetching, interrupt=client.cancel) as fetched:
            load.take_lake(fetched, as_of=watermark)
    return Outcome(
        items=load.items,
        rejected=load.rejected,
        watermark=watermark,
        status=status_of(end, watermark, settle_after),
    )


def status_of(end: datetime, watermark: datetime, settle_after: timedelta = SETTLE_AFTER) -> Status:
    """The status of a day that ends at ``end`` and was read up to that watermark."""
    if watermark < end:
        return "open"
    return "settled" if watermark >= end + settle_after else "provisional"


class _Load:
    """Parses pages of conversations and hands them to the sink."""

    def __init__(self, read: Read, tables: Sequence[Table], sink: Sink, known: Sequence[Table]) -> None:
        self.read, self.tables, self.sink = read, tables, sink
        self.watch = DriftWatch(read, known or tables)
        # The query leaves participant attributes out: what is known of them must stay.
        self.in_tail = [table for table in tables if "attributes" not in table.rows]
        self.fresh: list[pl.Series] = []
        self.items = self.rejected = 0

    def take_tail(self, fetched: Iterator[Page], *, as_of: datetime) -> None:
        parser = PageParser(self.in_tail) if self.in_tail else None
        for page in fetched:
            raw = page.raw_items()
            ids = _ids(raw)
            self.fresh.append(ids)
            if parser is not None:
                self._hand_over(parser.parse(raw, source=page.path), ids, self.in_tail, as_of)

    def take_lake(self, fetched: Iterator[Page], *, as_of: datetime) -> None:
        parser = PageParser(self.tables)
        fresh = pl.concat(self.fresh).unique() if self.fresh else None
        for page in fetched:
            raw = page.raw_items()
            if page.number == 1:
                self.sink.drift(self.read.name, self.watch.look(raw))
            parsed, ids = parser.parse(raw, source=page.path), _ids(raw)
            if fresh is None:
                self._hand_over(parsed, ids, self.tables, as_of)
                continue
            rest = [table for table in self.tables if table not in self.in_tail]
            self._hand_over(parsed, ids, rest, as_of)
            older = {
                name: frame.filter(~pl.col("conversation_id").is_in(fresh.implode()))
                for name, frame in parsed.frames.items()
            }
            unseen = ids.filter(~ids.is_in(fresh.implode()))
            without_rejects = Parsed(older, parsed.rejects.clear(), 0)
            self._hand_over(without_rejects, unseen, self.in_tail, as_of)

    def _hand_over(self, parsed: Parsed, ids: pl.Series, tables: Sequence[Table], as_of: datetime) -> None:
        moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
        spoilt = _ids([raw.encode() for raw in parsed.rejects["raw"]])
        scope = pl.DataFrame({"conversation_id": ids.filter(~ids.is_in(spoilt.implode()))}).drop_nulls().unique()
        scope = scope.with_columns(moment.alias("as_of"))
        for table in tables:
            frame = parsed.frames[table.name]
            if DB_AS_OF in table.housekeeping:
                frame = frame.with_columns(moment.alias(DB_AS_OF.name))
            self.sink.append(table, frame)
            self.sink.cover(table, scope)
        if len(parsed.rejects):
            self.sink.reject(parsed.rejects)
        self.items += parsed.items
        self.rejected += len(parsed.rejects)


def _ids(raw: Sequence[bytes]) -> pl.Series:
    """The conversations' ids; null where an item has none that is text."""
    return pl.Series("conversation_id", [_id(item) for item in raw], dtype=pl.String)


class _Head(msgspec.Struct):
    conversationId: Any = None  # noqa: N815 - the API's spelling


_heads = msgspec.json.Decoder(_Head)


def _id(item: bytes) -> str | None:
    identifier = _heads.decode(item).conversationId
    return identifier if isinstance(identifier, str) else None


def _query(client: GenesysClient, start: datetime, end: datetime) -> Iterator[Page]:
    body: dict[str, Any] = {
        "interval": f"{_iso(start)}/{_iso(end)}",
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
    interval = f"{_iso(start)}/{_iso(end)}"
    template = json.dumps(dict(read.body or {"interval": "{interval}"}))
    body = cast(dict[str, Any], json.loads(template.replace("{interval}", interval)))
    return JobRequest(
        path=read.path,
        body=body,
        results_items=read.items,
        page_size=read.page_size or 1000,
        key=f"{read.name} {interval}",
    )


def _interval(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Whole milliseconds, which is what the API reads."""
    return start, end.replace(microsecond=end.microsecond // 1000 * 1000)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
