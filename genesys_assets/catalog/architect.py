"""What Architect flows decide by: emergency groups, and schedules with the groups that they form."""

from __future__ import annotations

from genesys_assets.catalog.declare import (
    Column,
    Read,
    Snapshot,
    Table,
    boolean,
    int64,
    json,
    local_timestamp,
    string,
    timestamp,
)

_DIVISION = ("division.name", "division.selfUri")

EMERGENCY_GROUPS = Read(
    name="emergency_groups",
    path="/api/v2/architect/emergencygroups",
    page_size=100,
    permissions=("routing:emergencyGroup:view",),
    ignored=_DIVISION,
)

SCHEDULES = Read(
    name="schedules",
    path="/api/v2/architect/schedules",
    page_size=100,
    permissions=("routing:schedule:view",),
    ignored=_DIVISION,
)

SCHEDULE_GROUPS = Read(
    name="schedule_groups",
    path="/api/v2/architect/schedulegroups",
    page_size=100,
    permissions=("routing:scheduleGroup:view",),
    ignored=(
        *_DIVISION,
        "openSchedules[].selfUri",
        "closedSchedules[].selfUri",
        "holidaySchedules[].selfUri",
    ),
)


def _common_columns(thing: str) -> tuple[Column, ...]:
    """The columns that every object of Architect's routing settings has."""
    return (
        string("id", f"Identifier of the {thing}.", key=True),
        string("name", f"Name of the {thing}."),
        string("division_id", f"Division that the {thing} belongs to.", "division.id"),
        string("description", f"What the {thing} is for, as its administrators wrote it."),
        int64("version", f"Revision of the {thing}; goes up with every change."),
        timestamp("date_created", f"When the {thing} was set up."),
        timestamp("date_modified", f"When the {thing} was last changed."),
        string("modified_by", f"User who last changed the {thing}.", personal="pseudonym"),
        string("created_by", f"User who set up the {thing}.", personal="pseudonym"),
        string(
            "state",
            f"Whether the {thing} is in use, set aside or deleted.",
            values=("active", "inactive", "deleted"),
        ),
        string("modified_by_app", f"Application through which the {thing} was last changed."),
        string("created_by_app", f"Application through which the {thing} was set up."),
    )


TABLES = (
    Table(
        name="emergency_group",
        description="Emergency groups, switches that send calls to emergency flows while they are on.",
        read=EMERGENCY_GROUPS,
        loading=Snapshot(),
        columns=(
            *_common_columns("emergency group"),
            boolean("enabled", "Whether the emergency is on at the time of the load."),
            json(
                "emergency_call_flows",
                "Flows that take over in the emergency, and the call routes (IVRs) that they take over, as an array.",
            ),
            string("self_uri", "Address of the emergency group in the API."),
        ),
        note="An emergency that begins and ends between two loads leaves no trace here, but in audit_log_message. "
        "Deleted groups may be listed: look at state.",
    ),
    Table(
        name="schedule",
        description="Schedules of Architect, such as opening hours and holidays, by which flows take their way; not "
        "the work schedules of agents.",
        read=SCHEDULES,
        loading=Snapshot(),
        columns=(
            *_common_columns("schedule"),
            local_timestamp(
                "start", "When the first occurrence begins, in the time zone of the schedule group that uses it."
            ),
            local_timestamp(
                "end", "When the first occurrence ends, in the time zone of the schedule group that uses it."
            ),
            string("rrule", "Rule by which the occurrence repeats, as an iCalendar RRULE; empty if it does not."),
            string("self_uri", "Address of the schedule in the API."),
        ),
        note="A schedule has no time zone: used by two schedule groups, it may mean two different moments. Exceptions "
        "to its rule are other schedules of the group. end is a reserved word in SQL and wants quoting. Only schedules "
        "of divisions that the client may see are listed.",
    ),
    Table(
        name="schedule_group",
        description="Groups of schedules that together say, in one time zone, when something is open, closed or on "
        "holiday.",
        read=SCHEDULE_GROUPS,
        loading=Snapshot(),
        columns=(
            *_common_columns("schedule group"),
            string("time_zone", "Time zone in which the schedules of the group are read, as an IANA name."),
            string("self_uri", "Address of the schedule group in the API."),
        ),
        note="The schedules of a group are rows of schedule_group_member. Only groups of divisions that the client may "
        "see are listed.",
    ),
    Table(
        name="schedule_group_member",
        description="Which schedules belong to which schedule group, and whether they open it, close it or are its "
        "holidays.",
        read=SCHEDULE_GROUPS,
        rows=("openSchedules[]", "closedSchedules[]", "holidaySchedules[]"),
        loading=Snapshot(),
        columns=(
            string("schedule_group_id", "Schedule group that the schedule belongs to.", "$.id", key=True),
            string(
                "member_type",
                "Part that the schedule plays in the group.",
                "@rows",
                key=True,
                values=("open", "closed", "holiday"),
            ),
            string("schedule_id", "Schedule that belongs to the group.", "id", key=True),
            string("schedule_name", "Name of the schedule at the time of the load.", "name"),
        ),
        confidence="medium",
        note="The column names and the words of member_type are ours. One schedule can stand in several lists of a "
        "group, so that its part belongs to the key.",
    ),
)
