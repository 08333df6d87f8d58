"""Fields that the raw items get before they are parsed, where the rows need what Genesys says only in a roundabout way.

Plain data, as everything in a declaration: :mod:`genesys_assets.extraction.added` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Midnight:
    """``field`` of the objects ``at`` a path: the moment at which their day ``of`` begins in the answer's ``zone``.

    ``zone`` is the name of an IANA time zone beside the items.
    """

    at: str
    field: str
    of: str
    zone: str


@dataclass(frozen=True, slots=True)
class Earliest:
    """``field`` of the item: the earliest day in the first of the arrays ``of`` that has any.

    The arrays hold days, or moments, whose UTC day is meant.
    """

    field: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """``field`` of the item: its parallel arrays as one array of objects, in place of them.

    ``of`` maps a field of the objects to the array that its values come from. ``start`` of each object is the
    moment at which it begins: ``minutes`` after the one before, the first at ``since`` (a field beside the
    items). Arrays of different length are an error.
    """

    field: str
    of: Mapping[str, str]
    start: str
    since: str
    minutes: int


Added = Midnight | Earliest | Series
