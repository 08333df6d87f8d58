"""How the items of a read are found, where asking for every one of them again and again would cost a call each.

Plain data, as everything in a declaration: the readers of :mod:`genesys_assets.extraction` carry it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Feed:
    """A request that tells which items there are, or which of them have changed.

    It is made once with each of ``bodies``, in which the texts ``{interval}``, ``{interval_start}`` and
    ``{interval_end}`` (UTC, milliseconds) are filled in; ``items`` is the path of what it tells. With
    ``days`` it is asked for so many days up to the present, and only by a load that reaches the present;
    otherwise for the days that are read.
    """

    path: str
    items: str
    bodies: tuple[Mapping[str, object], ...]
    paging: Literal["page_number", "async_job"] = "page_number"
    page_size: int = 100
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Supplement:
    """What another answer knows of an item: its object becomes ``field`` of the item before it is parsed.

    ``GET path?parameter=a,b,c`` is asked for ``at_once`` owners at a time; ``items`` is the path of their
    objects, ``owner`` the field that identifies one of them, and ``owned_by`` the path of the same value
    in the item. Of the objects in ``part`` (an array) only that one is kept whose ``key`` is the item's
    ``id``: its fields are ``field.part[0].x``.
    """

    field: str
    path: str
    parameter: str
    at_once: int
    items: str
    owner: str
    owned_by: str
    part: str
    key: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Rows that may change without any feed telling: those of ``table`` with one of ``values`` in ``column``.

    They are looked at again by each load that reaches the present, while ``since`` (a column) is at most
    so many ``days`` ago.
    """

    table: str
    column: str
    values: tuple[str, ...]
    since: str
    days: int


@dataclass(frozen=True, slots=True)
class Services:
    """What ``{service_name}`` in the body of a read stands for, one query each.

    ``names`` of them, or those that ``GET path`` lists: ``field`` of each of ``items``.
    """

    names: tuple[str, ...] = ()
    path: str = ""
    items: str = ""
    field: str = "name"


@dataclass(frozen=True, slots=True)
class Found:
    """How the items of a read are found: the ``feeds`` by what they tell, and what is known elsewhere.

    ``parameters`` maps the path parameters of the read to columns of the table of ``unfinished``.
    """

    feeds: Mapping[str, Feed]
    parameters: Mapping[str, str]
    supplement: Supplement
    unfinished: Unfinished
