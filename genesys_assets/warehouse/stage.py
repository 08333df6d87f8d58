"""The staging area of one load: parquet parts on local disk, outside the database and outside its lock.

What is staged may be far larger than memory; what one load holds in memory is bounded by ``_LARGEST``
and ``_TOGETHER``, whatever the sizes of the frames appended.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl
from filelock import FileLock, Timeout

from genesys_assets.catalog.declare import DB_AS_OF, DB_PARTITION, Live, Snapshot, Table, Tree, Upsert, Window
from genesys_assets.catalog.types import POLARS_TYPES, polars_schema

log = logging.getLogger("genesys_assets.warehouse")

ORDER: Final = "__order"
"""Column of staged parts: counts the rows of a table in the order in which they were appended."""

REJECTS: Final = pl.Schema(dict.fromkeys(("table", "reason", "column", "raw", "source"), pl.String()))
"""Columns of a frame of rejected items."""

_LARGEST = 16 * 1024 * 1024
_TOGETHER = 48 * 1024 * 1024
_ROWS = 200_000
_VIEW = 16
_BLOCK = 80 * 1024


class StageError(ValueError):
    """What cannot be staged; the message names the table, the column and what is wrong, or the file."""


class Stage:
    """Rows of one atomic load, on their way to :meth:`Warehouse.commit`.

    ``directory`` is where stages are kept (made if need be); this one gets a folder of its own in it.
    Stages there whose process has died, of this name or another, are removed; those that live are left
    alone. Use it as a context manager, or call :meth:`discard`, to remove what was staged.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        directory.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(directory)
        self._folder = directory / f"{_slug(name)}-{os.getpid()}-{uuid4().hex[:8]}"
        self._lock = FileLock(self._folder.with_name(f"{self._folder.name}.lock"), thread_local=False)
        # Held as long as this process lives: it tells a stage in use from one left behind.
        self._lock.acquire()
        self._folder.mkdir()
        self._spools: dict[tuple[str, str], _Spool] = {}
        self._rows: dict[str, int] = {}
        self._tables: dict[str, Table] = {}
        self._whole: set[str] = set()
        self._rejected: dict[str, int] = {}
        self._drift: dict[str, dict[str, int]] = {}
        self._discarded = False

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @property
    def scratch(self) -> Path:
        """A folder that vanishes with the stage, for what a backend has to put aside."""
        return self._folder

    def append(self, table: Table, frame: pl.DataFrame) -> None:
        """Stage rows of ``table``; of rows with the same key the one appended last counts.

        The frame holds every declared column, ``db_partition`` if the table is partitioned and
        ``db_as_of`` if it is the head of a tree, in any order.

        Raises:
            StageError: a column is missing, unknown or of the wrong type, or a key or the partition is null.
        """
        self._require_open()
        schema = staged_schema(table)
        _require_schema(f"table {table.name}", frame, schema)
        partition = [DB_PARTITION.name] if table.partition_by is not None else []
        _require_values(f"table {table.name}", frame, [*table.key, *partition])
        self._tables[table.name] = table
        before = self._rows.get(table.name, 0)
        self._rows[table.name] = before + len(frame)
        if len(frame):
            ordered = frame.select(
                *schema.names(), pl.int_range(before, before + pl.len(), dtype=pl.Int64).alias(ORDER)
            )
            self._spool("rows", table.name, ordered)

    def cover(self, table: Table, scope: pl.DataFrame | None) -> None:
        """Declare what was read to its end: a row in there that was not staged no longer exists.

        ``None`` is the whole table. Otherwise a frame, one row for each thing covered: of a snapshot its
        parent columns, of a window its parent columns and ``db_partition``, of a tree its root and ``as_of``
        (UTC, up to which moment the tree is known). May be called many times.

        Raises:
            StageError: the frame's columns do not fit the table's loading, or absence means nothing for it.
        """
        self._require_open()
        if isinstance(table.loading, Upsert):
            raise StageError(f"table {table.name}: rows arrive as they change; their absence says nothing to cover")
        self._tables[table.name] = table
        if scope is None:
            self._whole.add(table.name)
            return
        schema = _scope_schema(table, scope)
        _require_schema(f"cover of table {table.name}", scope, schema)
        _require_values(f"cover of table {table.name}", scope, schema.names())
        if len(scope):
            self._spool("covers", table.name, scope.select(schema.names()))

    def reject(self, rejects: pl.DataFrame) -> None:
        """Keep what cannot be loaded for the quarantine: columns ``table, reason, column, raw, source``.

        Raises:
            StageError: a column is missing, unknown or not text.
        """
        self._require_open()
        _require_schema("rejects", rejects, REJECTS)
        if len(rejects):
            for name, count in rejects.group_by("table").len().iter_rows():
                self._rejected[name] = self._rejected.get(name, 0) + count
            self._spool("rejects", "", rejects.select(REJECTS.names()))

    def drift(self, read: str, fields: Mapping[str, int]) -> None:
        """Note undeclared fields by path, and how often each was seen; notes of the same field add up."""
        self._require_open()
        noted = self._drift.setdefault(read, {})
        for field, seen in fields.items():
            noted[field] = noted.get(field, 0) + seen

    def rows(self, table: Table | str) -> int:
        """How many rows of the table were appended."""
        return self._rows.get(table if isinstance(table, str) else table.name, 0)

    def discard(self) -> None:
        """Remove what was staged. A second call does nothing."""
        if not self._discarded:
            self._discarded = True
            self._spools.clear()
            shutil.rmtree(self._folder, ignore_errors=True)
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()

    # What a backend asks for when it commits.

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of which anything was staged or covered."""
        return tuple(self._tables.values())

    def parts(self, table: Table) -> list[Path]:
        """The parquet files of the table's staged rows, with :data:`ORDER`."""
        return self._parts("rows", table.name)

    def covers_whole(self, table: Table) -> bool:
        """Whether the whole table was covered."""
        return table.name in self._whole

    def covers(self, table: Table) -> list[Path]:
        """The parquet files of the table's covered scopes."""
        return self._parts("covers", table.name)

    def rejects(self) -> list[Path]:
        """The parquet files of what was rejected."""
        return self._parts("rejects", "")

    @property
    def rejected(self) -> Mapping[str, int]:
        """How many items were rejected, by table."""
        return self._rejected

    @property
    def drifted(self) -> pl.DataFrame:
        """Undeclared fields: ``name`` (a table or a read), ``field``, ``seen``."""
        noted = [(name, field, seen) for name, fields in self._drift.items() for field, seen in fields.items()]
        return pl.DataFrame(noted, schema={"name": pl.String, "field": pl.String, "seen": pl.Int64}, orient="row")

    def _parts(self, kind: str, name: str) -> list[Path]:
        self._require_open()
        spool = self._spools.get((kind, name))
        if spool is None:
            return []
        spool.flush()
        return spool.files

    def _spool(self, kind: str, name: str, frame: pl.DataFrame) -> None:
        if (spool := self._spools.get((kind, name))) is None:
            prefix = f"{kind}-{len(self._spools):03d}"
            spool = self._spools[kind, name] = _Spool(self._folder, prefix)
        spool.take(frame)
        while sum(s.bytes for s in self._spools.values()) > _TOGETHER:
            max(self._spools.values(), key=lambda s: s.bytes).flush()

    def _require_open(self) -> None:
        if self._discarded:
            raise StageError(f"stage {self.name}: it was committed or discarded; ask the warehouse for a new one")


class _Spool:
    """Frames of one kind, gathered in memory until they make a part worth writing."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self.bytes = 0
        self.files: list[Path] = []

    def take(self, frame: pl.DataFrame) -> None:
        self._frames.append(frame)
        self._rows += len(frame)
        # What polars holds beside the values: a view for each text, and blocks that are filled in part.
        self.bytes += int(frame.estimated_size()) + frame.width * (_VIEW * len(frame) + _BLOCK)
        if self.bytes >= _LARGEST or self._rows >= _ROWS:
            self.flush()

    def flush(self) -> None:
        if self._frames:
            file = self._folder / f"{self._prefix}-{len(self.files):05d}.parquet"
            try:
                pl.concat(self._frames).write_parquet(file, compression="lz4", statistics=False)
            except (OSError, pl.exceptions.ComputeError) as error:
                raise StageError(
                    f"{file} cannot be written, so that nothing can be staged; is there room on the disk? {error}"
                ) from error
            self.files.append(file)
            self._frames, self._rows, self.bytes = [], 0, 0


def staged_schema(table: Table) -> pl.Schema:
    """The columns that a staged frame of the table holds: the declared ones and those its source decides."""
    kept = [column for column in table.housekeeping if column in (DB_PARTITION, DB_AS_OF)]
    return pl.Schema({**polars_schema(table), **{column.name: POLARS_TYPES[column.type] for column in kept}})


def _scope_schema(table: Table, scope: pl.DataFrame) -> pl.Schema:
    match table.loading:
        case Snapshot(parent=()):
            raise StageError(f"table {table.name}: its read has no parent, so only the whole table can be covered")
        case Snapshot(parent=parent):
            return pl.Schema({name: polars_schema(table)[name] for name in parent})
        case Tree(root=root):
            return pl.Schema({root: polars_schema(table)[root], "as_of": POLARS_TYPES["timestamp"]})
        case Live():
            declared = polars_schema(table)
            return pl.Schema({name: declared[name] for name in scope.columns if name in declared})
        case _:
            if table.partition_by is None:
                raise StageError(f"table {table.name}: it has no partitions that could be covered")
            parent = table.loading.parent if isinstance(table.loading, Window) else ()
            declared = polars_schema(table)
            return pl.Schema({**{name: declared[name] for name in parent}, DB_PARTITION.name: POLARS_TYPES["date"]})


def _require_schema(where: str, frame: pl.DataFrame, schema: pl.Schema) -> None:
    found = frame.schema
    if missing := [name for name in schema if name not in found]:
        raise StageError(f"{where}: the frame lacks the column(s) {', '.join(missing)}")
    if unknown := [name for name in found if name not in schema]:
        raise StageError(f"{where}: the frame has the undeclared column(s) {', '.join(unknown)}")
    for name, dtype in schema.items():
        if found[name] != dtype:
            raise StageError(f"{where}, column {name}: the frame has {found[name]}, declared is {dtype}")


def _require_values(where: str, frame: pl.DataFrame, columns: Iterable[str]) -> None:
    for name in columns:
        if nulls := frame[name].null_count():
            raise StageError(f"{where}, column {name}: null in {nulls} of {len(frame)} rows, but never to be null")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]


def _remove_abandoned(directory: Path) -> None:
    for file in directory.glob("*.lock"):
        lock = FileLock(file, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        log.info("removing the stage %s, which a killed process left behind", file.stem)
        shutil.rmtree(file.with_suffix(""), ignore_errors=True)
        file.unlink(missing_ok=True)
        lock.release()
