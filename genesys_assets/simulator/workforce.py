"""Workforce management: business units with their codes and planning groups, management units with their agents.

Activity codes have an id that is unique in their unit only, and memberships have none: in the world their
``id`` is made of the ids of both sides (:func:`joint`), which no answer shows.
"""

from __future__ import annotations

from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index, user_state
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, iso, parse

_CREATED = parse("2022-05-02")
_UNITS = (
    ("Europa", "Europe/Berlin", "Monday"),
    ("Américas", "America/Indiana/Indianapolis", "Sunday"),
    ("Asia Pacific", "Asia/Manila", "Monday"),
)
_SITES = ("Berlin", "Lisboa", "Kraków", "Dublin", "Zürich", "Łódź", "Málaga", "Gdańsk")
_DEFAULT_CODES = (
    "OnQueueWork", "Break", "Meal", "Meeting", "OffQueueWork", "TimeOff", "Training", "Unavailable",
)  # fmt: skip
_OWN_CODES = (
    ("Team huddle", "Meeting"), ("Coaching", "Training"), ("Urlaub", "TimeOff"), ("Férias", "TimeOff"),
    ("Krank", "TimeOff"), ("E-learning", "Training"), ("Back office", "OffQueueWork"), ("E-mails", "OnQueueWork"),
    ("Works council", "Meeting"), ("Przerwa", "Break"), ("Doctor", "Unavailable"), ("System down", "Unavailable"),
)  # fmt: skip
_MEDIA = ("Voice", "Chat", "Email", "Callback", "Message", "Workitem")


def joint(unit: str, member: str) -> str:
    """The id in the world of what belongs to a unit and has no id of its own."""
    return f"{unit}:{member}"


def business_units(settings: Settings, origin: Origin) -> list[Json]:
    """The business units, each with its settings."""
    found: list[Json] = []
    for index in range(settings.business_units):
        name, zone, first_day = _UNITS[index % len(_UNITS)]
        identifier = origin.id("business_unit", index)
        found.append(
            {
                "id": identifier,
                "name": name if index < len(_UNITS) else f"{name} {index // len(_UNITS) + 1}",
                "authorized": True,
                "division": _division(settings, origin, "business_unit", index),
                "settings": {
                    "startDayOfWeek": first_day,
                    "timeZone": zone,
                    "shortTermForecasting": {"defaultHistoryWeeks": (8, 6, 13)[index % 3]},
                    "scheduling": {"allowWorkPlanPerMinuteGranularity": index % 2 == 0},
                    "notifications": {},
                    "learning": {"defaultActivityCode": {"id": "6"}},
                    "coaching": {} if index % 3 == 2 else {"defaultActivityCode": {"id": "3"}},
                    "metadata": _metadata(settings, origin, "business_unit", index),
                },
                "selfUri": f"/api/v2/workforcemanagement/businessunits/{identifier}",
            }
        )
    return found


def management_units(settings: Settings, origin: Origin) -> list[Json]:
    """The management units, two to four in each business unit, each with its settings."""
    found: list[Json] = []
    for business_unit in range(settings.business_units):
        _, zone, first_day = _UNITS[business_unit % len(_UNITS)]
        parent = origin.id("business_unit", business_unit)
        for _ in range(2 + business_unit % 3):
            index = len(found)
            identifier = origin.id("management_unit", index)
            metadata = _metadata(settings, origin, "management_unit", index)
            entity: Json = {
                "id": identifier,
                "name": _SITES[index % len(_SITES)],
                "businessUnit": {"id": parent, "selfUri": f"/api/v2/workforcemanagement/businessunits/{parent}"},
                "startDayOfWeek": first_day,
                "timeZone": zone,
                "division": _division(settings, origin, "management_unit", index),
                "version": metadata["version"],
                "modifiedBy": metadata["modifiedBy"],
                "dateModified": metadata["dateModified"],
                "metadata": metadata,
                "settings": {
                    "adherence": {
                        "severeAlertThresholdMinutes": 10 + index % 3 * 5,
                        "adherenceTargetPercent": 95 - index % 4,
                        "adherenceExceptionThresholdSeconds": 300,
                        "nonOnQueueActivitiesEquivalent": True,
                        "trackOnQueueActivity": index % 2 == 0,
                    },
                    "timeOff": {"submissionRangeEnforced": False},
                    "shiftTrading": {"enabled": index % 2 == 1},
                    "metadata": _metadata(settings, origin, "management_unit_settings", index),
                },
                "selfUri": f"/api/v2/workforcemanagement/managementunits/{identifier}",
            }
            if index % 5 == 4:
                del entity["settings"]["adherence"]
            found.append(entity)
    return found


def management_unit_users(settings: Settings, origin: Origin) -> list[Json]:
    """Which active user is an agent of which management unit: of one or of none; the last unit has nobody."""
    units = management_units(settings, origin)
    found: list[Json] = []
    for index in range(settings.users):
        unit = origin.chance("management_unit_user", index).randrange(len(units) + 2) if units else 0
        if unit < len(units) - 1 and user_state(origin, index) == "active":
            user, home = origin.id("user", index), units[unit]["id"]
            found.append({"id": joint(home, user), "managementUnitId": home, "userId": user})
    return found


def activity_codes(settings: Settings, origin: Origin) -> list[Json]:
    """The activity codes of every business unit: those that all units have, then the unit's own."""
    return [
        _activity_code(settings, origin, unit, index)
        for unit in range(settings.business_units)
        for index in range(settings.activity_codes)
    ]


def planning_groups(settings: Settings, origin: Origin) -> list[Json]:
    """The planning groups of every business unit; a queue's work goes to groups of one unit."""
    found: list[Json] = []
    for unit in range(settings.business_units):
        for number in range(settings.planning_groups):
            index = len(found)
            identifier, parent = origin.id("planning_group", index), origin.id("business_unit", unit)
            entity: Json = {
                "id": identifier,
                "businessUnitId": parent,
                "name": f"Group {number + 1}",
                "routePaths": _route_paths(settings, origin, unit, number),
                "metadata": _metadata(settings, origin, "planning_group", index),
                "selfUri": f"/api/v2/workforcemanagement/businessunits/{parent}/planninggroups/{identifier}",
            }
            if number:
                entity["serviceGoalTemplate"] = {"id": origin.id("service_goal_template", unit)}
            found.append(entity)
    return found


def _route_paths(settings: Settings, origin: Origin, unit: int, number: int) -> list[Json]:
    """Queue, media, language and skills; two of them may differ by their skills alone. The last group has none."""
    queues = range(unit, settings.queues, settings.business_units)
    if number == settings.planning_groups - 1:
        return []
    paths: list[Json] = []
    for index in list(queues)[number :: settings.planning_groups][:3]:
        queue: Json = {"id": origin.id("queue", index)}
        skills = [{"id": origin.id("skill", skill % settings.skills)} for skill in (index, index * 7 + 1)]
        path: Json = {"queue": queue, "mediaType": _MEDIA[(index + number) % len(_MEDIA)], "skills": skills}
        if index % 3:
            path["language"] = {"id": origin.id("language", index % settings.languages)}
        paths += [path, {**path, "skills": skills[:1]}]
        if index % 4 == 1:
            paths.append({"queue": queue, "mediaType": "Voice", "skills": []})
    return paths


def _activity_code(settings: Settings, origin: Origin, unit: int, index: int) -> Json:
    parent = origin.id("business_unit", unit)
    given = index < len(_DEFAULT_CODES)
    own = index - len(_DEFAULT_CODES)
    code = str(index) if given else origin.id(f"activity_code {unit}", own)
    name, category = ("", _DEFAULT_CODES[index]) if given else _OWN_CODES[own % len(_OWN_CODES)]
    entity: Json = {
        "id": joint(parent, code),
        "businessUnitId": parent,
        "active": given or own % 6 != 4,
        "defaultCode": given,
        "category": category,
        "lengthInMinutes": 480 if category == "TimeOff" else 15 + index % 4 * 15,
        "countsAsPaidTime": category != "Meal",
        "countsAsWorkTime": category not in ("Meal", "TimeOff"),
        "agentTimeOffSelectable": category == "TimeOff" and own % 2 == 0,
        "countsTowardShrinkage": category != "OnQueueWork",
        "interruptible": category == "Meeting",
        "secondaryPresences": [],
        "metadata": _metadata(settings, origin, f"activity_code {unit}", index, by_system=given),
        "selfUri": f"/api/v2/workforcemanagement/businessunits/{parent}/activitycodes/{code}",
    }
    if not given:
        entity["name"] = name if own < len(_OWN_CODES) else f"{name} {own // len(_OWN_CODES) + 1}"
        entity["style"] = {
            "backgroundColor": f"#{index * 997 % 0x1000000:06X}",
            "textColorTheme": ("Dark", "Light")[own % 2],
        }
    if category in ("Meeting", "Training", "TimeOff"):
        entity["plannedShrinkage"] = category != "Meeting"
        # The custom presences follow the ten of the system.
        presence = origin.id("presence_definition", 10 + index % 6)
        entity["secondaryPresences"] = [{"id": presence, "selfUri": f"/api/v2/presence/definitions/{presence}"}]
    if category == "OnQueueWork" and not given and settings.planning_groups:
        entity["planningGroups"] = [{"id": origin.id("planning_group", unit * settings.planning_groups)}]
    return entity


def _division(settings: Settings, origin: Origin, kind: str, index: int) -> Json:
    identifier = origin.id("division", division_index(settings, origin, kind, index))
    return {"id": identifier, "selfUri": f"/api/v2/authorization/divisions/{identifier}"}


def _metadata(settings: Settings, origin: Origin, kind: str, index: int, *, by_system: bool = False) -> Json:
    """Who changed it when; what nobody has touched was made by the system, which shows itself as a user."""
    chance = origin.chance(f"{kind} metadata", index)
    created = _CREATED + chance.randrange(300) * DAY
    users = [origin.id("user", chance.randrange(settings.users)) for _ in range(2)]
    by = ["System", "System"] if by_system or index % 4 == 3 else users
    metadata: Json = {
        "version": 1 + chance.randrange(20),
        "dateModified": iso(created + chance.randrange(1, 700) * DAY + chance.randrange(24) * HOUR),
        "dateCreated": iso(created),
    }
    for name, user in zip(("modifiedBy", "createdBy"), by, strict=True):
        metadata[name] = {"id": user} if user == "System" else {"id": user, "selfUri": f"/api/v2/users/{user}"}
    return metadata


KINDS = {
    "business_units": business_units,
    "management_units": management_units,
    "management_unit_users": management_unit_users,
    "activity_codes": activity_codes,
    "planning_groups": planning_groups,
}
