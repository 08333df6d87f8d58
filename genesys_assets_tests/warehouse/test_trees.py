"""Trees: rows that are replaced together, by the id of their root, wherever they lie."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from genesys_assets.warehouse import Load, Warehouse
from genesys_assets_tests.warehouse.samples import (
    CALL,
    CALLS,
    D1,
    D2,
    D3,
    LEG,
    MARK,
    at,
    call,
    commit,
    commit_calls,
    counts,
    everything,
    frame,
    rows_of,
    scope,
)


def test_a_tree_appears_in_all_its_tables(warehouse: Warehouse) -> None:
    reports = commit_calls(warehouse, call("a", at(5, 1), legs=2), call("b", at(5, 2)), partitions=(D1,))

    assert {name: counts(report) for name, report in reports.items()} == {
        "call": (2, 0, 0, 0, 0),
        "leg": (3, 0, 0, 0, 0),
        "mark": (3, 0, 0, 0, 0),
    }
    assert [row["db_as_of"] for row in rows_of(warehouse, CALL)] == [at(9), at(9)]


def test_loading_the_same_trees_again_writes_nothing_at_any_later_moment(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2), call("b", at(5, 2)))
    before = everything(warehouse, CALLS)

    reports = commit_calls(
        warehouse, call("a", at(5, 1), legs=2, as_of=at(10)), call("b", at(5, 2), as_of=at(10)), partitions=(D1,)
    )

    assert [report.written for report in reports.values()] == [0, 0, 0]
    assert everything(warehouse, CALLS) == before


def test_a_tree_that_crosses_midnight_is_replaced_in_the_partition_of_its_start(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("early", at(5, 1)), call("late", at(5, 23, 50), legs=1, as_of=at(6)), partitions=(D1,))

    reports = commit_calls(
        warehouse,
        call("late", at(5, 23, 50), legs=3, note="wrapped up", as_of=at(7)),
        call("next", at(6, 1)),
        partitions=(D2,),
    )

    assert counts(reports["call"]) == (1, 1, 0, 0, 0)
    assert counts(reports["leg"]) == (3, 0, 0, 0, 1)
    assert reports["call"].other_partitions == {D1: 1}
    assert reports["leg"].other_partitions == {D1: 2}
    assert [(r["call_id"], r["leg"], r["db_partition"]) for r in rows_of(warehouse, LEG)] == [
        ("early", 0, D1),
        ("late", 0, D1),
        ("late", 1, D1),
        ("late", 2, D1),
        ("next", 0, D2),
    ]


def test_rows_that_fell_out_of_a_tree_are_deleted(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=3), call("other", at(5, 1), legs=2))

    reports = commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(10)))

    assert counts(reports["leg"]) == (0, 0, 2, 0, 1)
    assert counts(reports["mark"]) == (0, 0, 2, 0, 1)
    assert [(r["call_id"], r["leg"]) for r in rows_of(warehouse, LEG)] == [("a", 0), ("other", 0), ("other", 1)]


def test_a_tree_that_is_covered_but_gone_is_deleted_whole(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2), call("b", at(5, 1)))

    gone = {"call": [], "leg": [], "mark": [], "cover": [{"call_id": "a", "as_of": at(10)}]}
    reports = commit_calls(warehouse, gone, partitions=(D2,))

    assert [report.retired for report in reports.values()] == [1, 2, 2]
    assert reports["leg"].other_partitions == {D1: 2}
    assert [row["call_id"] for t in CALLS for row in rows_of(warehouse, t)] == ["b", "b", "b"]


def test_a_tree_whose_start_moved_moves_whole_and_is_not_doubled(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 23), legs=2))
    created = [row["db_when_created"] for row in everything(warehouse, [LEG])["leg"]]

    reports = commit_calls(warehouse, call("a", at(6, 0), legs=2, as_of=at(10)), partitions=(D2,))

    assert counts(reports["leg"]) == (0, 2, 0, 0, 0)
    for table in CALLS:
        assert {row["db_partition"] for row in rows_of(warehouse, table)} == {D2}
    assert [row["db_when_created"] for row in everything(warehouse, [LEG])["leg"]] == created


def test_a_child_that_was_loaded_alone_is_found_after_its_tree_moved_without_it(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 23), legs=2), tables=[LEG])
    commit_calls(warehouse, call("a", at(6, 0), legs=2), tables=[CALL])
    commit_calls(warehouse, call("a", at(7, 0), legs=2, as_of=at(10)), tables=[CALL, LEG])

    assert [row["db_partition"] for row in rows_of(warehouse, LEG)] == [D3, D3]
    assert warehouse.key_faults(LEG).sound


def test_a_tree_that_is_known_better_is_left_alone_in_all_tables(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2, note="new", as_of=at(9)), call("b", at(5, 1), as_of=at(7)))
    before = everything(warehouse, CALLS)

    reports = commit_calls(
        warehouse,
        call("a", at(5, 1), legs=1, note="old", as_of=at(8)),
        call("b", at(5, 1), legs=1, note="fresh", as_of=at(8)),
    )

    assert {name: report.stale for name, report in reports.items()} == {"call": 1, "leg": 1, "mark": 1}
    assert counts(reports["call"]) == (0, 1, 0, 0, 0)
    assert counts(reports["leg"]) == (0, 0, 0, 0, 1)
    after = everything(warehouse, CALLS)
    assert after["call"][0] == before["call"][0]
    assert after["leg"] == before["leg"]


def test_of_the_same_moment_the_later_load_counts(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), note="one", as_of=at(9)))

    reports = commit_calls(warehouse, call("a", at(5, 1), note="two", as_of=at(9)))

    assert counts(reports["call"]) == (0, 1, 0, 0, 0)
    assert reports["call"].stale == 0


def test_a_change_below_the_root_counts_for_what_is_known_of_the_tree(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(6)), call("still", at(5, 1), as_of=at(6)))
    updated = rows_of(warehouse, CALL, "db_last_updated")

    fresh = call("a", at(5, 1), legs=2, as_of=at(8)), call("still", at(5, 1), as_of=at(8))
    reports = commit_calls(warehouse, *fresh)

    assert counts(reports["call"]) == (0, 0, 0, 0, 2)
    assert [row["db_as_of"] for row in rows_of(warehouse, CALL)] == [at(8), at(6)]
    assert rows_of(warehouse, CALL, "db_last_updated") == updated
    assert commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(7)))["leg"].stale == 1
    assert len(rows_of(warehouse, LEG)) == 3


def test_a_row_that_fell_out_below_the_root_counts_too(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2, as_of=at(6)))

    commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(8)))

    assert [row["db_as_of"] for row in rows_of(warehouse, CALL)] == [at(8)]


def test_tables_loaded_without_the_root_heed_what_the_root_knows(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2, as_of=at(9)))

    reports = commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(8)), tables=[LEG])

    assert reports["leg"].stale == 1
    assert len(rows_of(warehouse, LEG)) == 2


def test_a_read_that_lacks_a_table_does_not_blank_it(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(6)))

    tail = call("a", at(5, 1), legs=2, note="fresh", as_of=at(8))
    reports = commit(
        warehouse,
        {"call": tail["call"], "leg": tail["leg"]},
        tables=CALLS,
        cover={"call": tail["cover"], "leg": tail["cover"]},
    )

    assert counts(reports["mark"]) == (0, 0, 0, 0, 0)
    assert len(rows_of(warehouse, MARK)) == 1


def test_two_moments_of_one_load_make_one_tree(warehouse: Warehouse) -> None:
    """The tail is known up to now, the marks of the same calls only up to the watermark."""
    commit_calls(warehouse, call("a", at(5, 1), legs=1, as_of=at(7)))

    tail, lake = call("a", at(5, 1), legs=2, as_of=at(8)), call("a", at(5, 1), legs=2, as_of=at(6))
    stage = warehouse.stage("load")
    for table, tree in ((CALL, tail), (LEG, tail), (MARK, lake)):
        stage.append(table, frame(table, tree[table.name]))
        stage.cover(table, scope(table, tree["cover"]))
    reports = warehouse.commit(Load("load", stage, CALLS, "run", at(8)))

    assert counts(reports["mark"]) == (1, 0, 0, 0, 1)
    assert [row["db_as_of"] for row in rows_of(warehouse, CALL)] == [at(8)]


def test_rows_of_a_tree_that_was_not_read_in_full_are_added_to_it(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2))

    reports = commit(
        warehouse, {"leg": [{"call_id": "a", "leg": 7, "queue_id": "q", "db_partition": D1}]}, tables=[LEG]
    )

    assert counts(reports["leg"]) == (1, 0, 0, 0, 0)
    assert [row["leg"] for row in rows_of(warehouse, LEG)] == [0, 1, 7]


def test_a_table_of_trees_may_be_covered_whole(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5, 1), legs=2), call("far", at(7, 1)), call("newer", at(7, 1), as_of=at(10)))

    kept, stale = call("a", at(5, 1), legs=1), call("newer", at(7, 1), note="old")
    rows = {table.name: [*kept[table.name], *stale[table.name]] for table in CALLS}
    reports = commit(warehouse, rows, tables=CALLS, whole=CALLS)

    assert [counts(report) for report in reports.values()] == [(0, 0, 1, 0, 1), (0, 0, 2, 0, 1), (0, 0, 2, 0, 1)]
    assert [row["call_id"] for row in rows_of(warehouse, CALL)] == ["a", "newer"]


def test_a_key_without_the_root_may_change_its_tree(warehouse: Warehouse) -> None:
    mark = {"leg_id": "l", "name": "tone", "value": "good", "db_partition": D1}
    commit(warehouse, {"mark": [{**mark, "call_id": "a"}]}, tables=[MARK])

    reports = commit(
        warehouse,
        {"mark": [{**mark, "call_id": "b"}]},
        tables=[MARK],
        cover={"mark": [{"call_id": c, "as_of": at(9)} for c in "ab"]},
    )

    assert counts(reports["mark"]) == (0, 1, 0, 0, 0)
    assert rows_of(warehouse, MARK, "call_id") == [{"call_id": "b"}]


def test_an_empty_day_is_loaded(warehouse: Warehouse) -> None:
    reports = commit_calls(warehouse, partitions=(D1,))

    assert [report.written for report in reports.values()] == [0, 0, 0]
    assert warehouse.ledger(start=D1, end=D2)["rows"].to_list() == [0, 0, 0]


def test_any_sequence_of_loads_ends_like_a_plain_model_of_it(warehouse: Warehouse) -> None:
    """Random trees, moving starts, subsets of tables, late and stale reads, against dictionaries."""
    warehouse.prepare(CALLS)
    dice = random.Random(20260105)
    held: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table.name: {} for table in CALLS}
    known: dict[str, datetime] = {}
    for _ in range(25):
        tables = dice.choice([CALLS, CALLS, (CALL, LEG), (LEG, MARK), (CALL,)])
        trees: list[dict[str, Any]] = []
        for call_id in dice.sample("abcdefgh", dice.randint(0, 5)):
            as_of = at(8, dice.randint(0, 20))
            tree = call(
                call_id, at(dice.randint(4, 7), 12), legs=dice.randint(0, 3), note=dice.choice("xy"), as_of=as_of
            )
            if dice.random() < 0.1:
                tree = {**tree, "call": [], "leg": [], "mark": []}
            trees.append(tree)
        reports = commit_calls(warehouse, *trees, tables=tables, partitions=(D1, D2))

        expected = {table.name: 0 for table in tables}
        for tree in trees:
            (covered,) = tree["cover"]
            call_id, as_of = covered["call_id"], covered["as_of"]
            if known.get(call_id, as_of) > as_of:
                continue
            written = {name: _replace(held, name, tree) for name in expected}
            expected = {name: n + written[name] for name, n in expected.items()}
            if CALL in tables and (call_id,) not in held["call"]:
                known.pop(call_id, None)
            elif CALL in tables and any(written.values()):
                known[call_id] = as_of
        assert {name: report.written for name, report in reports.items()} == expected
        for table in CALLS:
            mine = sorted(held[table.name].values(), key=lambda row, t=table: [str(row[k]) for k in t.key])
            theirs = [{k: v for k, v in row.items() if k != "db_as_of"} for row in rows_of(warehouse, table)]
            assert theirs == mine
        assert {row["call_id"]: row["db_as_of"] for row in rows_of(warehouse, CALL)} == known


def _replace(held: dict[str, dict[tuple[Any, ...], dict[str, Any]]], name: str, tree: dict[str, Any]) -> int:
    """Replace a tree in a dictionary; how many rows that writes."""
    table = next(t for t in CALLS if t.name == name)
    (covered,) = tree["cover"]
    new = {
        tuple(row[k] for k in table.key): {k: v for k, v in row.items() if k != "db_as_of"}
        for row in frame(table, tree[name]).to_dicts()
    }
    old = {key: row for key, row in held[name].items() if row["call_id"] == covered["call_id"]}
    for key in old:
        del held[name][key]
    held[name].update(new)
    return sum(old.get(key) != row for key, row in new.items()) + len(old.keys() - new.keys())
