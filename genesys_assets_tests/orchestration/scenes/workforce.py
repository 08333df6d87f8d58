"""Units of workforce management: in the first business unit single codes and planning groups change, the second
is renamed and fails beneath, the third vanishes with all that is in it."""

from __future__ import annotations

import hashlib
import json

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene

_WFM = "/api/v2/workforcemanagement"
_OWN = "c0de0000-0000-4000-a000-000000000001"
_GROUP = "90000000-0000-4000-a000-000000000001"
_FIRST, _TROUBLED, _CLOSED = 0, 1, 2
"""Positions of the business units, of which there are three; and of management units that fare alike."""


def _unit(organisation: Organisation, position: int, kind: str = "business_units") -> str:
    return organisation.made(kind)[position]["id"]


def _of(organisation: Organisation, kind: str, unit: str) -> list[Json]:
    """What a unit had of a kind at first."""
    return [
        each for each in organisation.made(kind) if unit in (each.get("businessUnitId"), each.get("managementUnitId"))
    ]


def _code(code: Json) -> tuple[object, ...]:
    return tuple(code["id"].split(":"))


def _rows_of_group(group: Json) -> Keys:
    """The rows of a planning group and of its route paths, which are known by what makes them up."""
    unit, identifier = group["businessUnitId"], group["id"]
    rows: dict[str, set[tuple[object, ...]]] = {
        "planning_group": {(unit, identifier)},
        "planning_group_routing_path": set(),
        "planning_group_routing_path_skill": set(),
    }
    for path in group["routePaths"]:
        skills = sorted(skill["id"] for skill in path["skills"])
        parts = [path["queue"]["id"], path["mediaType"], path.get("language", {"id": ""})["id"], skills]
        key = hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:32]
        rows["planning_group_routing_path"].add((unit, identifier, key))
        rows["planning_group_routing_path_skill"] |= {(unit, identifier, key, skill) for skill in skills}
    return rows


def _together(*keys: Keys) -> Keys:
    joined: dict[str, set[tuple[object, ...]]] = {}
    for each in keys:
        for table, more in each.items():
            joined.setdefault(table, set()).update(more)
    return joined


# -- business units ------------------------------------------------------------------------------------


def _add_unit(organisation: Organisation) -> Keys:
    return {"business_unit": {(organisation.add("business_units", name="Ελλάδα")["id"],)}}


def _rename_unit(organisation: Organisation) -> Keys:
    """The name stands in the listing, the rest in the detail."""
    unit = organisation.made("business_units")[_TROUBLED]
    settings = {**unit["settings"], "timeZone": "America/Sao_Paulo"}
    organisation.edit("business_units", unit["id"], name="Américas do Sul", settings=settings)
    return {"business_unit": {(unit["id"],)}}


def _closed_unit(organisation: Organisation) -> Keys:
    unit = _unit(organisation, _CLOSED)
    return _together(
        {
            "business_unit": {(unit,)},
            "business_unit_activity_code": {_code(code) for code in _of(organisation, "activity_codes", unit)},
        },
        *(_rows_of_group(group) for group in _of(organisation, "planning_groups", unit)),
    )


def _close_unit(organisation: Organisation) -> Keys:
    organisation.remove("business_units", _unit(organisation, _CLOSED))
    return _closed_unit(organisation)


def _reopen_unit(organisation: Organisation) -> Keys:
    organisation.restore("business_units", _unit(organisation, _CLOSED))
    return _closed_unit(organisation)


# -- activity codes ------------------------------------------------------------------------------------


def _add_code(organisation: Organisation) -> Keys:
    unit = _unit(organisation, _FIRST)
    organisation.add("activity_codes", id=f"{unit}:{_OWN}", businessUnitId=unit, name="Hospitação")
    return {"business_unit_activity_code": {(unit, _OWN)}}


def _delete_code(organisation: Organisation) -> Keys:
    """A code that is deleted at Genesys stays in the answer: its row changes, and is not retired."""
    code = _of(organisation, "activity_codes", _unit(organisation, _FIRST))[-1]
    organisation.edit("activity_codes", code["id"], active=not code["active"], name="Gone?")
    return {"business_unit_activity_code": {_code(code)}}


def _remove_code(organisation: Organisation) -> Keys:
    """A default code vanishes from one unit; the others keep theirs of the same id."""
    code = _of(organisation, "activity_codes", _unit(organisation, _FIRST))[4]
    organisation.remove("activity_codes", code["id"])
    return {"business_unit_activity_code": {_code(code)}}


def _restore_code(organisation: Organisation) -> Keys:
    code = _of(organisation, "activity_codes", _unit(organisation, _FIRST))[4]
    organisation.restore("activity_codes", code["id"])
    return {"business_unit_activity_code": {_code(code)}}


def _fail_codes(organisation: Organisation) -> None:
    unit = _unit(organisation, _TROUBLED)
    changed, gone = _of(organisation, "activity_codes", unit)[-2:]
    organisation.edit("activity_codes", changed["id"], name="Not yet seen")
    organisation.remove("activity_codes", gone["id"])
    organisation.fail(f"{_WFM}/businessunits/{unit}/activitycodes")


def _heal_codes(organisation: Organisation) -> Keys:
    codes = _of(organisation, "activity_codes", _unit(organisation, _TROUBLED))[-2:]
    return {"business_unit_activity_code": {_code(code) for code in codes}}


# -- planning groups -----------------------------------------------------------------------------------


def _routed(organisation: Organisation, position: int) -> list[Json]:
    """The planning groups of a business unit that have route paths."""
    return [each for each in _of(organisation, "planning_groups", _unit(organisation, position)) if each["routePaths"]]


def _add_group(organisation: Organisation) -> Keys:
    """A new group, and another route path for one that there was, which differs by its skills alone."""
    changed = _routed(organisation, _FIRST)[0]
    path = {**changed["routePaths"][0], "skills": [{"id": "a-skill"}, {"id": "another"}]}
    organisation.edit("planning_groups", changed["id"], routePaths=[path, *changed["routePaths"][::-1]])
    more = dict(_rows_of_group({**changed, "routePaths": [path]}))
    del more["planning_group"]
    unit = _unit(organisation, _FIRST)
    return _together(_rows_of_group(organisation.add("planning_groups", id=_GROUP, businessUnitId=unit)), more)


def _rename_group(organisation: Organisation) -> Keys:
    group = _of(organisation, "planning_groups", _unit(organisation, _FIRST))[-1]
    organisation.edit("planning_groups", group["id"], name="Überlauf", serviceGoalTemplate=None)
    return {"planning_group": {(group["businessUnitId"], group["id"])}}


def _remove_group(organisation: Organisation) -> Keys:
    group = _routed(organisation, _FIRST)[1]
    organisation.remove("planning_groups", group["id"])
    return _rows_of_group(group)


def _restore_group(organisation: Organisation) -> Keys:
    group = _routed(organisation, _FIRST)[1]
    organisation.restore("planning_groups", group["id"])
    return _rows_of_group(group)


def _fail_groups(organisation: Organisation) -> None:
    group = _routed(organisation, _TROUBLED)[0]
    organisation.remove("planning_groups", group["id"])
    organisation.fail(f"{_WFM}/businessunits/{_unit(organisation, _TROUBLED)}/planninggroups")


def _heal_groups(organisation: Organisation) -> Keys:
    return _rows_of_group(_routed(organisation, _TROUBLED)[0])


# -- management units and their agents -----------------------------------------------------------------


def _add_managed(organisation: Organisation) -> Keys:
    return {"management_unit": {(organisation.add("management_units", name="Îasi")["id"],)}}


def _rename_managed(organisation: Organisation) -> Keys:
    """One is renamed, one moves to another business unit, one has other settings."""
    renamed, moved, adjusted = (organisation.made("management_units")[position] for position in (3, 4, 5))
    organisation.edit("management_units", renamed["id"], name="Kraków II")
    organisation.edit("management_units", moved["id"], businessUnit={"id": _unit(organisation, _FIRST)})
    metadata = {**adjusted["settings"]["metadata"], "version": 99}
    organisation.edit("management_units", adjusted["id"], settings={**adjusted["settings"], "metadata": metadata})
    return {"management_unit": {(each["id"],) for each in (renamed, moved, adjusted)}}


def _closed_managed(organisation: Organisation) -> Keys:
    unit = _unit(organisation, _CLOSED, "management_units")
    members = {_code(member) for member in _of(organisation, "management_unit_users", unit)}
    return {"management_unit": {(unit,)}, "user_management_unit": members}


def _close_managed(organisation: Organisation) -> Keys:
    organisation.remove("management_units", _unit(organisation, _CLOSED, "management_units"))
    return _closed_managed(organisation)


def _reopen_managed(organisation: Organisation) -> Keys:
    organisation.restore("management_units", _unit(organisation, _CLOSED, "management_units"))
    return _closed_managed(organisation)


def _newcomers(organisation: Organisation) -> list[str]:
    """Active users who are in no management unit."""
    taken = {member["userId"] for member in organisation.made("management_unit_users")}
    users = organisation.made("users")
    return [user["id"] for user in users if user["state"] == "active" and user["id"] not in taken]


def _join(organisation: Organisation, position: int, user: str) -> Keys:
    unit = _unit(organisation, position, "management_units")
    organisation.add("management_unit_users", id=f"{unit}:{user}", managementUnitId=unit, userId=user)
    return {"user_management_unit": {(unit, user)}}


def _add_agent(organisation: Organisation) -> Keys:
    return _join(organisation, _FIRST, _newcomers(organisation)[0])


def _change_agent(organisation: Organisation) -> Keys:
    return {}


def _remove_agent(organisation: Organisation) -> Keys:
    member = _of(organisation, "management_unit_users", _unit(organisation, _FIRST, "management_units"))[0]
    organisation.remove("management_unit_users", member["id"])
    return {"user_management_unit": {_code(member)}}


def _restore_agent(organisation: Organisation) -> Keys:
    member = _of(organisation, "management_unit_users", _unit(organisation, _FIRST, "management_units"))[0]
    organisation.restore("management_unit_users", member["id"])
    return {"user_management_unit": {_code(member)}}


def _fail_agents(organisation: Organisation) -> None:
    _join(organisation, _TROUBLED, _newcomers(organisation)[1])
    organisation.fail(f"{_WFM}/managementunits/{_unit(organisation, _TROUBLED, 'management_units')}/users")


def _heal_agents(organisation: Organisation) -> Keys:
    unit = _unit(organisation, _TROUBLED, "management_units")
    return {"user_management_unit": {(unit, _newcomers(organisation)[1])}}


SCENES = (
    Scene(("business_unit",), _add_unit, _rename_unit, _close_unit, _reopen_unit),
    Scene(
        ("business_unit_activity_code",),
        _add_code,
        _delete_code,
        _remove_code,
        _restore_code,
        _fail_codes,
        _heal_codes,
    ),
    Scene(
        ("planning_group", "planning_group_routing_path", "planning_group_routing_path_skill"),
        _add_group,
        _rename_group,
        _remove_group,
        _restore_group,
        _fail_groups,
        _heal_groups,
    ),
    Scene(("management_unit",), _add_managed, _rename_managed, _close_managed, _reopen_managed),
    Scene(
        ("user_management_unit",),
        _add_agent,
        _change_agent,
        _remove_agent,
        _restore_agent,
        _fail_agents,
        _heal_agents,
    ),
)
