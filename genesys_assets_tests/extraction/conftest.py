from __future__ import annotations

from collections.abc import Iterator

import pytest

from genesys_assets.genesys import GenesysClient, Retries, Settings
from genesys_assets.simulator import Settings as Organisation
from genesys_assets.simulator import Simulator, serve
from genesys_assets_tests.extraction.samples import MemorySink

NOW = "2026-05-20T12:00:00.000Z"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A small organisation at noon, its data lake six hours behind; its jobs are done when they are asked for."""
    small = Organisation(users=120, groups=7, conversations_per_day=40, now=NOW, rate_limit=0, job_polls=1)
    with serve(small) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[GenesysClient]:
    """A client without patience: it tries twice."""
    settings = Settings(simulator.url, simulator.url, simulator.client_id, simulator.client_secret, 60_000)
    with GenesysClient(settings, retries=Retries(attempts=2, base=0.001, longest=0.002)) as client:
        yield client


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()
