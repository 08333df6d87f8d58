"""Everything that a DuckDB file holds, on its way out and on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Table, Tree
from genesys_assets.catalog.types import polars_schema
from genesys_assets.warehouse._duckdb_schema import LOADER, SCHEMA, address
from genesys_assets.warehouse._duckdb_sql import literal, number, parquet, quoted
from genesys_assets.warehouse._moved import in_window, not_empty
from genesys_assets.warehouse.protocol import RECORDS, Contents

_BATCH_ROWS = 50_000


def contents(con: duckdb.DuckDBPyConnection) -> Contents | None:
    """What the file holds, as of this moment; ``None`` if it is no warehouse."""
    con.begin()
    if "ledger" not in _tables(con, LOADER):
        return None
    return Contents(frozenset(_tables(con, SCHEMA)), partial(_days, con), partial(_frames, con), partial(_record, con))


def require_empty(con: duckdb.DuckDBPyConnection) -> None:
    """Make sure that there is room for another warehouse.

    Raises:
        WarehouseError: a table holds rows.
    """
    for schema in (SCHEMA, LOADER):
        for name in _tables(con, schema):
            if (schema == SCHEMA or name in RECORDS) and number(
                con, f"SELECT count(*) FROM (FROM {schema}.{quoted(name)} LIMIT 1)"
            ):
                raise not_empty(f"{schema}.{name}")


def take_over(con: duckdb.DuckDBPyConnection, tables: Iterable[Table], given: Contents, scratch: Path) -> None:
    """Fill the empty tables in the transaction of the caller, by way of the folder ``scratch``."""
    wanted = list(tables)
    for table in wanted:
        _fill(con, address(table), given.frames(table, None, None), scratch)
        if isinstance(table.loading, Tree) and table.partition_by is not None:
            _note_whereabouts(con, table, table.loading.root)
    for name in RECORDS:
        _fill(con, f"{LOADER}.{name}", iter([given.record(name)]), scratch)


def _tables(con: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    found = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [schema]).fetchall()
    return [name for (name,) in found]


def _days(con: duckdb.DuckDBPyConnection, table: Table) -> list[date]:
    rows = con.execute(f"SELECT DISTINCT {quoted(DB_PARTITION.name)} FROM {address(table)} ORDER BY 1").fetchall()
    return [day for (day,) in rows]


def _frames(
    con: duckdb.DuckDBPyConnection, table: Table, start: date | None = None, end: date | None = None
) -> Iterator[pl.DataFrame]:
    schema = polars_schema(table, housekeeping=True)
    # JSON goes out as its text.
    chosen = [f"{quoted(n)}::VARCHAR AS {quoted(n)}" if t == pl.String else quoted(n) for n, t in schema.items()]
    query = f"SELECT {', '.join(chosen)} FROM {address(table)} WHERE {in_window(start, end)}"
    with con.sql(query).to_arrow_reader(_BATCH_ROWS) as reader:
        for batch in reader:
            yield pl.DataFrame(batch).cast(schema)


def _record(con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    columns = RECORDS[name]
    return con.sql(f"SELECT {', '.join(map(quoted, columns))} FROM {LOADER}.{name}").pl().cast(dict(columns))


def _fill(con: duckdb.DuckDBPyConnection, target: str, frames: Iterator[pl.DataFrame], scratch: Path) -> None:
    # From files, in one statement: of frame after frame, the transaction would keep all in memory.
    files: list[Path] = []
    for frame in frames:
        if len(frame):
            files.append(scratch / f"given-{len(files)}.parquet")
            frame.write_parquet(files[-1], compression="lz4")
    if files:
        con.execute(f"INSERT INTO {target} BY NAME SELECT * FROM {parquet(files)}")
    for file in files:
        file.unlink()


def _note_whereabouts(con: duckdb.DuckDBPyConnection, table: Table, root: str) -> None:
    """Note in which partitions the trees lie, as the merge would have."""
    con.execute(
        f"INSERT INTO {LOADER}.whereabouts SELECT {literal(root)}, id, day FROM (SELECT DISTINCT "
        f"md5_number_lower({quoted(root)}::VARCHAR) AS id, {quoted(DB_PARTITION.name)} AS day "
        f"FROM {address(table)}) AS s WHERE NOT EXISTS (FROM {LOADER}.whereabouts w "
        f'WHERE w.root = {literal(root)} AND w.id = s.id AND w."partition" = s.day)'
    )
