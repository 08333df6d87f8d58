"""Small tables of every way of loading, and short ways to make their rows, stage and commit them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from genesys_assets.catalog.declare import (
    Column,
    Live,
    Loading,
    Read,
    Snapshot,
    Table,
    Tree,
    Upsert,
    Window,
    boolean,
    double,
    int64,
    json,
    local_timestamp,
    string,
    timestamp,
)
from genesys_assets.catalog.declare import date as date_column
from genesys_assets.warehouse import Load, TableReport, Warehouse
from genesys_assets.warehouse.stage import staged_schema

D1, D2, D3 = (date(2026, 1, day) for day in (5, 6, 7))
KEPT = ("db_when_created", "db_last_updated")


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of January 2026, UTC."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


LATER = at(9)
"""Up to which moment a tree is known, unless it matters."""


def table(
    name: str, loading: Loading, *columns: Column, partition_by: str | None = None, read: str | None = None
) -> Table:
    return Table(
        name=name,
        description=f"Rows of {name}; it's made up.",
        read=Read(name=read or name, path=f"/api/v2/{name}"),
        loading=loading,
        columns=columns,
        partition_by=partition_by,
    )


USER = table(
    "user",
    Snapshot(),
    string("id", "Its identifier.", key=True),
    string("name", "What it is called."),
    int64("order", "A column that is a reserved word."),
    double("share", "A part of one.", unit="ratio"),
    boolean("active", "Whether it is."),
    timestamp("seen", "When it was last seen."),
    local_timestamp("wakes", "When it wakes, where it is."),
    date_column("born", "Its birthday."),
    json("tags", "What is said of it."),
)
MEMBER = table(
    "group",
    Snapshot(parent=("group_id",)),
    string("group_id", "The group.", key=True),
    string("user_id", "The member.", key=True),
    string("role", "What the member is there."),
)

_CALL = Tree(root="call_id")
CALL = table(
    "call",
    _CALL,
    string("call_id", "The call.", key=True),
    timestamp("started", "When it began."),
    string("note", "What was noted."),
    partition_by="started",
    read="calls",
)
LEG = table(
    "leg",
    _CALL,
    string("call_id", "The call.", "$.call_id", key=True),
    int64("leg", "Which one.", key=True),
    string("queue_id", "Where it waited."),
    partition_by="$.started",
    read="calls",
)
MARK = table(
    "mark",
    _CALL,
    string("leg_id", "The leg, unique among all calls.", key=True),
    string("name", "What is marked.", key=True),
    string("call_id", "The call.", "$.call_id"),
    string("value", "How it is marked."),
    partition_by="$.started",
    read="calls",
)
CALLS = (CALL, LEG, MARK)

HOURLY = table(
    "hourly",
    Window(),
    string("queue_id", "The queue.", key=True),
    timestamp("hour", "Its begin.", key=True),
    int64("offered", "How many came.", unit="count"),
    partition_by="hour",
)
REVIEW = table(
    "review",
    Window(),
    string("id", "The review.", key=True),
    timestamp("released", "When it was released; may change."),
    double("score", "Its result.", unit="percent"),
    partition_by="released",
)
EVENT = table("event", Upsert(), string("id", "The event.", key=True), string("what", "What happened."))
PRESENCE = table("presence", Live(), string("user_id", "Whose.", key=True), string("state", "Which."))

ALL = (USER, MEMBER, *CALLS, HOURLY, REVIEW, EVENT, PRESENCE)


def frame(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as they are staged; what is left out is null, the partition the day of ``partition_by``."""
    schema = staged_schema(table)
    filled: list[dict[str, Any]] = []
    for row in rows:
        new = {name: row.get(name) for name in schema}
        if "db_partition" in schema and new["db_partition"] is None and table.partition_by in schema:
            moment = row[table.partition_by]
            new["db_partition"] = moment.date()
        filled.append(new)
    return pl.DataFrame(filled, schema=schema, orient="row")


def scope(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """What is covered, as a frame."""
    kinds = {**staged_schema(table), "as_of": pl.Datetime("us", "UTC")}
    listed = list(rows)
    return pl.DataFrame(listed, schema={name: kinds[name] for name in listed[0]}, orient="row")


def load_of(
    warehouse: Warehouse,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    tables: Sequence[Table] | None = None,
    whole: Iterable[Table] = (),
    cover: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    name: str = "load",
    **load: Any,
) -> Load:
    """Stage rows by table name, and cover whole tables or scopes."""
    by_name = {t.name: t for t in (tables if tables is not None else ALL)}
    chosen = by_name.values() if tables is not None else (t for t in ALL if t.name in {*rows, *(cover or {})})
    stage = warehouse.stage(name)
    for table_name, some in rows.items():
        stage.append(by_name[table_name], frame(by_name[table_name], some))
    for covered in whole:
        stage.cover(covered, None)
    for table_name, scopes in (cover or {}).items():
        if scopes:
            stage.cover(by_name[table_name], scope(by_name[table_name], scopes))
    return Load(name=name, stage=stage, tables=tuple(chosen), run_id="run", started_at=at(8), **load)


def commit(
    warehouse: Warehouse, rows: Mapping[str, Sequence[Mapping[str, Any]]], **load: Any
) -> dict[str, TableReport]:
    """Stage and commit, as :func:`load_of` says."""
    return warehouse.commit(load_of(warehouse, rows, **load))


def rows_of(warehouse: Warehouse, table: Table, *columns: str) -> list[dict[str, Any]]:
    """The rows of a table, ordered by key; all columns but the loader's two times unless some are named."""
    read = warehouse.scan(table).collect().sort(table.key)
    return (read.select(columns) if columns else read.drop(KEPT)).to_dicts()


def everything(warehouse: Warehouse, tables: Iterable[Table]) -> dict[str, list[dict[str, Any]]]:
    """All columns of all rows, to tell whether anything at all was written."""
    return {t.name: warehouse.scan(t).collect().sort(t.key).to_dicts() for t in tables}


def call(
    call_id: str, started: datetime, *, legs: int = 1, note: str | None = None, as_of: datetime = LATER
) -> dict[str, Any]:
    """A tree: rows by table name, with what is covered under ``"cover"``."""
    day = started.date()
    return {
        "call": [{"call_id": call_id, "started": started, "note": note, "db_as_of": as_of}],
        "leg": [{"call_id": call_id, "leg": n, "queue_id": f"q{n}", "db_partition": day} for n in range(legs)],
        "mark": [
            {"leg_id": f"{call_id}-{n}", "name": "tone", "call_id": call_id, "value": "good", "db_partition": day}
            for n in range(legs)
        ],
        "cover": [{"call_id": call_id, "as_of": as_of}],
    }


def load_of_calls(
    warehouse: Warehouse, *calls: Mapping[str, Any], tables: Sequence[Table] = CALLS, **load: Any
) -> Load:
    """Stage and cover whole trees."""
    return load_of(
        warehouse,
        {t.name: [row for tree in calls for row in tree[t.name]] for t in tables},
        tables=tables,
        cover={t.name: [row for tree in calls for row in tree["cover"]] for t in tables},
        **load,
    )


def commit_calls(
    warehouse: Warehouse, *calls: Mapping[str, Any], tables: Sequence[Table] = CALLS, **load: Any
) -> dict[str, TableReport]:
    """Commit whole trees."""
    return warehouse.commit(load_of_calls(warehouse, *calls, tables=tables, **load))


def counts(report: TableReport) -> tuple[int, int, int, int, int]:
    """Inserted, updated, retired, restored, unchanged."""
    return (report.inserted, report.updated, report.retired, report.restored, report.unchanged)
