"""Listings: one answer after the other to the true end, for all tables that live in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import polars as pl

from genesys_assets.catalog.declare import Each, Read, Snapshot, Table
from genesys_assets.extraction.ahead import ahead
from genesys_assets.extraction.detail import Details
from genesys_assets.extraction.digest import digested
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.expands import Known, Parser, page_parser
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.parser import Parsed
from genesys_assets.extraction.sink import FailedParent, Outcome, Sink
from genesys_assets.genesys import ApiError, GenesysClient, Page, PagingError, Request, TransientError, pages

log = logging.getLogger(__name__)


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
    client: GenesysClient,
    read: Read,
    tables: Sequence[Table],
    sink: Sink,
    *,
    known: Sequence[Table] = (),
    store: Known | None = None,
) -> Outcome:
    """Read a listing in full into the ``tables`` that live in it (a part of ``known``, all of them).

    Nothing is covered unless the listing was read to its end. An item whose detail fails keeps its row. With
    ``store``, what was loaded before, items that lack an expanded field get a second look
    (:mod:`genesys_assets.extraction.expands`).

    Raises:
        GenesysError: the listing cannot be read.
    """
    parser = page_parser(client, read, tables, store)
    watch = DriftWatch(read, known or tables)
    details = Details(client, read, tables)
    items = rejected = 0
    failed: list[FailedParent] = []
    with ahead(_pages(client, read)) as fetched:
        for page in fetched:
            raw, lacking = details.fill(page.raw_items())
            failed += lacking
            raw = digested(read.digests, raw)
            if page.number == 1:
                sink.drift(read.name, watch.look(raw))
            parsed = parser.parse(raw, response=page.envelope, source=page.path)
            if store is not None:
                parsed = replace(parsed, frames={t.name: details.kept(t, parsed.frames[t.name], store) for t in tables})
            _hand_over(tables, [parsed], sink)
            items += parsed.items
            rejected += len(parsed.rejects)
    # An item that could not be loaded is one of the listing's rows all the same: without knowing which,
    # no row can be said to be gone.
    if not rejected and not failed:
        for table in tables:
            sink.cover(table, None)
    return Outcome(items=items, rejected=rejected, failed=tuple(failed))


def read_fan_out(
    client: GenesysClient,
    read: Read,
    tables: Sequence[Table],
    parents: pl.DataFrame,
    sink: Sink,
    *,
    known: Sequence[Table] = (),
    store: Known | None = None,
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
    parser = page_parser(client, read, tables, store)
    parent = _Parent(client, read, parser, Details(client, read, tables), sink, DriftWatch(read, known or tables))
    patience = Patience()
    items = rejected = 0
    failed: list[FailedParent] = []
    complete = [row for row in parents.iter_rows(named=True) if row["gone"]]
    for row in parents.filter(~pl.col("gone")).iter_rows(named=True):
        filled = {name: str(row[column]) for name, column in each.parameters.items()}
        try:
            parsed, lacking = parent.read(filled)
        except (ApiError, TransientError, PagingError) as error:
            patience.bear(error)
            shown = "/".join(filled.values())
            log.warning("%s: %s %s failed and keeps its rows: %s", read.name, each.table, shown, error)
            failed.append(FailedParent(read.name, shown, str(error)))
            continue
        patience.renew()
        _hand_over(tables, parsed, sink)
        failed += lacking
        items += sum(part.items for part in parsed)
        spoilt = sum(len(part.rejects) for part in parsed)
        rejected += spoilt
        if not spoilt and not lacking:
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


class _Parent:
    """Reads what lies beneath one parent after the other; drift is looked for in the first that has items."""

    def __init__(
        self, client: GenesysClient, read: Read, parser: Parser, details: Details, sink: Sink, watch: DriftWatch
    ) -> None:
        self._client = client
        self._read = read
        self._parser = parser
        self._details = details
        self._sink = sink
        self._watch: DriftWatch | None = watch

    def read(self, filled: Mapping[str, str]) -> tuple[list[Parsed], list[FailedParent]]:
        parsed: list[Parsed] = []
        lacking: list[FailedParent] = []
        for page in _pages(self._client, self._read, filled):
            raw, failed = self._details.fill(page.raw_items(), filled)
            lacking += failed
            raw = digested(self._read.digests, raw)
            if self._watch is not None and raw:
                self._sink.drift(self._read.name, self._watch.look(raw))
                self._watch = None
            parsed.append(self._parser.parse(raw, request=filled, response=page.envelope, source=page.path))
        return parsed, lacking


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
