"""Conversation details: async jobs over the data lake, the synchronous query, and reads by id."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from genesys_assets.simulator import faults
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, bad_request, not_found
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.listings import read_cursor, write_cursor
from genesys_assets.simulator.query_filters import read_filters
from genesys_assets.simulator.selection import Selection
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import DAY, HOUR, iso, parse_interval

_VIEW = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")
_JOBS = "/api/v2/analytics/conversations/details/jobs"
RESULTS_LARGEST = 1_000
QUERY_LARGEST = 100
QUERY_DAYS, QUERY_DAYS_FILTERED = 7, 31


@dataclass(slots=True)
class _Job:
    id: str
    submitted: int
    submitted_really: float
    watermark: int
    body: Json
    window: tuple[int, int]
    polls: int = 0
    completed: int | None = None
    cancelled: bool = False
    selection: Selection | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Analytics:
    """The endpoints under ``/api/v2/analytics``."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._jobs: dict[str, _Job] = {}
        self._pages = _Pages(simulation.settings.page_cache_mb << 20)

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint of this module."""
        return [
            Endpoint("POST", _JOBS, self._submit, permissions=_VIEW, status=202),
            Endpoint("GET", f"{_JOBS}/availability", self._availability, permissions=_VIEW[:1]),
            Endpoint("GET", f"{_JOBS}/{{jobId}}", self._status, permissions=_VIEW),
            Endpoint("DELETE", f"{_JOBS}/{{jobId}}", self._cancel, permissions=_VIEW, status=204),
            Endpoint("GET", f"{_JOBS}/{{jobId}}/results", self._results, ("cursor", "pageSize"), _VIEW, heavy=True),
            Endpoint("POST", "/api/v2/analytics/conversations/details/query", self._query, (), _VIEW, heavy=True),
            Endpoint("GET", "/api/v2/analytics/conversations/details", self._by_id, ("id",), _VIEW),
            Endpoint(
                "GET",
                "/api/v2/analytics/dataretention/settings",
                self._retention,
                permissions=("analytics:dataRetention:view",),
            ),
        ]

    def _submit(self, call: Call) -> Json:
        window = _window(call.body)
        _descending(call.body)
        read_filters(call.body)
        clock = self._simulation.clock
        identifier = self._simulation.world.origin.id("conversation job", len(self._jobs))
        self._jobs[identifier] = _Job(identifier, clock.now, time.monotonic(), clock.availability, call.body, window)
        return {"jobId": identifier}

    def _status(self, call: Call) -> Json:
        job = self._job(call)
        job.polls += 1
        state = self._state(job)
        answer: Json = {
            "state": state,
            "submissionDate": iso(job.submitted),
            "expirationDate": iso(self._expires(job)),
        }
        if job.completed is not None:
            answer["completionDate"] = iso(job.completed)
        return answer

    def _state(self, job: _Job) -> Literal["QUEUED", "PENDING", "FULFILLED", "CANCELLED", "EXPIRED"]:
        settings, now = self._simulation.settings, self._simulation.clock.now
        if job.cancelled:
            return "CANCELLED"
        if now >= self._expires(job):
            return "EXPIRED"
        waited = time.monotonic() - job.submitted_really
        if job.polls >= settings.job_polls and waited >= settings.job_s:
            job.completed = now if job.completed is None else job.completed
            return "FULFILLED"
        return "QUEUED" if job.polls <= 1 else "PENDING"

    def _expires(self, job: _Job) -> int:
        return job.submitted + int(self._simulation.settings.job_lifetime_hours * HOUR)

    def _cancel(self, call: Call) -> None:
        self._job(call).cancelled = True

    def _results(self, call: Call) -> bytes:
        job = self._job(call)
        state = self._state(job)
        if state == "EXPIRED":
            raise not_found("the results of the expired job", job.id)
        if state != "FULFILLED":
            raise bad_request("The job {id} is {state}; its results are not available", id=job.id, state=state)
        size, first = call.number("pageSize", RESULTS_LARGEST), read_cursor(call.query.get("cursor"))
        if size > RESULTS_LARGEST:
            raise bad_request("The page size {size} is larger than {largest}", size=size, largest=RESULTS_LARGEST)
        with job.lock:
            if job.selection is None:
                job.selection = self._select(job.body, job.window, job.watermark, lake=True)
        selection = job.selection
        total = min(selection.total, job.body.get("limit") or selection.total)
        count = max(0, min(size, total - first))
        tail: Json = {"dataAvailabilityDate": iso(job.watermark)}
        if first + size < total:
            tail["cursor"] = write_cursor(first + size)

        def make() -> bytes:
            page = self._page(selection, first, count, job.body, attributes=True)
            return _joined(page, tail)

        return self._pages.get((job.id, first, count, self._simulation.faults.malformed_items), make)

    def _availability(self, _call: Call) -> Json:
        return {"dataAvailabilityDate": iso(self._simulation.clock.availability)}

    def _query(self, call: Call) -> bytes:
        window = _window(call.body)
        filtered = read_filters(call.body) is not None
        days = QUERY_DAYS_FILTERED if filtered else QUERY_DAYS
        if window[1] - window[0] > days * DAY:
            raise bad_request("The interval is longer than the {days} days allowed", days=days)
        paging: Json = call.body.get("paging") or {}
        size, number = paging.get("pageSize", 25), paging.get("pageNumber", 1)
        if not (isinstance(size, int) and 1 <= size <= QUERY_LARGEST and isinstance(number, int) and number >= 1):
            raise bad_request(
                "The paging {paging} is not valid: pages hold 1 to {largest}", paging=paging, largest=QUERY_LARGEST
            )
        now = self._simulation.clock.indexed

        def select() -> Selection:
            return self._select(call.body, window, now, lake=False)

        key = (encode(call.body | {"paging": None}), now, self._simulation.conversations.edition)
        selection = self._pages.selection(key, select)
        page = self._page(selection, (number - 1) * size, size, call.body, attributes=False)
        tail: Json = {"totalHits": selection.total}
        return _joined(page, tail) if page else encode(tail)

    def _by_id(self, call: Call) -> Json:
        at = iso(self._simulation.clock.now)
        found = [self._simulation.conversations.find(identifier, at) for identifier in call.many("id")]
        return {"conversations": [self._shown(each, attributes=False) for each in found if each is not None]}

    def _retention(self, _call: Call) -> Json:
        return {
            "retentionDays": self._simulation.settings.retention_days,
            "dateCreated": "2020-02-03T08:00:00.000Z",
            "dateModified": "2024-02-03T08:00:00.000Z",
        }

    def _select(self, body: Json, window: tuple[int, int], moment: int, *, lake: bool) -> Selection:
        matching = body.get("startOfDayIntervalMatching", False) if lake else True
        started_from = window[0] // DAY * DAY if matching else None
        selection = self._simulation.conversations.select(*window, moment, started_from=started_from)
        test = read_filters(body)
        return selection if test is None else selection.where(test)

    def _page(self, selection: Selection, first: int, count: int, body: Json, *, attributes: bool) -> list[Json]:
        page = selection.page(first, count, descending=_descending(body))
        return [self._shown(conversation, attributes=attributes) for conversation in page]

    def _shown(self, conversation: Json, *, attributes: bool) -> Json:
        settings, likelihood = self._simulation.settings, self._simulation.faults.malformed_items
        shown = conversation
        if not attributes:
            shown = {**conversation, "participants": [_without_attributes(p) for p in conversation["participants"]]}
        if settings.unknown_enums:
            shown = faults.unknown_enums(settings.seed, shown, "conversationId")
        if likelihood:
            how = faults.malformation(settings.seed, likelihood, conversation["conversationId"])
            if how is not None:
                return faults.malform(shown, how, "conversationId")
        return shown

    def _job(self, call: Call) -> _Job:
        job = self._jobs.get(call.path["jobId"])
        if job is None:
            raise not_found("a job", call.path["jobId"])
        return job


class _Pages:
    """Pages encoded before, as long as they fit, and the latest selections of the query."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._pages: OrderedDict[object, bytes] = OrderedDict()
        self._selections: OrderedDict[object, Selection] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """A page, made anew where it is not held."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = make()
        with self._lock:
            if key not in self._pages:
                self._pages[key] = page
                self._held += len(page)
            while self._held > self._capacity and self._pages:
                self._held -= len(self._pages.popitem(last=False)[1])
        return page

    def selection(self, key: object, make: Callable[[], Selection]) -> Selection:
        """What an equal query found, or what it finds now."""
        with self._lock:
            if key not in self._selections:
                self._selections[key] = make()
            while len(self._selections) > 8:
                self._selections.popitem(last=False)
            return self._selections[key]


def _joined(conversations: list[Json], tail: Json) -> bytes:
    return encode({"conversations": conversations, **tail})


def _without_attributes(participant: Json) -> Json:
    if "attributes" not in participant:
        return participant
    return {name: value for name, value in participant.items() if name != "attributes"}


def _window(body: Json) -> tuple[int, int]:
    interval = body.get("interval")
    if not isinstance(interval, str):
        raise bad_request("An interval is required")
    try:
        return parse_interval(interval)
    except ValueError as error:
        raise bad_request("The interval {interval} is not valid", interval=interval) from error


def _descending(body: Json) -> bool:
    order, by = body.get("order", "asc"), body.get("orderBy", "conversationStart")
    if by != "conversationStart" or order not in ("asc", "desc", "unordered"):
        raise ApiError(400, "bad.request", "The simulator does not sort by {by} {order}", by=by, order=order)
    return order == "desc"
