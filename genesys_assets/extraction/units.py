"""Units of workforce management as the warehouse knows them, and what is read of one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from genesys_assets.catalog.declare import DB_WHEN_DELETED, Each
from genesys_assets.extraction.added import added
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.extraction.sink import FailedParent, Outcome
from genesys_assets.extraction.weeks import WeekCalendar
from genesys_assets.genesys import ApiError, Page, PagingError, TransientError

log = logging.getLogger(__name__)

BUSINESS_UNIT = "business_unit"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit to be asked for: what fills the request, what its rows take, and how its weeks are counted."""

    id: str
    filled: Mapping[str, str]
    given: Mapping[str, str | None]
    calendar: WeekCalendar


class Units:
    """Reads what lies beneath one unit after the other: as a whole or, where anything of it fails, not at all.

    Raises:
        ValueError: the first day has not begun.
    """

    def __init__(self, span: Span) -> None:
        if span.start >= span.now:
            raise ValueError(
                f"{span.read.name} of {span.days[0]}: the day has not begun (it is {span.now:%Y-%m-%d} UTC)"
            )
        self.span = span
        self._parser = PageParser(span.tables)
        self._watch: DriftWatch | None = DriftWatch(span.read, span.known)
        self._patience = Patience()
        self._items = self._rejected = 0
        self._failed: list[FailedParent] = []

    def listed(self) -> Iterator[Unit]:
        """The units that the read fans out over, as far as they exist and may be looked into.

        One whose business unit does not say how it counts its weeks is given up.

        Raises:
            ValueError: the units, or the business units, are not loaded.
        """
        each = self.span.read.each
        assert each is not None
        business_units = {row["id"]: row for row in self.rows(BUSINESS_UNIT)}
        for row in self.rows(each.table):
            owner: str = row["id"] if each.table == BUSINESS_UNIT else row["business_unit_id"]
            business_unit = business_units.get(owner, {})
            if business_unit.get("authorized") is False:
                log.warning("business unit %s: the OAuth client may not look inside; its rows stay", owner)
                continue
            try:
                yield Unit(row["id"], *filled(each, row), _calendar(owner, business_unit))
            except ValueError as error:
                self.give_up(row["id"], error)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The units of a table that exist.

        Raises:
            ValueError: none was ever loaded.
        """
        frame = self.span.store.scan(self.span.catalog[name]).collect()
        if not len(frame):
            raise ValueError(
                f"{self.span.read.name}: no {name.replace('_', ' ')} is loaded, which says how weeks are counted and "
                f"what can be asked for; load the table {name} first"
            )
        return list(frame.filter(pl.col(DB_WHEN_DELETED.name).is_null()).iter_rows(named=True))

    def attempt(self, shown: str, read: Callable[[], Sequence[Parsed]]) -> bool:
        """Hand over what reading a unit brings; whether all of it could be had, and be loaded.

        Raises:
            GenesysError: signing in failed, the run was cancelled, or many units in a row got no answer.
        """
        try:
            parsed = read()
        except (ApiError, TransientError, PagingError) as error:
            self._patience.bear(error)
            self.give_up(shown, error)
            return False
        self._patience.renew()
        for part in parsed:
            for table in self.span.tables:
                self.span.sink.append(table, part.frames[table.name])
            if len(part.rejects):
                self.span.sink.reject(part.rejects)
            self._items += part.items
        rejected = sum(len(part.rejects) for part in parsed)
        self._rejected += rejected
        return not rejected

    def parse(self, page: Page, given: Mapping[str, str | None]) -> Parsed:
        """The rows of an answer."""
        return self.parse_items(page.raw_items(), given, page)

    def parse_items(self, raw: Sequence[bytes], given: Mapping[str, str | None], page: Page) -> Parsed:
        """The rows of items that came with an answer like this one."""
        try:
            raw = added(self.span.read.added, raw, page.envelope)
        except PagingError as error:
            raise PagingError(f"{page.path}: {error}") from error
        if self._watch is not None and raw:
            self.span.sink.drift(self.span.read.name, self._watch.look(raw))
            self._watch = None
        return self._parser.parse(raw, request=given, response=page.envelope, source=page.path)

    def give_up(self, shown: str, error: Exception) -> None:
        """Take note that a unit, or something of it, could not be had; its rows stay as they are."""
        log.warning("%s: %s failed and keeps its rows: %s", self.span.read.name, shown, error)
        self._failed.append(FailedParent(self.span.read.name, shown, str(error)))

    def fail(self, failed: Sequence[FailedParent]) -> None:
        """Take note of what is known to have failed."""
        self._failed += failed

    def outcome(self) -> Outcome:
        """How it all ended: what could be had is as of now."""
        return Outcome(items=self._items, rejected=self._rejected, watermark=self.span.now, failed=tuple(self._failed))


def filled(each: Each, row: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str | None]]:
    """What fills the path for a parent, and what its rows may take of the parent beyond that."""
    sent = {name: str(row[column]) for name, column in each.parameters.items()}
    along = {name: None if row[column] is None else str(row[column]) for name, column in each.along.items()}
    return sent, {**sent, **along}


def _calendar(identifier: str, row: Mapping[str, Any]) -> WeekCalendar:
    zone, first_day = row.get("time_zone"), row.get("start_day_of_week")
    if not zone or not first_day:
        raise ValueError(
            f"business unit {identifier} is loaded without time_zone and start_day_of_week, so that its weeks are "
            "not known; load the table business_unit again"
        )
    try:
        return WeekCalendar(ZoneInfo(zone), first_day)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"business unit {identifier}: {error}") from error
