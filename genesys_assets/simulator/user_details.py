"""User details: async jobs over the data lake and the synchronous query, with presences and routing statuses."""

from __future__ import annotations

from collections import OrderedDict

from genesys_assets.simulator.agents_time import AROUND, AgentsTime, Record
from genesys_assets.simulator.digest import Happenings
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, bad_request
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.jobs import Job, Jobs, Kind, read_paging, read_window
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import DAY, iso

_VIEW = ("analytics:userDetail:view",)
_FILTERS = ("userFilters", "presenceFilters", "routingStatusFilters", "presenceAggregations")
QUERY_LARGEST = 100
QUERY_DAYS = 7
TWICE = 9
"""One user in so many has a record that crosses midnight and is found twice: a page is then shorter by one."""


class UserDetails:
    """The endpoints under ``/api/v2/analytics/users/details``."""

    def __init__(self, simulation: Simulation, happenings: Happenings) -> None:
        self._simulation = simulation
        self._times = AgentsTime(simulation.conversations.timeline.cast, happenings)
        self._told: OrderedDict[tuple[int, int, int], list[Json]] = OrderedDict()
        self._jobs = Jobs(
            simulation,
            Kind(
                name="user",
                path="/api/v2/analytics/users/details/jobs",
                permissions=_VIEW,
                watermark=lambda: simulation.clock.user_availability,
                check=_check,
                find=lambda job: self._users(*job.window, job.watermark),
                count=lambda job: len(job.found),
                page=_page,
            ),
        )

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint of this module."""
        path = "/api/v2/analytics/users/details/query"
        return [*self._jobs.endpoints(), Endpoint("POST", path, self._query, (), _VIEW, heavy=True)]

    def _query(self, call: Call) -> bytes:
        begin, end = read_window(call.body)
        _check(call.body)
        if end - begin > QUERY_DAYS * DAY:
            raise bad_request("The interval is longer than the {days} days allowed", days=QUERY_DAYS)
        size, number = read_paging(call.body, QUERY_LARGEST)
        users = self._users(begin, end, self._simulation.clock.indexed)
        places = [place for place in range(len(users)) for _ in range(1 + (place % TWICE == 0))]
        found = list(dict.fromkeys(places[(number - 1) * size : number * size]))
        # Approximate, as the API has it: less than there is, and just what some whole pages of 100 hold.
        tail: Json = {"totalHits": len(users) * 9 // 10 // 90 * 90}
        return encode({"userDetails": [users[place] for place in found], **tail} if found else tail)

    def _users(self, begin: int, end: int, moment: int) -> list[Json]:
        """Every user with the records that begin or end in a window, as known at a moment."""
        asked = (begin, end, moment)
        if asked not in self._told:
            self._told[asked] = list(self._tell(begin, min(end, moment + 1), moment))
            while len(self._told) > 4:
                self._told.popitem(last=False)
        return self._told[asked]

    def _tell(self, begin: int, end: int, moment: int) -> list[Json]:
        if begin >= end:
            return []
        # What happens after the moment is not told: those days need not be made up.
        last = min((end - 1) // DAY + AROUND, (moment - 1) // DAY)
        definitions = self._definitions()
        users: list[Json] = []
        for agent, times in self._times.over(begin // DAY - AROUND, last):
            user: Json = {
                "userId": agent.id,
                "primaryPresence": [
                    {**told, **_presence(record, definitions)}
                    for record, told in _known(times.presences, begin, end, moment)
                ],
                "routingStatus": [
                    {**told, "routingStatus": record.what}
                    for record, told in _known(times.statuses, begin, end, moment)
                ],
            }
            if user["primaryPresence"] or user["routingStatus"]:
                users.append(user)
        return users

    def _definitions(self) -> dict[str, list[str]]:
        """The presences of the organisation by the system presence that they refine, that itself first."""
        found: dict[str, list[str]] = {}
        for definition in self._simulation.world.entities("presence_definitions"):
            if not definition["deactivated"]:
                named: str = definition["systemPresence"]
                system = "ON_QUEUE" if named == "OnQueue" else named.upper()
                found.setdefault(system, []).append(definition["id"])
        return found


def _known(records: list[Record], begin: int, end: int, moment: int) -> list[tuple[Record, Json]]:
    """The records that begin or end in a window, with what is known of their times at a moment."""
    found: list[tuple[Record, Json]] = []
    for record in records:
        ended = record.end <= moment
        if record.start <= moment and (begin <= record.start < end or (ended and begin <= record.end < end)):
            told = {"startTime": iso(record.start)}
            found.append((record, {**told, "endTime": iso(record.end)} if ended else told))
    return found


def _presence(record: Record, definitions: dict[str, list[str]]) -> Json:
    told: Json = {"systemPresence": record.what}
    chosen = definitions.get(record.what, [])
    # Nobody chooses to be idle or offline.
    if chosen and record.what not in ("OFFLINE", "IDLE"):
        told["organizationPresenceId"] = chosen[int(record.roll * len(chosen))]
    return told


def _page(job: Job, first: int, count: int, tail: Json) -> bytes:
    return encode({"userDetails": job.found[first : first + count], **tail})


def _check(body: Json) -> None:
    for name in _FILTERS:
        if body.get(name):
            raise bad_request("The simulator does not know {name}", name=name)
    if body.get("order", "asc") != "asc":
        raise ApiError(400, "bad.request", "The simulator does not sort {order}", order=body["order"])
