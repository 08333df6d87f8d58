"""Listings: one answer after the other to the true end, for all tables that live in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import polars as pl

from genesys_assets.catalog.declare import Each, Read, Snapshot, Table
from genesys_assets.extraction.ahead import ahead
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.extraction.sink import FailedParent, Outcome, Sink
from genesys_assets.genesys import ApiError, GenesysClient, Page, PagingError, Request, TransientError, pages

log = logging.getLogger(__name__)

MAX_CONSECUTIVE_FAILURES = 5
"""So many parents in a row that fail for want of an answer are an outage, not trouble with a parent."""


def requests_for(read: Read, filled: Mapping[str, str] | None = None) -> Iterator[Request]:
    """The HTTP requests of a read, their path parameters filled in: one, or one for each variant.

    Raises:
        ValueError: the read is not a listing, or a path parameter has no value.
    """
    paging = read.paging
    if paging == "async_job" or paging == "topic":  # noqa: PLR1714 - narrows the type
        raise ValueError(f"read {read.name} is not a listing but goes by {paging}")
    path = read.path
    for name, value in (filled or {}).items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    if "{" in path:
        raise ValueError(f"read {read.name}: no value for a parameter of the path {path}")
    for variant in read.variants or ({},):
        yield Request(
            method="POST" if read.method == "POST" else "GET",
            path=path,
            items=read.items,
            paging=paging,
            page_size=read.page_size,
            params={**read.parameters, **variant},
            body=None if read.body is None else dict(read.body),
        )


def _pages(client: GenesysClient, read: Read, filled: Mapping[str, str] | None = None) -> Iterator[Page]:
    for request in requests_for(read, filled):
        yield from pages(client, request)


def read_listing(
    client: GenesysClient, read: Read, tables: Sequence[Table], sink: Sink, *, known: Sequence[Table] = ()
) -> Outcome:
    """Read a listing in full into the ``tables`` that live in it (a part of ``known``, all of them).

    Nothing is covered unless the listing was read to its end.

    Raises:
        GenesysError: the listing cannot be read.
    """
    parser = PageParser(tables)
    watch = DriftWatch(read, known or tables)
    items = rejected = 0
    with ahead(_pages(client, read)) as fetched:
        for page in fetched:
            raw = page.raw_items()
            if page.number == 1:
                sink.drift(read.name, watch.look(raw))
            parsed = parser.parse(raw, response=page.envelope, source=page.path)
            _hand_over(tables, [parsed], sink)
            items += parsed.items
            rejected += len(parsed.rejects)
    # An item that could not be loaded is one of the listing's rows all the same: without knowing which,
    # no row can be said to be gone.
    if not rejected:
        for table in tables:
            sink.cover(table, None)
    return Outcome(items=items, rejected=rejected)


def read_fan_out(
    client: GenesysClient,
    read: Read,
    tables: Sequence[Table],
    parents: pl.DataFrame,
    sink: Sink,
    *,
    known: Sequence[Table] = (),
) -> Outcome:
    """Make the request of a fan-out for every parent, and cover the parents that were read in full.

    ``parents`` has the parent's columns that :class:`~genesys_assets.catalog.declare.Each` names and
    ``gone`` (whether the parent no longer exists at Genesys: it is not asked for, its rows retire).
    A parent that fails keeps its rows; the others go on.

    Raises:
        ValueError: the tables do not have the fan-out's parent.
        GenesysError: signing in failed, the run was cancelled, or many parents in a row got no answer.
    """
    each = _each(read, tables)
    parser = PageParser(tables)
    watch = DriftWatch(read, known or tables)
    items = rejected = in_a_row = 0
    failed: list[FailedParent] = []
    complete = [row for row in parents.iter_rows(named=True) if row["gone"]]
    for row in parents.filter(~pl.col("gone")).iter_rows(named=True):
        filled = {name: str(row[column]) for name, column in each.parameters.items()}
        try:
            parsed = list(_parent(client, read, parser, filled, watch if not items else None, sink))
        except (ApiError, TransientError, PagingError) as error:
            in_a_row = in_a_row + 1 if error.transient else 0
            if in_a_row >= MAX_CONSECUTIVE_FAILURES:
                raise
            shown = "/".join(filled.values())
            log.warning("%s: %s %s failed and keeps its rows: %s", read.name, each.table, shown, error)
            failed.append(FailedParent(read.name, shown, str(error)))
            continue
        in_a_row = 0
        _hand_over(tables, parsed, sink)
        items += sum(part.items for part in parsed)
        spoilt = sum(len(part.rejects) for part in parsed)
        rejected += spoilt
        if not spoilt:
            complete.append(row)
    _cover_parents(tables, each, complete, sink)
    return Outcome(items=items, rejected=rejected, failed=tuple(failed))


def _each(read: Read, tables: Sequence[Table]) -> Each:
    if read.each is None:
        raise ValueError(f"read {read.name} has no parent to fan out over")
    for table in tables:
        if not isinstance(table.loading, Snapshot) or len(table.loading.parent) != len(read.each.parameters):
            raise ValueError(f"table {table.name}: its parent columns do not match the fan-out over {read.each.table}")
    return read.each


def _parent(
    client: GenesysClient,
    read: Read,
    parser: PageParser,
    filled: Mapping[str, str],
    watch: DriftWatch | None,
    sink: Sink,
) -> Iterator[Parsed]:
    for page in _pages(client, read, filled):
        raw = page.raw_items()
        if watch is not None and raw:
            sink.drift(read.name, watch.look(raw))
            watch = None
        yield parser.parse(raw, request=filled, response=page.envelope, source=page.path)


def _hand_over(tables: Sequence[Table], parsed: Sequence[Parsed], sink: Sink) -> None:
    for part in parsed:
        for table in tables:
            sink.append(table, part.frames[table.name])
        if len(part.rejects):
            sink.reject(part.rejects)


def _cover_parents(tables: Sequence[Table], each: Each, complete: Sequence[Mapping[str, Any]], sink: Sink) -> None:
    for table in tables:
        assert isinstance(table.loading, Snapshot)
        columns = dict(zip(table.loading.parent, each.parameters.values(), strict=True))
        scope = {mine: [row[theirs] for row in complete] for mine, theirs in columns.items()}
        sink.cover(table, pl.DataFrame(scope, schema=dict.fromkeys(columns, pl.String)))
