"""What business units plan by the week: their schedules and short-term forecasts, each told of once.

``GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules`` and
``.../weeks/{weekDateId}/shorttermforecasts``: a week, or ``recent`` for all those around today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from genesys_assets.catalog.declare import Detail
from genesys_assets.extraction.detail import Details
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.intervals import iso
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.parser import Parsed
from genesys_assets.extraction.sink import FailedParent, Outcome
from genesys_assets.extraction.units import Unit, Units
from genesys_assets.genesys import Page, PagingError, pages

Row = Mapping[str, Any]


def read_unit_weeks(span: Span) -> Outcome:
    """Read what is planned for the weeks that the days touch; a load that reaches the present all that is recent.

    Raises:
        ValueError: the first day has not begun, or business units are not loaded.
        GenesysError: many units in a row got no answer.
    """
    return _Load(span).run()


class _Load:
    def __init__(self, span: Span) -> None:
        if span.read.weeks is None or not span.read.weeks.parameter:
            raise ValueError(f"read {span.read.name} does not say of which weeks")
        self.span, self.weeks = span, span.read.weeks
        self.units = Units(span)
        self.details = Details(span.client, span.read, span.tables)
        self.known = self._known()

    def run(self) -> Outcome:
        for unit in self.units.listed():
            lacking: list[FailedParent] = []

            def read(unit: Unit = unit, lacking: list[FailedParent] = lacking) -> list[Parsed]:
                return self._read(unit, lacking)

            self.units.attempt(unit.id, read)
            self.units.fail(lacking)
        return self.units.outcome()

    def _read(self, unit: Unit, lacking: list[FailedParent]) -> list[Parsed]:
        span = self.span
        # What lasts for several weeks comes with each of them.
        once: dict[object, bytes] = {}
        page: Page | None = None
        for value in unit.calendar.values(self.weeks, span.days, span.now, present=span.reaches(span.now)):
            (request,) = requests_for(span.read, {**unit.filled, self.weeks.parameter: value})
            (page,) = pages(span.client, request)
            if not page.has_items:
                raise PagingError(f"{page.path}: the answer has no {span.read.items}", transient=True)
            for raw in page.raw_items():
                once[_identifier(raw)] = raw
        if page is None:
            return []
        raw = self._detailed(unit, list(once.values()), lacking)
        return [self.units.parse_items(raw, unit.given, page)]

    def _detailed(self, unit: Unit, items: Sequence[bytes], lacking: list[FailedParent]) -> list[bytes]:
        """The items with their details: those of the warehouse where an item is the same version as there."""
        detail = self.span.read.detail
        if detail is None:
            return list(items)
        same: list[bytes] = []
        others: list[bytes] = []
        for item in items:
            row = self.known.get((unit.id, _identifier(item)))
            told = None if row is None else self._unchanged(detail, item, row)
            if told is None:
                others.append(item)
            else:
                same.append(told)
        found, failed = self.details.fill(others, unit.filled)
        lacking += failed
        return [*same, *found]

    def _unchanged(self, detail: Detail, item: bytes, row: Row) -> bytes | None:
        try:
            value: Any = msgspec.json.decode(item)
            metadata = value["metadata"]
            same = (metadata["version"], datetime.fromisoformat(metadata["dateModified"])) == (
                row["version"],
                row["date_modified"],
            )
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
            return None
        if not same:
            return None
        names = {column.path: column.name for table in self.span.known for column in table.columns}
        brought = {name: row[names[name]] for name in detail.brings if row[names[name]] is not None}
        if not brought:
            return None
        told = {name: iso(each) if isinstance(each, datetime) else each for name, each in brought.items()}
        return msgspec.json.encode({**value, **told})

    def _known(self) -> dict[tuple[object, object], Row]:
        if self.span.read.detail is None:
            return {}
        (table,) = self.span.known
        rows = self.span.store.scan(table, [column.name for column in table.columns]).collect()
        return {(row["business_unit_id"], row["id"]): row for row in rows.iter_rows(named=True)}


def _identifier(raw: bytes) -> object:
    """What tells items apart: their id; what cannot be read stands for itself, and is left for the parser to refuse."""
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw
    identifier = value.get("id") if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return identifier if isinstance(identifier, str) else raw
