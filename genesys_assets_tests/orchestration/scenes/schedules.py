"""Schedules, the groups that use them with the part that each plays, emergency groups."""

from __future__ import annotations

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene, plain

_LISTS = {"open": "openSchedules", "closed": "closedSchedules", "holiday": "holidaySchedules"}


def _rows_of_group(group: Json) -> dict[str, set[tuple[object, ...]]]:
    return {
        "schedule_group": {(group["id"],)},
        "schedule_group_member": {
            (group["id"], part, each["id"]) for part, name in _LISTS.items() for each in group.get(name, ())
        },
    }


# Members come, change and go in groups that stay as they are.


def _group(organisation: Organisation, position: int) -> Json:
    return organisation.made("schedule_groups")[position]


def _add_member(organisation: Organisation) -> Keys:
    group = _group(organisation, 3)
    # A schedule that opens the group becomes its holiday as well.
    member = group["openSchedules"][0]
    organisation.edit("schedule_groups", group["id"], holidaySchedules=[*group["holidaySchedules"], member])
    return {"schedule_group_member": {(group["id"], "holiday", member["id"])}}


def _rename_member(organisation: Organisation) -> Keys:
    group = _group(organisation, 4)
    first, *others = group["openSchedules"]
    organisation.edit("schedule_groups", group["id"], openSchedules=[{**first, "name": "Żabka"}, *others])
    return {"schedule_group_member": {(group["id"], "open", first["id"])}}


def _drop_member(organisation: Organisation) -> Keys:
    group = _group(organisation, 5)
    *others, last = group["openSchedules"]
    organisation.edit("schedule_groups", group["id"], openSchedules=others)
    assert last["id"] in {each["id"] for each in group["closedSchedules"]}, "only one of its parts ends"
    return {"schedule_group_member": {(group["id"], "open", last["id"])}}


def _bring_back_member(organisation: Organisation) -> Keys:
    group = _group(organisation, 5)
    organisation.edit("schedule_groups", group["id"], openSchedules=group["openSchedules"])
    return {"schedule_group_member": {(group["id"], "open", group["openSchedules"][-1]["id"])}}


SCENES = (
    plain("schedule", "schedules", rename={"start": "2026-10-25T02:30:00.000", "rrule": "FREQ=DAILY"}),
    plain("schedule_group", "schedule_groups", rows=_rows_of_group, rename={"timeZone": "Asia/Kathmandu"}),
    Scene(
        ("schedule_group_member",),
        add=_add_member,
        rename=_rename_member,
        remove=_drop_member,
        restore=_bring_back_member,
    ),
    plain("emergency_group", "emergency_groups", rename={"enabled": False, "state": "inactive"}),
)
