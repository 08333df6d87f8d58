"""Where rows live: one protocol, a backend a file; staging, merge, ledger and quarantine."""

from __future__ import annotations

from pathlib import Path

from genesys_assets.warehouse.duckdb import DuckDBWarehouse
from genesys_assets.warehouse.protocol import (
    DRIFT,
    LEDGER,
    QUARANTINE,
    RECORDS,
    Contents,
    KeyFaults,
    Load,
    Orphans,
    SchemaError,
    Status,
    TableReport,
    Warehouse,
    WarehouseError,
    WarehouseLockedError,
    WarehouseUnavailableError,
)
from genesys_assets.warehouse.stage import Stage, StageError

__all__ = [
    "DRIFT",
    "LEDGER",
    "QUARANTINE",
    "RECORDS",
    "Contents",
    "DuckDBWarehouse",
    "KeyFaults",
    "Load",
    "Orphans",
    "SchemaError",
    "Stage",
    "StageError",
    "Status",
    "TableReport",
    "Warehouse",
    "WarehouseError",
    "WarehouseLockedError",
    "WarehouseUnavailableError",
    "open_warehouse",
]


def open_warehouse(url_or_path: str | Path) -> Warehouse:
    """The warehouse at a path, or at a URL: ``duckdb:///path`` or ``postgresql://user@host/database``.

    Raises:
        ValueError: no backend serves URLs of that scheme.
    """
    scheme, separator, rest = str(url_or_path).partition("://")
    if not separator:
        return DuckDBWarehouse(Path(url_or_path))
    if scheme == "duckdb":
        return DuckDBWarehouse(Path(rest))
    if scheme in ("postgresql", "postgres"):
        # Only who has a server pays for its driver.
        from genesys_assets.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415

        return PostgresWarehouse(str(url_or_path))
    raise ValueError(
        f"no warehouse backend for {scheme}://; give the path of a DuckDB file or a URL postgresql://user@host/database"
    )
