"""One running organisation: its clock, its world, its conversations, and what clients did with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from genesys_assets.simulator.audits import Audits
from genesys_assets.simulator.downloads import Downloads
from genesys_assets.simulator.evaluations import Evaluations
from genesys_assets.simulator.plans import Plans
from genesys_assets.simulator.selection import Conversations
from genesys_assets.simulator.settings import Clock, Faults, Settings
from genesys_assets.simulator.surveys import Surveys
from genesys_assets.simulator.time_off import TimeOff
from genesys_assets.simulator.timeline import Timeline
from genesys_assets.simulator.world import World


@dataclass(slots=True)
class Statistics:
    """What was asked since the start, or since the last reset.

    ``requests`` and ``statuses`` count by method and path template, and by status. ``windows`` lists
    the requests let through in each rate-limit window of each token. ``unknown_parameters`` names query
    parameters that the API does not have, by endpoint.
    """

    requests: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    windows: list[int] = field(default_factory=list[int])
    unknown_parameters: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    tokens: int = 0

    def describe(self) -> dict[str, object]:
        """The numbers as the control interface shows them."""
        return {
            "requests": dict(self.requests),
            "total": sum(self.requests.values()),
            "statuses": dict(self.statuses),
            "rate_limited": self.statuses["429"],
            "faults": dict(self.faults),
            "windows": self.windows,
            "requests_per_window_max": max(self.windows, default=0),
            "unknown_parameters": self.unknown_parameters,
            "tokens": self.tokens,
        }


@dataclass(slots=True)
class Failure:
    """An answer with an error status for one path, for so many times (``None``: until it is lifted)."""

    status: int
    times: int | None = None


class Simulation:
    """The state behind the endpoints."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock(
            settings.now,
            running=settings.clock_running,
            lag_hours=settings.lag_hours,
            user_lag_hours=settings.user_lag_hours,
        )
        self.world = World(settings)
        self.downloads = Downloads(settings.seed)
        timeline = Timeline(settings, self.world.origin)
        self.conversations = Conversations(timeline)
        self.evaluations = Evaluations(settings, self.world.origin, timeline)
        self.surveys = Surveys(settings, self.world.origin, timeline)
        self.audits = Audits(settings, self.world.origin, timeline)
        self.plans = Plans(settings, self.world.origin)
        self.time_off = TimeOff(settings, self.world.origin)
        self.faults: Faults = settings.faults
        self.failures: dict[str, Failure] = {}
        self.statistics = Statistics()
