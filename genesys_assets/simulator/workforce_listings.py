"""The endpoints of workforce management: none of them pages, and a large answer may lie behind an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, not_found
from genesys_assets.simulator.filters import by_division
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.listings import Listing

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

_WFM = "/api/v2/workforcemanagement"


def unit(simulation: Simulation, kind: str, identifier: str) -> Json:
    """The business unit or management unit of an id, for a client that may look inside.

    Raises:
        ApiError: 404, there is none; 403, the client may not look inside.
    """
    found = next((each for each in simulation.world.entities(kind) if each["id"] == identifier), None)
    if found is None:
        raise not_found("a unit", identifier)
    if found.get("authorized") is False:
        raise ApiError(403, "not.authorized", "You are not authorized to perform the requested action.")
    return found


def _plain(_simulation: Simulation, _call: Call, entity: Json) -> Json:
    """A unit without the settings that only a request of its own shows."""
    return {name: value for name, value in entity.items() if name != "settings"}


def _within(kind: str) -> Callable[[Simulation, Call], Sequence[Json]]:
    """The entities of a kind that belong to the business unit of the path."""

    def source(simulation: Simulation, call: Call) -> Sequence[Json]:
        parent = unit(simulation, "business_units", call.path["businessUnitId"])["id"]
        return [entity for entity in simulation.world.entities(kind) if entity["businessUnitId"] == parent]

    return source


def _agents(simulation: Simulation, call: Call) -> Sequence[Json]:
    parent = unit(simulation, "management_units", call.path["managementUnitId"])["id"]
    members = simulation.world.entities("management_unit_users")
    return [member for member in members if member["managementUnitId"] == parent]


def _as_user(_simulation: Simulation, _call: Call, member: Json) -> Json:
    return {"id": member["userId"], "selfUri": f"/api/v2/users/{member['userId']}"}


def _as_answered(_simulation: Simulation, _call: Call, entity: Json) -> Json:
    """What belongs to a business unit, under its own id and without that of the unit."""
    shown = {name: value for name, value in entity.items() if name != "businessUnitId"}
    return {**shown, "id": entity["id"].removeprefix(f"{entity['businessUnitId']}:")}


def _codes(simulation: Simulation, call: Call) -> Json:
    """The activity codes of a unit, or the address at which they lie."""
    listing = Listing("", "activity_codes", paging="none", source=_within("activity_codes"), shape=_as_answered)
    answer: Json = {"entities": listing.shown(simulation, call, listing.entities(simulation, call))}
    forced = call.query.get("forceDownloadService", "").lower() == "true"
    if not forced and not simulation.settings.wfm_downloads:
        return answer
    return {"entities": [], "downloadUrl": simulation.downloads.offer(call.host, encode(answer))}


def endpoints(simulation: Simulation) -> list[Endpoint]:
    """What is not a listing: a unit with its settings, and the codes that may have to be downloaded."""

    def single(kind: str, parameter: str) -> Callable[[Call], Json]:
        def answer(call: Call) -> Json:
            entity = unit(simulation, kind, call.path[parameter])
            shown = {name: value for name, value in entity.items() if name not in ("settings", "authorized")}
            return {**shown, "settings": entity["settings"]} if "settings" in call.many("expand") else shown

        return answer

    return [
        Endpoint(
            "GET",
            f"{_WFM}/businessunits/{{businessUnitId}}",
            single("business_units", "businessUnitId"),
            ("expand", "includeSchedulingDefaultMessageSeverities"),
            ("wfm:businessUnit:view",),
        ),
        Endpoint(
            "GET",
            f"{_WFM}/managementunits/{{managementUnitId}}",
            single("management_units", "managementUnitId"),
            ("expand",),
            ("wfm:managementUnit:view",),
        ),
        Endpoint(
            "GET",
            f"{_WFM}/businessunits/{{businessUnitId}}/activitycodes",
            lambda call: _codes(simulation, call),
            ("forceDownloadService",),
            ("wfm:activityCode:view",),
        ),
    ]


LISTINGS = (
    Listing(
        f"{_WFM}/businessunits",
        "business_units",
        paging="bare",
        filters={"divisionId": by_division},
        parameters=("feature",),
        shape=_plain,
    ),
    Listing(
        f"{_WFM}/businessunits/{{businessUnitId}}/planninggroups",
        "planning_groups",
        paging="bare",
        permissions=("wfm:planningGroup:view",),
        source=_within("planning_groups"),
        shape=_as_answered,
    ),
    Listing(
        f"{_WFM}/managementunits",
        "management_units",
        paging="none",
        filters={"divisionId": by_division},
        parameters=("pageSize", "pageNumber", "expand", "feature"),
        shape=_plain,
    ),
    Listing(
        f"{_WFM}/managementunits/{{managementUnitId}}/users",
        "management_unit_users",
        paging="bare",
        permissions=("wfm:agent:view",),
        source=_agents,
        shape=_as_user,
    ),
)
