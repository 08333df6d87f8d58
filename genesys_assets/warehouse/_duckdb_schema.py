"""Making the tables of a DuckDB file what their declarations say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from genesys_assets.catalog.declare import Table, Tree, Type
from genesys_assets.warehouse._declared import comment_of, is_head, is_required
from genesys_assets.warehouse._duckdb_sql import literal, quoted
from genesys_assets.warehouse.protocol import SchemaError

SCHEMA = "genesys"
"""Where the tables are."""

LOADER = "genesys_loader"
"""Where the loader keeps its own records."""

TYPES: Mapping[Type, str] = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "local_timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}
"""Declared type to column type, as DuckDB itself spells it.

JSON is text underneath, so it is compared as fast as text; the name tells people and tools what it is,
and checking it on the way in costs little beside writing it.
"""

_LOADER_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE SCHEMA IF NOT EXISTS {LOADER};
CREATE TABLE IF NOT EXISTS {LOADER}.ledger (
    load_id BIGINT NOT NULL, "load" VARCHAR NOT NULL, "table" VARCHAR NOT NULL, "partition" DATE,
    inserted BIGINT NOT NULL, updated BIGINT NOT NULL, retired BIGINT NOT NULL, restored BIGINT NOT NULL,
    unchanged BIGINT NOT NULL, elsewhere BIGINT NOT NULL, stale BIGINT NOT NULL, quarantined BIGINT NOT NULL,
    "rows" BIGINT NOT NULL, calls BIGINT NOT NULL, bytes BIGINT NOT NULL,
    run_id VARCHAR NOT NULL, status VARCHAR, watermark TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE IF NOT EXISTS {LOADER}.quarantine (
    "load" VARCHAR NOT NULL, partitions DATE[] NOT NULL, "table" VARCHAR, reason VARCHAR, "column" VARCHAR,
    raw VARCHAR, source VARCHAR, run_id VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE IF NOT EXISTS {LOADER}.drift (
    "load" VARCHAR NOT NULL, partitions DATE[] NOT NULL, name VARCHAR NOT NULL, field VARCHAR NOT NULL,
    seen BIGINT NOT NULL, run_id VARCHAR NOT NULL, loaded_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE IF NOT EXISTS {LOADER}.bookmark (
    "key" VARCHAR NOT NULL, "value" VARCHAR NOT NULL, remembered_at TIMESTAMPTZ NOT NULL
);
-- Which table holds the root rows of the trees of a read.
CREATE TABLE IF NOT EXISTS {LOADER}.head ("read" VARCHAR NOT NULL, root VARCHAR NOT NULL, "table" VARCHAR NOT NULL);
-- In which partitions rows of a tree have been put: where its rows have to be looked for.
CREATE TABLE IF NOT EXISTS {LOADER}.whereabouts (root VARCHAR NOT NULL, id UBIGINT NOT NULL, "partition" DATE NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """A column as it is in the database."""

    type: str
    nullable: bool
    comment: str | None


def address(table: Table | str) -> str:
    """The table in SQL."""
    return f"{SCHEMA}.{quoted(table if isinstance(table, str) else table.name)}"


def prepare(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Create or extend the tables in one transaction.

    Raises:
        SchemaError: a table differs in a way that no added column mends; nothing was changed.
    """
    wanted = list(tables)
    con.begin()
    try:
        con.execute(_LOADER_TABLES)
        columns = _columns(con, [table.name for table in wanted])
        comments: dict[str, str | None] = dict(
            con.execute("SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = ?", [SCHEMA]).fetchall()
        )
        faults: list[str] = []
        for table in wanted:
            if table.name not in columns:
                _create(con, table)
            elif misfits := list(_evolve(con, table, columns[table.name])):
                faults += misfits
                continue
            _describe(con, table, columns.get(table.name, {}), comments.get(table.name))
            if is_head(table):
                _note_head(con, table)
        if faults:
            raise SchemaError("the warehouse does not fit the declarations:\n  " + "\n  ".join(faults))
        con.commit()
    except BaseException:
        con.rollback()
        raise


def require_prepared(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make sure that the table is there.

    Raises:
        SchemaError: it is not.
    """
    column_types(con, table)


def column_types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The column types of a table as they are in the database.

    Raises:
        SchemaError: the table is not there.
    """
    try:
        return {row[0]: row[1] for row in con.execute(f"DESCRIBE {address(table)}").fetchall()}
    except duckdb.CatalogException:
        raise SchemaError(f"table {table}: it is not in the warehouse yet; prepare it, or load it first") from None


def _columns(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[str, dict[str, _Found]]:
    rows = con.execute(
        "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE schema_name = ? AND database_name = current_database() AND table_name IN (SELECT unnest(?)) "
        "ORDER BY column_index",
        [SCHEMA, list(tables)],
    ).fetchall()
    found: dict[str, dict[str, _Found]] = {}
    for table, column, type_, nullable, comment in rows:
        found.setdefault(table, {})[column] = _Found(type_, nullable, comment)
    return found


def _create(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(
        f"{quoted(c.name)} {TYPES[c.type]}{' NOT NULL' if is_required(table, c) else ''}"
        for c in (*table.columns, *table.housekeeping)
    )
    con.execute(f"CREATE TABLE {address(table)} ({columns})")


def _evolve(con: duckdb.DuckDBPyConnection, table: Table, found: Mapping[str, _Found]) -> Iterator[str]:
    declared = {column.name: column for column in (*table.columns, *table.housekeeping)}
    anew = f"or set {SCHEMA}.{table.name} aside under another name and load it anew"
    for name in found.keys() - declared.keys():
        yield (
            f"table {table.name}, column {name}: the warehouse has it ({found[name].type}), the declaration does not; "
            f"was it renamed or removed? Rename or drop it by hand (ALTER TABLE), {anew}"
        )
    for name, column in declared.items():
        where, wanted, required = f"table {table.name}, column {name}", TYPES[column.type], is_required(table, column)
        if name not in found:
            if required:
                yield f"{where}: the declaration has it as {wanted} and never null, the warehouse lacks it; {anew[3:]}"
            else:
                con.execute(f"ALTER TABLE {address(table)} ADD COLUMN {quoted(name)} {wanted}")
        elif found[name].type != wanted:
            yield (
                f"{where}: the warehouse has {found[name].type}, the declaration {wanted}; "
                f"convert it by hand (ALTER TABLE {address(table)} ALTER {quoted(name)} TYPE {wanted}), {anew}"
            )
        elif found[name].nullable == required:
            yield (
                f"{where}: the warehouse {'allows nulls' if required else 'never allows null'}, the declaration "
                f"{'does not' if required else 'does'} ({wanted}); the key has changed: {anew[3:]}"
            )


def _describe(con: duckdb.DuckDBPyConnection, table: Table, found: Mapping[str, _Found], comment: str | None) -> None:
    if comment != table.description:
        con.execute(f"COMMENT ON TABLE {address(table)} IS {literal(table.description)}")
    for column in (*table.columns, *table.housekeeping):
        text = comment_of(column)
        if (has := found.get(column.name)) is None or has.comment != text:
            con.execute(f"COMMENT ON COLUMN {address(table)}.{quoted(column.name)} IS {literal(text)}")


def _note_head(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    if isinstance(table.loading, Tree):
        tree = [table.read.name, table.loading.root]
        noted = con.execute(f'SELECT "table" FROM {LOADER}.head WHERE "read" = ? AND root = ?', tree).fetchall()
        if noted != [(table.name,)]:
            con.execute(f'DELETE FROM {LOADER}.head WHERE "read" = ? AND root = ?', tree)
            con.execute(f"INSERT INTO {LOADER}.head VALUES (?, ?, ?)", [*tree, table.name])
