"""What a read hands over and what it says of itself; a warehouse's staging area is one such sink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import polars as pl

from genesys_assets.catalog.declare import Table

Status = Literal["open", "provisional", "settled"]
"""Of a partition: the day is not over for Genesys; it is over, but late changes are to be expected; final."""


class Sink(Protocol):
    """Where rows go while they are read."""

    def append(self, table: Table, frame: pl.DataFrame) -> None:
        """Take rows; of rows with the same key the later ones count."""
        ...

    def cover(self, table: Table, scope: pl.DataFrame | None) -> None:
        """Take note that everything in ``scope`` was read (``None``: the whole table)."""
        ...

    def reject(self, rejects: pl.DataFrame) -> None:
        """Keep items that cannot be loaded, with the reason."""
        ...

    def drift(self, read: str, fields: Mapping[str, int]) -> None:
        """Take note of undeclared fields, by path, with how often they were seen."""
        ...


@dataclass(frozen=True, slots=True)
class FailedParent:
    """A parent of a fan-out whose rows could not be read; its rows in the warehouse stay as they are."""

    read: str
    parent: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a read ended: items read and rejected, up to which moment (UTC), and what failed."""

    items: int = 0
    rejected: int = 0
    watermark: datetime | None = None
    status: Status = "settled"
    failed: tuple[FailedParent, ...] = ()
