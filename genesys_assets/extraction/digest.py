"""Stable keys for rows that Genesys gives none: a hash of what makes them up, put into the raw items."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, cast

import msgspec

from genesys_assets.catalog.declare import Digest
from genesys_assets.extraction.paths import Steps, parse, reach

_DIGITS = 32


def digested(digests: Sequence[Digest], items: Sequence[bytes]) -> list[bytes]:
    """The items with every digest's field in its rows; what cannot be read is left for the parser to refuse."""
    if not digests:
        return list(items)
    plans = [(parse(each.at), each.field, [parse(path) for path in each.of]) for each in digests]
    return [_digested(item, plans) for item in items]


def digest_of(row: object, of: Sequence[Steps]) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of the values that the paths lead to.

    An absent value counts as empty text, several values of one path in sorted order.
    """
    parts = [_part(row, steps) for steps in of]
    return sha256(msgspec.json.encode(parts)).hexdigest()[:_DIGITS]


def _digested(item: bytes, plans: Sequence[tuple[Steps, str, Sequence[Steps]]]) -> bytes:
    try:
        value: object = msgspec.json.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return item
    for at, field, of in plans:
        for row in list(reach(value, at)):
            if isinstance(row, dict):
                cast("dict[str, Any]", row)[field] = digest_of(cast("object", row), of)
    return msgspec.json.encode(value)


def _part(row: object, steps: Steps) -> str | list[str]:
    found = [_text(value) for value in reach(row, steps) if value is not None]
    if any(step.many for step in steps):
        return sorted(found)
    return found[0] if found else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
