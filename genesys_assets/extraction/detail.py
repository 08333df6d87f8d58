"""What only a second request tells of an item: asked for each, and put into the raw item before it is parsed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec
import polars as pl

from genesys_assets.catalog.declare import Detail, Read, Table
from genesys_assets.extraction.expands import Known
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.paths import parse, reach
from genesys_assets.extraction.plan import row_paths
from genesys_assets.extraction.sink import FailedParent
from genesys_assets.genesys import ApiError, GenesysClient, PagingError, Request, TransientError, pages

log = logging.getLogger(__name__)

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Details:
    """The second requests of a read, as far as one of the ``tables`` wants what they bring."""

    def __init__(self, client: GenesysClient, read: Read, tables: Sequence[Table]) -> None:
        self._client = client
        self._read = read.name
        wanted = read.detail is not None and any(_takes(table, name) for table in tables for name in read.detail.brings)
        self._detail = read.detail if wanted else None
        self._patience = Patience()

    def fill(
        self, items: Sequence[bytes], request: Mapping[str, str] | None = None
    ) -> tuple[list[bytes], list[FailedParent]]:
        """The items with their details, and those (not among them) whose detail could not be had.

        ``request`` holds the path parameters of the first request. An item that has no value for a
        parameter is left for the parser to refuse.

        Raises:
            GenesysError: signing in failed, the run was cancelled, or many requests in a row got no answer.
        """
        if self._detail is None:
            return list(items), []
        filled: list[bytes] = []
        failed: list[FailedParent] = []
        for item in items:
            given = _parameters(self._detail, item, request or {})
            if given is None:
                filled.append(item)
                continue
            try:
                filled.append(self._filled(self._detail, item, given))
                self._patience.renew()
            except (ApiError, TransientError, PagingError) as error:
                self._patience.bear(error)
                shown = "/".join(given.values())
                log.warning("%s: the detail of %s failed, its row stays as it is: %s", self._read, shown, error)
                failed.append(FailedParent(self._read, shown, str(error)))
        return filled, failed

    def kept(self, table: Table, frame: pl.DataFrame, known: Known) -> pl.DataFrame:
        """The rows of a page; those of items that may not be looked into have what is known of them from before."""
        detail = self._detail
        flag = next((c.name for c in table.columns if detail and c.path == detail.authorized), None)
        if detail is None or flag is None or frame[flag].all():
            return frame
        brought = [c.name for c in table.columns if re.split(r"[.\[{]", c.path)[0] in detail.brings]
        before = known.scan(table, [*table.key, *brought]).collect()
        joined = frame.join(before, on=table.key, how="left", suffix=" before", maintain_order="left")
        closed = ~pl.col(flag)
        return joined.with_columns(
            pl.when(closed).then(pl.col(f"{name} before")).otherwise(pl.col(name)).alias(name) for name in brought
        ).select(frame.columns)

    def _filled(self, detail: Detail, item: bytes, given: Mapping[str, str]) -> bytes:
        path = detail.path
        for name, value in given.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        (page,) = pages(self._client, Request("GET", path, "", "none", params=dict(detail.query)))
        answers = [_members(raw) for raw in page.raw_items()]
        told = {name: raw for members in answers for name, raw in members.items() if name in detail.brings}
        found = {name: raw for name, raw in told.items() if bytes(raw) != b"null"}
        if len(answers) != 1 or not found:
            raise PagingError(f"{path}: the answer has no {' and no '.join(detail.brings)}")
        return msgspec.json.encode({**_members(item), **found})


def _parameters(detail: Detail, item: bytes, request: Mapping[str, str]) -> dict[str, str] | None:
    """What fills the path; ``None`` where the item lacks a value or may not be looked into."""
    try:
        value: object = msgspec.json.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if detail.authorized is not None and False in reach(value, parse(detail.authorized)):
        return None
    given: dict[str, str] = {}
    for name, path in detail.parameters.items():
        if path.startswith("@request."):
            given[name] = request[path.removeprefix("@request.")]
            continue
        found = next(reach(value, parse(path)), None)
        if not isinstance(found, str) or not found:
            return None
        given[name] = found
    return given


def _members(raw: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _MEMBERS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _takes(table: Table, field: str) -> bool:
    """Whether a column, or the rows, of a table lie in a field of the item."""
    return any(re.split(r"[.\[{]", path)[0] == field for path in _from_the_item(table))


def _from_the_item(table: Table) -> Iterator[str]:
    for rows in row_paths(table):
        yield rows
        for column in table.columns:
            if column.path.startswith("$."):
                yield column.path[2:]
            elif not rows:
                yield column.path
