"""Listings of entities: a line in a table each.

A listing knows what it lists, the filters among its parameters, how it is paged, and how large a page
may be; the envelope follows from the paging.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from genesys_assets.simulator import faults
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.expands import USER_PARAMETERS, shown_user
from genesys_assets.simulator.filters import (
    Filter,
    by_division,
    by_id,
    by_peer,
    has_peer,
    name_contains,
    name_pattern,
    name_starts,
)

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

Source = Callable[["Simulation", Call], Sequence[Json]]
Shape = Callable[["Simulation", Call, Json], Json]

OFFSET_CEILING = 10_000
"""Pages of users beyond so many answer 400, whatever the page count says."""


def _whole(_simulation: Simulation, _call: Call, entity: Json) -> Json:
    return entity


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing: ``kind`` of the world, or another ``source``.

    Beyond ``largest`` a page size is clipped or refused, as the endpoint does.
    """

    path: str
    kind: str
    paging: Literal["page_number", "cursor", "after", "none", "bare"] = "page_number"
    filters: Mapping[str, Filter] = field(default_factory=dict[str, Filter])
    parameters: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    largest: int = 100
    oversize: Literal["clip", "refuse"] = "refuse"
    ceiling: int | None = None
    source: Source | None = None
    shape: Shape = _whole
    by_name: bool = False
    """Whether the entities come in the order of their names, instead of that of their making."""

    def endpoint(self, simulation: Simulation) -> Endpoint:
        """The endpoint that answers this listing."""
        paging = {
            "page_number": ("pageSize", "pageNumber"),
            "cursor": ("pageSize", "cursor"),
            "after": ("pageSize", "after", "before"),
            "none": (),
            "bare": (),
        }[self.paging]

        def answer(call: Call) -> Json:
            return _PAGINGS[self.paging](self, simulation, call)

        return Endpoint("GET", self.path, answer, (*paging, *self.filters, *self.parameters), self.permissions)

    def entities(self, simulation: Simulation, call: Call) -> list[Json]:
        """Everything that the request's filters let through, in order."""
        found: Iterable[Json] = (self.source or self._made)(simulation, call)
        for name, test in self.filters.items():
            values = call.many(name)
            if values:
                found = [entity for entity in found if test(entity, values)]
        order = call.query.get("sortOrder", "ascending").lower()
        if self.by_name:
            found = sorted(found, key=lambda entity: (entity["name"].lower(), entity["id"]))
        entities = list(found)
        return entities[::-1] if order in ("desc", "descending") else entities

    def page_size(self, call: Call) -> int:
        """The page size asked for, clipped or refused beyond the largest."""
        size = call.number("pageSize", 25)
        if size > self.largest and self.oversize == "refuse":
            raise bad_request("The page size {size} is larger than {largest}", size=size, largest=self.largest)
        return min(size, self.largest)

    def shown(self, simulation: Simulation, call: Call, entities: Sequence[Json]) -> list[Json]:
        """The entities as this request shows them."""
        settings, likelihood = simulation.settings, simulation.faults.malformed_items
        shown: list[Json] = []
        for entity in entities:
            item = self.shape(simulation, call, entity)
            if settings.unknown_enums:
                item = faults.unknown_enums(settings.seed, item, "id")
            how = faults.malformation(settings.seed, likelihood, entity["id"]) if likelihood else None
            shown.append(item if how is None else faults.malform(item, how, "id"))
        return shown

    def _made(self, simulation: Simulation, _call: Call) -> Sequence[Json]:
        return simulation.world.entities(self.kind)


def _numbered(listing: Listing, simulation: Simulation, call: Call) -> Json:
    size, number = listing.page_size(call), call.number("pageNumber", 1)
    if listing.ceiling is not None and size * number > listing.ceiling:
        raise bad_request("Only the first {ceiling} results can be paged to", ceiling=listing.ceiling)
    entities = listing.entities(simulation, call)
    pages = math.ceil(len(entities) / size)

    def page(wanted: int) -> str:
        return call.uri(pageSize=size, pageNumber=wanted)

    answer: Json = {
        "entities": listing.shown(simulation, call, entities[(number - 1) * size : number * size]),
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
        "firstUri": page(1),
        "selfUri": page(number),
        "lastUri": page(max(1, pages)),
        "pageCount": pages,
    }
    if number < pages:
        answer["nextUri"] = page(number + 1)
    if number > 1:
        answer["previousUri"] = page(number - 1)
    return answer


def _cursored(listing: Listing, simulation: Simulation, call: Call) -> Json:
    size, first = listing.page_size(call), read_cursor(call.query.get("cursor"))
    entities = listing.entities(simulation, call)
    shown = listing.shown(simulation, call, entities[first : first + size])
    answer: Json = {"entities": shown, "selfUri": call.uri(), "results": len(shown)}
    if first + size < len(entities):
        answer["cursor"] = write_cursor(first + size)
        answer["nextUri"] = call.uri(cursor=answer["cursor"])
    return answer


def _after(listing: Listing, simulation: Simulation, call: Call) -> Json:
    size, first = listing.page_size(call), read_cursor(call.query.get("after"))
    if call.query.get("before"):
        first = max(0, read_cursor(call.query["before"]) - size)
    entities = listing.entities(simulation, call)
    answer: Json = {
        "entities": listing.shown(simulation, call, entities[first : first + size]),
        "selfUri": call.uri(),
    }
    if first + size < len(entities):
        answer["nextUri"] = call.uri(after=write_cursor(first + size), before=None)
    if first:
        answer["previousUri"] = call.uri(before=write_cursor(first), after=None)
    return answer


def _unpaged(listing: Listing, simulation: Simulation, call: Call) -> Json:
    entities = listing.entities(simulation, call)
    return {"entities": listing.shown(simulation, call, entities), "total": len(entities), "selfUri": call.uri()}


def _bare(listing: Listing, simulation: Simulation, call: Call) -> Json:
    """Nothing but the entities, not even how many they are."""
    return {"entities": listing.shown(simulation, call, listing.entities(simulation, call))}


_PAGINGS: Mapping[str, Callable[[Listing, Simulation, Call], Json]] = {
    "page_number": _numbered,
    "cursor": _cursored,
    "after": _after,
    "none": _unpaged,
    "bare": _bare,
}


def write_cursor(position: int) -> str:
    """A position as an opaque text."""
    return base64.urlsafe_b64encode(f"position:{position}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int:
    """The position that a cursor means; none is the beginning.

    Raises:
        ApiError: 400, it is no cursor of ours.
    """
    if not cursor:
        return 0
    try:
        word, _, position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        if word == "position" and position.isdecimal():
            return int(position)
    except ValueError:
        pass
    raise bad_request("The cursor {cursor} is not valid", cursor=cursor)


def _users(simulation: Simulation, call: Call) -> Sequence[Json]:
    users, state = simulation.world.entities("users"), call.query.get("state", "active")
    if state == "any" or call.many("id"):
        return users
    if state not in ("active", "inactive", "deleted"):
        raise bad_request("The state {state} is not valid", state=state)
    return [user for user in users if user["state"] == state]


def _members(simulation: Simulation, call: Call) -> Sequence[Json]:
    world, group = simulation.world, call.path["groupId"]
    if not any(entity["id"] == group for entity in world.entities("groups")):
        raise not_found("a group", group)
    wanted = set(world.memberships.get(group, ()))
    return [user for user in world.entities("users") if user["id"] in wanted and user["state"] != "deleted"]


def _team(_simulation: Simulation, call: Call, team: Json) -> Json:
    if call.query.get("expand") != "entities.division":
        return team
    found = next((d for d in _simulation.world.entities("divisions") if d["id"] == team["division"]["id"]), None)
    return team if found is None else {**team, "division": {**team["division"], "name": found["name"]}}


def _division(_simulation: Simulation, call: Call, division: Json) -> Json:
    if call.query.get("objectCount") == "true":
        return division
    return {name: value for name, value in division.items() if name != "objectCounts"}


def _presences(simulation: Simulation, call: Call) -> Sequence[Json]:
    wanted = call.query.get("deactivated", "false").lower() == "true"
    divisions = call.many("divisionId")
    return [
        presence
        for presence in simulation.world.entities("presence_definitions")
        if presence["deactivated"] == wanted and (not divisions or presence["divisionId"] in divisions)
    ]


def _presence(_simulation: Simulation, call: Call, presence: Json) -> Json:
    locale = call.query.get("localeCode", "en_US")
    labels: dict[str, str] = presence["languageLabels"]
    if locale.upper() == "ALL":
        return presence
    return {**presence, "languageLabels": {name: text for name, text in labels.items() if name == locale}}


_USER_PARAMETERS = ("sortOrder", *USER_PARAMETERS)

LISTINGS = (
    Listing(
        "/api/v2/presence/definitions",
        "presence_definitions",
        paging="none",
        parameters=("deactivated", "divisionId", "localeCode"),
        permissions=("presence:presenceDefinition:view",),
        source=_presences,
        shape=_presence,
    ),
    Listing(
        "/api/v2/authorization/divisions",
        "divisions",
        filters={"id": by_id, "name": name_contains},
        parameters=("sortBy", "expand", "nextPage", "previousPage", "objectCount"),
        shape=_division,
    ),
    Listing("/api/v2/locations", "locations", filters={"id": by_id}, parameters=("sortOrder",)),
    Listing(
        "/api/v2/groups",
        "groups",
        filters={"id": by_id},
        parameters=("jabberId", "sortOrder"),
        largest=500,
        by_name=True,
    ),
    Listing(
        "/api/v2/groups/{groupId}/members",
        "users",
        parameters=("sortOrder", "expand"),
        source=_members,
        shape=shown_user,
        by_name=True,
    ),
    Listing(
        "/api/v2/teams",
        "teams",
        paging="after",
        filters={"name": name_starts},
        parameters=("expand",),
        permissions=("groups:team:view",),
        shape=_team,
        by_name=True,
    ),
    Listing(
        "/api/v2/users/query",
        "users",
        paging="cursor",
        parameters=_USER_PARAMETERS,
        permissions=("directory:user:view",),
        largest=500,
        source=_users,
        shape=shown_user,
    ),
    Listing(
        "/api/v2/users",
        "users",
        filters={"id": by_id},
        parameters=("jabberId", *_USER_PARAMETERS),
        largest=500,
        ceiling=OFFSET_CEILING,
        source=_users,
        shape=shown_user,
        by_name=True,
    ),
    Listing(
        "/api/v2/routing/queues",
        "queues",
        filters={
            "name": name_pattern,
            "id": by_id,
            "divisionId": by_division,
            "hasPeer": has_peer,
            "peerId": by_peer,
        },
        parameters=("sortOrder", "cannedResponseLibraryId", "expand"),
        permissions=("routing:queue:view",),
        largest=500,
        oversize="clip",
        by_name=True,
    ),
    Listing(
        "/api/v2/routing/skills",
        "skills",
        filters={"name": name_starts, "id": by_id},
        permissions=("routing:skill:view",),
        largest=500,
        oversize="clip",
        by_name=True,
    ),
    Listing(
        "/api/v2/routing/wrapupcodes",
        "wrapup_codes",
        filters={"name": name_starts, "id": by_id, "divisionId": by_division},
        parameters=("sortBy", "sortOrder"),
        permissions=("routing:wrapupCode:view",),
        by_name=True,
    ),
    Listing(
        "/api/v2/flows/outcomes",
        "flow_outcomes",
        filters={"name": name_contains, "id": by_id, "divisionId": by_division},
        parameters=("sortBy", "sortOrder", "description", "nameOrDescription"),
        permissions=("architect:flowOutcome:view",),
        by_name=True,
    ),
)
