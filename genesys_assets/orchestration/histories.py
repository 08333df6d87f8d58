"""The reads of history that are carried out: who reads their days, by which clock, and when a day is final."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from genesys_assets.extraction.conversations import read_conversations
from genesys_assets.extraction.history import SETTLE_AFTER, Reader, Span
from genesys_assets.extraction.sink import Outcome
from genesys_assets.genesys import GenesysClient, availability

CONVERSATIONS = "conversation_details"


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


HISTORIES: Mapping[str, History] = {
    CONVERSATIONS: History(_conversations, clock="conversation"),
}
"""By the name of the read."""


def _present(client: GenesysClient) -> datetime:
    """What has no watermark is as complete as it is now."""
    return client.server_time()


CLOCKS: Mapping[str, Callable[[GenesysClient], datetime]] = {
    "conversation": lambda client: availability(client, "/api/v2/analytics/conversations/details/jobs"),
    "present": _present,
}
"""Up to which moment (UTC) Genesys has told everything, at most one API call each."""
