"""A connection for the length of one call, and the database's refusals in our own words."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

import adbc_driver_manager
import polars as pl
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from genesys_assets.warehouse._postgres_sql import block, literal
from genesys_assets.warehouse.protocol import (
    SchemaError,
    WarehouseError,
    WarehouseLockedError,
    WarehouseUnavailableError,
)

log = logging.getLogger("genesys_assets.warehouse")

Result = TypeVar("Result")

_pa = cast(Any, pa)  # Its types are not declared.
_SLICE = 32 * 1024

_ATTEMPTS = 5
_RAN_INTO_ANOTHER = frozenset({"40001", "40P01", "23505", "42P07"})
"""Another transaction was in the way: serialization, deadlock, a key or a table that appeared meanwhile."""


class Collision(WarehouseUnavailableError):
    """Another transaction was in the way; the same again may succeed."""


class Session:
    """One connection and its transaction."""

    def __init__(self, connection: dbapi.Connection) -> None:
        self._connection = connection

    def run(self, statement: str) -> int:
        """Run a statement; how many rows it wrote (-1: it is not one that writes rows)."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.rowcount

    def attempt(self, statement: str, failure: str) -> bool:
        """Run a statement; whether it went well. Of one that fails with that condition nothing stays."""
        # The driver does nothing more after an error, so the database has to catch it.
        told = "PERFORM set_config('genesys_loader.attempt', '{}', true);"
        self.run(block(f"{statement}; {told.format(1)} EXCEPTION WHEN {failure} THEN {told.format(0)}"))
        return bool(self.number("SELECT current_setting('genesys_loader.attempt')::int"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a short result."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cast(list[tuple[Any, ...]], cursor.fetchall())

    def number(self, query: str) -> int:
        """The one number that a query yields."""
        ((value,),) = self.rows(query)
        return int(value)

    def stream(self, query: str, schema: pl.Schema) -> Iterator[pl.DataFrame]:
        """The rows of a result, a batch at a time; at least one frame."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            empty = True
            # The Arrow library's own types are not declared.
            for batch in cast(Iterable[Any], cursor.fetch_record_batch()):
                empty = False
                yield pl.DataFrame(batch).cast(schema)
            if empty:
                yield pl.DataFrame(schema=schema)

    def fill(self, table: str, rows: pl.DataFrame | Any, *, schema: str | None = None) -> None:
        """Copy rows, a frame or what Arrow has, into the columns of their names; without ``schema`` the table is a
        temporary one.
        """
        # Arrow's old string layout: the driver's writer of COPY knows it for sure.
        is_frame = isinstance(rows, pl.DataFrame)
        data = _in_slices(cast(Any, rows).to_arrow(compat_level=pl.CompatLevel.oldest()) if is_frame else rows)
        with self._connection.cursor() as cursor:
            if schema is None:
                cursor.adbc_ingest(table, data, mode="append", temporary=True)
            else:
                cursor.adbc_ingest(table, data, mode="append", db_schema_name=schema)

    def commit(self) -> None:
        """End the transaction; what it did stays."""
        self._connection.commit()


def _in_slices(rows: Any) -> Any:
    """A table or batch as a stream of slices that a socket's buffer holds.

    The driver writes a slice in PostgreSQL's format and sends it; while the database takes in one, the next can
    be written. With more than the buffer holds, one of the two always waits for the other.
    """
    size = max(1, _SLICE * rows.num_rows // max(1, rows.nbytes))
    batches = [rows] if isinstance(rows, _pa.RecordBatch) else rows.to_batches()
    slices = (batch.slice(at, size) for batch in batches for at in range(0, batch.num_rows, size))
    return _pa.RecordBatchReader.from_batches(rows.schema, slices)


class Server:
    """Where the database is. Nothing is kept open between calls."""

    def __init__(self, url: str, *, lock_timeout: float, statement_timeout: float | None, work_mem: str) -> None:
        parts = urlsplit(url)
        given = parse_qs(parts.query)
        additions = [] if "fallback_application_name" in given else ["fallback_application_name=genesys-assets"]
        if "connect_timeout" not in given and "PGCONNECT_TIMEOUT" not in os.environ:
            additions.append("connect_timeout=15")
        self._url = f"{url}{'&' if parts.query else '?'}{'&'.join(additions)}"
        user = unquote(parts.username or "") or os.environ.get("PGUSER") or getuser()
        named = given.get("dbname", [""])[0] or unquote(parts.path.removeprefix("/"))
        self.database = named or os.environ.get("PGDATABASE") or user
        self.lock_timeout = lock_timeout
        settings = {
            "TimeZone": "UTC",
            "DateStyle": "ISO, YMD",
            "IntervalStyle": "postgres",
            "standard_conforming_strings": "on",
            "search_path": "pg_catalog",
            "default_transaction_isolation": "read committed",
            "client_min_messages": "warning",
            # Compiling pays for queries of minutes; ours are many and short.
            "jit": "off",
            "work_mem": work_mem,
            "temp_buffers": "64MB",
            "lock_timeout": f"{max(1, round(lock_timeout * 1000))}ms",
        }
        if statement_timeout is not None:
            settings["statement_timeout"] = f"{max(1, round(statement_timeout * 1000))}ms"
        listed = ", ".join(
            f"set_config({literal(name)}, {literal(value)}, false) AS s{i}"
            for i, (name, value) in enumerate(settings.items())
        )
        self._set_up = f"SELECT {listed}"

    @contextmanager
    def open(self, what: str) -> Generator[Session]:
        """A connection, closed at the end; what was not committed by then is undone.

        ``what`` says in messages what was being done.

        Raises:
            WarehouseUnavailableError: the server cannot be reached, or went away.
            WarehouseLockedError: what was needed was not free in time.
            WarehouseError: the database refused it.
        """
        try:
            connection = dbapi.connect(self._url, autocommit=False)
        except adbc_driver_manager.Error as error:
            raise _unreachable(what, self.database, error) from error
        try:
            session = Session(connection)
            session.run(self._set_up)
            session.commit()
            yield session
        except adbc_driver_manager.Error as error:
            raise self._in_our_words(what, error) from error
        finally:
            _close(connection)

    def again(self, what: str, attempt: Callable[[], Result]) -> Result:
        """Do what may run into another transaction, and do it anew if it does.

        Raises:
            WarehouseUnavailableError: it ran into others every time.
        """
        for n in range(1, _ATTEMPTS):
            try:
                return attempt()
            except Collision as error:
                log.info("%s: trying again, as it ran into another transaction: %s", what, error)
                time.sleep(random.uniform(0, 0.05 * 2**n))
        return attempt()

    def _in_our_words(self, what: str, error: adbc_driver_manager.Error) -> WarehouseError:
        state, said = error.sqlstate or "", _said(error)
        if state in _RAN_INTO_ANOTHER:
            return Collision(f"{what}: another transaction was in the way, try again: {said}")
        if state == "55P03":
            return WarehouseLockedError(
                f"{what}: what it needs was not free for {self.lock_timeout:g} s, another run is using it; wait for "
                f"that to end (pg_stat_activity and pg_locks show who it is), or raise the lock timeout: {said}"
            )
        if _is_gone(state, error):
            return WarehouseUnavailableError(
                f"{what}: the connection to the database {self.database} was lost, and with it what was not committed; "
                f"try again when the server is there: {said}"
            )
        if state in ("42P01", "42703", "3F000"):
            return SchemaError(f"{what}: the warehouse does not fit the declaration, prepare it: {said}")
        if "could not extend" in said or "could not write" in said:
            # A quota, or a limit on files, has no SQLSTATE of its own.
            state = _DISK_FULL
        advice = _ADVICE.get(state) or _ADVICE.get(state[:2]) or "the database refused it"
        return WarehouseError(f"{what}: {advice}: {said}")


_DISK_FULL = "53100"
_ADVICE = {
    "42501": "the role lacks a permission; docs/postgres.md lists what it needs (GRANT)",
    _DISK_FULL: "the database's disk is full (or a quota used up), nothing was changed; make room and run it again",
    "53400": "it needs more temporary files than temp_file_limit allows, nothing was changed; raise that or work_mem",
    "53200": "the database is out of memory, nothing was changed; lower work_mem or load smaller ranges",
    "54000": "a limit of the database is exceeded",
    "57014": "it took longer than the statement timeout allows, or was cancelled by hand; raise statement_timeout",
    "25006": "the database takes no writes (a standby, or default_transaction_read_only); connect to the primary",
    "58030": "the database cannot write to its files, nothing was changed; see the server's log",
}
"""What to do, by SQLSTATE or its class."""

_GONE = ("08", "57P01", "57P02", "57P03", "57P05", "53300", "25P03", "25P04")
_FOREVER = ("does not exist", "authentication failed", "pg_hba.conf", "no password supplied", "invalid", "certificate")


def _is_gone(state: str, error: adbc_driver_manager.Error) -> bool:
    if state:
        return state.startswith(_GONE)
    # The driver has no SQLSTATE for what the server could not tell any more.
    return error.status_code == adbc_driver_manager.AdbcStatusCode.IO


def _unreachable(what: str, database: str, error: adbc_driver_manager.Error) -> WarehouseError:
    said = _said(error)
    if any(word in said for word in _FOREVER):
        return WarehouseError(
            f"{what}: the server refuses the connection to the database {database}; check the URL postgresql://... "
            f"and the PG* environment variables (user, password, database, sslmode): {said}"
        )
    return WarehouseUnavailableError(
        f"{what}: no connection to the database {database}; is the server running, is there a way to it, has it "
        f"connections left? {said}"
    )


def _said(error: adbc_driver_manager.Error) -> str:
    """The database's own words, without the query and without the context, which may quote the rows."""
    text = str(error)
    found = [at for word in ("ERROR:  ", "FATAL:  ", "PANIC:  ") if (at := text.find(word)) >= 0]
    text = text[min(found, default=0) :]
    for end in ("\n\nQuery was:", "\nCONTEXT:", " SQLSTATE:"):
        text = text.partition(end)[0]
    return " ".join(line.strip() for line in text.splitlines() if line.strip()).rstrip(" .")


def _close(connection: dbapi.Connection) -> None:
    try:
        connection.close()
    except adbc_driver_manager.Error as error:
        log.debug("a connection that was lost did not close: %s", error)


def listed(names: Sequence[str]) -> str:
    """Texts as a list for ``IN``; never empty."""
    return ", ".join(map(literal, names)) or "NULL"
