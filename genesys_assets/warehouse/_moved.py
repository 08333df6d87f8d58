"""What all backends say and ask when a warehouse is moved."""

from __future__ import annotations

from datetime import date

from genesys_assets.catalog.declare import DB_PARTITION
from genesys_assets.warehouse.protocol import WarehouseError


def in_window(start: date | None, end: date | None) -> str:
    """The condition, in any SQL, that a row lies in a window of days (half-open; ``None``: unbounded)."""
    bounds = [
        f"\"{DB_PARTITION.name}\" {comparison} DATE '{day.isoformat()}'"
        for comparison, day in ((">=", start), ("<", end))
        if day is not None
    ]
    return " AND ".join(bounds) or "true"


def no_warehouse(place: str) -> WarehouseError:
    """There is nothing to be read."""
    return WarehouseError(f"{place}: there is no warehouse; nothing has ever been loaded there")


def not_empty(table: str) -> WarehouseError:
    """There is no room for another warehouse."""
    return WarehouseError(
        f"{table} holds rows already, and a warehouse is moved to an empty place only; nothing was changed. Name "
        "another file or database, or drop the schemas genesys and genesys_loader there"
    )
