"""Misbehaviour: which request is hit by a fault, and what a malformed item looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, cast

import msgspec

from genesys_assets.simulator.identity import draw, key, share

Json = dict[str, Any]
Malformation = Literal["number_as_text", "bad_date", "object_for_text", "missing_id"]
_MALFORMATIONS: tuple[Malformation, ...] = ("number_as_text", "bad_date", "object_for_text", "missing_id")
_UNKNOWN_ENUM_SHARE = 0.05


def hits(seed: int, fault: str, request: int, likelihood: float) -> bool:
    """Whether a fault hits the request of a number."""
    return likelihood > 0 and (draw(key(seed, fault), request) >> 11) / (1 << 53) < likelihood


def malformation(seed: int, likelihood: float, item: str) -> Malformation | None:
    """How the item with an id is malformed when ``malformed_items`` has this likelihood; mostly it is not."""
    roll = share(seed, "malformed", item)
    if roll >= likelihood:
        return None
    return _MALFORMATIONS[int(share(seed, "malformation", item) * len(_MALFORMATIONS))]


def omits_expand(seed: int, likelihood: float, item: str, expand: str) -> bool:
    """Whether an ``expand`` is left out of the item with an id."""
    return share(seed, f"omitted {expand}", item) < likelihood


def malform(item: Json, how: Malformation, identifier: str) -> Json:
    """A copy of an item that no longer fits its model.

    What cannot be done to an item for want of a fitting field becomes ``missing_id``.
    """
    spoiled: Json = msgspec.json.decode(msgspec.json.encode(item))
    if how == "number_as_text":
        for holder, name, value in _values(spoiled):
            if isinstance(value, int) and not isinstance(value, bool):
                holder[name] = f"{value} pieces"
                return spoiled
    if how == "bad_date":
        for holder, name, value in _values(spoiled):
            if isinstance(value, str) and len(value) == 24 and value[10] == "T" and value.endswith("Z"):
                holder[name] = "the day before yesterday"
                return spoiled
    if how == "object_for_text":
        for holder, name, value in _values(spoiled):
            if name in ("name", "purpose") and isinstance(value, str):
                holder[name] = {"text": value}
                return spoiled
    del spoiled[identifier]
    return spoiled


def unknown_enums(seed: int, item: Json, identifier: str) -> Json:
    """The item, or a copy with an enumeration value that no published model knows."""
    if share(seed, "unknown enum", item[identifier]) >= _UNKNOWN_ENUM_SHARE:
        return item
    changed: Json = msgspec.json.decode(msgspec.json.encode(item))
    known = ("segmentType", "disconnectType", "mediaType", "systemPresence", "skillEvaluationMethod", "visibility")
    for holder, name, value in _values(changed):
        if name in known and isinstance(value, str) and share(seed, name, item[identifier]) < 0.5:
            holder[name] = "brandNew"
            return changed
    return changed


def _values(item: Json) -> Iterator[tuple[Any, Any, Any]]:
    """Every plain value of an item with its holder and name, the outer ones first."""
    inner: list[Any] = []
    entries: Any = item.items()
    for name, value in list(entries):
        if isinstance(value, dict):
            inner.append(value)
        elif isinstance(value, list):
            listed = cast("list[Any]", value)
            inner.extend(cast("Json", entry) for entry in listed if isinstance(entry, dict))
        else:
            yield item, name, value
    for entry in inner:
        yield from _values(entry)
