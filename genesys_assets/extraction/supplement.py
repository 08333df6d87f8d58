"""What another answer knows of items, asked for many of their owners at a time and put into the raw items."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from genesys_assets.catalog.declare import Table
from genesys_assets.catalog.feeds import Supplement
from genesys_assets.extraction.intervals import iso
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.paths import parse, reach
from genesys_assets.extraction.plan import row_paths
from genesys_assets.genesys import ApiError, GenesysClient, PagingError, Request, TransientError, pages

log = logging.getLogger(__name__)

Json = dict[str, Any]


class Supplements:
    """The objects of the owners that were asked for, by the owner's id.

    ``tables`` are all that live in the read: fields of the owner that none of them takes are left out.
    """

    def __init__(self, client: GenesysClient, supplement: Supplement, tables: Sequence[Table]) -> None:
        self._client = client
        self._supplement = supplement
        self._owners: dict[str, Json] = {}
        self._remembered: dict[str, dict[str, Json]] = {}
        self._fields = _fields_taken(supplement, tables)
        self._patience = Patience()

    def know(self, owner: Json) -> None:
        """Take note of an object that another request has brought."""
        self._owners[owner[self._supplement.owner]] = owner

    def remember(self, table: Table, owner: str, identifier: str, row: Mapping[str, Any]) -> None:
        """Take note of what a row of the warehouse holds of a part, for as long as nothing newer is told.

        So what cannot be had this time does not blank what is known.
        """
        place = f"{self._supplement.field}.{self._supplement.part}[0]."
        part: Json = {self._supplement.key: identifier}
        for column in table.columns:
            if column.path.startswith(place) and row.get(column.name) is not None:
                value = row[column.name]
                part[column.path.removeprefix(place)] = iso(value) if isinstance(value, datetime) else value
        self._remembered.setdefault(owner, {})[identifier] = part

    def fetch(self, owners: Iterable[str]) -> None:
        """Ask for owners, those that are known already too; one that is no longer there is left out.

        What cannot be had is left out as well, with a warning: the items go without it until they are read again.

        Raises:
            GenesysError: signing in failed, the run was cancelled, or many requests in a row got no answer.
        """
        supplement = self._supplement
        wanted = list(dict.fromkeys(owners))
        for start in range(0, len(wanted), supplement.at_once):
            chunk = wanted[start : start + supplement.at_once]
            request = Request(
                "GET", supplement.path, supplement.items, "none", params={supplement.parameter: ",".join(chunk)}
            )
            try:
                for page in pages(self._client, request):
                    for raw in page.raw_items():
                        self.know(msgspec.json.decode(raw))
                self._patience.renew()
            except (ApiError, TransientError, PagingError) as error:
                self._patience.bear(error)
                log.warning("%s: nothing was told of %d owners: %s", supplement.path, len(chunk), error)

    def parts(self, owner: str) -> dict[str, Json]:
        """What is known of the parts of an owner, by their key."""
        found = cast("list[Json]", self._owners.get(owner, {}).get(self._supplement.part) or [])
        return {**self._remembered.get(owner, {}), **{part[self._supplement.key]: part for part in found}}

    def knows(self, owner: str) -> bool:
        """Whether an answer has told of the owner."""
        return owner in self._owners

    def of(self, owner: str, identifier: str) -> Json | None:
        """The owner's object with nothing but the fields that are taken and the one part; ``None``: unknown."""
        known, part = self._owners.get(owner, {}), self.parts(owner).get(identifier)
        if not known and part is None:
            return None
        kept: Json = {name: value for name, value in known.items() if name in self._fields}
        return kept if part is None else {**kept, self._supplement.part: [part]}

    def fill(self, item: bytes) -> bytes:
        """The item with its supplement; as it is where nothing is known, or where it cannot be read."""
        try:
            members = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
            value: object = msgspec.json.decode(item)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return item
        owner = next(reach(value, parse(self._supplement.owned_by)), None)
        found = self.of(str(owner), str(cast("Mapping[str, object]", value).get("id")))
        return item if found is None else msgspec.json.encode({**members, self._supplement.field: found})


def _fields_taken(supplement: Supplement, tables: Sequence[Table]) -> frozenset[str]:
    """Fields of the owner, other than its parts, that a column of the tables takes."""
    prefix = f"{supplement.field}."
    paths = [column.path.removeprefix("$.") for table in tables for column in table.columns if row_paths(table)]
    names = {re.split(r"[.\[{]", path.removeprefix(prefix))[0] for path in paths if path.startswith(prefix)}
    return frozenset(names - {supplement.part})
