"""The time of agents: which presence and which routing status a user was in, from when to when."""

from __future__ import annotations

from genesys_assets.catalog.declare import Read, Table, Upsert, string, timestamp

USER_DETAILS = Read(
    name="user_details",
    path="/api/v2/analytics/users/details/jobs",
    method="POST",
    items="userDetails",
    paging="async_job",
    page_size=1000,
    body={"interval": "{interval}", "order": "asc"},
    permissions=("analytics:userDetail:view",),
)
"""Every user's presence and routing status records that begin or end in the interval."""

_CLOSES_LATER = (
    "A record that reaches past midnight (UTC) is told on its first and on its last day, both times with its true "
    "start, and the last of a user is told without an end until the next change, perhaps days later. Records are "
    "therefore merged by user and start, and belong to the day of their start. A state that lasts over whole days is "
    "not told on the days between."
)

_MERGED = Upsert(keeps=("end_time",))

ANALYTICS_USER_PRESENCE_RECORD = Table(
    name="analytics_user_presence_record",
    description=(
        "One row per period that a user spent in one presence. Being on queue is a presence; whether the user was busy "
        "with an interaction meanwhile is in analytics_routing_status_record."
    ),
    read=USER_DETAILS,
    rows="primaryPresence[]",
    loading=_MERGED,
    partition_by="start_time",
    columns=(
        string("user_id", "User who was in the presence.", "$.userId", key=True, personal="pseudonym"),
        timestamp("start_time", "When the user entered the presence.", key=True),
        string(
            "system_presence",
            "Presence of Genesys Cloud's own set that was in force.",
            personal="employment",
            values=(
                "AVAILABLE",
                "AWAY",
                "BUSY",
                "OFFLINE",
                "IDLE",
                "ON_QUEUE",
                "MEAL",
                "TRAINING",
                "MEETING",
                "BREAK",
            ),
        ),
        timestamp("end_time", "When the user left the presence; empty as long as no load has told of it."),
        string(
            "organization_presence_id",
            "Presence of the organisation's own set that the user had chosen, if any.",
            personal="employment",
        ),
    ),
    note=_CLOSES_LATER,
)

ANALYTICS_ROUTING_STATUS_RECORD = Table(
    name="analytics_routing_status_record",
    description=(
        "One row per period that a user spent in one routing status, which tells what an agent on queue was doing: "
        "waiting, interacting, not answering or talking outside the queue."
    ),
    read=USER_DETAILS,
    rows="routingStatus[]",
    loading=_MERGED,
    partition_by="start_time",
    columns=(
        string("user_id", "User who was in the status.", "$.userId", key=True, personal="pseudonym"),
        timestamp("start_time", "When the user entered the status.", key=True),
        timestamp("end_time", "When the user left the status; empty as long as no load has told of it."),
        string(
            "routing_status",
            "Routing status that was in force.",
            personal="employment",
            values=("OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING"),
        ),
    ),
    note=_CLOSES_LATER,
)

TABLES = (ANALYTICS_USER_PRESENCE_RECORD, ANALYTICS_ROUTING_STATUS_RECORD)
