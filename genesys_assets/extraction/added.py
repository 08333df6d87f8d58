"""Fields that a declaration adds to the raw items: days as moments, the earliest of several, parallel arrays as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from genesys_assets.catalog.added import Added, Earliest, Midnight, Series
from genesys_assets.extraction.intervals import iso
from genesys_assets.extraction.paths import parse, reach
from genesys_assets.genesys import PagingError

_Item = dict[str, Any]


def added(adds: Sequence[Added], items: Sequence[bytes], response: Mapping[str, object]) -> list[bytes]:
    """The items with the added fields; ``response`` is what stands beside them in the answer.

    What cannot be made of an item is left out, for the parser to refuse.

    Raises:
        PagingError: the answer contradicts itself: parallel arrays differ in length, or what it counts from is missing.
    """
    if not adds or not items:
        return list(items)
    steps = [_step(each, response) for each in adds]
    return [_with(item, steps) for item in items]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which a day begins in a time zone, also where its clocks skip or repeat midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _with(item: bytes, steps: Sequence[Callable[[_Item], None]]) -> bytes:
    try:
        value: object = msgspec.json.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return item
    if not isinstance(value, dict):
        return item
    for step in steps:
        step(cast("_Item", value))
    return msgspec.json.encode(value)


def _step(each: Added, response: Mapping[str, object]) -> Callable[[_Item], None]:
    match each:
        case Midnight():
            return _midnights(each, response)
        case Earliest():
            return _earliest(each)
        case Series():
            return _series(each, response)


def _midnights(each: Midnight, response: Mapping[str, object]) -> Callable[[_Item], None]:
    at, name = parse(each.at), response.get(each.zone)
    try:
        zone = ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise PagingError(f"{each.zone} is {name!r}, which is no time zone") from None

    def add(item: _Item) -> None:
        for row in reach(item, at):
            day = _day(cast("_Item", row).get(each.of)) if isinstance(row, dict) else None
            if day is not None and zone is not None:
                cast("_Item", row)[each.field] = iso(midnight(day, zone))

    return add


def _earliest(each: Earliest) -> Callable[[_Item], None]:
    def add(item: _Item) -> None:
        for name in each.of:
            days = [_day(text) for text in item.get(name) or ()]
            if days:
                if None not in days:
                    item[each.field] = min(day for day in days if day is not None).isoformat()
                return

    return add


def _series(each: Series, response: Mapping[str, object]) -> Callable[[_Item], None]:
    since = response.get(each.since)
    if not isinstance(since, str):
        raise PagingError(f"the answer has no {each.since}, from which its values are counted")
    begin, step = datetime.fromisoformat(since), timedelta(minutes=each.minutes)

    def add(item: _Item) -> None:
        arrays: dict[str, list[Any]] = {name: item.pop(source, None) or [] for name, source in each.of.items()}
        lengths = {source: len(arrays[name]) for name, source in each.of.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{source} has {length} values" for source, length in lengths.items())
            raise PagingError(f"arrays that run side by side differ in length: {told}")
        rows = zip(*arrays.values(), strict=True)
        item[each.field] = [
            {each.start: iso(begin + n * step), **dict(zip(arrays, values, strict=True))}
            for n, values in enumerate(rows)
        ]

    return add


def _day(text: object) -> date | None:
    """The day that a text means, or the UTC day of a moment."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).date() if moment.tzinfo is not None else moment.date()
