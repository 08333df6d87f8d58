"""The simulated organisation that the benches read from, and the way to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from genesys_assets import simulator
from genesys_assets.catalog import Read, Table, load_catalog
from genesys_assets.genesys import GenesysClient, Settings, Throttle
from genesys_assets.orchestration.histories import CONVERSATIONS, HISTORIES
from genesys_assets.orchestration.loading import Loader, Staged
from genesys_assets.warehouse import DuckDBWarehouse, Warehouse

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
    return load_catalog().reads()[CONVERSATIONS]


def days_of_conversations(
    client: GenesysClient,
    warehouse: Warehouse,
    days: Sequence[date],
    *,
    read: Read | None = None,
    tables: Sequence[Table] | None = None,
) -> Iterator[Staged]:
    """The loads of so many days, as an asset makes them; of all eight tables unless told otherwise."""
    all_of_it, all_tables = family()
    loader = Loader(client, warehouse, load_catalog(), "bench")
    return loader.history(HISTORIES[CONVERSATIONS], read or all_of_it, tables or all_tables, days)


class NotingWarehouse(DuckDBWarehouse):
    """Keeps in mind which jobs were submitted, so that another process can read the results of the same ones."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.jobs: dict[str, str] = {}

    def remember(self, key: str, value: str) -> None:
        # What else is remembered of a read does not begin with its name.
        if key.startswith(f"{CONVERSATIONS} "):
            self.jobs[key] = value
        super().remember(key, value)
