"""Audit queries: submitted, asked for their state, and read with a cursor; one family for each audit trail."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.listings import read_cursor, write_cursor
from genesys_assets.simulator.times import HOUR, iso

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

LARGEST = 500


@dataclass(slots=True)
class _Query:
    id: str
    submitted: int
    submitted_really: float
    body: Json
    fails: bool
    polls: int = 0
    found: Sequence[Json] | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """What tells one audit trail from the other.

    ``check`` refuses a body and says of which service it asks; ``find`` answers it; ``beside`` is what a
    query tells of its question. ``parameters`` are those of the results, besides paging.
    """

    name: str
    path: str
    permission: str
    started: str
    parameters: tuple[str, ...]
    check: Callable[[Json], str]
    find: Callable[[Json], Sequence[Json]]
    shown: Callable[[Json, bool], Json]


class AuditQueries:
    """The endpoints of one trail. A query succeeds as a job does; those of ``failing`` services fail."""

    def __init__(self, simulation: Simulation, trail: Trail) -> None:
        self._simulation = simulation
        self._trail = trail
        self._queries: dict[str, _Query] = {}

    def endpoints(self) -> list[Endpoint]:
        """Submission, state and results."""
        path, view = self._trail.path, (self._trail.permission,)
        one = f"{path}/{{transactionId}}"
        parameters = ("cursor", "pageSize", "expand", *self._trail.parameters)
        return [
            Endpoint("POST", path, self._submit, permissions=view, status=202),
            Endpoint("GET", one, self._status, permissions=view),
            Endpoint("GET", f"{one}/results", self._results, parameters, view, heavy=True),
        ]

    def _submit(self, call: Call) -> Json:
        service = self._trail.check(call.body)
        clock = self._simulation.clock
        identifier = self._simulation.world.origin.id(f"{self._trail.name} query", len(self._queries))
        fails = service in self._simulation.audits.failing
        query = _Query(identifier, clock.now, time.monotonic(), call.body, fails)
        self._queries[identifier] = query
        return self._told(query)

    def _status(self, call: Call) -> Json:
        query = self._query(call)
        query.polls += 1
        return self._told(query)

    def _told(self, query: _Query) -> Json:
        asked = ("interval", "serviceName", "filters", "sort")
        return {
            "id": query.id,
            "state": self._state(query),
            self._trail.started: iso(query.submitted),
            **{name: query.body[name] for name in asked if name in query.body},
        }

    def _state(self, query: _Query) -> str:
        settings = self._simulation.settings
        if query.polls >= settings.job_polls and time.monotonic() - query.submitted_really >= settings.job_s:
            return "Failed" if query.fails else "Succeeded"
        return "Queued" if query.polls <= 1 else "Running"

    def _results(self, call: Call) -> Json:
        query = self._query(call)
        state = self._state(query)
        if state != "Succeeded":
            raise bad_request("The query {id} is {state}; it has no results", id=query.id, state=state)
        size, first = call.number("pageSize", 25), read_cursor(call.query.get("cursor"))
        if size > LARGEST:
            raise bad_request("The page size {size} is larger than {largest}", size=size, largest=LARGEST)
        if query.found is None:
            query.found = self._trail.find(query.body)
        named = "user" in call.many("expand")
        answer: Json = {
            "id": query.id,
            "pageSize": size,
            "entities": [self._trail.shown(message, named) for message in query.found[first : first + size]],
        }
        if first + size < len(query.found):
            answer["cursor"] = write_cursor(first + size)
        return answer

    def _query(self, call: Call) -> _Query:
        query = self._queries.get(call.path["transactionId"])
        lifetime = int(self._simulation.settings.job_lifetime_hours * HOUR)
        if query is None or self._simulation.clock.now >= query.submitted + lifetime:
            raise not_found("an audit query", call.path["transactionId"])
        return query
