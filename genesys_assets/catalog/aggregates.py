"""Results of queues and agents per interval, counted by Genesys Cloud, and histograms of waits.

An interval is half an hour, unless ``GENESYS_ASSETS_GRANULARITY`` says otherwise
(:mod:`genesys_assets.extraction.granularity`).

The tables carry the names of three generations: the first has a row per queue (or agent) and media,
the second adds the direction of the session, the third the direction in which the conversation began.
A metric belongs to the interval in which Genesys emitted it, not to that of the conversation's start.
"""

from __future__ import annotations

from dataclasses import dataclass

from genesys_assets.catalog.declare import (
    Column,
    Read,
    Table,
    Window,
    double,
    int64,
    string,
    timestamp,
)

MEDIA = (
    "callback",
    "chat",
    "cobrowse",
    "email",
    "internalmessage",
    "message",
    "screenmonitoring",
    "screenshare",
    "unknown",
    "video",
    "voice",
)
DIRECTIONS = ("inbound", "outbound")


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric that only counts: one column, named like the metric."""

    metric: str
    column: str
    description: str

    def columns(self) -> tuple[Column, ...]:
        """The count."""
        return (int64(self.column, self.description, _statistic(self.metric, "count"), unit="count"),)


@dataclass(frozen=True, slots=True)
class Timed:
    """A metric that measures: how often, and the total, shortest and longest of the times in ms.

    ``events`` are what is counted; ``time`` is what is measured and completes "total", "shortest", "longest".
    """

    metric: str
    column: str
    events: str
    time: str

    def columns(self) -> tuple[Column, ...]:
        """Count, sum, minimum and maximum."""
        return (
            int64(f"{self.column}_count", f"Number of {self.events}.", _statistic(self.metric, "count"), unit="count"),
            double(f"{self.column}_sum", f"Total {self.time}.", _statistic(self.metric, "sum"), unit="ms"),
            double(f"{self.column}_min", f"Shortest {self.time}.", _statistic(self.metric, "min"), unit="ms"),
            double(f"{self.column}_max", f"Longest {self.time}.", _statistic(self.metric, "max"), unit="ms"),
        )


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """The service level as Genesys computes it, with what it was computed from."""

    metric: str = "oServiceLevel"

    def columns(self) -> tuple[Column, ...]:
        """Numerator, denominator, ratio and target."""
        return (
            double(
                "o_service_level_numerator",
                "Interactions that count as served within the queue's service-level time; add these up, not the ratio.",
                _statistic(self.metric, "numerator"),
                unit="count",
            ),
            double(
                "o_service_level_denominator",
                "Interactions that the service level is measured against, by the organisation's own rule.",
                _statistic(self.metric, "denominator"),
                unit="count",
            ),
            double(
                "o_service_level_ratio",
                "Share of interactions served in time, from 0 to 1; it cannot be averaged over rows.",
                _statistic(self.metric, "ratio"),
                unit="ratio",
            ),
            double(
                "o_service_level_target",
                "Share that the service level is meant to reach, as it stood when Genesys answered.",
                _statistic(self.metric, "target"),
                unit="ratio",
            ),
        )


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """The service-level goal set for the queue."""

    metric: str = "oServiceTarget"

    def columns(self) -> tuple[Column, ...]:
        """The goal."""
        return (
            double(
                "o_service_target",
                "Service-level goal set for the queue and media, as it stood when Genesys answered.",
                _statistic(self.metric, "current"),
                unit="ratio",
            ),
        )


Metric = Counted | Timed | ServiceLevel | ServiceTarget


def _statistic(metric: str, statistic: str) -> str:
    return f"metrics[?metric=={metric}].stats.{statistic}"


_ANSWERED = Timed(
    "tAnswered",
    "t_answered",
    "interactions from a queue that an agent answered",
    "time from entering the queue to the agent's answer",
)

_AT_WORK: tuple[Metric, ...] = (
    Timed(
        "tContacting",
        "t_contacting",
        "outbound attempts in which an agent's side waited for the connection to be set up",
        "time from the start of an outbound attempt until it rang at the other end",
    ),
    Timed("tDialing", "t_dialing", "outbound attempts that rang", "time an outbound attempt rang at the other end"),
    Timed("tTalk", "t_talk", "stretches of talk between two holds", "single stretch of talk time"),
    Timed(
        "tTalkComplete",
        "t_talk_complete",
        "agent sessions with talk time that ended",
        "talk time of an agent session, all its stretches together",
    ),
    Timed("tHeld", "t_held", "times that the other side was put on hold", "single hold time"),
    Timed(
        "tHeldComplete",
        "t_held_complete",
        "agent sessions with at least one hold that ended",
        "hold time of an agent session, all its holds together",
    ),
)

_AFTER_WORK: tuple[Metric, ...] = (
    Timed("tAcw", "t_acw", "stretches of after-call work that ended", "time an agent spent on after-call work"),
    Timed(
        "tHandle",
        "t_handle",
        "agent sessions whose handling ended",
        "time an agent handled an interaction: contacting, dialling, talk, hold and after-call work",
    ),
    Counted("nConnected", "n_connected", "Sessions that were connected."),
    Counted("nTransferred", "n_transferred", "Interactions that an agent transferred, blind or after a consultation."),
    Counted("nBlindTransferred", "n_blind_transferred", "Interactions transferred without asking the receiver first."),
    Counted("nConsult", "n_consult", "Consultations that an agent opened during an interaction."),
    Counted("nConsultTransferred", "n_consult_transferred", "Interactions transferred after a consultation."),
    Counted("nOutbound", "n_outbound", "Outbound interactions that an agent placed on behalf of the queue."),
    Counted("nOutboundAttempted", "n_outbound_attempted", "Campaign interactions that were attempted."),
    Counted("nOutboundConnected", "n_outbound_connected", "Campaign interactions in which the contact was reached."),
)

_RESPONSES: tuple[Metric, ...] = (
    Timed(
        "tFirstResponse",
        "t_first_response",
        "digital interactions that got their first reply from an agent",
        "time a customer waited for an agent's first reply",
    ),
    Timed(
        "tAgentResponseTime",
        "t_agent_response_time",
        "replies of agents to customers' messages",
        "time an agent took to reply to a customer's message",
    ),
    Timed(
        "tUserResponseTime",
        "t_user_response_time",
        "replies of customers to agents' messages",
        "time a customer took to reply to an agent's message",
    ),
)

_ALERT = Timed(
    "tAlert", "t_alert", "times that an interaction alerted at an agent", "time an interaction alerted at an agent"
)
_NOT_RESPONDING = Timed(
    "tNotResponding",
    "t_not_responding",
    "times that an agent did not react to an alerting interaction",
    "alerting time that passed without the agent's reaction",
)
_ERRORS = Counted("nError", "n_error", "Sessions that ended with an error.")

QUEUE_METRICS: tuple[Metric, ...] = (
    Counted("nOffered", "n_offered", "Interactions that entered the queue and asked for an agent."),
    _ANSWERED,
    Timed(
        "tAbandon",
        "t_abandon",
        "interactions whose customer left the queue before an agent answered",
        "time a customer waited in the queue before giving up",
    ),
    Timed(
        "tShortAbandon",
        "t_short_abandon",
        "abandoned interactions that fell below the short-abandon threshold",
        "time a customer waited who gave up below the short-abandon threshold",
    ),
    Timed(
        "tFlowOut",
        "t_flow_out",
        "interactions that left the queue neither answered nor abandoned, such as to another queue or voicemail",
        "time in the queue of an interaction that flowed out of it unanswered",
    ),
    Timed("tVoicemail", "t_voicemail", "interactions that reached voicemail", "time a customer spent in voicemail"),
    Timed(
        "tAcd",
        "t_acd",
        "stays in the queue that ended, by answer, abandonment or flow-out",
        "time under automatic distribution until the stay in the queue ended, however it ended",
    ),
    Timed("tWait", "t_wait", "waits for an agent that ended", "time an interaction waited for an agent"),
    Counted("nOverSla", "n_over_sla", "Answered interactions that waited longer than the service-level time allows."),
    ServiceLevel(),
    ServiceTarget(),
    _ALERT,
    _NOT_RESPONDING,
    *_AT_WORK,
    *_AFTER_WORK,
    Counted(
        "nOutboundAbandoned",
        "n_outbound_abandoned",
        "Campaign interactions in which the contact hung up before an agent was there.",
    ),
    _ERRORS,
    *_RESPONSES,
)
"""What is measured per queue, in the order of the columns."""

USER_METRICS: tuple[Metric, ...] = (
    _ANSWERED,
    _ALERT,
    _NOT_RESPONDING,
    Counted("nAgentDeclined", "n_agent_declined", "Alerting interactions that the agent declined."),
    Counted("nAlertExpired", "n_alert_expired", "Alerts that ran out before the agent reacted."),
    *_AT_WORK,
    Timed("tPark", "t_park", "times that an agent parked an interaction", "single time that an interaction lay parked"),
    Timed(
        "tParkComplete",
        "t_park_complete",
        "agent sessions with at least one parking that ended",
        "parked time of an agent session, all its parkings together",
    ),
    *_AFTER_WORK,
    _ERRORS,
    Timed(
        "tMonitoring",
        "t_monitoring",
        "times that the user silently listened in on another's interaction",
        "time spent listening in on another's interaction",
    ),
    Timed(
        "tCoaching",
        "t_coaching",
        "times that the user coached an agent during an interaction",
        "time spent coaching an agent during an interaction",
    ),
    Timed(
        "tBarging",
        "t_barging",
        "times that the user barged into another's interaction",
        "time spent barged into another's interaction",
    ),
    *_RESPONSES,
)
"""What is measured per agent, in the order of the columns."""


def _read(name: str, group_by: tuple[str, ...], metrics: tuple[Metric, ...]) -> Read:
    """The aggregate query of one UTC day, grouped as the table is keyed."""
    return Read(
        name=name,
        path="/api/v2/analytics/conversations/aggregates/query",
        method="POST",
        items="results",
        paging="none",
        body={
            "interval": "{interval}",
            "granularity": "{granularity}",
            "groupBy": list(group_by),
            "metrics": [metric.metric for metric in metrics],
        },
        permissions=("analytics:conversationAggregate:view",),
        ignored=(
            "data[].views",
            "data[].metrics[].qualifier",
            "data[].metrics[].stats.countNegative",
            "data[].metrics[].stats.countPositive",
            "data[].metrics[].stats.p95",
            "data[].metrics[].stats.p99",
            "data[].metrics[].stats.calculatedMetricValue",
        ),
    )


_TIME = timestamp(
    "time",
    "Start of the interval in which the metrics were emitted.",
    "interval:start",
    key=True,
)
_QUEUE_ID = string(
    "queue_id",
    "Queue of the measured sessions; empty text for work without a queue.",
    "$.group.queueId",
    key=True,
    absent="",
)
_USER_ID = string(
    "user_id",
    "Agent whose sessions were measured; empty text for sessions without a user.",
    "$.group.userId",
    key=True,
    absent="",
    personal="pseudonym",
)
_MEDIA_TYPE = string(
    "media_type",
    "Media of the measured sessions; empty text where none is given.",
    "$.group.mediaType",
    key=True,
    absent="",
    values=MEDIA,
)
_DIRECTION = string(
    "direction",
    "Direction of the measured sessions; empty text where none is given.",
    "$.group.direction",
    key=True,
    absent="",
    values=DIRECTIONS,
)
_INITIAL_DIRECTION = string(
    "initial_direction",
    "Direction in which the conversation began, so inbound for the outbound call that serves a callback request.",
    "$.group.originatingDirection",
    key=True,
    absent="",
    values=DIRECTIONS,
)
_WRAP_UP_CODE = string(
    "wrap_up_code",
    "Wrap-up code of the measured sessions; empty text for metrics that carry none, so add up before dividing.",
    "$.group.wrapUpCode",
    key=True,
    absent="",
)


def _columns(dimensions: tuple[Column, ...], metrics: tuple[Metric, ...]) -> tuple[Column, ...]:
    return (*dimensions, *(column for metric in metrics for column in metric.columns()))


_MEASURES = (
    "A metric without events is absent from the answer and stays empty. Minima, maxima and ratios cannot be summed; "
    "numerators and denominators can."
)
_OURS = "The choice of measures and the length of the interval are ours."

HISTOGRAM = Read(
    name="histogram",
    path="",
    method="COMPUTE",
    items="",
    paging="none",
    made_from=(
        "analytics_conversation",
        "analytics_participant",
        "analytics_session",
        "analytics_session_metric",
        "analytics_conversation_segment",
    ),
)
"""No request: the histograms are computed from the conversation tables, by
:mod:`genesys_assets.extraction.histograms`."""

_HISTOGRAM_QUEUE_ID = string(
    "queue_id",
    "Queue in which was waited; empty text where none can be told.",
    key=True,
    absent="",
    derived="queue_id of the segment of the metric's session that contains the metric's emit time; else of any segment "
    "of that session; else of the nearest earlier acd participant of the conversation; else empty text",
)
_HISTOGRAM_TIME = timestamp(
    "time",
    "Start of the interval in which the wait ended.",
    key=True,
    derived="emit_date of the metric in analytics_session_metric, cut to the length of an interval",
)
_HISTOGRAM_MEDIA_TYPE = string(
    "media_type",
    "Media of the session in which the wait was measured.",
    key=True,
    values=MEDIA,
    absent="",
    derived="media_type of analytics_session",
)
_HISTOGRAM_DIRECTION = string(
    "direction",
    "Direction of the session in which the wait was measured.",
    key=True,
    values=DIRECTIONS,
    absent="",
    derived="direction of analytics_session",
)
_HISTOGRAM_INITIAL_DIRECTION = string(
    "initial_direction",
    "Direction in which the conversation began.",
    key=True,
    values=DIRECTIONS,
    absent="",
    derived="originating_direction of analytics_conversation",
)
_HISTOGRAM_COUNTS = (
    int64(
        "second",
        "Whole seconds waited: 0 for less than a second, 1 for one to less than two, without an upper bound.",
        unit="s",
        key=True,
        derived="value of the metric in ms divided by 1000, rounded down",
    ),
    int64(
        "answered",
        "Interactions that an agent answered in this second of their wait.",
        unit="count",
        derived="number of tAnswered metrics",
    ),
    int64(
        "abandoned",
        "Interactions whose customer gave up in this second of their wait.",
        unit="count",
        derived="number of tAbandon metrics",
    ),
    int64(
        "flow_out",
        "Interactions that left the queue unanswered in this second of their wait, without being abandoned.",
        unit="count",
        derived="number of tFlowOut metrics",
    ),
)
_HISTOGRAM_NOTE = (
    "Only seconds in which something happened have a row. Over all seconds the counts equal t_answered_count, "
    "t_abandon_count and t_flow_out_count of the parent row, if both were computed from the same state of the "
    "conversations. What is counted is inferred from the name of the table; flow_out is our addition."
)

TABLES = (
    Table(
        name="queue_aggregations",
        description="Results of the queues per interval and media: volumes, waits, handling and service level.",
        read=_read("queue_aggregations", ("queueId", "mediaType"), QUEUE_METRICS),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns((_QUEUE_ID, _TIME, _MEDIA_TYPE), QUEUE_METRICS),
        confidence="low",
        note=f"First generation, without direction; key and measures are assumed. {_MEASURES}",
    ),
    Table(
        name="queue_aggregations2",
        description="Results of the queues per interval, media and direction: volumes, waits, handling and service.",
        read=_read("queue_aggregations2", ("queueId", "mediaType", "direction"), QUEUE_METRICS),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns((_QUEUE_ID, _TIME, _MEDIA_TYPE, _DIRECTION), QUEUE_METRICS),
        confidence="medium",
        note=f"Second generation. {_OURS} {_MEASURES}",
    ),
    Table(
        name="queue_aggregation3",
        description="Results of the queues per interval, media, direction and the direction in which the "
        "conversation began: volumes, waits, handling and service level.",
        read=_read("queue_aggregation3", ("queueId", "mediaType", "direction", "originatingDirection"), QUEUE_METRICS),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns((_QUEUE_ID, _TIME, _MEDIA_TYPE, _DIRECTION, _INITIAL_DIRECTION), QUEUE_METRICS),
        confidence="medium",
        note=f"Third generation. {_OURS} {_MEASURES}",
    ),
    Table(
        name="queue_aggregations_second",
        description="How long was waited in the queues, second by second, until an answer, abandonment or flow-out; "
        "belongs to queue_aggregations2.",
        read=HISTOGRAM,
        loading=Window(),
        partition_by="time",
        columns=(
            _HISTOGRAM_QUEUE_ID,
            _HISTOGRAM_TIME,
            _HISTOGRAM_MEDIA_TYPE,
            _HISTOGRAM_DIRECTION,
            *_HISTOGRAM_COUNTS,
        ),
        confidence="low",
        note=_HISTOGRAM_NOTE,
    ),
    Table(
        name="queue_second_histogram3",
        description="How long was waited in the queues, second by second, until an answer, abandonment or flow-out; "
        "belongs to queue_aggregation3.",
        read=HISTOGRAM,
        loading=Window(),
        partition_by="time",
        columns=(
            _HISTOGRAM_QUEUE_ID,
            _HISTOGRAM_TIME,
            _HISTOGRAM_MEDIA_TYPE,
            _HISTOGRAM_DIRECTION,
            _HISTOGRAM_INITIAL_DIRECTION,
            *_HISTOGRAM_COUNTS,
        ),
        confidence="low",
        note=_HISTOGRAM_NOTE,
    ),
    Table(
        name="user_aggregations",
        description="Results of the agents per interval and media: answers, alerts, talk, hold and after-call work.",
        read=_read("user_aggregations", ("userId", "mediaType"), USER_METRICS),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns((_USER_ID, _TIME, _MEDIA_TYPE), USER_METRICS),
        confidence="low",
        note="First generation; key and measures are assumed. The measures are of conversations, not of the time "
        f"spent in a presence or routing status. {_MEASURES}",
    ),
    Table(
        name="user_aggregations2",
        description="Results of the agents per interval, queue, media, direction and wrap-up code: answers, alerts, "
        "talk, hold and after-call work.",
        read=_read("user_aggregations2", ("userId", "queueId", "mediaType", "direction", "wrapUpCode"), USER_METRICS),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns((_USER_ID, _TIME, _QUEUE_ID, _MEDIA_TYPE, _DIRECTION, _WRAP_UP_CODE), USER_METRICS),
        confidence="low",
        note=f"Second generation; media and direction in the key are assumed. {_OURS} {_MEASURES}",
    ),
    Table(
        name="user_aggregation3",
        description="Results of the agents per interval, queue, media, direction, direction in which the conversation "
        "began and wrap-up code: answers, alerts, talk, hold and after-call work.",
        read=_read(
            "user_aggregation3",
            ("userId", "queueId", "mediaType", "direction", "originatingDirection", "wrapUpCode"),
            USER_METRICS,
        ),
        rows="data[]",
        loading=Window(),
        partition_by="time",
        columns=_columns(
            (_USER_ID, _TIME, _QUEUE_ID, _MEDIA_TYPE, _DIRECTION, _INITIAL_DIRECTION, _WRAP_UP_CODE), USER_METRICS
        ),
        confidence="low",
        note=f"Third generation; media and directions in the key are assumed. {_OURS} {_MEASURES}",
    ),
)
