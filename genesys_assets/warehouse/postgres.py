"""The warehouse in a PostgreSQL database (15 or later): schemas ``genesys`` and ``genesys_loader``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import TypeVar

import polars as pl
from polars.io.plugins import register_io_source

from genesys_assets.catalog.catalog import ForeignKey
from genesys_assets.catalog.declare import DB_PARTITION, DB_WHEN_DELETED, Table
from genesys_assets.catalog.types import polars_schema
from genesys_assets.warehouse import _postgres_contents
from genesys_assets.warehouse import _postgres_schema as schema
from genesys_assets.warehouse._declared import window_of, window_sql
from genesys_assets.warehouse._moved import no_warehouse
from genesys_assets.warehouse._postgres_merge import merge
from genesys_assets.warehouse._postgres_records import record
from genesys_assets.warehouse._postgres_schema import LOADER, address
from genesys_assets.warehouse._postgres_session import Server, Session, listed
from genesys_assets.warehouse._postgres_sql import literal, quoted
from genesys_assets.warehouse._postgres_stage import copy_in, months_of
from genesys_assets.warehouse.protocol import (
    DRIFT,
    LEDGER,
    QUARANTINE,
    Contents,
    KeyFaults,
    Load,
    Orphans,
    TableReport,
)
from genesys_assets.warehouse.stage import Stage

EXAMPLES = 5
"""So many examples are given of orphans and of keys that stand twice."""

Result = TypeVar("Result")


class PostgresWarehouse:
    """A :class:`~genesys_assets.warehouse.protocol.Warehouse` in the PostgreSQL database at ``url``.

    ``url`` is a libpq URL (``postgresql://user@host/database?sslmode=verify-full``); what it leaves out comes
    from the ``PG*`` environment variables, so that ``postgresql://`` may be all of it and no password has to
    stand in it. ``staging`` is the folder for stages (in the system's temporary folder unless given; local
    disk). ``lock_timeout`` is how many seconds a call waits for other runs, ``statement_timeout`` how many
    one statement may take (as the server has it unless given), ``work_mem`` what one sort or hash may hold
    in the server's memory.
    """

    def __init__(
        self,
        url: str,
        *,
        staging: Path | None = None,
        lock_timeout: float = 600.0,
        statement_timeout: float | None = None,
        work_mem: str = "128MB",
    ) -> None:
        self._staging = staging or Path(tempfile.gettempdir()) / f"genesys-assets-{getuser()}"
        self._server = Server(url, lock_timeout=lock_timeout, statement_timeout=statement_timeout, work_mem=work_mem)
        self._kept: Session | None = None

    def prepare(self, tables: Iterable[Table]) -> None:
        """Create the tables, or add the columns that they lack; see the protocol."""
        wanted = list(tables)
        self._again("prepare the warehouse", lambda session: schema.prepare(session, wanted))

    def stage(self, name: str) -> Stage:
        """An empty staging area in the staging folder; see the protocol."""
        return Stage(self._staging / "stages", name)

    def commit(self, load: Load) -> dict[str, TableReport]:
        """Make the tables equal to what was staged, all at once; see the protocol."""
        load.check()

        def attempt(session: Session) -> dict[str, TableReport]:
            schema.prepare(session, load.tables)
            schema.prepare_months(session, months_of(load))
            with ExitStack() as until:
                staged = copy_in(session, load, until)
                now = datetime.now(UTC)
                reports = record(session, load, merge(session, load, staged, now), now)
                session.commit()
            return reports

        reports = self._again(f"load {load.name}", attempt)
        load.stage.discard()
        return reports

    def scan(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> pl.LazyFrame:
        """Rows of a table, read a batch at a time when collected; see the protocol."""
        everything = polars_schema(table, housekeeping=True)
        for name in columns or ():
            table.column(name)
        wanted = pl.Schema({name: everything[name] for name in columns or everything})
        window = window_of(table, start, end)

        def read(
            with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            names = [name for name in wanted if with_columns is None or name in with_columns]
            # JSON goes out as its text; a frame without columns still has its number of rows.
            chosen = [f"{quoted(n)}::text AS {quoted(n)}" if wanted[n] == pl.String else quoted(n) for n in names]
            limit = f" LIMIT {n_rows}" if n_rows is not None and predicate is None else ""
            query = f"SELECT {', '.join(chosen) or '1 AS nothing'} FROM {address(table)} WHERE {window}{limit}"
            shape = pl.Schema({name: wanted[name] for name in names}) or pl.Schema({"nothing": pl.Int32()})
            left = n_rows
            with self._reading(table.name) as session:
                for batch in session.stream(query, shape):
                    frame = batch.select(names)
                    if predicate is not None:
                        frame = frame.filter(predicate)
                    if left is not None:
                        frame = frame.head(left)
                        left -= len(frame)
                    yield frame
                    if left == 0:
                        break

        return register_io_source(read, schema=wanted)

    def count(self, table: Table) -> int:
        """How many rows the table has, retired ones included."""
        with self._reading(table.name) as session:
            return session.number(f"SELECT count(*) FROM {address(table)}")

    def ledger(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """The latest load of every table and partition; see the protocol."""
        frame = self._ledger(
            'DISTINCT ON ("table", "partition")', tables, start, end, 'ORDER BY "table", "partition", load_id DESC'
        )
        return frame.sort("table", "partition", nulls_last=False)

    def history(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """All loads, oldest first; see the protocol."""
        order = 'ORDER BY load_id, "table" COLLATE "C", "partition" NULLS FIRST'
        return self._ledger("", tables, start, end, order)

    def quarantined(self, table: Table | None = None) -> pl.DataFrame:
        """The items that could not be loaded when they were last read; see the protocol."""
        which = "true" if table is None else f'"table" = {literal(table.name)}'
        return self._records("quarantine", QUARANTINE, f'WHERE {which} ORDER BY loaded_at, "table", source, raw')

    def drift(self) -> pl.DataFrame:
        """The undeclared fields that were last seen; see the protocol."""
        return self._records("drift", DRIFT, "ORDER BY name, field, loaded_at")

    def recall(self, key: str) -> str | None:
        """The bookmark of that name, ``None`` if there is none."""
        with self._reading() as session:
            rows = session.rows(f'SELECT "value" FROM {LOADER}.bookmark WHERE "key" = {literal(key)}')
        return None if not rows else str(rows[0][0])

    def remember(self, key: str, value: str) -> None:
        """Set a bookmark."""
        self._set_bookmark(
            f"INSERT INTO {LOADER}.bookmark VALUES ({literal(key)}, {literal(value)}, {literal(datetime.now(UTC))}) "
            'ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", remembered_at = excluded.remembered_at'
        )

    def forget(self, key: str) -> None:
        """Remove a bookmark, if there is one."""
        self._set_bookmark(f'DELETE FROM {LOADER}.bookmark WHERE "key" = {literal(key)}')

    def orphans(self, foreign_key: ForeignKey, start: date | None = None, end: date | None = None) -> Orphans:
        """Present rows of the child whose foreign key no row of the parent has; see the protocol."""
        with self._reading(foreign_key.child, foreign_key.parent) as session:
            types = schema.column_types(session, foreign_key.child)
            theirs = schema.column_types(session, foreign_key.parent)
            conditions = [f"{quoted(column)} IS NOT NULL" for column in foreign_key.columns]
            nowhere = zip(foreign_key.columns, foreign_key.nowhere, strict=False)
            conditions += [f"{quoted(column)} <> {literal(text)}" for column, text in nowhere if text is not None]
            if DB_WHEN_DELETED.name in types:
                conditions.append(f"{quoted(DB_WHEN_DELETED.name)} IS NULL")
            conditions.append(window_sql(foreign_key.child, DB_PARTITION.name in types, start, end))
            keys = [f"k{i}" for i in range(len(foreign_key.columns))]
            mine = ", ".join(f"{quoted(c)} AS {key}" for c, key in zip(foreign_key.columns, keys, strict=True))
            same = [
                f"p.{quoted(parent)} = c.k{i}"
                if types[child] == theirs[parent]
                else f"p.{quoted(parent)}::text = c.k{i}::text"
                for i, (child, parent) in enumerate(zip(foreign_key.columns, foreign_key.parent_columns, strict=True))
            ]
            rows = session.rows(
                f"WITH lost AS (SELECT * FROM (SELECT {mine}, count(*) AS n FROM {address(foreign_key.child)} "
                f"WHERE {' AND '.join(conditions)} GROUP BY {', '.join(keys)}) c "
                f"WHERE NOT EXISTS (SELECT 1 FROM {address(foreign_key.parent)} p WHERE {' AND '.join(same)})) "
                f"SELECT (sum(n) OVER ())::bigint, count(*) OVER (), {_texts(keys)} FROM lost "
                f"ORDER BY n DESC, {_in_order(keys, [types[c] for c in foreign_key.columns])} LIMIT {EXAMPLES}"
            )
        found, distinct = rows[0][:2] if rows else (0, 0)
        return Orphans(rows=found, distinct=distinct, examples=[tuple(row[2:]) for row in rows])

    def key_faults(self, table: Table, start: date | None = None, end: date | None = None) -> KeyFaults:
        """Whether the primary key holds, in the window or in the whole table."""
        keys = [quoted(name) for name in table.key]
        null = " OR ".join(f"{key} IS NULL" for key in keys)
        rows = f"FROM {address(table)} WHERE {window_of(table, start, end)}"
        with self._reading(table.name) as session:
            types = schema.column_types(session, table.name)
            twice = session.rows(
                f"SELECT count(*) OVER (), {_texts(keys)} FROM (SELECT {', '.join(keys)} {rows} "
                f"GROUP BY {', '.join(keys)} HAVING count(*) > 1) d "
                f"ORDER BY {_in_order(keys, [types[name] for name in table.key])} LIMIT {EXAMPLES}"
            )
            return KeyFaults(
                nulls=session.number(f"SELECT count(*) {rows} AND ({null})"),
                duplicates=twice[0][0] if twice else 0,
                examples=[tuple(row[1:]) for row in twice],
            )

    @contextmanager
    def reading(self) -> Generator[None]:
        """Several reads on one connection; see the protocol."""
        with self._to_read("read the warehouse") as session:
            before, self._kept = self._kept, session
            try:
                yield
            finally:
                self._kept = before

    def address(self, table: Table) -> str:
        """Where the table is to be found: ``database.genesys.table``."""
        return f"{self._server.database}.{schema.SCHEMA}.{table.name}"

    @contextmanager
    def contents(self) -> Generator[Contents]:
        """All that the warehouse holds; nobody has to wait for it. See the protocol."""
        with self._server.open("read the warehouse") as session:
            found = _postgres_contents.contents(session)
            if found is None:
                raise no_warehouse(f"database {self._server.database}")
            yield found

    def take_over(self, tables: Iterable[Table], contents: Contents) -> None:
        """Fill this empty warehouse with what another holds, all at once; see the protocol."""
        wanted = list(tables)
        with self._server.open("move a warehouse here") as session:
            _postgres_contents.require_empty(session)
            schema.prepare(session, wanted)
            _postgres_contents.lock(session)
            _postgres_contents.require_empty(session)
            _postgres_contents.take_over(session, wanted, contents)
            session.commit()

    def _again(self, what: str, attempt: Callable[[Session], Result]) -> Result:
        def once() -> Result:
            with self._server.open(what) as session:
                return attempt(session)

        return self._server.again(what, once)

    @contextmanager
    def _reading(self, *tables: str) -> Generator[Session]:
        with self._to_read(f"{', '.join(tables) or LOADER}") as session:
            if not tables and not schema.is_prepared(session):
                schema.prepare(session, ())
            for table in tables:
                schema.require_prepared(session, table)
            yield session

    @contextmanager
    def _to_read(self, what: str) -> Generator[Session]:
        if self._kept is not None:
            yield self._kept
            return
        with self._server.open(what) as session:
            yield session

    def _records(self, name: str, columns: pl.Schema, rest: str, distinct: str = "") -> pl.DataFrame:
        chosen = ", ".join(map(quoted, columns))
        with self._reading() as session:
            return pl.concat(session.stream(f"SELECT {distinct} {chosen} FROM {LOADER}.{name} {rest}", columns))

    def _ledger(
        self, distinct: str, tables: Iterable[Table] | None, start: date | None, end: date | None, rest: str
    ) -> pl.DataFrame:
        conditions = ["true"]
        if tables is not None:
            conditions.append(f'"table" IN ({listed([table.name for table in tables])})')
        if start is not None:
            conditions.append(f'"partition" >= {literal(start)}')
        if end is not None:
            conditions.append(f'"partition" < {literal(end)}')
        return self._records("ledger", LEDGER, f"WHERE {' AND '.join(conditions)} {rest}", distinct)

    def _set_bookmark(self, statement: str) -> None:
        def attempt(session: Session) -> None:
            schema.prepare(session, ())
            session.run(statement)
            session.commit()

        self._again("bookmark", attempt)


def _texts(keys: Sequence[str]) -> str:
    return ", ".join(f"{key}::text AS t{i}" for i, key in enumerate(keys))


def _in_order(keys: Sequence[str], types: Sequence[str]) -> str:
    """The same order whatever the collation of the database."""
    return ", ".join(f'{key} COLLATE "C"' if type_ == "TEXT" else key for key, type_ in zip(keys, types, strict=True))
