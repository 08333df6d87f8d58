"""What the loader writes of a load beside its rows: ledger, quarantine and drift, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from genesys_assets.catalog.declare import DB_PARTITION, Snapshot, Table
from genesys_assets.warehouse._merged import Merged, entries_of, report_of
from genesys_assets.warehouse._postgres_schema import LOADER, SCHEMA, address
from genesys_assets.warehouse._postgres_session import Session, listed
from genesys_assets.warehouse._postgres_sql import block, days_array, literal, lock_by, quoted
from genesys_assets.warehouse._postgres_stage import copy_files
from genesys_assets.warehouse.protocol import Load, TableReport

_LEDGER_LOCK = "ledger"


def record(session: Session, load: Load, merged: Mapping[str, Merged], now: datetime) -> dict[str, TableReport]:
    """Write what is to be known of the load, and report it."""
    # What takes long comes first: from the lock on, all other loads that end wait for this one.
    of_days = {
        table.name: {
            day: _rows_of(session, table, day) for day in load.partitions or () if table.partition_by is not None
        }
        for table in load.tables
    }
    totals = {t.name: _count(session, t) for t in load.tables if t.partition_by is None}
    if files := load.stage.rejects():
        copy_files(session, "rejected", files)
    session.run(block(lock_by(_LEDGER_LOCK)))
    _quarantine(session, load, now)
    _drift(session, load, now)
    load_id = session.number(f"SELECT coalesce(max(load_id), 0) + 1 FROM {LOADER}.ledger")
    reports: dict[str, TableReport] = {}
    entries: list[str] = []
    for table in load.tables:
        done = merged[table.name]
        total = totals[table.name] if table.name in totals else _tally(session, table, done)
        report = reports[table.name] = report_of(load, table, done, total)
        for day, counts in entries_of(load, table, done, report, partial(_known_rows, of_days[table.name])):
            values = [load_id, load.name, table.name, day, *counts, load.calls, load.bytes, load.run_id]
            values += [load.status_of(day), load.watermark, load.started_at, now]
            entries.append(f"({', '.join(map(literal, values))})")
    if entries:
        session.run(f"INSERT INTO {LOADER}.ledger VALUES {', '.join(entries)}")
    return reports


def _known_rows(rows: Mapping[date, int], day: date) -> int:
    return rows[day]


def _rows_of(session: Session, table: Table, day: date) -> int:
    return session.number(f"SELECT count(*) FROM {address(table)} WHERE {quoted(DB_PARTITION.name)} = {literal(day)}")


def _count(session: Session, table: Table) -> int:
    return session.number(f"SELECT count(*) FROM {address(table)}")


def _tally(session: Session, table: Table, merged: Merged) -> int:
    """How many rows a partitioned table has: counting years of rows after every load would take minutes."""
    change = merged.inserted.total()
    if not isinstance(table.loading, Snapshot):
        change -= merged.retired.total()
    name = literal(table.name)
    noted = session.rows(
        f'UPDATE {LOADER}.tally SET "rows" = "rows" + {change} WHERE "table" = {name} RETURNING "rows"'
    )
    if noted:
        return int(noted[0][0])
    total = _count(session, table)
    session.run(f"INSERT INTO {LOADER}.tally VALUES ({name}, {total})")
    return total


def _replaced(load: Load) -> str:
    """Records of earlier loads of this name whose partitions were all read again."""
    # A load without partitions replaces those without, and only those.
    days = set(load.partitions or ())
    same = (
        f"partitions <@ {days_array(days)} AND cardinality(partitions) > 0" if days else "cardinality(partitions) = 0"
    )
    return f'"load" = {literal(load.name)} AND {same}'


def _quarantine(session: Session, load: Load, now: datetime) -> None:
    # What a table that is not part of this load could not take stays on record.
    tables = listed([table.name for table in load.tables])
    session.run(
        f'DELETE FROM {LOADER}.quarantine q WHERE {_replaced(load)} AND ("table" IS NULL OR "table" IN ({tables}) '
        "OR NOT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f'WHERE n.nspname = {literal(SCHEMA)} AND c.relname::text = q."table"))'
    )
    if load.stage.rejects():
        session.run(
            f"INSERT INTO {LOADER}.quarantine SELECT {literal(load.name)}, {days_array(load.partitions or ())}, "
            f'"table", reason, "column", raw, source, {literal(load.run_id)}, {literal(now)} FROM rejected'
        )


def _drift(session: Session, load: Load, now: datetime) -> None:
    session.run(f"DELETE FROM {LOADER}.drift WHERE {_replaced(load)}")
    entries = [
        f"({literal(load.name)}, {days_array(load.partitions or ())}, {literal(name)}, {literal(field)}, {seen}, "
        f"{literal(load.run_id)}, {literal(now)})"
        for name, field, seen in load.stage.drifted.iter_rows()
    ]
    if entries:
        session.run(f"INSERT INTO {LOADER}.drift VALUES {', '.join(entries)}")
