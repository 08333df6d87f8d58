"""A second look at items from which a field was left out although it was asked for with ``expand``.

Genesys fills expanded fields "best effort". An item that lacks one must not blank what the warehouse knows:
it is read once more by itself, asked only for what is missing. What comes back is put into the item. What
does not is either empty indeed, or, where it must be there, the item cannot be loaded and its rows stay.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
import polars as pl

from genesys_assets.catalog.declare import DB_WHEN_DELETED, Column, Expands, Read, Table
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.parser import REJECT_SCHEMA, PageParser, Parsed
from genesys_assets.extraction.paths import Step, parse
from genesys_assets.extraction.plan import row_paths
from genesys_assets.genesys import ApiError, GenesysClient, PermissionDenied, TransientError

log = logging.getLogger(__name__)

Members = dict[str, msgspec.Raw]
_NOTHING = msgspec.Raw(b"null")
_members = msgspec.json.Decoder(Members).decode


class Known(Protocol):
    """What is known of the items so far; a warehouse is one."""

    def scan(self, table: Table, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """Rows of a table, retired ones included."""
        ...


class Parser(Protocol):
    """Parses the items of a page; see :meth:`PageParser.parse`."""

    def parse(
        self,
        items: Sequence[bytes],
        *,
        request: Mapping[str, str] | None = None,
        response: Mapping[str, Any] | None = None,
        source: str = "",
    ) -> Parsed:
        """Parse items."""
        ...


def page_parser(client: GenesysClient, read: Read, tables: Sequence[Table], known: Known | None) -> Parser:
    """The parser of a read's pages; with ``known`` it has a second look at items that lack an expanded field.

    Raises:
        DeclarationError: the tables' declarations contradict each other or cannot be read.
    """
    parser = PageParser(tables)
    if read.expands is None or known is None:
        return parser
    taken = tuple(_taken(read.expands, tables))
    return _SecondLook(parser, client, read.expands, taken, known) if taken else parser


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a table takes from an expanded field: ``columns`` of its own, or its ``rows`` altogether.

    ``identity`` is the column that holds what identifies the item.
    """

    asked: str
    name: str
    table: Table
    identity: str
    columns: tuple[str, ...]
    rows: bool


def _taken(expands: Expands, tables: Sequence[Table]) -> Iterator[_Taken]:
    (identity,) = expands.parameters.values()
    for asked, name in expands.fields.items():
        for table in tables:
            paths = [parse(rows) for rows in row_paths(table)]
            beneath = any(_leads_to(name, path) for path in paths)
            inside = () if beneath else tuple(c.name for c in table.columns if _leads_to(name, _from_item(paths, c)))
            if beneath or inside:
                yield _Taken(asked, name, table, _identity(identity, table, paths), inside, beneath)


def _leads_to(name: str, path: tuple[Step, ...]) -> bool:
    return bool(path) and path[0].name == name


def _from_item(rows: Sequence[tuple[Step, ...]], column: Column) -> tuple[Step, ...]:
    """The column's path from the item; none where it is not of the item itself."""
    if column.path.startswith("$."):
        return parse(column.path[2:])
    return () if column.path.startswith("@") or any(rows) else parse(column.path)


def _identity(field: str, table: Table, rows: Sequence[tuple[Step, ...]]) -> str:
    for column in table.columns:
        if _from_item(rows, column) == (Step(field),):
            return column.name
    raise ValueError(f"table {table.name}: no column takes {field}, which identifies an item of read {table.read.name}")


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """Why an item cannot be loaded."""

    taken: _Taken
    reason: str

    def row(self, item: bytes, source: str) -> tuple[str, str, str, str, str]:
        column = self.taken.columns[0] if self.taken.columns else ""
        reason = f"table {self.taken.table.name}: {self.taken.name} was asked for and left out; {self.reason}"
        return self.taken.table.name, column, reason, item.decode("utf-8", "replace"), source


class _SecondLook:
    """Completes the items of each page before they are parsed."""

    def __init__(
        self, parser: PageParser, client: GenesysClient, expands: Expands, taken: Sequence[_Taken], known: Known
    ) -> None:
        self._parser = parser
        self._client = client
        self._expands = expands
        self._taken = taken
        self._known = known
        self._ids: dict[tuple[str, str], set[str]] = {}
        self._patience = Patience()
        (self._identity,) = expands.parameters.values()

    def parse(
        self,
        items: Sequence[bytes],
        *,
        request: Mapping[str, str] | None = None,
        response: Mapping[str, Any] | None = None,
        source: str = "",
    ) -> Parsed:
        """Complete items and parse them; those that cannot be completed are rejected.

        Raises:
            DeclarationError: a column takes a parameter that the request does not have.
            PermissionDenied: items may not be read by themselves.
            GenesysError: many second looks in a row got no answer.
        """
        whole: list[bytes] = []
        rejects: list[tuple[str, str, str, str, str]] = []
        looked = 0
        for item in items:
            members = _object(item)
            missing = () if members is None else self._missing(members)
            if members is None or not missing:
                whole.append(item)
                continue
            looked += 1
            left_out = self._complete(members, missing, request or {})
            if left_out is None:
                whole.append(msgspec.json.encode(members))
            else:
                rejects.append(left_out.row(item, source))
        if looked:
            log.info("%s: %d items lacked what was asked for; each was asked for again", source, looked)
        parsed = self._parser.parse(whole, request=request, response=response, source=source)
        frame = pl.DataFrame(rejects, schema=dict(REJECT_SCHEMA), orient="row")
        return replace(parsed, rejects=pl.concat([parsed.rejects, frame]), items=len(items))

    def _missing(self, members: Members) -> tuple[_Taken, ...]:
        """What an item lacks and must have, or had before."""
        identifier = _text(members.get(self._identity))
        if identifier is None:
            return ()
        return tuple(
            taken
            for taken in self._taken
            if _absent(members, taken.name) and (self._must_have(taken) or identifier in self._known_ids(taken))
        )

    def _must_have(self, taken: _Taken) -> bool:
        return taken.name in self._expands.always

    def _known_ids(self, taken: _Taken) -> set[str]:
        """The items of which something under the field is known."""
        key = (taken.name, taken.table.name)
        if key not in self._ids:
            rows = self._known.scan(taken.table, [taken.identity, *taken.columns, DB_WHEN_DELETED.name])
            something = pl.lit(value=True) if taken.rows else pl.any_horizontal(pl.col(taken.columns).is_not_null())
            present = rows.filter(pl.col(DB_WHEN_DELETED.name).is_null() & something)
            self._ids[key] = set(present.select(taken.identity).collect().to_series())
        return self._ids[key]

    def _complete(self, members: Members, missing: Sequence[_Taken], request: Mapping[str, str]) -> _LeftOut | None:
        """Put into an item what it lacks; why that was not possible."""
        path = self._expands.path
        filled = {**request, **{name: _text(members.get(of)) or "" for name, of in self._expands.parameters.items()}}
        for name, value in filled.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        sent = {name: _text(members.get(of)) for name, of in self._expands.query.items()}
        params = {name: value for name, value in sent.items() if value is not None}
        params["expand"] = ",".join(dict.fromkeys(taken.asked for taken in missing))
        try:
            answer = _members(self._client.request("GET", path, params=params).body)
        except PermissionDenied:
            raise
        except (ApiError, TransientError) as error:
            self._patience.bear(error)
            return _LeftOut(missing[0], f"asked for alone, it was not to be had ({error}); the rows keep what is known")
        except msgspec.DecodeError as error:
            return _LeftOut(missing[0], f"GET {path} answered no object ({error}); the rows keep what is known")
        self._patience.renew()
        for taken in missing:
            if not _absent(answer, taken.name):
                members[taken.name] = answer[taken.name]
            elif self._must_have(taken):
                return _LeftOut(taken, f"GET {path} left it out too; the rows keep what is known")
        return None


def _object(item: bytes) -> Members | None:
    """The fields of an item, not looked into; none of what is no object, which the parser refuses."""
    try:
        return _members(item)
    except msgspec.ValidationError:
        return None


def _absent(members: Members, name: str) -> bool:
    return bytes(members.get(name, _NOTHING)) == b"null"


def _text(raw: msgspec.Raw | None) -> str | None:
    value: object = None if raw is None else msgspec.json.decode(raw)
    return value if isinstance(value, str) else None
