"""The simulated organisation that the benches read from, and the way to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from genesys_assets import simulator
from genesys_assets.catalog import Read, Table, load_catalog
from genesys_assets.genesys import GenesysClient, Settings, Throttle

NOW = datetime(2025, 3, 12, tzinfo=UTC)
DAY = date(2025, 3, 5)
"""A day long over: all of it is in the data lake, and nothing of it changes any more."""

_UNLIMITED = 10_000_000


@contextmanager
def organization(
    conversations: int, *, rate_limit: int = 0, job_polls: int = 1, page_cache_mb: int = 0
) -> Generator[simulator.Simulator]:
    """An organisation with so many conversations a day, in a process of its own.

    Its jobs are done when they are first asked for, unless told otherwise: no time goes by between questions.
    """
    settings = simulator.Settings(
        conversations_per_day=conversations,
        now=NOW.isoformat(),
        rate_limit=rate_limit,
        job_polls=job_polls,
        page_cache_mb=page_cache_mb,
    )
    with simulator.spawn(settings) as organisation:
        yield organisation


def client_of(
    organisation: simulator.Simulator | None = None,
    *,
    throttle: Throttle | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> GenesysClient:
    """A client of an organisation (of the one that the environment names, if none is given); no limit by default."""
    settings = Settings.from_environment(os.environ if organisation is None else organisation.environment())
    if settings is None:
        raise ValueError("the environment names no organisation")
    return GenesysClient(settings, throttle=throttle or Throttle(_UNLIMITED), cancelled=cancelled)


def family() -> tuple[Read, tuple[Table, ...]]:
    """The conversation details, and the eight tables that live in them."""
    return load_catalog().reads()["conversation_details"]
