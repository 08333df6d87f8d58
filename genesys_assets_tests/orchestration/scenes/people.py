"""Users with everything that hangs on them, groups with their members, teams."""

from __future__ import annotations

from functools import partial

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene, plain


def _rows_of_user(user: Json) -> dict[str, set[tuple[object, ...]]]:
    identifier = user["id"]
    return {
        "user": {(identifier,)},
        "user_contact": {(identifier, position) for position in range(len(user["addresses"]))},
        "user_role": {(identifier, role["id"]) for role in user["authorization"]["roles"]},
        "user_routing_skill": {(identifier, skill["id"]) for skill in user["skills"]},
        "user_routing_language": {(identifier, language["id"]) for language in user["languages"]},
    }


def _active(organisation: Organisation) -> list[Json]:
    """Active users with skills and languages, in lasting order; scenes take them from the end."""
    users = organisation.made("users")
    return [user for user in users if user["state"] == "active" and user["skills"] and user["languages"]]


def _leaver(organisation: Organisation) -> Json:
    """A user who is in a group that is asked for in every load."""
    quiet = _groups(organisation)[1:]
    members = {user for group in quiet for user in organisation.memberships[group]}
    troubled = organisation.memberships[_troubled(organisation)]
    return next(user for user in _active(organisation) if user["id"] in members and user["id"] not in troubled)


def _rows_of_leaver(organisation: Organisation) -> Keys:
    user = _leaver(organisation)["id"]
    groups = {(group, user) for group, members in organisation.memberships.items() if user in members}
    return {**_rows_of_user(_leaver(organisation)), "user_group": groups}


def _rename_user(organisation: Organisation) -> Keys:
    user = _active(organisation)[-1]["id"]
    organisation.edit("users", user, name="Þóra Çelik", preferredName="Þóra", state="inactive")
    return {"user": {(user,)}}


def _remove_user(organisation: Organisation) -> Keys:
    organisation.remove("users", _leaver(organisation)["id"])
    return _rows_of_leaver(organisation)


def _restore_user(organisation: Organisation) -> Keys:
    organisation.restore("users", _leaver(organisation)["id"])
    return _rows_of_leaver(organisation)


# What hangs on a user is a list in the user's item: entries come, change and go while the user stays.

_LISTED = {
    "user_contact": ("addresses", {"mediaType": "EMAIL", "type": "HOME", "address": "nova@example.com"}),
    "user_routing_skill": ("skills", {"id": "a-skill", "name": "Juggling", "proficiency": 3.0, "state": "active"}),
    "user_routing_language": ("languages", {"id": "a-language", "name": "Òc", "proficiency": 1.0, "state": "active"}),
}
_CHANGED = {
    "user_contact": {"display": "call me"},
    "user_role": {"name": "Renamed role"},
    "user_routing_skill": {"proficiency": 4.5},
    "user_routing_language": {"proficiency": 0.5},
}


def _listed(user: Json, table: str) -> list[Json]:
    return user["authorization"]["roles"] if table == "user_role" else user[_LISTED[table][0]]


def _replace(organisation: Organisation, user: Json, table: str, entries: list[Json]) -> None:
    if table == "user_role":
        organisation.edit("users", user["id"], authorization={**user["authorization"], "roles": entries})
    else:
        organisation.edit("users", user["id"], **{_LISTED[table][0]: entries})


def _key(user: Json, table: str, position: int, entry: Json) -> Keys:
    return {table: {(user["id"], position if table == "user_contact" else entry["id"])}}


def _add_entry(table: str, organisation: Organisation) -> Keys:
    user = _active(organisation)[-2]
    entry = {"id": "a-role", "name": "Juggler"} if table == "user_role" else _LISTED[table][1]
    _replace(organisation, user, table, [*_listed(user, table), entry])
    return _key(user, table, len(_listed(user, table)), entry)


def _change_entry(table: str, organisation: Organisation) -> Keys:
    user = _active(organisation)[-3]
    first, *others = _listed(user, table)
    _replace(organisation, user, table, [{**first, **_CHANGED[table]}, *others])
    return _key(user, table, 0, first)


def _drop_entry(table: str, organisation: Organisation) -> Keys:
    user = _active(organisation)[-4]
    *others, last = _listed(user, table)
    _replace(organisation, user, table, others)
    return _key(user, table, len(others), last)


def _bring_back_entry(table: str, organisation: Organisation) -> Keys:
    user = _active(organisation)[-4]
    entries = _listed(user, table)
    _replace(organisation, user, table, entries)
    return _key(user, table, len(entries) - 1, entries[-1])


def _entries(table: str) -> Scene:
    steps = (partial(step, table) for step in (_add_entry, _change_entry, _drop_entry, _bring_back_entry))
    return Scene((table,), *steps)


# Groups and their members. The simulator counts members by itself; here the count is held, so that a
# membership is all that changes.


def _groups(organisation: Organisation) -> list[str]:
    """Groups that have members, in lasting order."""
    return [group["id"] for group in organisation.made("groups") if organisation.memberships[group["id"]]]


def _troubled(organisation: Organisation) -> str:
    return _groups(organisation)[0]


def _joined(organisation: Organisation, group: str, user: str, *, leaves: bool = False) -> Keys:
    count = next(each["memberCount"] for each in organisation.made("groups") if each["id"] == group)
    (organisation.leave if leaves else organisation.join)(group, user)
    organisation.edit("groups", group, memberCount=count)
    return {"user_group": {(group, user)}}


def _newcomer(organisation: Organisation, group: str) -> str:
    members = organisation.memberships[group]
    return next(user["id"] for user in reversed(_active(organisation)) if user["id"] not in members)


def _stayer(organisation: Organisation, group: str) -> str:
    leaver = _leaver(organisation)["id"]
    return next(user for user in organisation.memberships[group] if user != leaver)


def _join(organisation: Organisation) -> Keys:
    group = _groups(organisation)[1]
    return _joined(organisation, group, _newcomer(organisation, group))


def _leave(organisation: Organisation) -> Keys:
    group = _groups(organisation)[2]
    return _joined(organisation, group, _stayer(organisation, group), leaves=True)


def _rejoin(organisation: Organisation) -> Keys:
    group = _groups(organisation)[2]
    return _joined(organisation, group, _stayer(organisation, group))


def _fail_members(organisation: Organisation) -> None:
    group = _troubled(organisation)
    organisation.fail(f"/api/v2/groups/{group}/members")
    _joined(organisation, group, _newcomer(organisation, group))
    _joined(organisation, group, _stayer(organisation, group), leaves=True)


def _heal_members(organisation: Organisation) -> Keys:
    group = _troubled(organisation)
    return {"user_group": {(group, _newcomer(organisation, group)), (group, _stayer(organisation, group))}}


def _rename_group(organisation: Organisation) -> Keys:
    group = _groups(organisation)[1]
    organisation.edit("groups", group, name="Die Übrigen", visibility="members")
    return {"group": {(group,)}}


def _dissolved(organisation: Organisation) -> tuple[str, Keys]:
    """A group that vanishes, and its members with it, but for the one who vanishes anyway."""
    group = _groups(organisation)[3]
    return group, {"group": {(group,)}, "user_group": {(group, user) for user in organisation.memberships[group]}}


def _dissolve(organisation: Organisation) -> Keys:
    group, rows = _dissolved(organisation)
    organisation.remove("groups", group)
    return rows


def _found_again(organisation: Organisation) -> Keys:
    group, rows = _dissolved(organisation)
    organisation.restore("groups", group)
    return rows


SCENES = (
    Scene(
        ("user",),
        add=lambda organisation: _rows_of_user(organisation.add("users", name="Nova Nováková")),
        rename=_rename_user,
        remove=_remove_user,
        restore=_restore_user,
    ),
    *(_entries(table) for table in ("user_contact", "user_role", "user_routing_skill", "user_routing_language")),
    Scene(
        ("user_group",),
        add=_join,
        rename=lambda _organisation: {},
        remove=_leave,
        restore=_rejoin,
        fail=_fail_members,
        heal=_heal_members,
    ),
    Scene(
        ("group",),
        add=lambda organisation: {"group": {(organisation.add("groups", name="Ganz neu")["id"],)}},
        rename=_rename_group,
        remove=_dissolve,
        restore=_found_again,
    ),
    plain("team", "teams", rename={"name": "Zespół", "memberCount": 77}),
)
