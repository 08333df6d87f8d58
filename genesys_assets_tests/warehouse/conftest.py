from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from genesys_assets.warehouse import Warehouse
from genesys_assets_tests.warehouse.backends import BACKENDS, Place


@pytest.fixture(params=sorted(BACKENDS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a warehouse, on every backend."""
    return Place(request.param, tmp_path)


@pytest.fixture
def warehouse(place: Place) -> Warehouse:
    return place.open()


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Starts other processes quickly: the server that forks them has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["genesys_assets_tests.warehouse.samples"])
    return context
