from __future__ import annotations

import multiprocessing
from collections.abc import Generator
from multiprocessing.context import ForkServerContext

import pytest

from genesys_assets_tests.warehouse.backends import BACKENDS
from genesys_assets_tests.warehouse.postgres_server import OwnServer, running


@pytest.fixture(scope="session")
def postgres() -> Generator[OwnServer]:
    """A PostgreSQL server, the same for all tests."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def processes(postgres: OwnServer) -> ForkServerContext:
    """Starts other processes quickly: the server that forks them has imported all and knows the database."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["genesys_assets_tests.warehouse.samples", "genesys_assets_tests.orchestration.backfill_process"]
    )
    return context


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend by its name; its server runs."""
    name: str = request.param
    if name == "postgres":
        request.getfixturevalue("postgres")
    return name
