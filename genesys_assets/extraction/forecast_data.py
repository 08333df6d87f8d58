"""The data of short-term forecasts: read anew only where a forecast has a version that is not here yet.

``GET /api/v2/workforcemanagement/businessunits/{b}/weeks/{w}/shorttermforecasts/{f}/data``, a week at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from genesys_assets.catalog.declare import Tree
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.parser import Parsed
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.units import BUSINESS_UNIT, Units, filled
from genesys_assets.extraction.weeks import WEEK
from genesys_assets.genesys import NotFound, Page, PagingError, pages

log = logging.getLogger(__name__)

WEEK_NUMBER = "weekNumber"
"""The query parameter without which only one week of a forecast comes."""

Row = Mapping[str, Any]


def read_forecast_data(span: Span) -> Outcome:
    """Read the data of the forecasts of the weeks that the days touch; at the present of all that are new or changed.

    Raises:
        ValueError: the first day has not begun, or business units or forecasts are not loaded.
        GenesysError: many forecasts in a row got no answer.
    """
    return _Load(span).run()


class _Load:
    def __init__(self, span: Span) -> None:
        each = span.read.each
        if each is None:
            raise ValueError(f"read {span.read.name} does not say of which forecasts")
        self.span, self.each = span, each
        self.parents = span.catalog[each.table]
        self.units = Units(span)
        self.vanished: set[str] = set()

    def run(self) -> Outcome:
        for row in self._due():

            def read(row: Row = row) -> list[Parsed]:
                sent, given = filled(self.each, row)
                return [self.units.parse(page, given) for page in self._weeks(row, sent)]

            if self.units.attempt(row["id"], read) and row["id"] not in self.vanished:
                self._cover(row["id"])
        return self.units.outcome()

    def _due(self) -> Iterator[Row]:
        span = self.span
        if not len(span.store.ledger([self.parents])):
            raise ValueError(f"{span.read.name}: no forecast is loaded yet; load the table {self.parents.name} first")
        (table,) = span.known
        held = span.store.scan(table, ["forecast_id", "forecast_version"]).unique().collect()
        here: set[tuple[object, object]] = set(held.iter_rows())
        closed = {row["id"] for row in self.units.rows(BUSINESS_UNIT) if row["authorized"] is False}
        # A forecast lasts for some weeks at most: which of them touch a day is asked of each.
        rows = span.store.scan(self.parents).sort("week_date", "id").collect()
        for row in rows.iter_rows(named=True):
            known = row["version"] is not None and (row["id"], row["version"]) in here
            if not known and row["business_unit_id"] not in closed and self._is_meant(row):
                yield row

    def _is_meant(self, row: Row) -> bool:
        if self.span.reaches(self.span.now):
            return True
        first: date | None = row["week_date"]
        if first is None:
            return False
        days = self.span.days
        # The unit's days are at most one day off.
        return first - WEEK / 7 <= days[-1] and days[0] <= first + (row["week_count"] or 1) * WEEK

    def _weeks(self, row: Row, sent: Mapping[str, str]) -> Iterator[Page]:
        begins: dict[object, int] = {}
        for number in range(1, (row["week_count"] or 1) + 1):
            (request,) = requests_for(self.span.read, sent)
            try:
                (page,) = pages(self.span.client, replace(request, params={**request.params, WEEK_NUMBER: number}))
            except NotFound:
                if number > 1:
                    raise
                log.warning("forecast %s is no longer there; what is known of it stays", row["id"])
                self.vanished.add(row["id"])
                return
            told, begin = page.envelope.get(WEEK_NUMBER), page.envelope.get("referenceStartDate")
            if not page.has_items:
                raise PagingError(f"{page.path}: the answer has no {self.span.read.items}", transient=True)
            if told != number:
                raise PagingError(f"{page.path}: asked for week {number}, but the answer is about week {told}")
            if begin in begins:
                raise PagingError(
                    f"{page.path}: week {number} counts from {begin}, as week {begins[begin]} does; which moments are "
                    "meant cannot be told"
                )
            begins[begin] = number
            yield page

    def _cover(self, forecast: str) -> None:
        for table in self.span.tables:
            assert isinstance(table.loading, Tree)
            moment = pl.lit(self.span.now).cast(pl.Datetime("us", "UTC"))
            self.span.sink.cover(table, pl.DataFrame({table.loading.root: [forecast]}).with_columns(as_of=moment))
