from __future__ import annotations

import multiprocessing
from collections.abc import Generator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from genesys_assets.warehouse import Warehouse
from genesys_assets_tests.warehouse.backends import BACKENDS, Place
from genesys_assets_tests.warehouse.postgres_server import OwnServer, running


@pytest.fixture(scope="session")
def postgres() -> Generator[OwnServer]:
    """A PostgreSQL server, the same for all tests."""
    with running() as server:
        yield server


@pytest.fixture(params=sorted(BACKENDS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a warehouse, on every backend."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    return Place(request.param, tmp_path)


@pytest.fixture
def warehouse(place: Place) -> Warehouse:
    return place.open()


@pytest.fixture(scope="session")
def processes(postgres: OwnServer) -> ForkServerContext:
    """Starts other processes quickly: the server that forks them has imported all and knows the database."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["genesys_assets_tests.warehouse.samples"])
    return context
