"""Items that are asked for one request at a time: what each answer brings, and which could not be had."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

import polars as pl

from genesys_assets.catalog.declare import Tree
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.parser import PageParser
from genesys_assets.extraction.sink import FailedParent
from genesys_assets.extraction.supplement import Supplements
from genesys_assets.genesys import ApiError, PagingError, TransientError, pages

log = logging.getLogger(__name__)

_AT_ONCE = 500
"""So many items are parsed together."""


class Items:
    """Asks for items, fills in their supplements and hands their rows to the sink.

    Rows that hang on an item (:class:`~genesys_assets.catalog.declare.Tree`) are covered with it.
    """

    def __init__(self, span: Span, supplements: Supplements) -> None:
        self._span = span
        self._supplements = supplements
        self._parser = PageParser(span.tables, root="id")
        self._watch: DriftWatch | None = DriftWatch(span.read, span.known)
        self._patience = Patience()
        self._waiting: list[bytes] = []
        self.count = self.rejected = 0
        self.failed: list[FailedParent] = []

    def ask(self, filled: Mapping[str, str]) -> list[bytes]:
        """Ask for what the path parameters name, and keep it for the next :meth:`hand_over`.

        Raises:
            ApiError: the API refused it; nothing of it is kept.
            GenesysError: whatever else :func:`pages` raises.
        """
        (request,) = requests_for(self._span.read, filled)
        raw = [item for page in pages(self._span.client, request) for item in page.raw_items()]
        self._patience.renew()
        self._waiting += raw
        if len(self._waiting) >= _AT_ONCE:
            self.hand_over()
        return raw

    def give_up(self, filled: Mapping[str, str], error: ApiError | TransientError | PagingError) -> None:
        """Take note that something could not be had; its rows stay as they are.

        Raises:
            GenesysError: too many in a row got no answer.
        """
        self._patience.bear(error)
        shown = "/".join(filled.values())
        log.warning("%s: %s failed and keeps its rows: %s", self._span.read.name, shown, error)
        self.failed.append(FailedParent(self._span.read.name, shown, str(error)))

    def hand_over(self) -> None:
        """Parse what is waiting and hand it to the sink."""
        span, raw = self._span, [self._supplements.fill(item) for item in self._waiting]
        self._waiting = []
        if not raw:
            return
        if self._watch is not None:
            span.sink.drift(span.read.name, self._watch.look(raw))
            self._watch = None
        parsed = self._parser.parse(raw, source=span.read.path)
        for table in span.tables:
            span.sink.append(table, parsed.frames[table.name])
            if isinstance(table.loading, Tree):
                span.sink.cover(table, _scope(table.loading.root, parsed.roots, span.now))
        if len(parsed.rejects):
            span.sink.reject(parsed.rejects)
        self.count += parsed.items
        self.rejected += len(parsed.rejects)


def _scope(root: str, roots: pl.Series, as_of: datetime) -> pl.DataFrame:
    moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({root: roots.unique()}, schema={root: pl.String}).with_columns(moment.alias("as_of"))
