"""Opening the database file for the length of one call, after waiting for whoever has it.

DuckDB lets one process write, or several read. Our own processes take turns by a lock file beside the
database (a fair and cheap queue); other tools know nothing of it and are waited for by trying again.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from genesys_assets.warehouse.protocol import WarehouseError, WarehouseLockedError

log = logging.getLogger("genesys_assets.warehouse")

_PATIENCE = 5.0
"""Seconds of waiting before it is worth a message."""

_NO_ROOM = ("Could not write", "No space left on device", "Disk quota exceeded", "File too large")


class DatabaseFile:
    """The file and the settings with which it is opened; threads and processes exclude each other."""

    def __init__(self, path: Path, scratch: Path, *, memory_limit: str, threads: int, lock_timeout: float) -> None:
        self.path = path
        self._spill = scratch / f"{path.name}.spill"
        self._settings = (("memory_limit", memory_limit), ("threads", threads))
        self._lock_timeout = lock_timeout

    @contextmanager
    def open(self, *, read_only: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
        """A connection that nobody else has at the same time, closed at the end.

        Raises:
            WarehouseLockedError: the file was not free in time.
            WarehouseError: there is no room on the disk.
        """
        deadline = time.monotonic() + self._lock_timeout
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._turn(), _room(self.path):
            self._create()
            con = self._connect(deadline, read_only)
            try:
                self._set_up(con)
                yield con
            finally:
                con.close()

    @contextmanager
    def _turn(self) -> Generator[None]:
        lock = FileLock(f"{self.path}.lock", thread_local=False)
        try:
            lock.acquire(timeout=min(_PATIENCE, self._lock_timeout), poll_interval=0.02)
        except Timeout:
            log.info("waiting for %s: another run is using it", self.path)
            try:
                lock.acquire(timeout=max(0.0, self._lock_timeout - _PATIENCE), poll_interval=0.05)
            except Timeout:
                raise WarehouseLockedError(
                    f"{self.path} was not free for {self._lock_timeout:g} s: another run is using it (it holds "
                    f"{lock.lock_file}); wait for it to end, or raise the lock timeout"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _create(self) -> None:
        # A file whose creation was cut short is not a database, so it gets its name when it is complete.
        if not self.path.exists():
            unborn = self.path.with_name(f"{self.path.name}.new")
            for left in (unborn, unborn.with_name(f"{unborn.name}.wal")):
                left.unlink(missing_ok=True)
            duckdb.connect(unborn).close()
            unborn.rename(self.path)

    def _connect(self, deadline: float, read_only: bool) -> duckdb.DuckDBPyConnection:
        told = False
        while True:
            try:
                return duckdb.connect(self.path, read_only=read_only)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                if not _is_busy(error):
                    raise
                if time.monotonic() >= deadline:
                    raise WarehouseLockedError(
                        f"{self.path} was not free for {self._lock_timeout:g} s: {_holder(error)}; "
                        "close that program (or its connection), or raise the lock timeout"
                    ) from error
                if not told:
                    log.warning("waiting for %s: %s", self.path, _holder(error))
                    told = True
                time.sleep(0.1)

    def _set_up(self, con: duckdb.DuckDBPyConnection) -> None:
        # Nobody else has the database open, so what is there was left by a process that was killed.
        shutil.rmtree(self._spill, ignore_errors=True)
        self._spill.parent.mkdir(parents=True, exist_ok=True)
        # Set here and not in connect(): there, a second connection of the process would have to agree.
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET temp_directory = ?", [str(self._spill)])
        con.execute("SET preserve_insertion_order = false")
        con.execute("SET enable_progress_bar = false")
        for name, value in self._settings:
            con.execute(f"SET {name} = ?", [value])


@contextmanager
def _room(path: Path) -> Generator[None]:
    try:
        yield
    except duckdb.Error as error:
        if not any(words in str(error) for words in _NO_ROOM):
            raise
        raise WarehouseError(
            f"{path}: its disk is full (or a quota used up), nothing was changed; make room and run it again: {error}"
        ) from error


def _is_busy(error: duckdb.Error) -> bool:
    return "Could not set lock on file" in str(error) or "different configuration" in str(error)


def _holder(error: duckdb.Error) -> str:
    """Who has the file, as far as DuckDB tells."""
    text = str(error)
    if "different configuration" in text:
        return "this very process has it open with other settings"
    _, found, holder = text.partition("Conflicting lock is held in ")
    return f"it is open in {holder.split('. ')[0].strip()}" if found else text.splitlines()[0]
