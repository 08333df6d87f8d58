"""Reads of one entity by its id: a line in a table each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import not_found
from genesys_assets.simulator.expands import USER_PARAMETERS, shown_user

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Single:
    """The read of one entity: ``kind`` of the world, found by the last parameter of the path.

    ``found`` says of the entity whether this request finds it.
    """

    path: str
    kind: str
    what: str
    shape: Callable[[Simulation, Call, Json], Json]
    found: Callable[[Call, Json], bool] = lambda _call, _entity: True
    parameters: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    def endpoint(self, simulation: Simulation) -> Endpoint:
        """The endpoint that answers this read."""
        parameter = self.path.rpartition("{")[2].rstrip("}")

        def answer(call: Call) -> Json:
            wanted = call.path[parameter]
            for entity in simulation.world.entities(self.kind):
                if entity["id"] == wanted and self.found(call, entity):
                    return self.shape(simulation, call, entity)
            raise not_found(self.what, wanted)

        return Endpoint("GET", self.path, answer, self.parameters, self.permissions)


def _in_state(call: Call, user: Json) -> bool:
    return call.query.get("state", "active") in ("any", user["state"])


def _user(simulation: Simulation, call: Call, user: Json) -> Json:
    return shown_user(simulation, call, user, alone=True)


SINGLES = (
    Single(
        "/api/v2/users/{userId}",
        "users",
        "a user",
        _user,
        found=_in_state,
        parameters=USER_PARAMETERS,
        permissions=("directory:user:view",),
    ),
)
