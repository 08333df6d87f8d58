"""Audit trails: an async query a day and service, several at a time; one that fails does not keep the others."""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime

import msgspec
import polars as pl

from genesys_assets.catalog.declare import Tree
from genesys_assets.catalog.feeds import Services
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.outage import Patience
from genesys_assets.extraction.parser import PageParser
from genesys_assets.extraction.sink import FailedParent, Outcome
from genesys_assets.extraction.templates import filled
from genesys_assets.genesys import (
    AUDIT_QUERY,
    ApiError,
    GenesysError,
    JobError,
    JobRequest,
    PagingError,
    Poll,
    Request,
    TransientError,
    pages,
    run_job,
    submit_job,
)

log = logging.getLogger(__name__)

AT_ONCE = 5
"""So many queries are under way at a time; how many Genesys allows is not documented."""

POLL = Poll(first=0.25, factor=2.0)
"""A query mostly takes seconds, and while one is read the next are at work already."""


def read_audits(span: Span) -> Outcome:
    """Read the messages that every service wrote on the days.

    Raises:
        ValueError: a day has not begun.
        GenesysError: the services cannot be listed, every service failed, or many in a row got no answer.
    """
    if span.start >= span.now:
        raise ValueError(f"{span.read.name} of {span.days[0]}: the day has not begun")
    return _Load(span).run()


class _Submitted:
    """The queries under way, for as long as the load runs: one costs a call to ask again, and less than to keep."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def recall(self, key: str) -> str | None:
        return self._kept.get(key)

    def remember(self, key: str, value: str) -> None:
        self._kept[key] = value

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)


class _Load:
    def __init__(self, span: Span) -> None:
        self.span = span
        self.store = _Submitted()
        self.parser = PageParser(span.tables, root="id")
        self.watch: DriftWatch | None = DriftWatch(span.read, span.known)
        self.patience = Patience()
        self.items = self.rejected = 0
        self.failed: list[FailedParent] = []

    def run(self) -> Outcome:
        services = self._services()
        waiting, submitted = deque(services), deque[str]()
        error: GenesysError | None = None
        while waiting or submitted:
            service = ""
            try:
                while waiting and len(submitted) < AT_ONCE:
                    service = waiting.popleft()
                    submit_job(self.span.client, self._job(service), self.store)
                    submitted.append(service)
                service = submitted.popleft()
                self._read(service)
                self.patience.renew()
            except (ApiError, TransientError, PagingError, JobError) as caught:
                self.patience.bear(caught)
                error = caught
                log.warning("%s: %s failed, its messages stay as they are: %s", self.span.read.name, service, caught)
                self.failed.append(FailedParent(self.span.read.name, service, str(caught)))
        if error is not None and len(self.failed) == len(services):
            raise error
        return Outcome(items=self.items, rejected=self.rejected, watermark=self.span.now, failed=tuple(self.failed))

    def _services(self) -> tuple[str, ...]:
        services = self.span.read.services
        if services is None:
            raise ValueError(f"read {self.span.read.name} does not say of which services")
        return services.names or tuple(dict.fromkeys(self._listed(services)))

    def _listed(self, services: Services) -> list[str]:
        request = Request("GET", services.path, services.items, "none")
        names: list[str] = []
        for page in pages(self.span.client, request):
            for raw in page.raw_items():
                name = msgspec.json.decode(raw, type=dict[str, object]).get(services.field)
                if not isinstance(name, str) or not name:
                    raise PagingError(f"{services.path}: a service has no {services.field}", transient=True)
                names.append(name)
        if not names:
            raise PagingError(f"{services.path}: the answer lists no service", transient=True)
        return names

    def _job(self, service: str) -> JobRequest:
        span, read = self.span, self.span.read
        end = min(span.end, span.now)
        return JobRequest(
            path=read.path,
            body=filled(read.body or {}, span.start, end, service_name=service),
            results_items=read.items,
            page_size=read.page_size,
            key=f"{read.name} {service} {span.days[0]}/{span.days[-1]}",
            kind=AUDIT_QUERY,
            results_params=dict(read.parameters),
        )

    def _read(self, service: str) -> None:
        span = self.span
        for page in run_job(span.client, self._job(service), self.store, poll=POLL):
            raw = page.raw_items()
            if self.watch is not None and raw:
                span.sink.drift(span.read.name, self.watch.look(raw))
                self.watch = None
            parsed = self.parser.parse(raw, source=f"{page.path} ({service})")
            scope = _scope(parsed.roots, span.now)
            for table in span.tables:
                span.sink.append(table, parsed.frames[table.name])
                if isinstance(table.loading, Tree):
                    span.sink.cover(table, scope.rename({"id": table.loading.root}))
            if len(parsed.rejects):
                span.sink.reject(parsed.rejects)
            self.items += parsed.items
            self.rejected += len(parsed.rejects)


def _scope(roots: pl.Series, as_of: datetime) -> pl.DataFrame:
    moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"id": roots.unique()}, schema={"id": pl.String}).with_columns(moment.alias("as_of"))
