"""Async jobs over the data lake: submitted, asked for their state, and read page by page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.listings import read_cursor, write_cursor
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import HOUR, iso, parse_interval

RESULTS_LARGEST = 1_000


@dataclass(slots=True)
class Job:
    """A job: its question, and up to which moment the lake knew when it was asked."""

    id: str
    submitted: int
    submitted_really: float
    watermark: int
    body: Json
    window: tuple[int, int]
    polls: int = 0
    completed: int | None = None
    cancelled: bool = False
    found: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells one family of jobs from another.

    ``watermark`` is up to which moment its lake knows; ``check`` refuses a body; ``find`` answers a question
    and ``count`` says with how many items; ``page`` gives those from a position on with what stands beside them.
    """

    name: str
    path: str
    permissions: tuple[str, ...]
    watermark: Callable[[], int]
    check: Callable[[Json], None]
    find: Callable[[Job], Any]
    count: Callable[[Job], int]
    page: Callable[[Job, int, int, Json], bytes]


class Jobs:
    """The endpoints of one family of jobs."""

    def __init__(self, simulation: Simulation, kind: Kind) -> None:
        self._simulation = simulation
        self._kind = kind
        self._jobs: dict[str, Job] = {}

    def endpoints(self) -> list[Endpoint]:
        """Submission, watermark, state, cancellation and results."""
        path, view = self._kind.path, self._kind.permissions
        return [
            Endpoint("POST", path, self._submit, permissions=view, status=202),
            Endpoint("GET", f"{path}/availability", self._availability, permissions=view[:1]),
            Endpoint("GET", f"{path}/{{jobId}}", self._status, permissions=view),
            Endpoint("DELETE", f"{path}/{{jobId}}", self._cancel, permissions=view, status=204),
            Endpoint("GET", f"{path}/{{jobId}}/results", self._results, ("cursor", "pageSize"), view, heavy=True),
        ]

    def _submit(self, call: Call) -> Json:
        window = read_window(call.body)
        self._kind.check(call.body)
        identifier = self._simulation.world.origin.id(f"{self._kind.name} job", len(self._jobs))
        watermark = self._kind.watermark()
        now = self._simulation.clock.now
        self._jobs[identifier] = Job(identifier, now, time.monotonic(), watermark, call.body, window)
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

    def _state(self, job: Job) -> Literal["QUEUED", "PENDING", "FULFILLED", "CANCELLED", "EXPIRED"]:
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

    def _expires(self, job: Job) -> int:
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
            if job.found is None:
                job.found = self._kind.find(job)
        total = self._kind.count(job)
        tail: Json = {"dataAvailabilityDate": iso(job.watermark)}
        if first + size < total:
            tail["cursor"] = write_cursor(first + size)
        return self._kind.page(job, first, max(0, min(size, total - first)), tail)

    def _availability(self, _call: Call) -> Json:
        return {"dataAvailabilityDate": iso(self._kind.watermark())}

    def _job(self, call: Call) -> Job:
        job = self._jobs.get(call.path["jobId"])
        if job is None:
            raise not_found("a job", call.path["jobId"])
        return job


def read_window(body: Json) -> tuple[int, int]:
    """Begin and end of a body's interval.

    Raises:
        ApiError: 400, there is none, or it is not valid.
    """
    interval = body.get("interval")
    if not isinstance(interval, str):
        raise bad_request("An interval is required")
    try:
        return parse_interval(interval)
    except ValueError as error:
        raise bad_request("The interval {interval} is not valid", interval=interval) from error


def read_paging(body: Json, largest: int) -> tuple[int, int]:
    """Size and number of the page that a query asks for.

    Raises:
        ApiError: 400, there is no such page.
    """
    paging: Json = body.get("paging") or {}
    size, number = paging.get("pageSize", 25), paging.get("pageNumber", 1)
    if not (isinstance(size, int) and 1 <= size <= largest and isinstance(number, int) and number >= 1):
        raise bad_request("The paging {paging} is not valid: pages hold 1 to {largest}", paging=paging, largest=largest)
    return size, number
