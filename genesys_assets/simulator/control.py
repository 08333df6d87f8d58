"""The strings that tests pull: ``/_simulator/...``, outside the API and without a token."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genesys_assets.simulator.afterwards import change_story, place_audit
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.selection import Scripted
from genesys_assets.simulator.settings import Faults, check_names
from genesys_assets.simulator.simulation import Failure, Simulation, Statistics
from genesys_assets.simulator.times import iso, parse
from genesys_assets.simulator.workforce_history import WorkforceHistory

Json = dict[str, Any]


class Control:
    """The control interface of a simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/_simulator/clock", self._clock, methods=["GET", "PUT"]),
            Route("/_simulator/faults", self._faults, methods=["GET", "PUT"]),
            Route("/_simulator/statistics", self._statistics, methods=["GET", "DELETE"]),
            Route("/_simulator/permissions", self._permissions, methods=["PUT"]),
            Route("/_simulator/failures", self._failures, methods=["POST", "DELETE"]),
            Route("/_simulator/world", self._world, methods=["GET", "POST"]),
            Route("/_simulator/world/{kind}", self._entities, methods=["GET"]),
            Route("/_simulator/memberships", self._memberships, methods=["GET"]),
            Route("/_simulator/conversations", self._script, methods=["POST"]),
            Route("/_simulator/stories/{kind}", self._story, methods=["POST"]),
            Route("/_simulator/audits", self._audit, methods=["POST"]),
            Route("/_simulator/workforce", self._workforce, methods=["POST"]),
        ]

    async def _clock(self, request: Request) -> Response:
        clock = self._simulation.clock
        if request.method == "PUT":
            wanted = await _read(request)
            if "now" in wanted:
                clock.set(wanted["now"], running=wanted.get("running", False))
            clock.lag_hours = wanted.get("lag_hours", clock.lag_hours)
            clock.user_lag_hours = wanted.get("user_lag_hours", clock.user_lag_hours)
        return _json(clock.describe())

    async def _faults(self, request: Request) -> Response:
        if request.method == "PUT":
            wanted = await _read(request)
            try:
                check_names(wanted, Faults)
                self._simulation.faults = msgspec.convert(wanted, Faults)
            except ValueError as error:
                return _json({"message": str(error)}, 400)
        return _json(dataclasses.asdict(self._simulation.faults))

    async def _statistics(self, request: Request) -> Response:
        described = self._simulation.statistics.describe()
        if request.method == "DELETE":
            self._simulation.statistics = Statistics()
        return _json(described)

    async def _permissions(self, request: Request) -> Response:
        self._simulation.settings.denied_permissions = tuple((await _read(request))["denied"])
        return _json({})

    async def _failures(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._simulation.failures.clear()
        else:
            wanted = await _read(request)
            self._simulation.failures[wanted["path"]] = Failure(wanted["status"], wanted.get("times"))
        return _json({})

    async def _world(self, request: Request) -> Response:
        world = self._simulation.world
        if request.method == "GET":
            return _json({kind: list(world.entities(kind)) for kind in world.kinds})
        wanted = await _read(request)
        action, kind, identifier = wanted["action"], wanted["kind"], wanted.get("id", "")
        fields: Json = wanted.get("fields", {})
        try:
            if action == "add":
                return _json(world.add(kind, fields))
            if action in ("join", "leave"):
                change = world.join_group if action == "join" else world.leave_group
                change(identifier, fields["user"])
            elif action == "edit":
                world.edit(kind, identifier, fields)
            else:
                {"remove": world.remove, "restore": world.restore}[action](kind, identifier)
        except KeyError as error:
            return _json({"message": f"cannot {action} {kind} {identifier}: {error}"}, 404)
        return _json({})

    async def _entities(self, request: Request) -> Response:
        return _json(list(self._simulation.world.entities(request.path_params["kind"])))

    async def _memberships(self, _request: Request) -> Response:
        return _json(self._simulation.world.memberships)

    async def _script(self, request: Request) -> Response:
        wanted = await _read(request)
        whole = "conversation" in wanted
        if whole:
            versions = [("", wanted["conversation"])]
        else:
            versions = sorted((iso(parse(v["visible_from"])), v["conversation"]) for v in wanted["versions"])
        identifier: str = versions[0][1]["conversationId"]
        self._simulation.conversations.script(Scripted(identifier, tuple(versions), whole))
        return _json({"conversationId": identifier})

    async def _story(self, request: Request) -> Response:
        try:
            return _json(change_story(self._simulation, request.path_params["kind"], await _read(request)))
        except KeyError as error:
            return _json({"message": str(error)}, 404)

    async def _audit(self, request: Request) -> Response:
        return _json(place_audit(self._simulation, await _read(request)))

    async def _workforce(self, request: Request) -> Response:
        try:
            return _json(WorkforceHistory(self._simulation).change(await _read(request)))
        except KeyError as error:
            return _json({"message": str(error)}, 404)


async def _read(request: Request) -> Json:
    return msgspec.json.decode(await request.body(), type=dict[str, Any])


def _json(body: object, status: int = 200) -> Response:
    return Response(encode(body), status, media_type="application/json")
