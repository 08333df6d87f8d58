"""The loader's records: ledger, quarantine, drift and bookmarks."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from genesys_assets.warehouse import DRIFT, LEDGER, QUARANTINE, Load, Warehouse
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.samples import (
    CALL,
    CALLS,
    D1,
    D2,
    D3,
    EVENT,
    LEG,
    USER,
    at,
    call,
    commit,
    commit_calls,
)


def test_the_records_of_a_new_warehouse_are_empty_frames(warehouse: Warehouse) -> None:
    assert warehouse.ledger().schema == warehouse.history().schema == LEDGER
    assert warehouse.quarantined().schema == QUARANTINE
    assert warehouse.drift().schema == DRIFT
    assert warehouse.ledger().height == warehouse.quarantined().height == warehouse.drift().height == 0


def test_a_load_is_entered_for_every_table_and_partition(warehouse: Warehouse) -> None:
    commit_calls(
        warehouse,
        call("a", at(5, 1), legs=2),
        call("b", at(6, 1)),
        call("c", at(4, 1)),
        partitions=(D1, D2),
        watermark=at(7),
        status="provisional",
        calls=12,
        bytes=3456,
        name="calls",
    )

    entries = warehouse.ledger()
    assert [(row["table"], row["partition"]) for row in entries.to_dicts()] == [
        (table.name, day) for table in CALLS for day in (D1, D2)
    ]
    first = entries.filter(pl.col("table") == "leg").to_dicts()[0]
    assert first.pop("loaded_at") > at(1)
    assert first == {
        "load_id": 1,
        "load": "calls",
        "table": "leg",
        "partition": D1,
        "inserted": 2,
        "updated": 0,
        "retired": 0,
        "restored": 0,
        "unchanged": 0,
        "elsewhere": 1,
        "stale": 0,
        "quarantined": 0,
        "rows": 2,
        "calls": 12,
        "bytes": 3456,
        "run_id": "run",
        "status": "provisional",
        "watermark": at(7),
        "started_at": at(8),
    }


def test_the_ledger_has_the_latest_load_and_the_history_all(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1)), partitions=(D1,), status="open")
    commit_calls(warehouse, call("b", at(6, 1)), partitions=(D2,), status="open")
    commit_calls(warehouse, call("a", at(5, 1)), partitions=(D1,), status="settled")
    commit(warehouse, {"user": [{"id": "a"}]}, whole=[USER])

    latest = {(r["table"], r["partition"]): (r["status"], r["unchanged"]) for r in warehouse.ledger().to_dicts()}
    assert latest == {
        **{(table.name, D1): ("settled", 1) for table in CALLS},
        **{(table.name, D2): ("open", 0) for table in CALLS},
        ("user", None): (None, 0),
    }
    assert warehouse.history([CALL])["status"].to_list() == ["open", "open", "settled"]
    assert warehouse.history([USER])["partition"].to_list() == [None]


def test_the_ledger_can_be_asked_for_tables_and_days(warehouse: Warehouse) -> None:
    for day in (5, 6, 7):
        commit_calls(warehouse, call(str(day), at(day)), partitions=(date(2026, 1, day),))
    commit(warehouse, {"user": []}, whole=[USER])

    def asked(**window: date) -> list[date | None]:
        return warehouse.ledger([CALL, USER], **window)["partition"].to_list()

    assert asked() == [D1, D2, D3, None]
    assert asked(start=D2) == [D2, D3]
    assert asked(end=D2) == [D1]
    assert asked(start=D2, end=D3) == [D2]
    assert warehouse.ledger([]).height == 0


def rejects(*rows: tuple[str | None, str]) -> pl.DataFrame:
    columns = dict.fromkeys(("table", "reason", "column", "raw", "source"), pl.String)
    return pl.DataFrame([(t, "too long", "note", raw, "/api") for t, raw in rows], schema=columns, orient="row")


def commit_rejects(warehouse: Warehouse, found: pl.DataFrame, *tables: Any, **load: Any) -> dict[str, int]:
    stage = warehouse.stage("calls")
    stage.reject(found)
    committed = Load("calls", stage, tables or CALLS, run_id="run", started_at=at(8), **load)
    return {name: report.quarantined for name, report in warehouse.commit(committed).items()}


def raws(warehouse: Warehouse) -> list[str]:
    return sorted(warehouse.quarantined()["raw"].to_list())


def test_the_quarantine_keeps_what_could_not_be_loaded_with_the_reason(warehouse: Warehouse) -> None:
    counted = commit_rejects(warehouse, rejects(("call", "1"), ("leg", "2"), ("call", "3")), partitions=(D1,))

    assert counted == {"call": 2, "leg": 1, "mark": 0}
    (row,) = warehouse.quarantined(LEG).to_dicts()
    assert row.pop("loaded_at") > at(1)
    assert row == {
        "load": "calls",
        "partitions": [D1],
        "table": "leg",
        "reason": "too long",
        "column": "note",
        "raw": "2",
        "source": "/api",
        "run_id": "run",
    }
    assert warehouse.ledger([CALL])["quarantined"].to_list() == [2]


def test_a_partition_read_again_replaces_what_was_quarantined_of_it(warehouse: Warehouse) -> None:
    commit_rejects(warehouse, rejects(("call", "1"), (None, "2"), ("a read", "3")), partitions=(D1,))
    commit_rejects(warehouse, rejects(("call", "other day")), partitions=(D2,))
    commit_rejects(warehouse, rejects(("call", "no day")))

    commit_rejects(warehouse, rejects(("call", "1")), partitions=(D1,))
    assert raws(warehouse) == ["1", "no day", "other day"]
    commit_rejects(warehouse, rejects(), partitions=(D1, D2))
    assert raws(warehouse) == ["no day"]
    commit_rejects(warehouse, rejects())
    assert raws(warehouse) == []


def test_a_load_of_some_tables_keeps_what_was_quarantined_of_others(warehouse: Warehouse) -> None:
    commit_rejects(warehouse, rejects(("call", "1"), ("leg", "2")), partitions=(D1,))

    commit_rejects(warehouse, rejects(), CALL, partitions=(D1,))

    assert raws(warehouse) == ["2"]


def test_drift_adds_up_in_a_load_and_is_replaced_by_the_next(warehouse: Warehouse) -> None:
    def load(**fields: int) -> None:
        stage = warehouse.stage("events")
        for field, seen in fields.items():
            stage.drift("event", {field: seen})
            stage.drift("event", {field: 1})
        warehouse.commit(Load("events", stage, (EVENT,), run_id="run", started_at=at(8)))

    load(new=3, gone=1)
    load(new=4)

    assert warehouse.drift().select("load", "partitions", "name", "field", "seen").rows() == [
        ("events", [], "event", "new", 5)
    ]


def test_bookmarks_survive_and_can_be_changed_and_forgotten(place: Place) -> None:
    assert place.open().recall("job") is None
    place.open().remember("job", "1")
    place.open().remember("job", "it's 2")
    place.open().remember("other", "")

    assert place.open().recall("job") == "it's 2"
    place.open().forget("job")
    place.open().forget("job")
    assert (place.open().recall("job"), place.open().recall("other")) == (None, "")
