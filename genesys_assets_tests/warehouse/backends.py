"""The backends that the contract suite runs against. Another backend joins by a line in ``BACKENDS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genesys_assets.warehouse import DuckDBWarehouse, Warehouse


def _duckdb(folder: Path) -> Warehouse:
    return DuckDBWarehouse(folder / "warehouse.duckdb", lock_timeout=60)


BACKENDS: dict[str, Callable[[Path], Warehouse]] = {"duckdb": _duckdb}


@dataclass(frozen=True)
class Place:
    """Where a warehouse is; may be sent to another process."""

    backend: str
    folder: Path

    def open(self) -> Warehouse:
        return BACKENDS[self.backend](self.folder)
