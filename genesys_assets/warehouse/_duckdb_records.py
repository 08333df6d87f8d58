"""What the loader writes of a load beside its rows: ledger, quarantine and drift, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

import duckdb

from genesys_assets.catalog.declare import DB_PARTITION, Table
from genesys_assets.warehouse._duckdb_schema import LOADER, SCHEMA, address
from genesys_assets.warehouse._duckdb_sql import literal, number, parquet, quoted
from genesys_assets.warehouse._merged import Merged, entries_of, report_of
from genesys_assets.warehouse.protocol import Load, TableReport


def record(
    con: duckdb.DuckDBPyConnection, load: Load, merged: Mapping[str, Merged], now: datetime
) -> dict[str, TableReport]:
    """Write what is to be known of the load, and report it."""
    _quarantine(con, load, now)
    _drift(con, load, now)
    load_id = number(con, f"SELECT coalesce(max(load_id), 0) + 1 FROM {LOADER}.ledger")
    reports: dict[str, TableReport] = {}
    for table in load.tables:
        total = number(con, f"SELECT count(*) FROM {address(table)}")
        report = reports[table.name] = report_of(load, table, merged[table.name], total)
        for day, counts in entries_of(load, table, merged[table.name], report, partial(_rows_of, con, table)):
            values = [load_id, load.name, table.name, day, *counts, load.calls, load.bytes, load.run_id]
            values += [load.status_of(day), load.watermark, load.started_at, now]
            con.execute(f"INSERT INTO {LOADER}.ledger VALUES ({', '.join('?' * len(values))})", values)
    return reports


def _rows_of(con: duckdb.DuckDBPyConnection, table: Table, day: date) -> int:
    return number(con, f"SELECT count(*) FROM {address(table)} WHERE {quoted(DB_PARTITION.name)} = DATE '{day}'")


def _replaced(load: Load) -> tuple[str, list[object]]:
    """Records of earlier loads of this name whose partitions were all read again."""
    days = sorted(load.partitions or ())
    # A load without partitions replaces those without, and only those.
    same = "list_has_all(?::DATE[], partitions) AND len(partitions) > 0" if days else "len(partitions) = len(?::DATE[])"
    return f'"load" = ? AND {same}', [load.name, days]


def _quarantine(con: duckdb.DuckDBPyConnection, load: Load, now: datetime) -> None:
    condition, parameters = _replaced(load)
    # What a table that is not part of this load could not take stays on record.
    tables = ", ".join(literal(table.name) for table in load.tables) or "NULL"
    con.execute(
        f'DELETE FROM {LOADER}.quarantine WHERE {condition} AND ("table" IS NULL OR "table" IN ({tables}) OR "table" '
        f"NOT IN (SELECT table_name FROM duckdb_tables() WHERE schema_name = {literal(SCHEMA)}))",
        parameters,
    )
    if files := load.stage.rejects():
        con.execute(
            f'INSERT INTO {LOADER}.quarantine SELECT ?, ?::DATE[], "table", reason, "column", raw, source, ?, ? '
            f"FROM {parquet(files)}",
            [load.name, sorted(load.partitions or ()), load.run_id, now],
        )


def _drift(con: duckdb.DuckDBPyConnection, load: Load, now: datetime) -> None:
    condition, parameters = _replaced(load)
    con.execute(f"DELETE FROM {LOADER}.drift WHERE {condition}", parameters)
    for name, field, seen in load.stage.drifted.iter_rows():
        con.execute(
            f"INSERT INTO {LOADER}.drift VALUES (?, ?::DATE[], ?, ?, ?, ?, ?)",
            [load.name, sorted(load.partitions or ()), name, field, seen, load.run_id, now],
        )
