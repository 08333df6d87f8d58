"""What the feeds of a read tell: which items there are, or which have changed, in an interval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from genesys_assets.catalog.feeds import Feed
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.templates import filled
from genesys_assets.genesys import JobRequest, Page, PagingError, Request, pages, run_job

_ITEM = msgspec.json.Decoder(dict[str, Any])


def told(span: Span, feed: Feed, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """What a feed tells of an interval, one after the other, each body's answer read to its end.

    Raises:
        GenesysError: the feed cannot be read.
    """
    for page in _pages(span, feed, start, end):
        for raw in page.raw_items():
            try:
                yield _ITEM.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise PagingError(f"{page.path}, page {page.number}: {error}", transient=True) from None


def _pages(span: Span, feed: Feed, start: datetime, end: datetime) -> Iterator[Page]:
    for number, body in enumerate(feed.bodies):
        asked = filled(body, start, end)
        if feed.paging == "async_job":
            job = JobRequest(
                path=feed.path,
                body=asked,
                results_items=feed.items,
                page_size=feed.page_size,
                key=f"{span.read.name} {number} {start:%Y-%m-%dT%H:%M:%S}/{end:%Y-%m-%dT%H:%M:%S}",
            )
            yield from run_job(span.client, job, span.store, resume_if=span.resume_if)
        else:
            request = Request("POST", feed.path, feed.items, "page_number", feed.page_size, {}, asked)
            yield from pages(span.client, request)
