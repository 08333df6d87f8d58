"""What a warehouse does, whatever stands behind it; the one contract of all backends.

All moments are in UTC. Every method is complete in itself: a backend keeps no connection between calls,
so that other processes, and other tools, come to their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

import polars as pl

from genesys_assets.catalog.catalog import ForeignKey
from genesys_assets.catalog.declare import Table
from genesys_assets.warehouse.stage import Stage

Status = Literal["open", "provisional", "settled"]
"""Of a partition: not over yet for Genesys; over, but late changes are to be expected; final."""

LEDGER = pl.Schema(
    {
        "load_id": pl.Int64(),
        "load": pl.String(),
        "table": pl.String(),
        "partition": pl.Date(),
        "inserted": pl.Int64(),
        "updated": pl.Int64(),
        "retired": pl.Int64(),
        "restored": pl.Int64(),
        "unchanged": pl.Int64(),
        "elsewhere": pl.Int64(),
        "stale": pl.Int64(),
        "quarantined": pl.Int64(),
        "rows": pl.Int64(),
        "calls": pl.Int64(),
        "bytes": pl.Int64(),
        "run_id": pl.String(),
        "status": pl.String(),
        "watermark": pl.Datetime("us", "UTC"),
        "started_at": pl.Datetime("us", "UTC"),
        "loaded_at": pl.Datetime("us", "UTC"),
    }
)
"""Columns of the ledger, one row for each load, table and partition (null: the load had none).

``inserted`` to ``unchanged`` count rows that lie in the partition and ``rows`` all that lie there after
the load. ``elsewhere`` (rows written in other partitions), ``stale``, ``quarantined``, ``calls`` and
``bytes`` are those of the whole load.
"""

QUARANTINE = pl.Schema(
    {
        "load": pl.String(),
        "partitions": pl.List(pl.Date()),
        "table": pl.String(),
        "reason": pl.String(),
        "column": pl.String(),
        "raw": pl.String(),
        "source": pl.String(),
        "run_id": pl.String(),
        "loaded_at": pl.Datetime("us", "UTC"),
    }
)
"""Columns of the quarantine: items that could not be loaded, with the reason."""

DRIFT = pl.Schema(
    {
        "load": pl.String(),
        "partitions": pl.List(pl.Date()),
        "name": pl.String(),
        "field": pl.String(),
        "seen": pl.Int64(),
        "run_id": pl.String(),
        "loaded_at": pl.Datetime("us", "UTC"),
    }
)
"""Columns of the drift report: fields (by path) of the answers of a read that no column takes."""


BOOKMARKS = pl.Schema({"key": pl.String(), "value": pl.String(), "remembered_at": pl.Datetime("us", "UTC")})
"""Columns of the bookmarks, as they are moved."""

RECORDS: Mapping[str, pl.Schema] = {
    "ledger": LEDGER,
    "quarantine": QUARANTINE,
    "drift": DRIFT,
    "bookmark": BOOKMARKS,
}
"""What a warehouse knows beside its rows, by the name of the loader's table."""


class WarehouseError(Exception):
    """The warehouse cannot do what was asked; nothing of it was done."""


class SchemaError(WarehouseError):
    """A table in the warehouse does not fit its declaration; one line a fault."""


class WarehouseLockedError(WarehouseError, TimeoutError):
    """Another process held the warehouse for longer than this one was ready to wait."""


class WarehouseUnavailableError(WarehouseError, ConnectionError):
    """The database could not be reached, went away, or gave way to another transaction: transient, worth a retry."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is committed at once.

    ``name`` says what was read (``"conversations"``); quarantine and drift of an earlier load of the
    same name and partitions are replaced. ``tables`` are those selected, ``partitions`` the UTC days
    that were asked for (``None``: the present state), ``status`` how final they are, all alike or each
    by itself. ``watermark`` is the moment up to which Genesys had told; ``calls`` and ``bytes`` are what
    the API was asked for and answered.
    """

    name: str
    stage: Stage
    tables: tuple[Table, ...]
    run_id: str
    started_at: datetime
    partitions: tuple[date, ...] | None = None
    watermark: datetime | None = None
    status: Status | Mapping[date, Status] | None = None
    calls: int = 0
    bytes: int = 0

    def check(self) -> None:
        """Refuse a load that contradicts itself.

        Raises:
            WarehouseError: something is staged for a table that is not among its tables.
        """
        selected = {table.name for table in self.tables}
        if unselected := [table.name for table in self.stage.tables if table.name not in selected]:
            raise WarehouseError(f"load {self.name}: staged, but not among its tables: {', '.join(unselected)}")

    def status_of(self, partition: date | None) -> Status | None:
        """The status of one of the partitions, or of the present state."""
        if self.status is None or isinstance(self.status, str):
            return self.status
        return None if partition is None else self.status[partition]


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a load did to a table, in rows.

    ``inserted + updated + restored + unchanged`` is what was staged (less what was staged twice or is
    stale). ``retired`` rows vanished at Genesys, ``restored`` ones came back. ``total`` counts the
    table after the load, retired rows included. ``quarantined`` counts rejected items, ``stale`` trees
    that were left alone because the warehouse knows more of them. ``other_partitions`` counts the rows
    written or deleted outside the load's partitions.
    """

    inserted: int = 0
    updated: int = 0
    retired: int = 0
    restored: int = 0
    unchanged: int = 0
    total: int = 0
    quarantined: int = 0
    stale: int = 0
    other_partitions: Mapping[date, int] = field(default_factory=dict[date, int])

    @property
    def written(self) -> int:
        """Rows that the load changed; 0 if it found everything as it was."""
        return self.inserted + self.updated + self.retired + self.restored


@dataclass(frozen=True, slots=True)
class Orphans:
    """Rows without a parent: how many, how many different keys they name, and some of these keys."""

    rows: int
    distinct: int
    examples: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class KeyFaults:
    """Rows with a null in the key, keys that stand on more than one row, and some of the latter."""

    nulls: int
    duplicates: int
    examples: Sequence[tuple[str, ...]]

    @property
    def sound(self) -> bool:
        """Whether every row has a key of its own."""
        return self.nulls == 0 and self.duplicates == 0


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a warehouse held at one moment, to be read as long as the context of :meth:`Warehouse.contents` lasts.

    ``tables`` are the names of those that it has, ``days`` the partitions of one of them. ``frames`` gives the rows
    of one of them with all columns, retired rows included, a batch at a time (of a window of days if given); to be
    read to the end before the next is asked for. ``record`` gives what is kept beside the rows, by a name of
    :data:`RECORDS`.
    """

    tables: frozenset[str]
    days: Callable[[Table], list[date]]
    frames: Callable[[Table, date | None, date | None], Iterator[pl.DataFrame]]
    record: Callable[[str], pl.DataFrame]


class Warehouse(Protocol):
    """Tables kept equal to what Genesys Cloud says, with a record of every load.

    Windows (``start``, ``end``) are half-open and of UTC days, on ``db_partition``.
    """

    def prepare(self, tables: Iterable[Table]) -> None:
        """Create the tables, or add the columns that they lack.

        Raises:
            SchemaError: a table differs in a way that no added column mends; nothing was changed.
        """
        ...

    def stage(self, name: str) -> Stage:
        """An empty staging area; those of processes that were killed are removed."""
        ...

    def commit(self, load: Load) -> dict[str, TableReport]:
        """Make the tables equal to what was staged, all at once, and discard the stage.

        Rows with new keys are inserted, rows with a changed value rewritten (``db_when_created`` stays,
        ``db_last_updated`` moves), equal ones are not touched. Rows that are covered but were not staged
        are retired: of a snapshot ``db_when_deleted`` (and ``db_last_updated``) is set, others are
        deleted. A tree that the warehouse knows up to a later moment than the stage is left as it is, in
        all tables of the load. On an error nothing was changed and the stage is still there.

        Raises:
            SchemaError: a table does not fit its declaration.
            WarehouseError: the load contradicts itself or the database refused it.
        """
        ...

    def scan(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> pl.LazyFrame:
        """Rows of a table, retired ones included; read when collected, each time afresh.

        Raises:
            KeyError: the table has no such column.
            ValueError: a window is asked of a table without partitions.
        """
        ...

    def count(self, table: Table) -> int:
        """How many rows the table has, retired ones included."""
        ...

    def ledger(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """The latest load of every table and partition (:data:`LEDGER`); a window leaves out those without one."""
        ...

    def history(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """All loads, oldest first (:data:`LEDGER`)."""
        ...

    def quarantined(self, table: Table | None = None) -> pl.DataFrame:
        """The items that could not be loaded when they were last read (:data:`QUARANTINE`)."""
        ...

    def drift(self) -> pl.DataFrame:
        """The undeclared fields that were last seen (:data:`DRIFT`)."""
        ...

    def recall(self, key: str) -> str | None:
        """The bookmark of that name, ``None`` if there is none."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Set a bookmark, for what must survive a restart, such as the id of a job."""
        ...

    def forget(self, key: str) -> None:
        """Remove a bookmark, if there is one."""
        ...

    def orphans(self, foreign_key: ForeignKey, start: date | None = None, end: date | None = None) -> Orphans:
        """Present rows of the child whose foreign key (without nulls, and without texts that point nowhere)
        no row of the parent has.

        A retired parent counts as a parent. The window is that of the child.
        """
        ...

    def key_faults(self, table: Table, start: date | None = None, end: date | None = None) -> KeyFaults:
        """Whether the primary key holds, in the window or in the whole table."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Several reads on one connection, much cheaper if they are short; nothing can be written meanwhile."""
        ...

    def address(self, table: Table) -> str:
        """Where the table is to be found: ``database.schema.table``."""
        ...

    def contents(self) -> AbstractContextManager[Contents]:
        """All that the warehouse holds, as of one moment; creates nothing.

        Raises:
            WarehouseError: there is no warehouse.
        """
        ...

    def take_over(self, tables: Iterable[Table], contents: Contents) -> None:
        """Fill this empty warehouse with what another holds, exactly as it is, all at once or not at all.

        Every record comes along, and of the rows those of ``tables``.

        Raises:
            SchemaError: a table does not fit its declaration.
            WarehouseError: there are rows or records here already, or the database refused it; nothing was changed.
        """
        ...
