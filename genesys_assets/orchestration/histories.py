"""The reads of history that are carried out: who reads their days, by which clock, and when a day is final."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from genesys_assets.extraction.agent_schedules import read_agent_schedules
from genesys_assets.extraction.agents import read_agents
from genesys_assets.extraction.aggregates import read_aggregates
from genesys_assets.extraction.audits import read_audits
from genesys_assets.extraction.conversations import read_conversations
from genesys_assets.extraction.evaluations import read_evaluations
from genesys_assets.extraction.forecast_data import read_forecast_data
from genesys_assets.extraction.histograms import read_histograms
from genesys_assets.extraction.history import SETTLE_AFTER, Reader, Span
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.surveys import read_surveys
from genesys_assets.extraction.time_off import read_time_off
from genesys_assets.extraction.unit_weeks import read_unit_weeks
from genesys_assets.genesys import GenesysClient, availability

CONVERSATIONS = "conversation_details"

_ONE_DAY = timedelta(days=1)
_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class History:
    """How the days of a read are loaded.

    A run takes ``days_a_run`` of them; each is a load of its own, unless they are read ``together``.
    ``clock`` (of :data:`CLOCKS`) tells up to which moment Genesys has told everything. With ``after``,
    the name of another read, a day is due whenever that read has loaded it anew. A day is final once it
    was read ``settle_after`` its end.
    """

    reader: Reader
    clock: str = "present"
    after: str | None = None
    days_a_run: int = 7
    together: bool = False
    settle_after: timedelta = SETTLE_AFTER


def _conversations(span: Span) -> Outcome:
    (day,) = span.days
    return read_conversations(
        span.client,
        span.read,
        span.tables,
        day,
        span.sink,
        store=span.store,
        now=span.now,
        known=span.known,
        resume_if=span.resume_if,
        settle_after=span.settle_after,
    )


def _planned(reader: Reader) -> History:
    """Plans change at any time, long before and after their days: every load at the present reads all days around it.

    So a day by itself has nothing to wait for. One answer is about a week or more, whose days are read together.
    """
    return History(reader, together=True, settle_after=_AT_ONCE)


HISTORIES: Mapping[str, History] = {
    CONVERSATIONS: History(_conversations, clock="conversation"),
    # One search spans all days of a run. What it tells of a day is complete when the day is over, but for what is
    # still being indexed: a day later nothing is missing.
    "evaluations": History(read_evaluations, together=True, settle_after=_ONE_DAY),
    # The filter leaves so little of a day that all days of a run fit into one job.
    "conversation_surveys": History(read_surveys, clock="conversation", together=True),
    # How late a message may arrive is not documented; each read costs three calls a service.
    "audits": History(read_audits, settle_after=_ONE_DAY),
    "quality_audits": History(read_audits, settle_after=_ONE_DAY),
    "user_details": History(read_agents, clock="agent"),
    "time_off_requests": _planned(read_time_off),
    "agent_schedules": _planned(read_agent_schedules),
    "business_unit_schedules": _planned(read_unit_weeks),
    "short_term_forecasts": _planned(read_unit_weeks),
    "forecast_data": _planned(read_forecast_data),
    "queue_aggregations": History(read_aggregates, after=CONVERSATIONS),
    "queue_aggregations2": History(read_aggregates, after=CONVERSATIONS),
    "queue_aggregation3": History(read_aggregates, after=CONVERSATIONS),
    "histogram": History(read_histograms, after=CONVERSATIONS),
    "user_aggregations": History(read_aggregates, after=CONVERSATIONS),
    "user_aggregations2": History(read_aggregates, after=CONVERSATIONS),
    "user_aggregation3": History(read_aggregates, after=CONVERSATIONS),
}
"""By the name of the read."""


def _present(client: GenesysClient) -> datetime:
    """What has no watermark is as complete as it is now."""
    return client.server_time()


CLOCKS: Mapping[str, Callable[[GenesysClient], datetime]] = {
    "conversation": lambda client: availability(client, "/api/v2/analytics/conversations/details/jobs"),
    "agent": lambda client: availability(client, "/api/v2/analytics/users/details/jobs"),
    "present": _present,
}
"""Up to which moment (UTC) Genesys has told everything, at most one API call each."""
