from __future__ import annotations

from pathlib import Path

import pytest

from genesys_assets.warehouse import Warehouse
from genesys_assets_tests.warehouse.backends import Place


@pytest.fixture
def place(backend: str, tmp_path: Path) -> Place:
    """An empty place for a warehouse, on every backend."""
    return Place(backend, tmp_path)


@pytest.fixture
def warehouse(place: Place) -> Warehouse:
    return place.open()
