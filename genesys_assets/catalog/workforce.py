"""Workforce management: its units and codes, schedules, time off and forecasts.

Most answers may come as an address to download (``downloadUrl``) in place of the result when they are
large; read without following it, they look empty.
"""

from __future__ import annotations

from genesys_assets.catalog.added import Earliest, Midnight, Series
from genesys_assets.catalog.calendar import Dates, Weeks
from genesys_assets.catalog.declare import (
    Column,
    Detail,
    Digest,
    Each,
    Read,
    Snapshot,
    Table,
    Tree,
    Upsert,
    Window,
    boolean,
    date,
    double,
    int64,
    json,
    string,
    timestamp,
)

_WFM = "/api/v2/workforcemanagement"
_BY_BUSINESS_UNIT = Each("business_unit", {"businessUnitId": "id"}, authorized="authorized")
_BY_MANAGEMENT_UNIT = Each("management_unit", {"managementUnitId": "id"})
_DAYS_OF_WEEK = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SCHEDULE_PERMISSIONS = ("wfm:publishedSchedule:view", "wfm:schedule:view")
_VERSIONING_LINKS = ("metadata.modifiedBy.selfUri", "metadata.createdBy.selfUri")

BUSINESS_UNITS = Read(
    name="business_units",
    path=f"{_WFM}/businessunits",
    paging="none",
    permissions=("wfm:businessUnit:view",),
    ignored=(
        "division.selfUri",
        "settings.scheduling",
        "settings.notifications",
        "settings.learning.defaultActivityCode.selfUri",
        "settings.coaching.defaultActivityCode.selfUri",
        "settings.metadata.modifiedBy.selfUri",
        "settings.metadata.createdBy.selfUri",
    ),
    detail=Detail(
        f"{_WFM}/businessunits/{{businessUnitId}}",
        {"businessUnitId": "id"},
        {"expand": "settings"},
        field="settings",
        authorized="authorized",
    ),
)
"""The listing needs no permission; the permission is for the settings."""

ACTIVITY_CODES = Read(
    name="activity_codes",
    path=f"{_WFM}/businessunits/{{businessUnitId}}/activitycodes",
    paging="none",
    permissions=("wfm:activityCode:view",),
    each=_BY_BUSINESS_UNIT,
    ignored=(
        "secondaryPresences[].selfUri",
        "planningGroups[].selfUri",
        "metadata.modifiedBy.selfUri",
        "metadata.createdBy.selfUri",
    ),
)
MANAGEMENT_UNITS = Read(
    name="management_units",
    path=f"{_WFM}/managementunits",
    paging="none",
    permissions=("wfm:managementUnit:view",),
    ignored=(
        "metadata",
        "businessUnit.selfUri",
        "division.selfUri",
        "modifiedBy.selfUri",
        "settings.adherence.nonOnQueueActivitiesEquivalent",
        "settings.adherence.trackOnQueueActivity",
        "settings.adherence.ignoredActivityCategories",
        "settings.adherence.ignoredActivityCodeIds",
        "settings.shortTermForecasting",
        "settings.timeOff",
        "settings.scheduling",
        "settings.shiftTrading",
        "settings.metadata.modifiedBy.selfUri",
        "settings.metadata.createdBy",
        "settings.metadata.dateCreated",
    ),
    detail=Detail(
        f"{_WFM}/managementunits/{{managementUnitId}}",
        {"managementUnitId": "id"},
        {"expand": "settings"},
        field="settings",
    ),
)
"""Not paged, whatever its paging parameters promise. The permission is for the settings."""

MANAGEMENT_UNIT_USERS = Read(
    name="management_unit_users",
    path=f"{_WFM}/managementunits/{{managementUnitId}}/users",
    paging="none",
    permissions=("wfm:agent:view",),
    each=_BY_MANAGEMENT_UNIT,
    ignored=("selfUri",),
)
PLANNING_GROUPS = Read(
    name="planning_groups",
    path=f"{_WFM}/businessunits/{{businessUnitId}}/planninggroups",
    paging="none",
    permissions=("wfm:planningGroup:view",),
    each=_BY_BUSINESS_UNIT,
    ignored=(
        "serviceGoalTemplate.selfUri",
        "routePaths[].queue.selfUri",
        "routePaths[].language.selfUri",
        "routePaths[].skills[].selfUri",
        "metadata.modifiedBy.selfUri",
        "metadata.createdBy.selfUri",
    ),
    digests=(Digest("routePaths[]", field="routePathId", of=("queue.id", "mediaType", "language.id", "skills[].id")),),
)
AGENT_SCHEDULES = Read(
    name="agent_schedules",
    path=f"{_WFM}/managementunits/{{managementUnitId}}/agentschedules/search",
    method="POST",
    items="result.agentSchedules",
    paging="none",
    body={"startDate": "{interval_start}", "endDate": "{interval_end}"},
    permissions=_SCHEDULE_PERMISSIONS,
    each=Each("management_unit", {"managementUnitId": "id"}, along={"businessUnitId": "business_unit_id"}),
    ignored=("user.selfUri", "shifts[].schedule.selfUri", "fullDayTimeOffMarkers[].delete"),
    added=(Midnight("fullDayTimeOffMarkers[]", field="startDate", of="businessUnitDate", zone="businessUnitTimeZone"),),
    weeks=Weeks(back=1, ahead=4),
)
"""Published schedules only. How much one search may ask for is not documented: a week always goes. A ``status`` of
``Processing`` promises the result by notification, which no client without a user can listen to: ask for less."""

SCHEDULES = Read(
    name="business_unit_schedules",
    path=f"{_WFM}/businessunits/{{businessUnitId}}/weeks/{{weekId}}/schedules",
    paging="none",
    parameters={"expand": "forecast.description"},
    permissions=_SCHEDULE_PERMISSIONS,
    each=_BY_BUSINESS_UNIT,
    ignored=("shortTermForecast.selfUri", *_VERSIONING_LINKS),
    weeks=Weeks("weekId", recent=26, ahead=104, turns=14),
)
"""``recent`` reaches 26 weeks to either side of today; any other week takes its first day in its place."""

TIME_OFF_REQUESTS = Read(
    name="time_off_requests",
    path=f"{_WFM}/managementunits/{{managementUnitId}}/timeoffrequests/query",
    method="POST",
    paging="none",
    body={"dateRange": {"startDate": "{first_date}", "endDate": "{last_date}"}},
    permissions=("wfm:timeOffRequest:view",),
    each=_BY_MANAGEMENT_UNIT,
    ignored=("user.selfUri", "submittedBy.selfUri", "reviewedBy.selfUri", *_VERSIONING_LINKS),
    added=(Earliest("firstDayOff", of=("fullDayManagementUnitDates", "partialDayStartDateTimes")),),
    dates=Dates(longest=33, back=33, ahead=396, standing={"statuses": ["PENDING"]}),
)
"""At most 33 days a request; the days are those of the time off, not of its submission. Those that wait for a
decision are found without any days."""

SHORT_TERM_FORECASTS = Read(
    name="short_term_forecasts",
    path=f"{_WFM}/businessunits/{{businessUnitId}}/weeks/{{weekDateId}}/shorttermforecasts",
    paging="none",
    permissions=("wfm:shortTermForecast:view",),
    each=_BY_BUSINESS_UNIT,
    ignored=_VERSIONING_LINKS,
    detail=Detail(
        f"{_WFM}/businessunits/{{businessUnitId}}/weeks/{{weekDateId}}/shorttermforecasts/{{forecastId}}",
        {"businessUnitId": "@request.businessUnitId", "weekDateId": "weekDate", "forecastId": "id"},
        fields=("referenceStartDate", "timeZone", "planningGroupsVersion"),
    ),
    weeks=Weeks("weekDateId", recent=26, ahead=104, turns=14),
)
"""``recent`` reaches 26 weeks to either side of today; any other week takes its first day in its place."""

FORECAST_DATA = Read(
    name="forecast_data",
    path=f"{_WFM}/businessunits/{{businessUnitId}}/weeks/{{weekDateId}}/shorttermforecasts/{{forecastId}}/data",
    items="result.planningGroups",
    paging="none",
    permissions=("wfm:shortTermForecast:view",),
    each=Each(
        "wfm_short_term_forecast",
        {"businessUnitId": "business_unit_id", "weekDateId": "week_date", "forecastId": "id"},
        along={"version": "version"},
    ),
    added=(
        Series(
            "quarters",
            of={"offered": "offeredPerInterval", "averageHandleTimeSeconds": "averageHandleTimeSecondsPerInterval"},
            start="start",
            since="referenceStartDate",
            minutes=15,
        ),
    ),
)
"""One week an answer: asked with ``weekNumber`` from 1 to the ``week_count`` of the forecast."""


def _business_unit_id(description: str) -> Column:
    return string("business_unit_id", description, "@request.businessUnitId", key=True)


def _versioning(what: str) -> tuple[Column, ...]:
    """Who changed an object when; Genesys fills ``System`` for a user where it acted itself."""
    return (
        string(
            "modified_by_id",
            f"User who last changed the {what}, or System.",
            "metadata.modifiedBy.id",
            personal="pseudonym",
        ),
        timestamp("date_modified", f"When the {what} was last changed.", "metadata.dateModified"),
        string(
            "created_by_id", f"User who created the {what}, or System.", "metadata.createdBy.id", personal="pseudonym"
        ),
        timestamp("date_created", f"When the {what} was created.", "metadata.dateCreated"),
        int64("version", f"Version of the {what}, counted up with every change.", "metadata.version"),
    )


def _route_path_id(path: str) -> Column:
    return string(
        "route_path_id",
        "Identifier of the route path within its planning group, made here, as Genesys gives it none.",
        path,
        key=True,
    )


_ROUTE_PATH_NOTE = (
    "The identifier of a route path is a hash of what makes it up, skills included, so that it survives a change of "
    "their order; it changes with the path's contents."
)

TABLES = (
    Table(
        name="business_unit",
        description="Business units of workforce management, each with its own week, time zone, codes and forecasts.",
        read=BUSINESS_UNITS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the business unit.", key=True),
            string("name", "Name of the business unit."),
            boolean("authorized", "Whether the OAuth client may read inside the business unit; if not, its data lack."),
            string("division_id", "Division that the business unit belongs to.", "division.id"),
            string(
                "start_day_of_week",
                "Day on which the weeks of schedules and forecasts begin.",
                "settings.startDayOfWeek",
                values=_DAYS_OF_WEEK,
            ),
            string(
                "time_zone",
                "IANA time zone in which the unit's days and weeks are meant.",
                "settings.timeZone",
            ),
            int64(
                "short_term_forecasting_default_history_weeks",
                "Weeks of history that a new short-term forecast looks at unless told otherwise.",
                "settings.shortTermForecasting.defaultHistoryWeeks",
                unit="count",
            ),
            string(
                "learning_default_activity_code_id",
                "Activity code of this unit that learning assignments get by default.",
                "settings.learning.defaultActivityCode.id",
            ),
            string(
                "coaching_default_activity_code_id",
                "Activity code of this unit that coaching appointments get by default.",
                "settings.coaching.defaultActivityCode.id",
            ),
            string(
                "modified_by_id",
                "User who last changed the unit's settings, or System.",
                "settings.metadata.modifiedBy.id",
                personal="pseudonym",
            ),
            timestamp(
                "date_modified",
                "When the unit's settings were last changed.",
                "settings.metadata.dateModified",
            ),
            string(
                "created_by_id",
                "User who created the unit's settings, or System.",
                "settings.metadata.createdBy.id",
                personal="pseudonym",
            ),
            timestamp(
                "date_created",
                "When the unit's settings were created.",
                "settings.metadata.dateCreated",
            ),
            int64(
                "version",
                "Version of the unit's settings, counted up with every change.",
                "settings.metadata.version",
            ),
            string("self_uri", "API path of the business unit."),
        ),
        note="Week and time zone come only with the single read of a unit, not with the listing. A unit into which the "
        "OAuth client may not look keeps the settings that are known, and what lies beneath it is left as it was.",
    ),
    Table(
        name="business_unit_activity_code",
        description="Activity codes of each business unit: what a scheduled piece of an agent's time can be.",
        read=ACTIVITY_CODES,
        loading=Snapshot(parent=("business_unit_id",)),
        columns=(
            _business_unit_id("Business unit that the code belongs to."),
            string("id", "Identifier of the code, unique within its business unit only.", key=True),
            string("name", "Name of the code; default codes may have none of their own."),
            boolean("active", "Whether the code is in use; false once it was deleted."),
            boolean("default_code", "Whether the code is one of those that every business unit comes with."),
            string(
                "category",
                "Kind of activity that the code stands for.",
                values=(
                    "OnQueueWork",
                    "Break",
                    "Meal",
                    "Meeting",
                    "OffQueueWork",
                    "TimeOff",
                    "Training",
                    "Unavailable",
                ),
            ),
            int64("length_in_minutes", "Length that an activity of this code gets by default.", unit="min"),
            boolean("counts_as_paid_time", "Whether activities of this code are paid."),
            boolean("counts_as_work_time", "Whether activities of this code count as working time."),
            boolean("agent_time_off_selectable", "Whether agents can choose the code when they ask for time off."),
            boolean("counts_toward_shrinkage", "Whether the code enters the computation of shrinkage."),
            boolean("planned_shrinkage", "Whether the shrinkage is planned rather than unplanned."),
            boolean("interruptible", "Whether an activity of this code may be interrupted."),
            json(
                "secondary_presence_ids",
                "Presence definitions that go with the code, as an array of objects with their id.",
                "secondaryPresences",
                shape=({"id": "string"},),
            ),
            json(
                "planning_group_ids",
                "Planning groups tied to the code, as an array of objects with their id.",
                "planningGroups",
                shape=({"id": "string"},),
            ),
            string("style_background_color", "Background colour of the code in schedules.", "style.backgroundColor"),
            string(
                "style_text_color_theme",
                "Whether text on the code's colour is dark or light.",
                "style.textColorTheme",
                values=("Dark", "Light"),
            ),
            *_versioning("code"),
            string("self_uri", "API path of the code."),
        ),
        note="Default codes have the same identifiers in every business unit, so join by unit and code. Deleted codes "
        "stay in the answer, inactive.",
    ),
    Table(
        name="management_unit",
        description="Management units: groups of agents within a business unit that are scheduled together.",
        read=MANAGEMENT_UNITS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the management unit.", key=True),
            string("name", "Name of the management unit."),
            string("business_unit_id", "Business unit that the management unit belongs to now.", "businessUnit.id"),
            string(
                "start_day_of_week",
                "First day of the unit's week; Genesys prefers that of the business unit.",
                values=_DAYS_OF_WEEK,
            ),
            string("time_zone", "IANA time zone of the unit; Genesys prefers that of the business unit."),
            string("division_id", "Division that the management unit belongs to.", "division.id"),
            int64("version", "Version of the unit in the old counting, see settings_version."),
            string(
                "modified_by_id",
                "User who last changed the unit in the old bookkeeping, see settings_modified_by_id.",
                "modifiedBy.id",
                personal="pseudonym",
            ),
            timestamp(
                "date_modified", "When the unit last changed in the old bookkeeping, see settings_date_modified."
            ),
            timestamp(
                "settings_date_modified",
                "When the unit's settings were last changed.",
                "settings.metadata.dateModified",
            ),
            string(
                "settings_modified_by_id",
                "User who last changed the unit's settings, or System.",
                "settings.metadata.modifiedBy.id",
                personal="pseudonym",
            ),
            int64(
                "settings_version",
                "Version of the unit's settings, counted up with every change.",
                "settings.metadata.version",
            ),
            int64(
                "adherence_target_percent",
                "Adherence to the schedule that agents of the unit are meant to reach.",
                "settings.adherence.adherenceTargetPercent",
                unit="percent",
            ),
            int64(
                "adherence_exception_threshold_seconds",
                "How long an agent may be out of adherence before it counts.",
                "settings.adherence.adherenceExceptionThresholdSeconds",
                unit="s",
            ),
            int64(
                "adherence_severe_alert_threshold_minutes",
                "How long an agent may be out of adherence before a severe alert is raised.",
                "settings.adherence.severeAlertThresholdMinutes",
                unit="min",
            ),
            string("self_uri", "API path of the management unit."),
        ),
        note="The listing does not page, whatever paging parameters it gets. Settings come only with the single read.",
    ),
    Table(
        name="user_management_unit",
        description="Which user is an agent of which management unit at present.",
        read=MANAGEMENT_UNIT_USERS,
        loading=Snapshot(parent=("management_unit_id",)),
        columns=(
            string("management_unit_id", "Management unit.", "@request.managementUnitId", key=True),
            string("user_id", "User who is an agent of the unit.", "id", key=True, personal="pseudonym"),
        ),
        note="Genesys keeps no history of memberships: a retired row tells until when one was seen.",
    ),
    Table(
        name="planning_group",
        description="Planning groups: the kinds of work that a business unit forecasts and staffs separately.",
        read=PLANNING_GROUPS,
        loading=Snapshot(parent=("business_unit_id",)),
        columns=(
            _business_unit_id("Business unit that the planning group belongs to."),
            string("id", "Identifier of the planning group.", key=True),
            string("name", "Name of the planning group."),
            string(
                "service_goal_template_id",
                "Template of the service goals that the group is staffed for.",
                "serviceGoalTemplate.id",
            ),
            *_versioning("planning group"),
            string("self_uri", "API path of the planning group."),
        ),
    ),
    Table(
        name="planning_group_routing_path",
        description="Route paths of the planning groups: the queue, media and language whose work a group takes.",
        read=PLANNING_GROUPS,
        rows="routePaths[]",
        loading=Snapshot(parent=("business_unit_id",)),
        columns=(
            _business_unit_id("Business unit of the planning group."),
            string("planning_group_id", "Planning group that takes the work.", "$.id", key=True),
            _route_path_id("routePathId"),
            string("queue_id", "Queue that the work comes from.", "queue.id"),
            string(
                "media_type",
                "Media of the work.",
                values=("Voice", "Chat", "Email", "Callback", "Message", "Workitem"),
            ),
            string("language_id", "Language that the work asks for.", "language.id"),
        ),
        confidence="medium",
        note=_ROUTE_PATH_NOTE,
    ),
    Table(
        name="planning_group_routing_path_skill",
        description="Skills that a route path of a planning group asks for.",
        read=PLANNING_GROUPS,
        rows="routePaths[].skills[]",
        loading=Snapshot(parent=("business_unit_id",)),
        columns=(
            _business_unit_id("Business unit of the planning group."),
            string("planning_group_id", "Planning group of the route path.", "$.id", key=True),
            _route_path_id("$.routePaths[].routePathId"),
            string("skill_id", "Routing skill that the route path asks for.", "id", key=True),
        ),
        confidence="medium",
        note=_ROUTE_PATH_NOTE,
    ),
    Table(
        name="agent_schedule",
        description="Published schedules of the agents, a row for every scheduled activity and every full day off.",
        read=AGENT_SCHEDULES,
        rows=("shifts[].activities[]", "fullDayTimeOffMarkers[]"),
        loading=Window(parent=("management_unit_id",)),
        partition_by="activity_start_date",
        columns=(
            string(
                "business_unit_id",
                "Business unit of the management unit; activity codes are unique only together with it.",
                "@request.businessUnitId",
            ),
            string("management_unit_id", "Management unit of the schedule.", "@request.managementUnitId", key=True),
            string("user_id", "Agent who is scheduled.", "$.user.id", key=True, personal="pseudonym"),
            string("schedule_id", "Published schedule of the business unit.", "$.shifts[].schedule.id"),
            date("schedule_week_date", "First day of the week of that schedule.", "$.shifts[].schedule.weekDate"),
            string("shift_id", "Shift that the activity is part of.", "$.shifts[].id"),
            timestamp("shift_start_date", "Start of the shift.", "$.shifts[].startDate", personal="employment"),
            int64(
                "shift_length_minutes",
                "Length of the shift.",
                "$.shifts[].lengthMinutes",
                unit="min",
                personal="employment",
            ),
            boolean(
                "shift_manually_edited",
                "Whether somebody changed the shift by hand after it was generated.",
                "$.shifts[].manuallyEdited",
            ),
            string("work_plan_id", "Work plan that the shift was made from.", "$.shifts[].workPlanId"),
            string("work_plan_shift_id", "Shift of the work plan that was followed.", "$.shifts[].workPlanShiftId"),
            timestamp(
                "activity_start_date",
                "Start of the activity; for a full day off, midnight of that day in the business unit's time zone.",
                "startDate",
                key=True,
                personal="employment",
            ),
            int64("length_minutes", "Length of the activity or of the time off.", unit="min", personal="employment"),
            string("description", "Text that a planner put to the activity.", personal="content"),
            string(
                "activity_code",
                "Activity code of the business unit.",
                "activityCodeId",
                key=True,
                personal="employment",
            ),
            boolean(
                "is_full_day_time_off",
                "Whether the row is a full day off rather than an activity of a shift.",
                "@rows",
                values=("false", "true"),
                key=True,
                personal="employment",
            ),
            int64(
                "ordinal",
                "Tells apart activities of one agent with the same start and code, from 0; nearly always 0.",
                "@nth",
                key=True,
            ),
            boolean("paid", "Whether the time is paid.", personal="employment"),
            int64("payable_minutes", "How much of the time is paid.", unit="min", personal="employment"),
            string("time_off_request_id", "Time-off request that the row comes from.", personal="employment"),
            int64("time_off_request_sync_version", "Version of the time-off request that the schedule has taken over."),
            string("external_activity_id", "Object outside of scheduling that the activity comes from."),
            string(
                "external_activity_type",
                "Kind of the object outside of scheduling.",
                values=("ActivityPlan", "Coaching", "Learning", "Opportunity"),
            ),
            date(
                "business_unit_date",
                "Day off in the business unit's time zone; full days off only.",
                personal="employment",
            ),
            int64(
                "full_day_start_offset_minutes",
                "Minutes from the day's beginning until the time off starts; full days off only.",
                "startOffsetMinutes",
                unit="min",
                personal="employment",
            ),
            int64(
                "full_day_end_offset_minutes",
                "Minutes from the day's beginning until the time off ends; full days off only.",
                "endOffsetMinutes",
                unit="min",
                personal="employment",
            ),
            string(
                "business_unit_time_zone",
                "IANA time zone of the business unit when the schedule was read.",
                "@response.result.businessUnitTimeZone",
            ),
        ),
        confidence="medium",
        note="Activities have no identifier of their own; is_full_day_time_off and ordinal complete the key. Columns "
        "of the shift are empty for full days off. No list of users is asked for: those who left would be missed.",
    ),
    Table(
        name="business_unit_schedule_list_item",
        description="Schedules of the business units, drafts and published ones: what was planned for which weeks.",
        read=SCHEDULES,
        loading=Upsert(),
        partition_by="week_date",
        columns=(
            _business_unit_id("Business unit that the schedule belongs to."),
            string("id", "Identifier of the schedule.", key=True),
            date("week_date", "First day of the first week of the schedule."),
            int64("week_count", "Number of weeks that the schedule covers.", unit="count"),
            string("description", "Name that a planner gave to the schedule."),
            boolean("published", "Whether agents can see the schedule."),
            string("short_term_forecast_id", "Forecast that the schedule was made for.", "shortTermForecast.id"),
            date("short_term_forecast_week_date", "First day of that forecast.", "shortTermForecast.weekDate"),
            string("short_term_forecast_description", "Name of that forecast.", "shortTermForecast.description"),
            boolean(
                "generation_results_failed",
                "Whether the automatic generation of the schedule failed.",
                "generationResults.failed",
            ),
            string(
                "generation_results_run_id",
                "Run of the generation, to be named to Genesys' support.",
                "generationResults.runId",
            ),
            int64(
                "generation_results_message_count",
                "Messages that the generation left.",
                "generationResults.messageCount",
                unit="count",
            ),
            json(
                "generation_results_message_severity_counts",
                "Those messages counted by severity, as an array of objects with severity and count.",
                "generationResults.messageSeverityCounts",
                shape=({"severity": "string", "count": "int64"},),
            ),
            *_versioning("schedule"),
            string("self_uri", "API path of the schedule."),
        ),
        note="A schedule of several weeks comes with each of them, always as the same row. One that was deleted falls "
        "silent and stays here as last seen.",
    ),
    Table(
        name="time_off_request_response",
        description="Time-off requests of the agents with their days, their state and who decided on them.",
        read=TIME_OFF_REQUESTS,
        loading=Upsert(),
        partition_by="first_day_off",
        columns=(
            string("id", "Identifier of the request.", key=True),
            string("user_id", "Agent who wants the time off.", "user.id", personal="pseudonym"),
            string(
                "management_unit_id",
                "Management unit in which the request was found last; it follows the agent.",
                "@request.managementUnitId",
            ),
            date(
                "first_day_off",
                "First day of the time off: local to the unit for full days, in UTC for parts of days.",
                personal="employment",
            ),
            boolean("is_full_day_request", "Whether whole days are asked for.", personal="employment"),
            boolean("marked_as_read", "Left over from older versions, always true."),
            string("activity_code_id", "Activity code that the time off gets in the schedule.", personal="employment"),
            boolean("paid", "Whether the time off is paid.", personal="employment"),
            string(
                "status",
                "State of the request.",
                values=("PENDING", "APPROVED", "DENIED", "CANCELED"),
                personal="employment",
            ),
            string(
                "substatus",
                "Reason behind the state.",
                values=(
                    "AdvanceTimeElapsed",
                    "AutoApproved",
                    "BlockedDate",
                    "InsufficientBalance",
                    "InvalidDailyDuration",
                    "ManualApproval",
                    "OutsideShift",
                    "OverlapsRestrictedActivityCode",
                    "RemovedFromWaitlist",
                    "ReviewDate",
                    "Waitlisted",
                ),
                personal="employment",
            ),
            json(
                "partial_day_start_date_times",
                "Starts of the parts of days asked for, as an array of moments.",
                shape=("string",),
                personal="employment",
            ),
            json(
                "full_day_management_unit_dates",
                "Whole days asked for, as an array of dates in the management unit's time zone.",
                shape=("string",),
                personal="employment",
            ),
            int64(
                "daily_duration_minutes",
                "Time off a day, where it is the same on all of them.",
                unit="min",
                personal="employment",
            ),
            json(
                "duration_minutes",
                "Time off on each of the days in minutes, an array that runs along with that of the days.",
                unit="min",
                shape=("int64",),
                personal="employment",
            ),
            json(
                "payable_minutes",
                "Paid time on each of the days in minutes, an array that runs along with that of the days.",
                unit="min",
                shape=("int64",),
                personal="employment",
            ),
            json(
                "full_day_earliest_start_offset_minutes",
                "Earliest start on each whole day, in minutes after midnight, an array with gaps where not estimated.",
                unit="min",
                shape=("int64",),
                personal="employment",
            ),
            json(
                "full_day_latest_end_offset_minutes",
                "Latest end on each whole day, in minutes after midnight, an array with gaps where not estimated.",
                unit="min",
                shape=("int64",),
                personal="employment",
            ),
            string("notes", "What the agent wrote to the request.", personal="content"),
            string(
                "submitted_by_id", "User who submitted the request, or System.", "submittedBy.id", personal="pseudonym"
            ),
            timestamp("submitted_date", "When the request was submitted."),
            string(
                "reviewed_by_id", "User who decided on the request, or System.", "reviewedBy.id", personal="pseudonym"
            ),
            timestamp("reviewed_date", "When the request was decided on."),
            int64("sync_version", "Version against which schedules are compared, see agent_schedule."),
            string(
                "modified_by_id",
                "User who last changed the request, or System.",
                "metadata.modifiedBy.id",
                personal="pseudonym",
            ),
            timestamp("modified_date", "When the request was last changed.", "metadata.dateModified"),
            string(
                "created_by_id",
                "User who created the request, or System.",
                "metadata.createdBy.id",
                personal="pseudonym",
            ),
            timestamp("created_date", "When the request was created.", "metadata.dateCreated"),
            int64("version", "Version of the request, counted up with every change.", "metadata.version"),
            string("self_uri", "API path of the request."),
        ),
        note="first_day_off is ours and gives the partition. A request for next year is found only by asking for next "
        "year's days.",
    ),
    Table(
        name="wfm_forecast",
        description="Forecast work per planning group and quarter of an hour: how much is offered, how long it takes.",
        read=FORECAST_DATA,
        rows="quarters[]",
        loading=Tree("forecast_id"),
        partition_by="interval_start",
        columns=(
            _business_unit_id("Business unit of the forecast."),
            string("forecast_id", "Short-term forecast.", "@request.forecastId", key=True),
            int64("forecast_version", "Version that the forecast had when its data were read.", "@request.version"),
            date("week_date", "First day of the first week of the forecast.", "@request.weekDateId"),
            int64(
                "week_number", "Week of the forecast that the quarter lies in, from 1.", "@response.result.weekNumber"
            ),
            string(
                "planning_group_id",
                "Planning group as it was when the forecast was made; it may be gone by now.",
                "$.planningGroupId",
                key=True,
            ),
            int64("interval_index", "Position of the quarter in its week's data, from 0.", "@index", unit="count"),
            timestamp(
                "interval_start",
                "Start of the quarter of an hour.",
                "start",
                key=True,
            ),
            double("offered", "Interactions expected in the quarter.", unit="count"),
            double(
                "average_handle_time_seconds",
                "Handle time expected for an interaction of the quarter.",
                "averageHandleTimeSeconds",
                unit="s",
            ),
            timestamp(
                "reference_start_date",
                "Moment from which the quarters are counted.",
                "@response.result.referenceStartDate",
            ),
            int64("week_count", "Number of weeks in the forecast.", "@response.result.weekCount", unit="count"),
        ),
        confidence="low",
        note="Only the name tells what the table holds; that it is the data of the short-term forecasts is assumed. "
        "Changes made by planners are included.",
    ),
    Table(
        name="wfm_short_term_forecast",
        description="Short-term forecasts of the business units: how each was made and for which weeks.",
        read=SHORT_TERM_FORECASTS,
        loading=Upsert(),
        partition_by="week_date",
        columns=(
            _business_unit_id("Business unit that the forecast belongs to."),
            string("id", "Identifier of the forecast.", key=True),
            date("week_date", "First day of the first week of the forecast."),
            int64("week_count", "Number of weeks that the forecast covers.", unit="count"),
            string(
                "creation_method",
                "How the forecast was made.",
                values=("Import", "ImportedHistoricalWeightedAverage", "HistoricalWeightedAverage", "Advanced"),
            ),
            string("description", "Name that a planner gave to the forecast."),
            boolean("legacy", "Whether the forecast holds changes to metrics of the old kind."),
            boolean("can_use_for_scheduling", "Whether a schedule can be generated from the forecast."),
            timestamp("reference_start_date", "Moment from which the forecast's intervals are counted."),
            string("time_zone", "IANA time zone of the forecast."),
            int64(
                "planning_groups_version",
                "Version of the planning groups that the forecast was made with.",
            ),
            *_versioning("forecast"),
            string("self_uri", "API path of the forecast."),
        ),
        confidence="low",
        note="Only the name tells what the table holds. A forecast of several weeks comes with each of them, always as "
        "the same row.",
    ),
)
