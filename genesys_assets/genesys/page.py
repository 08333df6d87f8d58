"""One answer of a listing: its items as raw JSON, and what stands beside them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from genesys_assets.genesys.errors import PagingError

log = logging.getLogger(__name__)

Scalar = str | int | float | bool | None

_Member = list[msgspec.Raw] | dict[str, msgspec.Raw] | Scalar
"""Of an object: an array as its elements, each raw, and an object as its members, each raw."""
_MEMBER: msgspec.json.Decoder[_Member] = msgspec.json.Decoder(_Member)
_MEMBERS = msgspec.json.Decoder(dict[str, _Member])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Page:
    """One answer of a listing: ``number`` counts from 1, ``path`` is the request's, without query."""

    body: bytes = field(repr=False)
    items: str
    number: int
    path: str

    def raw_items(self) -> list[bytes]:
        """The items, each as its own raw JSON; none where the answer leaves them out or says null.

        Raises:
            PagingError: the answer is not JSON, or has something else at the path of the items.
        """
        return [bytes(raw) for raw in self.views()]

    def views(self) -> Sequence[msgspec.Raw]:
        """The items as :meth:`raw_items` has them, but as views of the page: nothing is copied.

        Raises:
            PagingError: see :meth:`raw_items`.
        """
        return self._parts[1] or ()

    @property
    def count(self) -> int:
        """How many items the page has."""
        return len(self.views())

    @property
    def has_items(self) -> bool:
        """Whether the answer has items at their path, be it none of them; not where it leaves the path out."""
        return self._parts[1] is not None

    @property
    def envelope(self) -> dict[str, Scalar]:
        """The plain values that stand beside the items, also those of objects on the path to them.

        Raises:
            PagingError: see :meth:`raw_items`.
        """
        return _plain(self._parts[0])

    def inner(self, name: str) -> dict[str, Scalar]:
        """The plain values of an object that stands beside the items, such as ``cursors``."""
        members = self._parts[0].get(name)
        return _plain(_opened(members)) if isinstance(members, dict) else {}

    @cached_property
    def _parts(self) -> tuple[dict[str, _Member], list[msgspec.Raw] | None]:
        """What stands beside the items, and the items: found without building any of them."""
        body = self.body.strip()
        if not body:
            raise self._broken("an empty body")
        try:
            return self._split(body)
        except PagingError:
            mended = whole_characters(body)
            if mended == body:
                raise
            log.warning("%s, page %d: half characters of cut texts are replaced by U+FFFD", self.path, self.number)
            return self._split(mended)

    def _split(self, body: bytes) -> tuple[dict[str, _Member], list[msgspec.Raw] | None]:
        try:
            if not self.items and not body.startswith(b"{"):
                return {}, _ELEMENTS.decode(body)
            members = _MEMBERS.decode(body)
            if not self.items:
                return members, [msgspec.Raw(body)]
            beside: dict[str, _Member] = {}
            *way, last = self.items.split(".")
            for name in way:
                found = members.pop(name, None)
                beside |= members
                if not isinstance(found, dict | None):
                    raise self._broken(f"no JSON object at {name}")
                members = _opened(found or {})
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._broken(f"no JSON {'object' if self.items else 'object or array of items'}: {error}") from None
        items = members.pop(last, None)
        if not isinstance(items, list | None):
            raise self._broken(f"no array of items at {self.items}")
        return beside | members, items

    def _broken(self, what: str) -> PagingError:
        return PagingError(f"{self.path}, page {self.number}: {what}", transient=True)


def whole_characters(body: bytes) -> bytes:
    """JSON whose halves of characters are replaced by U+FFFD.

    Texts that Genesys cuts at a length, such as participant attributes, may end in the first half of a
    surrogate pair, which is legal JSON and no character; no parser of text takes it.
    """
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found["half"] else found[0], body)


def _plain(members: Mapping[str, _Member]) -> dict[str, Scalar]:
    return {name: value for name, value in members.items() if not isinstance(value, list | dict)}


def _opened(members: Mapping[str, msgspec.Raw]) -> dict[str, _Member]:
    return {name: _MEMBER.decode(raw) for name, raw in members.items()}
