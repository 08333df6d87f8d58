"""Listings, page by page, to their true end.

A page is never taken for the last one because it is short. What ends a listing is what the API says
(``pageCount``, no ``cursor``, no ``nextUri``, ``totalHits`` reached); where it says nothing, an empty page.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, cast

import httpx
import msgspec

from genesys_assets.genesys.client import GenesysClient, Parameter
from genesys_assets.genesys.errors import ApiError, PagingError

log = logging.getLogger(__name__)

Style = Literal["none", "page_number", "cursor", "next_uri"]
Scalar = str | int | float | bool | None

OFFSET_CEILING = 10_000
"""Offset paging of many listings answers 400 for pages that lie beyond this many items."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_SCALAR = msgspec.json.Decoder(str | int | float | bool | None)


@dataclass(frozen=True, slots=True)
class Request:
    """A listing to be read in full.

    ``items`` is the path of the items in each answer (``entities``, ``result.agentSchedules``; empty:
    the answer is the one item, or an array of items). ``page_size`` is asked for where the style has
    one. ``body`` makes a POST; ``page_number`` puts the page into its ``paging`` object, or beside the
    other fields where the body has a ``pageNumber`` or ``pageSize`` there.
    """

    method: str
    path: str
    items: str
    paging: Style
    page_size: int | None = None
    params: Mapping[str, Parameter | Sequence[Parameter]] = field(
        default_factory=dict[str, Parameter | Sequence[Parameter]]
    )
    body: Mapping[str, object] | None = None


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
        return [bytes(raw) for raw in self._parts[1]]

    @property
    def count(self) -> int:
        """How many items the page has."""
        return len(self._parts[1])

    @property
    def envelope(self) -> dict[str, Scalar]:
        """The plain values that stand beside the items, also those of objects on the path to them.

        Raises:
            PagingError: see :meth:`raw_items`.
        """
        return _plain(self._parts[0])

    def inner(self, name: str) -> dict[str, Scalar]:
        """The plain values of an object that stands beside the items, such as ``cursors``."""
        raw = self._parts[0].get(name)
        return _plain(self._members(raw)) if raw is not None and _first(raw) == b"{" else {}

    @cached_property
    def _parts(self) -> tuple[dict[str, msgspec.Raw], list[msgspec.Raw]]:
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

    def _split(self, body: bytes) -> tuple[dict[str, msgspec.Raw], list[msgspec.Raw]]:
        raw = msgspec.Raw(body)
        beside: dict[str, msgspec.Raw] = {}
        names = self.items.split(".") if self.items else []
        for name in names:
            members = self._members(raw)
            found = members.pop(name, None)
            beside |= members
            if found is None or _first(found) == b"n":
                return beside, []
            raw = found
        if not names and body.startswith(b"{"):
            return self._members(raw), [raw]
        try:
            return beside, _ELEMENTS.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._broken(f"no array of items at {self.items or 'the root'}: {error}") from None

    def _members(self, raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
        try:
            return _MEMBERS.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._broken(f"no JSON object: {error}") from None

    def _broken(self, what: str) -> PagingError:
        return PagingError(f"{self.path}, page {self.number}: {what}", transient=True)


def whole_characters(body: bytes) -> bytes:
    """JSON whose halves of characters are replaced by U+FFFD.

    Texts that Genesys cuts at a length, such as participant attributes, may end in the first half of a
    surrogate pair, which is legal JSON and no character; no parser of text takes it.
    """
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found["half"] else found[0], body)


def pages(client: GenesysClient, request: Request) -> Iterator[Page]:
    """Read a listing to its true end, a page at a time.

    Raises:
        PagingError: the listing runs in circles, an answer is malformed, offset paging reached its
            ceiling, or a listing declared as unpaged says that there is more.
        GenesysError: whatever else :meth:`GenesysClient.request` raises.
    """
    walk: Callable[[GenesysClient, Request], Iterator[Page]] | None = {
        "none": _whole,
        "page_number": _by_number,
        "cursor": _by_cursor,
        "next_uri": _by_next_uri,
    }.get(request.paging)
    if walk is None:
        raise ValueError(f"{request.path}: paging {request.paging!r} is not a way of reading pages")
    return walk(client, request)


class _Seen:
    """What a listing has shown already; showing it again means that it runs in circles."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: set[int] = set()

    def token(self, name: str, token: str) -> None:
        """Note where the next page is said to be."""
        self._note(hash((name, token)), f"{name} {token[:80]!r} was answered twice")

    def items(self, page: Page) -> None:
        """Note the items of a numbered page, which a server that ignores the number sends again."""
        if items := page.raw_items():
            again = f"page {page.number} has the same items as one before; is it paged by number at all?"
            self._note(hash((items[0], items[-1], len(items))), again)

    def _note(self, key: int, again: str) -> None:
        if key in self._seen:
            raise PagingError(f"{self._path}: the listing runs in circles: {again}")
        self._seen.add(key)


def _whole(client: GenesysClient, request: Request) -> Iterator[Page]:
    page = _fetch(client, request, 1, request.path, request.params)
    if request.items:
        told = page.envelope
        count = told.get("pageCount")
        more = [name for name in ("cursor", "nextUri") if told.get(name)]
        more += [f"pageCount {count}"] if isinstance(count, int) and count > 1 else []
        if more:
            raise PagingError(
                f"{request.path}: declared as unpaged, but the answer goes on ({', '.join(more)}); declare its paging"
            )
    yield page


def _by_number(client: GenesysClient, request: Request) -> Iterator[Page]:
    seen = _Seen(request.path)
    received = 0
    uri: str | None = None
    for number in itertools.count(1):
        page = _numbered(client, request, number, uri)
        seen.items(page)
        yield page
        received += page.count
        followed, uri = uri, _next_uri(page) if request.body is None else None
        count = _count(page, "pageCount")
        # A page count below the page that lies here is one of those that cannot be trusted.
        if count is not None and (count >= number or page.count == 0):
            uri = None
            if number >= count:
                return
        elif uri is not None:
            seen.token("nextUri", uri)
        elif followed is not None or _exhausted(request, page, received):
            return


def _numbered(client: GenesysClient, request: Request, number: int, uri: str | None) -> Page:
    size = request.page_size
    try:
        if uri is not None:
            page = _fetch(client, request, number, uri)
        elif request.body is None:
            asked = {"pageNumber": number} if size is None else {"pageNumber": number, "pageSize": size}
            page = _fetch(client, request, number, request.path, {**request.params, **asked})
        else:
            turned = replace(request, body=_turned(request.body, number, size))
            page = _fetch(client, turned, number, request.path, request.params)
    except ApiError as error:
        if error.status == 400 and number > 1 and number * (size or 25) > OFFSET_CEILING:
            raise PagingError(
                f"{request.path}: page {number} was refused ({error.message}): offset paging ends at about "
                f"{OFFSET_CEILING:,} items and the listing has more; read it by cursor, or split it by a filter"
            ) from error
        raise
    told = page.envelope.get("pageNumber")
    if isinstance(told, int) and told != number and uri is None:
        raise PagingError(f"{request.path}: asked for page {number}, but the answer calls itself page {told}")
    return page


def _turned(body: Mapping[str, object], number: int, size: int | None) -> Mapping[str, object]:
    """The body with the page put in: into ``paging``, or beside the other fields where it stands there."""
    place: dict[str, object] = {"pageNumber": number} if size is None else {"pageNumber": number, "pageSize": size}
    if "paging" not in body and ("pageNumber" in body or "pageSize" in body):
        return {**body, **place}
    paging = body.get("paging")
    given = cast("Mapping[str, object]", paging) if isinstance(paging, Mapping) else dict[str, object]()
    return {**body, "paging": {**given, **place}}


def _exhausted(request: Request, page: Page, received: int) -> bool:
    """Whether a numbered page that tells neither a page count nor the next address was the last.

    What was received decides, not what was asked for: the server may send smaller pages than asked.
    """
    total = None if request.body is None else _count(page, "totalHits", "total")
    if total is None:
        return page.count == 0
    if page.count == 0:
        return request.page_size is None or page.number * request.page_size >= total
    return received == total


def _by_cursor(client: GenesysClient, request: Request) -> Iterator[Page]:
    seen = _Seen(request.path)
    first: dict[str, Parameter | Sequence[Parameter]] = dict(request.params)
    if request.page_size is not None:
        first["pageSize"] = request.page_size
    path, params = request.path, first
    for number in itertools.count(1):
        page = _fetch(client, request, number, path, params)
        yield page
        uri = _next_uri(page)
        name, token = _token(page, uri)
        if token is not None:
            path, params = request.path, {**first, name: token}
        elif uri is not None:
            name, token, path, params = "nextUri", uri, uri, {}
        else:
            return
        seen.token(name, token)


def _token(page: Page, uri: str | None) -> tuple[str, str | None]:
    """The parameter that asks for the next page, and its value if the answer has one."""
    for value in (page.envelope.get("cursor"), page.inner("cursors").get("after")):
        if isinstance(value, str) and value:
            return "cursor", value
    query = httpx.URL(uri).params if uri is not None else httpx.QueryParams()
    for name in ("cursor", "after"):
        if query.get(name):
            return name, query[name]
    return "", None


def _by_next_uri(client: GenesysClient, request: Request) -> Iterator[Page]:
    seen = _Seen(request.path)
    params = dict(request.params)
    if request.page_size is not None:
        params["pageSize"] = request.page_size
    path = request.path
    for number in itertools.count(1):
        page = _fetch(client, request, number, path, params)
        yield page
        uri = _next_uri(page)
        if uri is None:
            return
        seen.token("nextUri", uri)
        path, params = uri, {}


def _fetch(
    client: GenesysClient,
    request: Request,
    number: int,
    path: str,
    params: Mapping[str, Parameter | Sequence[Parameter]] | None = None,
) -> Page:
    answer = client.request(request.method, path, params=params, json=request.body)
    page = Page(answer.body, request.items, number, answer.path)
    log.debug("%s %s: page %d, %d items, %d bytes", request.method, answer.path, number, page.count, len(answer.body))
    return page


def _next_uri(page: Page) -> str | None:
    uri = page.envelope.get("nextUri")
    if uri is None or uri == "":
        return None
    if not isinstance(uri, str) or not uri.startswith(("/", "https://", "http://")):
        raise PagingError(f"{page.path}, page {page.number}: nextUri is {uri!r}, which is no address")
    return uri


def _count(page: Page, *names: str) -> int | None:
    values = (page.envelope.get(name) for name in names)
    return next((value for value in values if isinstance(value, int)), None)


def _plain(members: Mapping[str, msgspec.Raw]) -> dict[str, Scalar]:
    return {name: _SCALAR.decode(raw) for name, raw in members.items() if _first(raw) not in (b"{", b"[")}


def _first(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])
