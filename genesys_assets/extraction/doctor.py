"""Is the connection to Genesys Cloud in order? What is wrong, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from genesys_assets.catalog.declare import Read, Table
from genesys_assets.extraction.listing import requests_for
from genesys_assets.extraction.templates import filled
from genesys_assets.genesys import (
    ApiError,
    GenesysClient,
    GenesysError,
    PermissionDenied,
    Request,
    Settings,
    SettingsError,
    SignInError,
    availability,
    pages,
)

STALE_HOURS = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``ok``, worth a ``note``, or ``wrong`` with what to do in the text."""

    verdict: Literal["ok", "note", "wrong"]
    subject: str
    text: str


def examine(environment: Mapping[str, str], tables: Sequence[Table]) -> Iterator[Finding]:
    """Look at settings, credentials, the permission of every table, the watermark and the rate limit.

    Costs about one API call for each read that feeds the ``tables``.
    """
    try:
        settings = Settings.from_environment(environment)
    except SettingsError as error:
        yield Finding("wrong", "settings", str(error))
        return
    if settings is None:
        yield Finding(
            "note",
            "settings",
            "no GENESYSCLOUD_* variable is set, so runs use a simulated organisation; set GENESYSCLOUD_REGION, "
            "GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET to use yours",
        )
        return
    yield Finding("ok", "settings", f"API at {settings.api_url}, OAuth client {settings.client_id}")
    with GenesysClient(settings) as client:
        yield from _examine(client, tables)


def _examine(client: GenesysClient, tables: Sequence[Table]) -> Iterator[Finding]:
    try:
        client.request("GET", "/api/v2/organizations/me")
    except SignInError as error:
        yield Finding(
            "wrong",
            "credentials",
            f"{error}; check id and secret, that its grant is client credentials, and the region",
        )
        return
    except GenesysError as error:
        yield Finding(
            "wrong", "connection", f"{error}; check the region or the address, and that it can be reached from here"
        )
        return
    yield Finding("ok", "credentials", "the OAuth client signs in")
    reads: dict[str, tuple[Read, list[str]]] = {}
    for table in tables:
        reads.setdefault(table.read.name, (table.read, []))[1].append(table.name)
    for read, names in reads.values():
        yield _permission(client, read, ", ".join(names))
    yield from _watermark(client, reads)
    yield _limit(client)


def _permission(client: GenesysClient, read: Read, tables: str) -> Finding:
    needed = ", ".join(read.permissions) or "no permission"
    if read.method == "COMPUTE":
        return Finding("note", tables, f"{read.source}; nothing is asked for")
    if read.each is not None:
        return Finding("note", tables, f"asked once for every {read.each.table}; needs {needed}")
    try:
        _probe(client, read)
    except PermissionDenied as error:
        return Finding("wrong", tables, f"{error}; give a role of the OAuth client {needed}, in all divisions")
    except ApiError as error:
        if error.status not in (400, 404):
            return Finding("wrong", tables, str(error))
    except GenesysError as error:
        return Finding("wrong", tables, str(error))
    return Finding("ok", tables, f"readable ({needed})")


def _probe(client: GenesysClient, read: Read) -> None:
    """The smallest requests that fail if a permission is lacking."""
    if read.found is not None:
        now = client.server_time()
        for feed in read.found.feeds.values():
            if feed.paging == "async_job":
                client.request("GET", f"{feed.path}/availability")
            else:
                body = filled(feed.bodies[0], now - timedelta(hours=1), now)
                next(pages(client, Request("POST", feed.path, feed.items, "page_number", 1, {}, body)), None)
    if read.found is not None or read.services is not None:
        # Something that does not exist is asked for: who may not ask is told so first.
        nothing = str(UUID(int=0))
        path = re.sub(r"\{\w+\}", nothing, read.path)
        client.request("GET", path if read.found is not None else f"{path}/{nothing}")
        return
    if read.paging == "async_job":
        client.request("GET", f"{read.path}/availability")
        return
    request = next(requests_for(read))
    next(pages(client, request if read.page_size is None else replace(request, page_size=1)))


def _watermark(client: GenesysClient, reads: Mapping[str, tuple[Read, list[str]]]) -> Iterator[Finding]:
    for read, _ in reads.values():
        if read.paging != "async_job" or read.services is not None:
            continue
        try:
            moment = availability(client, f"{read.path}/availability")
        except GenesysError as error:
            yield Finding("wrong", "watermark", str(error))
            continue
        behind = (client.server_time() - moment).total_seconds() / 3600
        text = f"{_subject(read)} jobs know everything up to {moment:%Y-%m-%d %H:%M} UTC, {behind:.1f} h ago"
        yield Finding("ok" if behind < STALE_HOURS else "note", "watermark", text)
        skew = abs((client.server_time() - datetime.now(UTC)).total_seconds())
        if skew > 60:
            yield Finding("note", "clock", f"this machine and Genesys differ by {skew:,.0f} s; Genesys's time is used")


def _subject(read: Read) -> str:
    """What jobs are about: ``conversation`` for ``/api/v2/analytics/conversations/details/jobs``."""
    return read.path.split("/")[4].removesuffix("s")


def _limit(client: GenesysClient) -> Finding:
    limit = client.rate_limit
    if limit is None:
        return Finding("note", "limits", "the answers told of no rate limit")
    return Finding("ok", "limits", f"{limit.allowed} requests a minute allowed, {limit.count} used in this one")
