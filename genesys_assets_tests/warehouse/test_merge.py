"""What a commit makes of staged rows; every backend keeps to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from genesys_assets.catalog.declare import Window
from genesys_assets.warehouse import Load, Warehouse, WarehouseError
from genesys_assets.warehouse.stage import StageError
from genesys_assets_tests.warehouse.samples import (
    ALL,
    D1,
    D2,
    D3,
    EVENT,
    HOURLY,
    MEMBER,
    PRESENCE,
    REVIEW,
    USER,
    at,
    commit,
    counts,
    everything,
    frame,
    rows_of,
)

ANN = {
    "id": "a",
    "name": "Ann O'Hara",
    "order": 1,
    "share": 0.5,
    "active": True,
    "seen": at(5, 12),
    "wakes": at(5, 7).replace(tzinfo=None),
    "born": D1,
    "tags": '{"b": [1, 2]}',
}
BEN = {"id": "b"}


def test_new_rows_carry_the_time_of_the_load(warehouse: Warehouse) -> None:
    report = commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])["user"]

    assert counts(report) == (2, 0, 0, 0, 0)
    assert report.total == 2
    ann, ben = warehouse.scan(USER).collect().sort("id").to_dicts()
    assert {name: ann[name] for name in ANN} == ANN
    assert ben["name"] is None
    assert ann["db_when_created"] == ann["db_last_updated"] == ben["db_when_created"]
    loaded = warehouse.ledger([USER])["loaded_at"].item()
    assert ann["db_when_created"] == loaded > at(1)
    assert ann["db_when_deleted"] is None


def test_loading_the_same_rows_again_writes_nothing_and_says_so(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])
    before = everything(warehouse, [USER])

    report = commit(warehouse, {"user": [BEN, ANN]}, whole=[USER])["user"]

    assert counts(report) == (0, 0, 0, 0, 2)
    assert report.written == 0
    assert everything(warehouse, [USER]) == before


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "Ann O'Hara "),
        ("name", ""),
        ("order", 2),
        ("share", 0.5000000001),
        ("active", False),
        ("seen", at(5, 12).replace(microsecond=1)),
        ("wakes", at(5, 8).replace(tzinfo=None)),
        ("born", D2),
        ("tags", '{"b": [2, 1]}'),
        *((name, None) for name in ANN if name != "id"),
    ],
)
def test_a_changed_value_moves_the_time_of_that_row_alone(warehouse: Warehouse, column: str, value: object) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])
    ann, ben = everything(warehouse, [USER])["user"]

    report = commit(warehouse, {"user": [{**ANN, column: value}, BEN]}, whole=[USER])["user"]

    assert counts(report) == (0, 1, 0, 0, 1)
    ann_after, ben_after = everything(warehouse, [USER])["user"]
    assert ben_after == ben
    assert ann_after.pop("db_last_updated") > ann.pop("db_last_updated")
    assert ann_after == {**ann, column: value}


def test_values_that_trade_places_are_a_change(warehouse: Warehouse) -> None:
    commit(warehouse, {"group": [{"group_id": "g", "user_id": "u"}]})

    commit(warehouse, {"group": [{"group_id": "u", "user_id": "g"}]})

    assert [row["group_id"] for row in rows_of(warehouse, MEMBER)] == ["g", "u"]


def test_a_row_that_vanished_is_kept_and_marked(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])
    before = everything(warehouse, [USER])["user"]

    report = commit(warehouse, {"user": [ANN]}, whole=[USER])["user"]

    assert counts(report) == (0, 0, 1, 0, 1)
    assert report.total == warehouse.count(USER) == 2
    ann, ben = everything(warehouse, [USER])["user"]
    assert ann == before[0]
    assert ben["db_when_deleted"] == ben["db_last_updated"] > ben["db_when_created"]


def test_a_row_is_retired_once(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])
    commit(warehouse, {"user": [ANN]}, whole=[USER])
    before = everything(warehouse, [USER])

    assert counts(commit(warehouse, {"user": [ANN]}, whole=[USER])["user"]) == (0, 0, 0, 0, 1)
    assert everything(warehouse, [USER]) == before


@pytest.mark.parametrize("name", [None, "Ben"])
def test_a_row_that_came_back_is_restored(warehouse: Warehouse, name: str | None) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])
    commit(warehouse, {"user": [ANN]}, whole=[USER])
    gone = everything(warehouse, [USER])["user"][1]

    report = commit(warehouse, {"user": [ANN, {**BEN, "name": name}]}, whole=[USER])["user"]

    assert counts(report) == (0, 0, 0, 1, 1)
    ben = everything(warehouse, [USER])["user"][1]
    assert ben["db_when_deleted"] is None
    assert ben["name"] == name
    assert ben["db_when_created"] == gone["db_when_created"]
    assert ben["db_last_updated"] > gone["db_last_updated"]


def test_a_read_that_was_not_complete_retires_nothing(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])

    report = commit(warehouse, {"user": [ANN]})["user"]

    assert counts(report) == (0, 0, 0, 0, 1)
    assert [row["db_when_deleted"] for row in rows_of(warehouse, USER)] == [None, None]


def test_only_parents_that_were_read_in_full_lose_rows(warehouse: Warehouse) -> None:
    members = [{"group_id": g, "user_id": u} for g in ("failed", "left", "empty") for u in ("a", "b")]
    commit(warehouse, {"group": members}, whole=[MEMBER])

    report = commit(
        warehouse,
        {"group": [{"group_id": "left", "user_id": "a"}, {"group_id": "new", "user_id": "a"}]},
        cover={"group": [{"group_id": "left"}, {"group_id": "empty"}, {"group_id": "new"}]},
    )["group"]

    assert counts(report) == (1, 0, 3, 0, 1)
    present = [r for r in rows_of(warehouse, MEMBER) if r["db_when_deleted"] is None]
    assert [(r["group_id"], r["user_id"]) for r in present] == [
        ("failed", "a"),
        ("failed", "b"),
        ("left", "a"),
        ("new", "a"),
    ]


def test_of_a_key_staged_twice_the_later_row_counts(warehouse: Warehouse) -> None:
    stage = warehouse.stage("load")
    stage.append(USER, frame(USER, [{"id": "a", "name": "first"}, {"id": "a", "name": "second"}, BEN]))
    stage.append(USER, frame(USER, [{"id": "a", "name": "third"}, {"id": "a", "name": "last"}]))
    stage.cover(USER, None)

    report = warehouse.commit(Load("load", stage, (USER,), "run", at(8)))["user"]

    assert counts(report) == (2, 0, 0, 0, 0)
    assert rows_of(warehouse, USER, "id", "name") == [{"id": "a", "name": "last"}, {"id": "b", "name": None}]


def test_the_later_row_counts_across_parts_on_disk(warehouse: Warehouse) -> None:
    stage = warehouse.stage("load")
    many = pl.DataFrame({"id": [str(n) for n in range(150_000)]})
    for round_ in ("early", "late"):
        stage.append(EVENT, many.with_columns(what=pl.lit(round_)))
    assert stage.rows(EVENT) == 300_000

    report = warehouse.commit(Load("load", stage, (EVENT,), "run", at(8)))["event"]

    assert counts(report) == (150_000, 0, 0, 0, 0)
    assert warehouse.scan(EVENT, ["what"]).collect()["what"].unique().to_list() == ["late"]


def test_an_empty_load_into_an_empty_table_is_a_load(warehouse: Warehouse) -> None:
    report = commit(warehouse, {"user": []}, whole=[USER])["user"]

    assert counts(report) == (0, 0, 0, 0, 0)
    assert report.total == 0
    assert warehouse.ledger([USER])["rows"].to_list() == [0]


def test_an_empty_complete_read_retires_everything(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN, BEN]}, whole=[USER])

    assert counts(commit(warehouse, {}, tables=[USER], whole=[USER])["user"]) == (0, 0, 2, 0, 0)


def test_a_load_of_which_nothing_was_read_changes_nothing(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN]}, whole=[USER])
    before = everything(warehouse, ALL[:1])

    reports = commit(warehouse, {}, tables=ALL)

    assert {name: report.written for name, report in reports.items()} == {table.name: 0 for table in ALL}
    assert everything(warehouse, ALL[:1]) == before


def hourly(queue: str, day: int, hour: int, offered: int = 1) -> dict[str, Any]:
    return {"queue_id": queue, "hour": at(day, hour), "offered": offered}


def test_a_window_loses_what_fell_away_and_its_neighbours_nothing(warehouse: Warehouse) -> None:
    every = [hourly(q, day, hour) for q in "pq" for day in (5, 6, 7) for hour in (0, 23)]
    commit(warehouse, {"hourly": every}, cover={"hourly": [{"db_partition": d} for d in (D1, D2, D3)]})

    report = commit(
        warehouse,
        {"hourly": [hourly("p", 6, 0), hourly("p", 6, 23, offered=5)]},
        cover={"hourly": [{"db_partition": D2}]},
        partitions=(D2,),
    )["hourly"]

    assert counts(report) == (0, 1, 2, 0, 1)
    assert report.other_partitions == {}
    left = warehouse.scan(HOURLY).group_by("db_partition").len().sort("db_partition").collect()
    assert left.rows() == [(D1, 4), (D2, 2), (D3, 4)]


def test_a_window_that_became_empty_is_emptied(warehouse: Warehouse) -> None:
    commit(warehouse, {"hourly": [hourly("p", 5, 1), hourly("p", 6, 1)]})

    report = commit(warehouse, {}, cover={"hourly": [{"db_partition": D1}]}, partitions=(D1,))["hourly"]

    assert counts(report) == (0, 0, 1, 0, 0)
    assert [row["db_partition"] for row in rows_of(warehouse, HOURLY)] == [D2]


def test_a_window_with_a_parent_loses_only_what_fell_away_from_a_parent_that_was_read(warehouse: Warehouse) -> None:
    shifts = replace(HOURLY, name="shifts", loading=Window(parent=("queue_id",)))
    warehouse.prepare([shifts])
    every = [hourly(q, day, hour) for q in "pq" for day in (5, 6, 7) for hour in (0, 23)]
    commit(warehouse, {"shifts": every}, tables=[shifts])

    report = commit(
        warehouse,
        {"shifts": [hourly("p", 6, 0), hourly("p", 7, 0)]},
        cover={"shifts": [{"queue_id": "p", "db_partition": D2}, {"queue_id": "p", "db_partition": D3}]},
        tables=[shifts],
        partitions=(D2,),
    )["shifts"]

    assert counts(report) == (0, 0, 2, 0, 2)
    assert report.other_partitions == {D3: 1}
    left = warehouse.scan(shifts).group_by("queue_id", "db_partition").len().sort("queue_id", "db_partition").collect()
    assert left.rows() == [
        *(("p", day, n) for day, n in ((D1, 2), (D2, 1), (D3, 1))),
        *(("q", day, 2) for day in (D1, D2, D3)),
    ]
    with pytest.raises(StageError, match="lacks the column"):
        commit(warehouse, {}, cover={"shifts": [{"db_partition": D2}]}, tables=[shifts])


def test_a_row_whose_partition_changes_moves_and_is_not_doubled(warehouse: Warehouse) -> None:
    commit(warehouse, {"review": [{"id": "r", "released": at(5, 1), "score": 80.0}]})
    created = everything(warehouse, [REVIEW])["review"][0]["db_when_created"]

    report = commit(
        warehouse,
        {"review": [{"id": "r", "released": at(7, 1), "score": 80.0}]},
        cover={"review": [{"db_partition": D3}]},
        partitions=(D3,),
    )["review"]

    assert counts(report) == (0, 1, 0, 0, 0)
    (row,) = everything(warehouse, [REVIEW])["review"]
    assert (row["db_partition"], row["db_when_created"]) == (D3, created)


def test_rows_outside_the_partitions_of_the_load_are_counted(warehouse: Warehouse) -> None:
    report = commit(
        warehouse,
        {"hourly": [hourly("p", 5, 1), hourly("p", 6, 1), hourly("q", 5, 1), hourly("p", 7, 1)]},
        partitions=(D2,),
    )["hourly"]

    assert report.other_partitions == {D1: 2, D3: 1}


def test_the_absence_of_an_upserted_row_says_nothing(warehouse: Warehouse) -> None:
    commit(warehouse, {"event": [{"id": "1", "what": "rang"}, {"id": "2", "what": "rang"}]})

    report = commit(warehouse, {"event": [{"id": "2", "what": "ended"}, {"id": "3", "what": "rang"}]})["event"]

    assert counts(report) == (1, 1, 0, 0, 0)
    assert [row["what"] for row in rows_of(warehouse, EVENT)] == ["rang", "ended", "rang"]


def test_live_rows_that_a_snapshot_lacks_are_deleted(warehouse: Warehouse) -> None:
    commit(warehouse, {"presence": [{"user_id": "a", "state": "idle"}, {"user_id": "b", "state": "busy"}]})

    report = commit(warehouse, {"presence": [{"user_id": "a", "state": "idle"}]}, whole=[PRESENCE])["presence"]

    assert counts(report) == (0, 0, 1, 0, 1)
    assert [row["user_id"] for row in rows_of(warehouse, PRESENCE)] == ["a"]


def test_a_load_that_fails_leaves_every_table_as_it_was_and_can_be_committed_again(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [ANN], "event": [{"id": "1", "what": "rang"}]}, whole=[USER])
    before, history = everything(warehouse, [USER, EVENT]), warehouse.history()
    stage = warehouse.stage("load")
    stage.append(EVENT, frame(EVENT, [{"id": "1", "what": "ended"}]))
    stage.append(USER, frame(USER, [{**BEN, "tags": "{this is not JSON"}]))
    load = Load("load", stage, (EVENT, USER), "run", at(8))

    with pytest.raises(WarehouseError, match="load load"):
        warehouse.commit(load)

    assert everything(warehouse, [USER, EVENT]) == before
    assert warehouse.history().equals(history)
    stage.append(USER, frame(USER, [BEN]))
    assert counts(warehouse.commit(load)["user"]) == (1, 0, 0, 0, 0)


def test_what_was_staged_but_not_selected_is_not_dropped_in_silence(warehouse: Warehouse) -> None:
    stage = warehouse.stage("load")
    stage.append(USER, frame(USER, [ANN]))
    stage.append(EVENT, frame(EVENT, [{"id": "1"}]))

    with pytest.raises(WarehouseError, match="event"):
        warehouse.commit(Load("load", stage, (USER,), "run", at(8)))
