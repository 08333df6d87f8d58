"""What ``expand`` adds to an item, and the fault of leaving it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genesys_assets.simulator import faults
from genesys_assets.simulator.endpoint import Call, Json
from genesys_assets.simulator.people import EXPANDS

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

USER_PARAMETERS = ("expand", "integrationPresenceSource", "userCustomAttributeSchemaIds", "state")


def omitted(simulation: Simulation, item: str, expand: str, *, alone: bool = False) -> bool:
    """Whether an ``expand`` is left out of the item with an id, in a listing or where it is read ``alone``."""
    here = simulation.faults
    likelihood = here.omitted_expands_alone if alone else here.omitted_expands
    return likelihood > 0 and faults.omits_expand(simulation.settings.seed, likelihood, item, expand)


def shown_user(simulation: Simulation, call: Call, user: Json, *, alone: bool = False) -> Json:
    """A user with the fields that were asked for and are not left out."""
    hidden = {_field(name) for name in EXPANDS}
    shown: Json = {name: value for name, value in user.items() if name not in hidden}
    for name in call.many("expand"):
        if omitted(simulation, user["id"], name, alone=alone):
            continue
        if name == "groups":
            mine = [group for group, members in simulation.world.memberships.items() if user["id"] in members]
            shown["groups"] = [{"id": group, "selfUri": f"/api/v2/groups/{group}"} for group in mine]
        elif name in EXPANDS and user.get(_field(name)) is not None:
            shown[_field(name)] = user[_field(name)]
    return shown


def _field(expand: str) -> str:
    return "lastTokenIssued" if expand == "lasttokenissued" else expand
