"""What a simulated organisation is made of, and the clock by which it lives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from genesys_assets.simulator.times import HOUR, SECOND, iso, parse

_INDEXING = 30 * SECOND


@dataclass(slots=True)
class Faults:
    """Misbehaviour on demand; a share is a number from 0 to 1.

    Which request is hit follows from the seed and the request's number; which item is malformed, or
    has an ``expand`` left out, from the seed and the item's id.

    ``omitted_expands`` leaves them out of listings, ``omitted_expands_alone`` where an item is read by itself,
    with the same likelihood out of the same items.

    ``rate_limit_storm`` answers 429 (``Retry-After: retry_after_s``), ``errors_500`` 500,
    ``cut_connections`` breaks off in the middle of the answer, ``expire_tokens`` ends the token that
    came with the request, ``slow_s`` delays every answer by so many seconds.
    """

    rate_limit_storm: float = 0.0
    errors_500: float = 0.0
    cut_connections: float = 0.0
    expire_tokens: float = 0.0
    malformed_items: float = 0.0
    omitted_expands: float = 0.0
    omitted_expands_alone: float = 0.0
    slow_s: float = 0.0
    retry_after_s: int = 1


@dataclass(slots=True)
class Settings:
    """A simulated organisation: the same settings make the same one.

    ``now`` is the simulated moment in ISO 8601 (``None``: the real one), which stands still unless
    ``clock_running``. ``lag_hours`` is how far the data lake is behind; its availability date is floored
    to the hour; ``user_lag_hours`` is that of the details of users. ``rate_limit`` counts requests per
    token and ``rate_window_s`` seconds, 0 is no limit. An async job is fulfilled after ``job_polls``
    status requests and ``job_s`` seconds, and expires ``job_lifetime_hours`` (of simulated time) after
    its submission. ``denied_permissions`` are those that the OAuth client's role lacks. With
    ``unknown_enums`` some items carry enumeration values that no published model knows.

    ``knowledge_categories`` and ``knowledge_labels`` are those of each knowledge base, ``activity_codes``
    and ``planning_groups`` those of each business unit. With ``wfm_downloads`` workforce management
    answers with an address to download, as it does anyway where an answer has more than
    ``wfm_largest_answer`` bytes; it only promises the result of a search whose agents times days are more
    than ``wfm_largest_search``. One in ``evaluation_every`` conversations is evaluated if an agent took
    part, one in ``survey_every`` surveyed if it was a call (0: none; a small organisation has more).
    ``aggregate_rows`` is how many rows an aggregate query answers at most.
    """

    seed: int = 1
    conversations_per_day: int = 10_000
    organization_created: str = "2020-01-01"
    users: int = 1_000
    queues: int = 200
    groups: int = 50
    teams: int = 12
    divisions: int = 8
    locations: int = 20
    skills: int = 60
    languages: int = 12
    wrapup_codes: int = 120
    flow_outcomes: int = 40
    flows: int = 24
    roles: int = 12
    campaigns: int = 10
    contact_lists: int = 14
    external_contacts: int = 5_000
    schedules: int = 30
    schedule_groups: int = 8
    emergency_groups: int = 4
    responses: int = 1_500
    knowledge_bases: int = 3
    knowledge_categories: int = 15
    knowledge_labels: int = 8
    articles: int = 400
    article_feedback: int = 300
    evaluation_forms: int = 24
    evaluation_every: int = 100
    survey_every: int = 100
    audits_per_day: int = 400
    quality_audits_per_day: int = 200
    business_units: int = 3
    activity_codes: int = 25
    planning_groups: int = 8
    wfm_downloads: bool = False
    wfm_largest_answer: int = 500_000
    wfm_largest_search: int = 5_000
    now: str | None = None
    clock_running: bool = False
    lag_hours: float = 6.0
    user_lag_hours: float = 5.0
    client_id: str = "3f1c8b1e-5a7d-4c55-a1d0-9d6d0f1b2a77"
    client_secret: str = "simulated-secret"
    token_lifetime_s: float = 86_400.0
    rate_limit: int = 300
    rate_window_s: float = 60.0
    job_polls: int = 2
    job_s: float = 0.0
    job_lifetime_hours: float = 24.0
    retention_days: int = 1_826
    denied_permissions: tuple[str, ...] = ()
    unknown_enums: bool = False
    faults: Faults = field(default_factory=Faults)
    page_cache_mb: int = 64
    aggregate_rows: int = 500_000


def check_names(given: Mapping[str, object], kind: type[Settings | Faults]) -> None:
    """Refuse a misspelt name, which would change nothing without a word.

    Raises:
        ValueError: there is no setting, or fault, of a name.
    """
    unknown = given.keys() - {each.name for each in fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")


class Clock:
    """The simulated now: it stands still, or runs along with real time at an offset."""

    def __init__(self, now: str | None, *, running: bool, lag_hours: float, user_lag_hours: float = 5.0) -> None:
        self.lag_hours = lag_hours
        self.user_lag_hours = user_lag_hours
        self._fixed: int | None = None
        self._offset = 0
        self.set(now, running=running)

    def set(self, now: str | None, *, running: bool = False) -> None:
        """Go to a moment (``None``: real time), and stand still there or run on from it."""
        self._fixed, self._offset = None, 0
        if now is not None and running:
            self._offset = parse(now) - _real()
        elif now is not None:
            self._fixed = parse(now)

    @property
    def now(self) -> int:
        """The simulated moment, in milliseconds since 1970 UTC."""
        return self._fixed if self._fixed is not None else _real() + self._offset

    @property
    def indexed(self) -> int:
        """Up to which moment queries see: now, or up to half a minute ago while the clock runs."""
        return self.now if self._fixed is not None else self.now // _INDEXING * _INDEXING

    @property
    def availability(self) -> int:
        """Up to which moment conversations are in the lake, in milliseconds since 1970 UTC."""
        return int(self.now - self.lag_hours * HOUR) // HOUR * HOUR

    @property
    def user_availability(self) -> int:
        """Up to which moment the users' details are in the lake, in milliseconds since 1970 UTC."""
        return int(self.now - self.user_lag_hours * HOUR) // HOUR * HOUR

    def describe(self) -> dict[str, object]:
        """The clock as the control interface shows it."""
        return {
            "now": iso(self.now),
            "running": self._fixed is None,
            "lag_hours": self.lag_hours,
            "user_lag_hours": self.user_lag_hours,
            "dataAvailabilityDate": iso(self.availability),
        }


def _real() -> int:
    return time.time_ns() // 1_000_000
