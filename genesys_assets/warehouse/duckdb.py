"""The warehouse in one DuckDB file: tables in the schema ``genesys``, the loader's records in ``genesys_loader``."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from genesys_assets.catalog.catalog import ForeignKey
from genesys_assets.catalog.declare import DB_PARTITION, DB_WHEN_DELETED, Table
from genesys_assets.catalog.types import polars_schema
from genesys_assets.warehouse import _duckdb_contents
from genesys_assets.warehouse import _duckdb_schema as schema
from genesys_assets.warehouse._declared import window_of, window_sql
from genesys_assets.warehouse._duckdb_file import DatabaseFile
from genesys_assets.warehouse._duckdb_merge import merge
from genesys_assets.warehouse._duckdb_records import record
from genesys_assets.warehouse._duckdb_schema import LOADER, SCHEMA, address
from genesys_assets.warehouse._duckdb_sql import first, literal, number, quoted
from genesys_assets.warehouse._moved import no_warehouse
from genesys_assets.warehouse.protocol import (
    DRIFT,
    LEDGER,
    QUARANTINE,
    Contents,
    KeyFaults,
    Load,
    Orphans,
    SchemaError,
    TableReport,
    WarehouseError,
)
from genesys_assets.warehouse.stage import Stage

log = logging.getLogger("genesys_assets.warehouse")

EXAMPLES = 5
"""So many examples are given of orphans and of keys that stand twice."""


BATCH = 100_000
"""So many rows are filtered at once."""


class DuckDBWarehouse:
    """A :class:`~genesys_assets.warehouse.protocol.Warehouse` in the DuckDB file at ``path``.

    ``staging`` is the folder for stages and spilled data (beside the file unless given; local disk).
    ``lock_timeout`` is how many seconds a call waits for other users of the file.

    Raises:
        ValueError: the file's name would hide one of the schemas.
    """

    def __init__(
        self,
        path: Path,
        *,
        staging: Path | None = None,
        memory_limit: str = "256MB",
        threads: int = 2,
        lock_timeout: float = 600.0,
    ) -> None:
        if path.stem in (SCHEMA, LOADER):
            raise ValueError(
                f"{path}: DuckDB names a database after its file, and a database {path.stem} hides the schema of that "
                "name; choose another file name, such as warehouse.duckdb"
            )
        self.path = path.absolute()
        self._staging = (staging or self.path.with_name(f"{self.path.name}.staging")).absolute()
        self._file = DatabaseFile(
            self.path, self._staging, memory_limit=memory_limit, threads=threads, lock_timeout=lock_timeout
        )
        self._kept: duckdb.DuckDBPyConnection | None = None

    def prepare(self, tables: Iterable[Table]) -> None:
        """Create the tables, or add the columns that they lack; see the protocol."""
        with self._file.open() as con:
            schema.prepare(con, tables)

    def stage(self, name: str) -> Stage:
        """An empty staging area in the staging folder; see the protocol."""
        return Stage(self._staging / "stages", name)

    def commit(self, load: Load) -> dict[str, TableReport]:
        """Make the tables equal to what was staged, all at once; see the protocol."""
        load.check()
        now = datetime.now(UTC)
        try:
            with self._file.open() as con:
                schema.prepare(con, load.tables)
                con.begin()
                reports = record(con, load, merge(con, load, now), now)
                con.commit()
        except duckdb.Error as error:
            raise WarehouseError(f"load {load.name}: the database refused it: {error}") from error
        load.stage.discard()
        return reports

    def scan(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> pl.LazyFrame:
        """Rows of a table, read when collected in one short turn at the file; see the protocol."""
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
            chosen = [f"{quoted(n)}::VARCHAR AS {quoted(n)}" if wanted[n] == pl.String else quoted(n) for n in names]
            limit = f" LIMIT {n_rows}" if n_rows is not None and predicate is None else ""
            query = f"SELECT {', '.join(chosen) or '1 AS nothing'} FROM {address(table)} WHERE {window}{limit}"
            with self._reading(table.name) as con:
                if predicate is None:
                    frame = con.sql(query).pl().select(names)
                else:
                    # Batch by batch: what the predicate leaves out is never in memory all at once.
                    batches = con.sql(query).to_arrow_reader(BATCH)
                    frames = [_matching(cast("pl.DataFrame", pl.from_arrow(batch)), predicate) for batch in batches]
                    frame = pl.concat([wanted.to_frame().select(names), *frames])
            yield frame if n_rows is None else frame.head(n_rows)

        return register_io_source(read, schema=wanted)

    def count(self, table: Table) -> int:
        """How many rows the table has, retired ones included."""
        with self._reading(table.name) as con:
            return number(con, f"SELECT count(*) FROM {address(table)}")

    def ledger(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """The latest load of every table and partition; see the protocol."""
        latest = 'QUALIFY row_number() OVER (PARTITION BY "table", "partition" ORDER BY load_id DESC) = 1'
        return self._ledger(tables, start, end, f'{latest} ORDER BY "table", "partition" NULLS FIRST')

    def history(
        self, tables: Iterable[Table] | None = None, start: date | None = None, end: date | None = None
    ) -> pl.DataFrame:
        """All loads, oldest first; see the protocol."""
        return self._ledger(tables, start, end, 'ORDER BY load_id, "table", "partition" NULLS FIRST')

    def quarantined(self, table: Table | None = None) -> pl.DataFrame:
        """The items that could not be loaded when they were last read; see the protocol."""
        which = "true" if table is None else f'"table" = {literal(table.name)}'
        return self._records("quarantine", QUARANTINE, f'WHERE {which} ORDER BY loaded_at, "table", source, raw')

    def drift(self) -> pl.DataFrame:
        """The undeclared fields that were last seen; see the protocol."""
        return self._records("drift", DRIFT, "ORDER BY name, field, loaded_at")

    def recall(self, key: str) -> str | None:
        """The bookmark of that name, ``None`` if there is none."""
        with self._reading() as con:
            row = first(con, f'SELECT "value" FROM {LOADER}.bookmark WHERE "key" = ?', [key])
        return None if row is None else str(row[0])

    def remember(self, key: str, value: str) -> None:
        """Set a bookmark."""
        self._set_bookmark(key, value)

    def forget(self, key: str) -> None:
        """Remove a bookmark, if there is one."""
        self._set_bookmark(key, None)

    def orphans(self, foreign_key: ForeignKey, start: date | None = None, end: date | None = None) -> Orphans:
        """Present rows of the child whose foreign key no row of the parent has; see the protocol."""
        with self._reading(foreign_key.child, foreign_key.parent) as con:
            types = schema.column_types(con, foreign_key.child)
            theirs = schema.column_types(con, foreign_key.parent)
            conditions = [f"{quoted(column)} IS NOT NULL" for column in foreign_key.columns]
            nowhere = zip(foreign_key.columns, foreign_key.nowhere, strict=False)
            conditions += [f"{quoted(column)} <> {literal(text)}" for column, text in nowhere if text is not None]
            if DB_WHEN_DELETED.name in types:
                conditions.append(f"{quoted(DB_WHEN_DELETED.name)} IS NULL")
            conditions.append(window_sql(foreign_key.child, DB_PARTITION.name in types, start, end))
            mine = ", ".join(f"{quoted(column)} AS k{i}" for i, column in enumerate(foreign_key.columns))
            same = [
                f"p.{quoted(parent)} = c.k{i}"
                if types[child] == theirs[parent]
                else f"p.{quoted(parent)}::VARCHAR = c.k{i}::VARCHAR"
                for i, (child, parent) in enumerate(zip(foreign_key.columns, foreign_key.parent_columns, strict=True))
            ]
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE lost AS SELECT * FROM (SELECT {mine}, count(*) AS n "
                f"FROM {address(foreign_key.child)} WHERE {' AND '.join(conditions)} GROUP BY ALL) AS c "
                f"WHERE NOT EXISTS (SELECT 1 FROM {address(foreign_key.parent)} p WHERE {' AND '.join(same)})"
            )
            keys = [f"k{i}" for i in range(len(foreign_key.columns))]
            texts, order = ", ".join(f"{key}::VARCHAR" for key in keys), ", ".join(keys)
            return Orphans(
                rows=number(con, "SELECT coalesce(sum(n), 0) FROM lost"),
                distinct=number(con, "SELECT count(*) FROM lost"),
                examples=con.execute(f"SELECT {texts} FROM lost ORDER BY n DESC, {order} LIMIT {EXAMPLES}").fetchall(),
            )

    def key_faults(self, table: Table, start: date | None = None, end: date | None = None) -> KeyFaults:
        """Whether the primary key holds, in the window or in the whole table."""
        keys = ", ".join(map(quoted, table.key))
        null = " OR ".join(f"{quoted(name)} IS NULL" for name in table.key)
        rows = f"FROM {address(table)} WHERE {window_of(table, start, end)}"
        with self._reading(table.name) as con:
            # Whole keys are compared only where their hashes are equal: hashes need far less memory.
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE twice AS SELECT {keys} {rows} AND hash({keys}) IN "
                f"(SELECT hash({keys}) {rows} GROUP BY ALL HAVING count(*) > 1) GROUP BY ALL HAVING count(*) > 1"
            )
            return KeyFaults(
                nulls=number(con, f"SELECT count(*) {rows} AND ({null})"),
                duplicates=number(con, "SELECT count(*) FROM twice"),
                examples=con.execute(f"SELECT COLUMNS(*)::VARCHAR FROM twice ORDER BY ALL LIMIT {EXAMPLES}").fetchall(),
            )

    @contextmanager
    def reading(self) -> Generator[None]:
        """Several reads in one turn at the file; others wait for it meanwhile. See the protocol."""
        with self._to_read() as con:
            before, self._kept = self._kept, con
            try:
                yield
            finally:
                self._kept = before

    def address(self, table: Table) -> str:
        """Where the table is to be found: ``database.genesys.table``."""
        return f"{self.path.stem}.{schema.SCHEMA}.{table.name}"

    @contextmanager
    def contents(self) -> Generator[Contents]:
        """All that the warehouse holds; others wait for the file meanwhile. See the protocol."""
        if not self.path.is_file():
            raise no_warehouse(str(self.path))
        try:
            with self._file.open(read_only=True) as con:
                found = _duckdb_contents.contents(con)
                if found is None:
                    raise no_warehouse(str(self.path))
                yield found
        except duckdb.IOException as error:
            raise WarehouseError(f"{self.path}: it cannot be read as a DuckDB file: {error}") from error
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise SchemaError(f"{self.path}: the warehouse does not fit the declarations: {error}") from error

    def take_over(self, tables: Iterable[Table], contents: Contents) -> None:
        """Fill this empty warehouse with what another holds, all at once; see the protocol."""
        wanted = list(tables)
        with self.stage("move") as stage, self._file.open() as con:
            _duckdb_contents.require_empty(con)
            schema.prepare(con, wanted)
            con.begin()
            try:
                _duckdb_contents.take_over(con, wanted, contents, stage.scratch)
                con.commit()
            except duckdb.Error as error:
                raise WarehouseError(f"{self.path}: the database refused it, nothing was changed: {error}") from error

    @contextmanager
    def _reading(self, *tables: str) -> Generator[duckdb.DuckDBPyConnection]:
        with self._to_read() as con:
            for table in tables:
                schema.require_prepared(con, table)
            try:
                yield con
            except (duckdb.BinderException, duckdb.CatalogException) as error:
                # Only the declaration can have put a name into the query that the database does not know.
                raise SchemaError(
                    f"{', '.join(tables) or LOADER}: the warehouse does not fit the declaration, prepare it: {error}"
                ) from error

    @contextmanager
    def _to_read(self) -> Generator[duckdb.DuckDBPyConnection]:
        if self._kept is not None:
            yield self._kept
            return
        if not self.path.exists():
            self.prepare(())
        with self._file.open(read_only=True) as con:
            yield con

    def _records(self, name: str, columns: pl.Schema, rest: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        listed = ", ".join(map(quoted, columns))
        with self._reading() as con:
            frame = con.sql(f"SELECT {listed} FROM {LOADER}.{name} {rest}", params=list(parameters)).pl()
        return frame.cast(dict(columns))

    def _ledger(self, tables: Iterable[Table] | None, start: date | None, end: date | None, rest: str) -> pl.DataFrame:
        conditions, parameters = ["true"], list[object]()
        if tables is not None:
            conditions.append('"table" IN (SELECT unnest(?))')
            parameters.append([table.name for table in tables])
        if start is not None:
            conditions.append('"partition" >= ?')
            parameters.append(start)
        if end is not None:
            conditions.append('"partition" < ?')
            parameters.append(end)
        return self._records("ledger", LEDGER, f"WHERE {' AND '.join(conditions)} {rest}", parameters)

    def _set_bookmark(self, key: str, value: str | None) -> None:
        with self._file.open() as con:
            schema.prepare(con, ())
            con.begin()
            con.execute(f'DELETE FROM {LOADER}.bookmark WHERE "key" = ?', [key])
            if value is not None:
                con.execute(f"INSERT INTO {LOADER}.bookmark VALUES (?, ?, ?)", [key, value, datetime.now(UTC)])
            con.commit()


def _matching(batch: pl.DataFrame, predicate: pl.Expr) -> pl.DataFrame:
    """The rows that match, copied: texts that were merely filtered would keep the whole batch in memory."""
    copied = cast("Any", batch.filter(predicate)).to_arrow(compat_level=pl.CompatLevel.oldest())
    return cast("pl.DataFrame", pl.from_arrow(copied))
