"""Reading: scans, relationships and keys."""

from __future__ import annotations

import polars as pl
import pytest

from genesys_assets.catalog import ForeignKey, Relationship
from genesys_assets.catalog.types import polars_schema
from genesys_assets.warehouse import SchemaError, Warehouse
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.samples import (
    ALL,
    CALL,
    CALLS,
    D1,
    D2,
    D3,
    EVENT,
    LEG,
    MEMBER,
    USER,
    at,
    call,
    commit,
    commit_calls,
)


def test_an_empty_table_is_read_with_its_types(warehouse: Warehouse) -> None:
    warehouse.prepare(ALL)

    for table in ALL:
        assert warehouse.scan(table).collect().schema == polars_schema(table, housekeeping=True)
        assert warehouse.scan(table).collect_schema() == polars_schema(table, housekeeping=True)


def test_a_scan_reads_the_columns_asked_for_in_their_order(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5), legs=2, note="n"))

    assert warehouse.scan(CALL, ["note", "call_id"]).collect().rows() == [("n", "a")]
    assert warehouse.scan(CALL).select("note").collect().columns == ["note"]
    assert warehouse.scan(LEG).select(pl.len()).collect().item() == 2
    with pytest.raises(KeyError, match="table call has no column nothing"):
        warehouse.scan(CALL, ["nothing"])


def test_a_window_is_half_open(warehouse: Warehouse) -> None:
    commit_calls(warehouse, *(call(str(day), at(day, 23)) for day in (5, 6, 7)))

    def read(**window: object) -> list[str]:
        return sorted(warehouse.scan(CALL, ["call_id"], **window).collect()["call_id"])  # type: ignore[arg-type]

    assert read() == ["5", "6", "7"]
    assert read(start=D2) == ["6", "7"]
    assert read(end=D2) == ["5"]
    assert read(start=D1, end=D3) == ["5", "6"]
    assert read(start=D2, end=D2) == []


def test_a_window_of_a_table_without_partitions_is_an_error(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="table user: it has no partitions"):
        warehouse.scan(USER, start=D1)


def test_filters_and_limits_apply_to_the_scan(warehouse: Warehouse) -> None:
    commit_calls(warehouse, *(call(f"c{n}", at(5), note="even" if n % 2 == 0 else "odd") for n in range(10)))

    scan = warehouse.scan(CALL)
    assert scan.filter(pl.col("note") == "odd").select("call_id").collect().height == 5
    assert scan.head(3).collect().height == 3
    assert scan.filter(pl.col("note") == "odd").head(2).collect()["note"].to_list() == ["odd", "odd"]


def test_a_filter_over_many_batches_finds_what_it_would_find_in_one(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesys_assets.warehouse.duckdb.BATCH", 3)
    commit_calls(warehouse, *(call(f"c{n}", at(5), legs=n % 3, note=None if n % 4 else "n") for n in range(20)))

    scan = warehouse.scan(CALL)
    assert scan.filter(pl.col("note").is_null()).collect().height == 15
    assert scan.filter(pl.col("call_id") == "nobody").collect().schema == scan.collect_schema()
    ids = pl.Series([f"c{n}" for n in range(20)])
    legs = warehouse.scan(LEG, ["call_id"]).filter(pl.col("call_id").is_in(ids.implode())).collect()
    assert legs.height == 19


def test_a_scan_sees_what_is_there_when_it_is_collected(warehouse: Warehouse) -> None:
    warehouse.prepare(CALLS)
    scan = warehouse.scan(CALL)
    commit_calls(warehouse, call("a", at(5)))
    assert scan.collect().height == 1
    commit_calls(warehouse, call("b", at(5)))
    assert scan.collect().height == 2


def test_two_scans_join_in_one_query(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5), legs=2, note="n"), call("b", at(5)))

    joined = warehouse.scan(LEG).join(warehouse.scan(CALL, ["call_id", "note"]), on="call_id").collect()

    assert joined.filter(pl.col("note") == "n").height == 2


def test_a_table_that_was_never_loaded_is_a_clear_error(warehouse: Warehouse) -> None:
    with pytest.raises(SchemaError, match="table user: it is not in the warehouse yet"):
        warehouse.count(USER)


def key(child: str, columns: tuple[str, ...], parent: str, theirs: tuple[str, ...]) -> ForeignKey:
    return ForeignKey(Relationship(child, columns, parent), theirs)


def test_rows_without_a_parent_are_counted_with_examples(warehouse: Warehouse) -> None:
    members = [("g", "a"), ("g", "lost"), ("h", "lost"), ("h", "lost too")]
    commit(warehouse, {"group": [{"group_id": g, "user_id": u} for g, u in members], "user": [{"id": "a"}]})

    orphans = warehouse.orphans(key("group", ("user_id",), "user", ("id",)))

    assert (orphans.rows, orphans.distinct, orphans.examples) == (3, 2, [("lost",), ("lost too",)])


def test_nulls_point_nowhere_and_retired_rows_are_not_asked(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [{"id": "a"}, {"id": "b", "name": "gone"}, {"id": "c", "name": "a"}]}, whole=[USER])
    self_reference = key("user", ("name",), "user", ("id",))
    assert warehouse.orphans(self_reference).examples == [("gone",)]

    commit(warehouse, {"user": [{"id": "c", "name": "a"}]}, whole=[USER])

    assert warehouse.orphans(self_reference).rows == 0, "a retired parent counts, a retired child does not"


def test_a_composite_key_is_held_against_its_parent_as_a_whole(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5), legs=1), call("b", at(6), legs=2))
    commit(warehouse, {"group": [{"group_id": "a", "user_id": "q0"}, {"group_id": "b", "user_id": "q0"}]})

    legs_of_members = key("leg", ("call_id", "queue_id"), "group", ("group_id", "user_id"))

    assert warehouse.orphans(legs_of_members).examples == [("b", "q1")]
    assert warehouse.orphans(legs_of_members, start=D1, end=D2).rows == 0
    assert warehouse.orphans(legs_of_members, start=D2).rows == 1


def test_a_text_that_means_nothing_points_nowhere_where_it_is_declared_so(warehouse: Warehouse) -> None:
    members = [("", "a"), ("g", ""), ("g", "lost")]
    commit(warehouse, {"group": [{"group_id": g, "user_id": u} for g, u in members], "user": [{"id": "a"}]})
    relationship = Relationship("group", ("user_id",), "user")

    assert warehouse.orphans(ForeignKey(relationship, ("id",))).examples == [("",), ("lost",)]
    assert warehouse.orphans(ForeignKey(relationship, ("id",), ("",))).examples == [("lost",)]

    both = Relationship("group", ("group_id", "user_id"), "user")
    half = warehouse.orphans(ForeignKey(both, ("name", "id"), (None, "")))
    assert sorted(half.examples) == [("", "a"), ("g", "lost")], "only the column that says so"


def test_columns_of_different_types_are_compared_as_text(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5), legs=2))
    commit(warehouse, {"event": [{"id": "0"}]})

    assert warehouse.orphans(key("leg", ("leg",), "event", ("id",))).examples == [("1",)]


def test_a_relationship_with_a_table_that_is_not_there_is_a_clear_error(warehouse: Warehouse) -> None:
    warehouse.prepare([LEG])

    with pytest.raises(SchemaError, match="table queue: it is not in the warehouse yet"):
        warehouse.orphans(key("leg", ("queue_id",), "queue", ("id",)))


def test_merged_keys_are_sound(warehouse: Warehouse) -> None:
    for note in "xy":
        commit_calls(warehouse, call("a", at(5), legs=3, note=note), call("b", at(6), note=note))

    for table in CALLS:
        faults = warehouse.key_faults(table)
        assert (faults.sound, faults.nulls, faults.duplicates, faults.examples) == (True, 0, 0, [])
    assert warehouse.key_faults(CALL, start=D1, end=D2).sound


def test_several_reads_may_share_a_turn_and_others_may_write_after_it(warehouse: Warehouse, place: Place) -> None:
    commit_calls(warehouse, call("a", at(5), legs=2))
    key = ForeignKey(Relationship("leg", ("call_id",), "call"), ("call_id",))

    with warehouse.reading():
        with pytest.raises(SchemaError, match="table user: it is not in the warehouse yet"):
            warehouse.count(USER)
        for _ in range(2):
            assert warehouse.count(LEG) == len(warehouse.scan(LEG).collect()) == 2
            assert warehouse.key_faults(LEG).sound
            assert warehouse.orphans(key).rows == 0
        assert warehouse.ledger([LEG])["rows"].to_list() == [2]
    commit_calls(place.open(), call("b", at(5)))

    assert warehouse.count(CALL) == 2


def test_an_address_names_database_schema_and_table(place: Place) -> None:
    assert place.open().address(EVENT).endswith(".genesys.event")
    assert place.open().address(MEMBER).count(".") == 2
