"""Listings, page by page, to their true end.

A page is never taken for the last one because it is short. What ends a listing is what the API says
(``pageCount``, no ``cursor``, no ``nextUri``, ``totalHits`` reached); where it says nothing, an empty page.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import httpx

from genesys_assets.genesys.client import GenesysClient, Parameter
from genesys_assets.genesys.errors import ApiError, PagingError
from genesys_assets.genesys.page import Page

log = logging.getLogger(__name__)

Style = Literal["none", "page_number", "cursor", "next_uri"]

OFFSET_CEILING = 10_000
"""Offset paging of many listings answers 400 for pages that lie beyond this many items."""

EMPTY_PAGES_END_A_SCAN = 3
"""So many pages of a scan without an item, one after the other, are its end, though each brings a new cursor."""


@dataclass(frozen=True, slots=True)
class Request:
    """A listing to be read in full.

    ``items`` is the path of the items in each answer (``entities``, ``result.agentSchedules``; empty:
    the answer is the one item, or an array of items). ``page_size`` is asked for where the style has
    one. ``body`` makes a POST; ``page_number`` puts the page where the body says ``{page_number}`` and
    ``{page_size}``, else into its ``paging`` object, or beside the other fields where the body has a
    ``pageNumber`` or ``pageSize`` there. Where the answer's total is not exact, only an
    empty page ends the listing.
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
    exact_total: bool = True


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


def _downloaded(client: GenesysClient, page: Page) -> Page:
    """What lies behind the address that an answer gives in place of its items (``downloadUrl``).

    The document is the whole answer, or only the innermost object around the items.

    Raises:
        PagingError: there are no items in the document either.
        GenesysError: whatever :meth:`GenesysClient.download` raises.
    """
    url = page.envelope.get("downloadUrl")
    if page.count or not page.items or not isinstance(url, str) or not url:
        return page
    body = b"".join(client.download(url))
    log.debug("%s, page %d: %d bytes downloaded in place of the items", page.path, page.number, len(body))
    innermost = page.items.rpartition(".")[2]
    for items in dict.fromkeys((page.items, innermost)):
        document = replace(page, body=body, items=items)
        if document.has_items:
            return document
    raise PagingError(f"{page.path}, page {page.number}: the downloaded document has no {page.items}", transient=True)


def _whole(client: GenesysClient, request: Request) -> Iterator[Page]:
    page = _fetch(client, request, 1, request.path, request.params)
    if request.items:
        told = page.envelope
        count = told.get("pageCount")
        more = [name for name in ("cursor", "nextUri") if told.get(name)]
        more += [f"pageCount {count}"] if isinstance(count, int) and count > 1 else []
        total = _count(page, "total")
        more += [f"total {total} of which {page.count} came"] if total is not None and total > page.count else []
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
                _check_total(request, page, received)
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


def _check_total(request: Request, page: Page, received: int) -> None:
    """A query that ends before everything it found was shown has a depth that nobody told.

    Raises:
        PagingError: the pages and the total contradict each other.
    """
    total = None if request.body is None else _count(page, "totalHits", "total")
    if total is not None and received < total:
        raise PagingError(
            f"{request.path}: the last of {page.number} pages is read, but they had {received:,} items of {total:,}; "
            "the query does not reach further, split it by a filter",
            transient=True,
        )


def _turned(body: Mapping[str, object], number: int, size: int | None) -> Mapping[str, object]:
    """The body with the page put in: where it says so, into ``paging``, or beside the other fields."""
    filled = _filled(body, {"{page_number}": number, "{page_size}": size})
    if filled != body:
        return cast("Mapping[str, object]", filled)
    place: dict[str, object] = {"pageNumber": number} if size is None else {"pageNumber": number, "pageSize": size}
    if "paging" not in body and ("pageNumber" in body or "pageSize" in body):
        return {**body, **place}
    paging = body.get("paging")
    given = cast("Mapping[str, object]", paging) if isinstance(paging, Mapping) else dict[str, object]()
    return {**body, "paging": {**given, **place}}


def _filled(value: object, places: Mapping[str, int | None]) -> object:
    """A body whose placeholders are filled in, at whatever depth.

    Raises:
        ValueError: there is a placeholder for a page size, but no page size.
    """
    if isinstance(value, Mapping):
        return {name: _filled(inner, places) for name, inner in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, places) for inner in cast("Sequence[object]", value)]
    if not isinstance(value, str) or value not in places:
        return value
    if places[value] is None:
        raise ValueError(f"the body wants {value}, but the listing has no page size")
    return places[value]


def _exhausted(request: Request, page: Page, received: int) -> bool:
    """Whether a numbered page that tells neither a page count nor the next address was the last.

    What was received decides, not what was asked for: the server may send smaller pages than asked.
    """
    total = None if request.body is None or not request.exact_total else _count(page, "totalHits", "total")
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
    empty = 0
    for number in itertools.count(1):
        page = _fetch(client, request, number, path, params)
        yield page
        empty = 0 if page.count else empty + 1
        if empty == EMPTY_PAGES_END_A_SCAN and page.inner("cursors"):
            return
        uri = _next_uri(page)
        name, token = _token(page, uri)
        if token is not None:
            path, params = request.path, {**first, name: token}
        elif uri is not None and not _starts_over(uri):
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
        if uri is None or _starts_over(uri):
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
    page = _downloaded(client, Page(answer.body, request.items, number, answer.path))
    log.debug("%s %s: page %d, %d items, %d bytes", request.method, answer.path, number, page.count, len(page.body))
    return page


def _next_uri(page: Page) -> str | None:
    uri = page.envelope.get("nextUri")
    if uri is None or uri == "":
        return None
    if not isinstance(uri, str) or not uri.startswith(("/", "https://", "http://")):
        raise PagingError(f"{page.path}, page {page.number}: nextUri is {uri!r}, which is no address")
    return uri


def _starts_over(uri: str) -> bool:
    """Whether an address holds an empty cursor: no next page, but the first once more."""
    query = httpx.URL(uri).params
    cursors = [query[name] for name in ("cursor", "after") if name in query]
    return bool(cursors) and not any(cursors)


def _count(page: Page, *names: str) -> int | None:
    values = (page.envelope.get(name) for name in names)
    return next((value for value in values if isinstance(value, int)), None)
