"""The backends that the contract suite runs against. Another backend joins by a line in ``BACKENDS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genesys_assets.warehouse import DuckDBWarehouse, Warehouse
from genesys_assets.warehouse.postgres import PostgresWarehouse
from genesys_assets_tests.warehouse.postgres_server import database_of, url


def _duckdb(folder: Path) -> Warehouse:
    return DuckDBWarehouse(Path(location("duckdb", folder)), lock_timeout=60)


def _postgres(folder: Path) -> Warehouse:
    return PostgresWarehouse(location("postgres", folder), staging=folder / "staging", lock_timeout=60)


def location(backend: str, folder: Path) -> str:
    """Where the warehouse that stands for a folder is, as configuration names it."""
    if backend == "duckdb":
        return str(folder / "warehouse.duckdb")
    folder.mkdir(parents=True, exist_ok=True)
    return url(database_of(folder))


BACKENDS: dict[str, Callable[[Path], Warehouse]] = {"duckdb": _duckdb, "postgres": _postgres}


@dataclass(frozen=True)
class Place:
    """Where a warehouse is; may be sent to another process."""

    backend: str
    folder: Path

    def open(self) -> Warehouse:
        return BACKENDS[self.backend](self.folder)
