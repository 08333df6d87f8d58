"""The vocabulary in which a table is declared.

A declaration is plain data. It says what a table is (columns, key), where its rows come from (a
:class:`Read` and the path of the rows inside each item of the answer) and how they are kept true
(:data:`Loading`). The parsing schema, the DDL, the asset, its checks and its documentation are all
derived from it; nothing here knows HTTP, polars, a database or Dagster.

Paths
-----
``Table.rows`` leads from an item of the read to the rows of the table: ``""`` (the item is the row),
``"participants[].sessions[]"`` (every element), ``"authorization.roles[]"``, ``"features{}"`` (every
entry of a map), ``"category"`` (the object, where there is one). Several paths mean the union of their rows.

``Column.path`` counts from the row:

=========================== ============================================================
``division.id``             a field, through objects (the default is the camelCase name)
``locations[0].id``         the element at a position
``metrics[?metric==tAcw].x``  the element whose field has a value
``$.participants[].userId`` from the item: a field of an enclosing object of the row; null on rows
                            that it does not enclose, where it encloses others of the table
``interval:start``          the moment before the slash of an ISO 8601 interval (``:end``: after it)
``@``                       the row itself (an array of plain values)
``@index``                  the position of the row in its innermost array, from 0
``@key`` / ``@value``       key and value of a map entry (``rows`` ends in ``{}``)
``@nth``                    the position of the row among those of the item with the same other key
                            columns, from 0, over all the arrays that they come from
``@greatest``               the latest, or largest, of the columns that ``greatest`` names
``@rows``                   which of several ``rows`` paths the row came from, named by ``values``
                            (of a boolean, ``"true"`` and ``"false"``)
``@request.groupId``        a path parameter of the request (fan-out), or what goes ``along`` with it
``@response.total``         a field of the answer beside the items, or of an object around them
=========================== ============================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, TypedDict, Union, Unpack

from genesys_assets.catalog.added import Added
from genesys_assets.catalog.calendar import Dates, Weeks
from genesys_assets.catalog.feeds import Found, Services

Type = Literal["string", "int64", "double", "boolean", "timestamp", "local_timestamp", "date", "json"]
"""``timestamp`` is a moment in UTC with microseconds; ``local_timestamp`` a wall-clock time without
zone; ``json`` is JSON text."""

Shape = Union[str, tuple["Shape", ...], Mapping[str, "Shape"]]
"""The shape of a ``json`` column that is parsed at full speed: a :data:`Type` name, a one-element
tuple (an array of that shape) or a mapping (an object)."""

Personal = Literal["pseudonym", "name", "contact", "network", "content", "employment"]
"""Class of personal data: an identifier of a person; a person's name; a phone number, an address or
an account to reach a person by; an IP address or a device; what a person said, wrote or entered;
facts about a person's work (schedules, absences, scores)."""

Method = Literal["GET", "POST", "SUBSCRIBE", "COMPUTE"]
"""How Genesys Cloud is asked: an HTTP method; a notification topic is subscribed to; or it is not asked at
all, as the rows are computed from tables that are loaded already."""

Paging = Literal["none", "page_number", "cursor", "next_uri", "async_job", "topic"]
"""How an answer goes on: the whole answer at once; ``pageNumber`` up to ``pageCount``; the ``cursor``
of the last answer; its ``nextUri``; an async job whose results have a cursor; a notification topic."""


@dataclass(frozen=True, slots=True)
class Each:
    """A fan-out: the request is made once for every row of ``table``.

    ``parameters`` maps the request's path parameter to the parent's column, as in
    ``Each("group", {"groupId": "id"})``.

    ``once``: what lies beneath a parent never changes, so a parent that has present rows in every table
    that is wanted is not asked for again. Its rows stay as they are until the parent itself vanishes:
    then they retire with it, and a parent that comes back is asked for anew. A column that is declared
    later stays empty on what was read before.

    ``authorized`` is the parent's column that says whether the OAuth client may look inside; a parent
    where it is false is not asked for and keeps its rows.

    ``along`` maps names to further columns of the parent, which are not sent; ``@request.name`` takes them.
    """

    table: str
    parameters: Mapping[str, str]
    once: bool = False
    authorized: str | None = None
    along: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Detail:
    """A second request, for each item of an answer: its ``field`` becomes a field of the item.

    ``parameters`` maps the path parameter to the path of its value in the item, as in
    ``Detail("/api/v2/things/{thingId}", {"thingId": "id"}, field="settings")``; ``@request.x`` is a path
    parameter of the first request. ``query`` are the query parameters. The request is made only when a
    column of a wanted table starts with ``field``. Where what it brings lies in no object of its own, ``fields``
    names the answer's fields that become fields of the item.

    ``authorized`` is the path of what says in the item whether the OAuth client may look inside; where
    it is false, the item goes without its detail.
    """

    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    _: KW_ONLY
    field: str = ""
    fields: tuple[str, ...] = ()
    authorized: str | None = None

    @property
    def brings(self) -> tuple[str, ...]:
        """The fields that items get."""
        return (self.field,) if self.field else self.fields


@dataclass(frozen=True, slots=True)
class Digest:
    """A key made here, for rows that Genesys gives none: a hash of what makes them up.

    ``at`` is the path of the rows in the item (as in ``Table.rows``), ``field`` the field that each of
    them gets, ``of`` the paths from the row to the values; ``skills[].id`` means all of them, in any order.
    """

    at: str
    field: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expands:
    """Fields that Genesys fills only when asked with ``expand``, and even then only as well as it can.

    ``fields`` maps the value of ``expand`` to the item's field. Those in ``always`` (an array or object that
    can be empty) are there whenever they were asked for, so that an item without one was not told in full;
    the others may lack because there is nothing to tell.

    ``path`` is the single read of an item. ``parameters`` maps its path parameters, and ``query`` its query
    parameters, to fields of the item; what the path of a fan-out was filled with is filled in here too.
    """

    path: str
    parameters: Mapping[str, str]
    fields: Mapping[str, str]
    always: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Read:
    """One way to ask Genesys Cloud for items; every table that lives in them shares it.

    ``items`` is the path of the items in the answer (``"entities"``; ``""`` when the answer itself is
    the one item, or is an array of items). ``body`` is the JSON body of a POST, in which the texts
    ``{interval}``, ``{page_size}`` and ``{page_number}`` are filled in. ``ignored`` names fields of an
    item that are known and deliberately not taken, so that they are not reported as drift.
    ``permissions`` are those the OAuth client's role needs. A read with the method ``COMPUTE`` makes no
    request: it has no path, and its rows are ``made_from`` the tables of these names. With ``variants``
    (sets of query parameters) the request is made once with each, and the union of the answers is the full
    read. ``detail`` and ``digests`` add fields to the items before they are parsed; ``expands`` are the fields
    that an item may lack although the read asks for them. ``added`` are fields made of what the answer says,
    ``weeks`` and ``dates`` which part of a calendar is asked for.
    """

    name: str
    path: str
    items: str = "entities"
    method: Method = "GET"
    paging: Paging = "page_number"
    page_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Mapping[str, object] | None = None
    permissions: tuple[str, ...] = ()
    each: Each | None = None
    ignored: tuple[str, ...] = ()
    variants: tuple[Mapping[str, str], ...] = ()
    detail: Detail | None = None
    digests: tuple[Digest, ...] = ()
    added: tuple[Added, ...] = ()
    weeks: Weeks | None = None
    dates: Dates | None = None
    found: Found | None = None
    services: Services | None = None
    expands: Expands | None = None
    made_from: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What is asked: ``GET /api/v2/users``, or which tables the rows are computed from."""
        return (
            f"computed from {', '.join(self.made_from)}" if self.method == "COMPUTE" else f"{self.method} {self.path}"
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The present state, read in full; rows that vanished are kept with ``db_when_deleted``.

    With ``parent`` (columns of this table) the read is a fan-out: a row is retired only when its own
    parent was read to the end.
    """

    parent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """Rows that are replaced together with everything that has the same ``root`` (a column)."""

    root: str


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of a partition are read in full; a row that falls away in a re-read is deleted.

    With ``parent`` (columns of this table) the read is a fan-out: a row is deleted only when its own parent
    was read to the end for its partition.
    """

    parent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upsert:
    """Rows arrive as they change and are merged by key; absence says nothing.

    ``keeps`` names columns in which a value that is known is never replaced by an empty one: the end of
    something, told by one load and not yet by another that looked at an earlier moment.
    """

    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Live:
    """The state of this moment: rows come and go with notifications and snapshots."""


Loading = Snapshot | Tree | Window | Upsert | Live


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its ``path`` is described in the module; ``derived`` says how the loader computes
    a column that no field carries. ``unit`` is that of the number (``"ms"``, ``"s"``, ``"min"``,
    ``"ratio"``, ``"percent"``, ``"count"``, ``"bytes"``). ``unfilled`` says why no value is to be expected.

    What is done with the value: ``spellings`` maps the API's spelling of a value to the table's (others
    stay); ``joined`` is what stands between the texts of an array that becomes one text;
    ``blank_is_null`` takes an empty text for no value.
    ``absent`` is the text that stands for "none" where Genesys leaves the field out, so that the column
    can be part of a key; in a foreign key it points at nothing."""

    name: str
    type: Type
    description: str
    path: str = ""
    unit: str | None = None
    key: bool = False
    personal: Personal | None = None
    values: tuple[str, ...] = ()
    shape: Shape | None = None
    derived: str | None = None
    unfilled: str | None = None
    spellings: Mapping[str, str] | None = None
    joined: str | None = None
    blank_is_null: bool = False
    greatest: tuple[str, ...] = ()
    absent: str | None = None

    def __post_init__(self) -> None:
        if not self.path and self.derived is None:
            object.__setattr__(self, "path", "@greatest" if self.greatest else camel_case(self.name))

    @property
    def nullable(self) -> bool:
        """Whether a row may lack a value: everything but the key may, as Genesys leaves out fields freely."""
        return not self.key


class Options(TypedDict, total=False):
    """What a column may say besides name, description and path; see :class:`Column`."""

    unit: str
    key: bool
    personal: Personal
    values: tuple[str, ...]
    shape: Shape
    derived: str
    unfilled: str
    spellings: Mapping[str, str]
    joined: str
    blank_is_null: bool
    greatest: tuple[str, ...]
    absent: str


def string(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A text column."""
    return Column(name, "string", description, path, **options)


def int64(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A whole number; a fraction in an answer is an error, never cut off."""
    return Column(name, "int64", description, path, **options)


def double(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A number."""
    return Column(name, "double", description, path, **options)


def boolean(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """True, false or unknown."""
    return Column(name, "boolean", description, path, **options)


def timestamp(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A moment, in UTC."""
    return Column(name, "timestamp", description, path, **options)


def local_timestamp(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A wall-clock time without zone."""
    return Column(name, "local_timestamp", description, path, **options)


def date(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A calendar day."""
    return Column(name, "date", description, path, **options)


def json(name: str, description: str, path: str = "", **options: Unpack[Options]) -> Column:
    """A JSON subtree, kept as text; give its ``shape`` wherever pages are large."""
    return Column(name, "json", description, path, **options)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the warehouse; its category and its foreign keys stand in ``relationships.mmd``.

    ``partition_by`` is the column (or ``$.`` path) whose UTC day is the row's partition; ``None`` for
    tables that are not partitioned. ``confidence`` says how sure the mapping is, ``note`` what was
    decided where Genesys is silent.
    """

    name: str
    description: str
    read: Read
    loading: Loading
    columns: tuple[Column, ...]
    rows: str | tuple[str, ...] = ""
    partition_by: str | None = None
    confidence: Literal["high", "medium", "low"] = "high"
    note: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns, in order."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def housekeeping(self) -> tuple[Column, ...]:
        """The columns that the loader keeps, beside the declared ones."""
        kept = [DB_WHEN_CREATED, DB_LAST_UPDATED]
        if isinstance(self.loading, Snapshot):
            kept.append(DB_WHEN_DELETED)
        if self.partition_by is not None:
            kept.append(DB_PARTITION)
        if isinstance(self.loading, Tree) and self.key == (self.loading.root,):
            kept.append(DB_AS_OF)
        return tuple(kept)

    def column(self, name: str) -> Column:
        """The column of that name, declared or housekeeping.

        Raises:
            KeyError: the table has no such column.
        """
        for column in (*self.columns, *self.housekeeping):
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")


def camel_case(name: str) -> str:
    """The API's spelling of a column name: ``date_created`` becomes ``dateCreated``."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


DB_WHEN_CREATED = timestamp("db_when_created", "When the row was first written here.", derived="loader")
DB_LAST_UPDATED = timestamp("db_last_updated", "When a value of the row last changed here.", derived="loader")
DB_WHEN_DELETED = timestamp(
    "db_when_deleted", "When a full read no longer found the row; empty while it exists.", derived="loader"
)
DB_PARTITION = date("db_partition", "The UTC day of the partition that the row belongs to.", derived="loader")
DB_AS_OF = timestamp(
    "db_as_of", "Up to which moment Genesys had told of the row's tree when it was last written.", derived="loader"
)
