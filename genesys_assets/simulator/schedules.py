"""What Architect flows decide by: schedules, groups of them, and emergency groups."""

from __future__ import annotations

from genesys_assets.simulator.filters import by_division, name_contains
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index
from genesys_assets.simulator.routing import flows
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, iso, parse

_CREATED = parse("2021-01-04")
_WEEKDAYS = "MO,TU,WE,TH,FR"
# Name, start, end (wall-clock times without a zone), rule; the last four are what is awkward about them:
# a night that ends the next day, an hour that the clocks skip, no rule at all, and an empty one.
_SCHEDULES = (
    ("Weekdays 8 to 18", "2021-01-04T08:00:00.000", "2021-01-04T18:00:00.000", f"FREQ=WEEKLY;BYDAY={_WEEKDAYS}"),
    ("Weekdays 9 to 17", "2021-01-04T09:00:00.000", "2021-01-04T17:00:00.000", f"FREQ=WEEKLY;BYDAY={_WEEKDAYS}"),
    ("Saturday morning", "2021-01-09T09:00:00.000", "2021-01-09T13:30:00.000", "FREQ=WEEKLY;BYDAY=SA"),
    ("Christmas", "2021-12-25T00:00:00.000", "2021-12-27T00:00:00.000", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"),
    ("Święto Niepodległości", "2021-11-11T00:00:00.000", "2021-11-12T00:00:00.000", "FREQ=YEARLY;INTERVAL=1"),
    ("Dia da Liberdade", "2021-04-25T00:00:00.000", "2021-04-26T00:00:00.000", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=25"),
    ("Night shift", "2021-01-04T22:00:00.000", "2021-01-05T06:00:00.000", "FREQ=DAILY;INTERVAL=1"),
    ("Clocks go forward", "2026-03-29T02:30:00.000", "2026-03-29T03:30:00.000", None),
    ("Staff meeting", "2026-05-12T14:00:00.000", "2026-05-12T15:30:00.000", None),
    ("Betriebsfest", "2026-07-03T12:00:00.000", "2026-07-03T23:59:59.999", ""),
)
_ZONES = ("Europe/Berlin", "Europe/Lisbon", "Europe/Warsaw", "America/Indiana/Indianapolis", "Asia/Manila")


def schedules(settings: Settings, origin: Origin) -> list[Json]:
    """The schedules, deleted and inactive ones among them."""
    found: list[Json] = []
    for index in range(settings.schedules):
        name, start, end, rule = _SCHEDULES[index % len(_SCHEDULES)]
        entity = _common(settings, origin, "schedule", index, _schedule_name(name, index))
        entity |= {"start": start, "end": end}
        if rule is not None:
            entity["rrule"] = rule
        entity["selfUri"] = f"/api/v2/architect/schedules/{entity['id']}"
        found.append(entity)
    return found


def schedule_groups(settings: Settings, origin: Origin) -> list[Json]:
    """The schedule groups; two use the same schedules in different time zones."""
    found: list[Json] = []
    for index in range(settings.schedule_groups):
        entity = _common(settings, origin, "schedule_group", index, f"Opening hours {index + 1}")
        entity["timeZone"] = _ZONES[index % len(_ZONES)]
        first = index // 2 * 4
        entity["openSchedules"] = _members(settings, origin, (first, first + 1, first + 2))
        # One that opens the group is its holiday too, and closes it.
        entity["holidaySchedules"] = _members(settings, origin, (first + 3, first + 2))
        entity["closedSchedules"] = _members(settings, origin, (first + 2,) if index % 2 else ())
        if index == settings.schedule_groups - 1:
            del entity["closedSchedules"], entity["holidaySchedules"]
            entity["openSchedules"] = []
        entity["selfUri"] = f"/api/v2/architect/schedulegroups/{entity['id']}"
        found.append(entity)
    return found


def emergency_groups(settings: Settings, origin: Origin) -> list[Json]:
    """The emergency groups; a deleted one is still listed."""
    found: list[Json] = []
    instead = flows(settings, origin)
    for index in range(settings.emergency_groups):
        entity = _common(settings, origin, "emergency_group", index, f"Notfall {index + 1}")
        entity["state"] = "deleted" if index % 4 == 3 else "inactive" if index % 4 == 2 else "active"
        entity["enabled"] = index % 4 == 1
        entity["emergencyCallFlows"] = [
            {
                "emergencyFlow": {"id": flow.id, "name": flow.name, "selfUri": f"/api/v2/flows/{flow.id}"},
                "ivrs": [{"id": origin.id("ivr", index), "name": f"Main number {index}"}],
            }
            for flow in instead[: index % 3]
        ]
        entity["selfUri"] = f"/api/v2/architect/emergencygroups/{entity['id']}"
        found.append(entity)
    return found


def _schedule_name(name: str, index: int) -> str:
    return name if index < len(_SCHEDULES) else f"{name} ({index // len(_SCHEDULES) + 1})"


def _common(settings: Settings, origin: Origin, kind: str, index: int, name: str) -> Json:
    chance = origin.chance(kind, index)
    division = origin.id("division", division_index(settings, origin, kind, index))
    created = _CREATED + chance.randrange(1_200) * DAY
    entity: Json = {
        "id": origin.id(kind, index),
        "name": name,
        "division": {"id": division, "selfUri": f"/api/v2/authorization/divisions/{division}"},
        "version": 1 + chance.randrange(20),
        "dateCreated": iso(created),
        "createdBy": origin.id("user", chance.randrange(settings.users)),
        "state": "deleted" if index % 13 == 12 else "inactive" if index % 9 == 5 else "active",
    }
    if index % 3 != 2:
        entity["description"] = "Für alle Standorte" if index % 2 else "Do not change without asking"
    if index % 2 == 0:
        entity["dateModified"] = iso(created + chance.randrange(1, 400) * DAY)
        entity["modifiedBy"] = origin.id("user", chance.randrange(settings.users))
        entity["modifiedByApp"] = "architect"
        entity["createdByApp"] = "architect"
    return entity


def _members(settings: Settings, origin: Origin, indexes: tuple[int, ...]) -> list[Json]:
    found: list[Json] = []
    for index in dict.fromkeys(each % max(1, settings.schedules) for each in indexes):
        identifier = origin.id("schedule", index)
        name = _schedule_name(_SCHEDULES[index % len(_SCHEDULES)][0], index)
        found.append({"id": identifier, "name": name, "selfUri": f"/api/v2/architect/schedules/{identifier}"})
    return found


def _uses(entity: Json, values: list[str]) -> bool:
    lists = ("openSchedules", "closedSchedules", "holidaySchedules")
    return any(each["id"] in values for name in lists for each in entity.get(name, ()))


LISTINGS = (
    Listing(
        "/api/v2/architect/schedules",
        "schedules",
        filters={"name": name_contains, "divisionId": by_division},
        parameters=("sortBy", "sortOrder"),
        permissions=("routing:schedule:view",),
        by_name=True,
    ),
    Listing(
        "/api/v2/architect/schedulegroups",
        "schedule_groups",
        filters={"name": name_contains, "divisionId": by_division, "scheduleIds": _uses},
        parameters=("sortBy", "sortOrder"),
        permissions=("routing:scheduleGroup:view",),
        by_name=True,
    ),
    Listing(
        "/api/v2/architect/emergencygroups",
        "emergency_groups",
        filters={"name": name_contains},
        parameters=("sortBy", "sortOrder"),
        permissions=("routing:emergencyGroup:view",),
        by_name=True,
    ),
)
