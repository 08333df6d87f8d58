from __future__ import annotations

from collections.abc import Generator

import pytest

from genesys_assets_tests.warehouse.backends import BACKENDS
from genesys_assets_tests.warehouse.postgres_server import OwnServer, running


@pytest.fixture(scope="session")
def postgres() -> Generator[OwnServer]:
    """A PostgreSQL server, the same for all tests."""
    with running() as server:
        yield server


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend by its name; its server runs."""
    name: str = request.param
    if name == "postgres":
        request.getfixturevalue("postgres")
    return name
