from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from genesys_assets.warehouse import Warehouse
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.postgres_server import OwnServer


@pytest.fixture
def place(backend: str, tmp_path: Path) -> Place:
    """An empty place for a warehouse, on every backend."""
    return Place(backend, tmp_path)


@pytest.fixture
def warehouse(place: Place) -> Warehouse:
    return place.open()


@pytest.fixture(scope="session")
def processes(postgres: OwnServer) -> ForkServerContext:
    """Starts other processes quickly: the server that forks them has imported all and knows the database."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["genesys_assets_tests.warehouse.samples"])
    return context
