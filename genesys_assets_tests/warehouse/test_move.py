"""A whole warehouse is moved between backends, in either direction, with all that it knows."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

import duckdb
import polars as pl
import pytest

from genesys_assets.warehouse import RECORDS, DuckDBWarehouse, Warehouse, WarehouseError
from genesys_assets.warehouse.compare import compare
from genesys_assets.warehouse.move import move
from genesys_assets_tests.warehouse.backends import BACKENDS, Place
from genesys_assets_tests.warehouse.samples import (
    ALL,
    CALLS,
    D1,
    HOURLY,
    USER,
    at,
    call,
    commit,
    commit_calls,
    counts,
    everything,
    load_of_calls,
)

LOADED = (USER, HOURLY, *CALLS)


@pytest.fixture(params=sorted(BACKENDS))
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Another empty place, on every backend."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    return Place(request.param, tmp_path / "destination")


@pytest.fixture
def source(warehouse: Warehouse) -> Warehouse:
    """A warehouse worth moving, on every backend."""
    return filled(warehouse)


@pytest.fixture
def file(tmp_path: Path) -> Warehouse:
    """The same in DuckDB, where it does not matter."""
    return filled(Place("duckdb", tmp_path / "file").open())


def filled(warehouse: Warehouse) -> Warehouse:
    """Rows of several ways of loading, a retired one, a history, a quarantine, a drift report and a bookmark."""
    user = {"id": "a", "name": "A", "order": 1, "share": 0.1, "active": True, "seen": at(5), "wakes": None, "born": D1}
    tagged = {**user, "wakes": at(5).replace(tzinfo=None), "tags": '{"b":  1}'}
    commit(warehouse, {"user": [tagged, {"id": "gone"}]}, whole=[USER])
    commit(warehouse, {"user": [tagged]}, whole=[USER])
    commit(warehouse, {"hourly": [{"queue_id": "q", "hour": at(5)}]}, partitions=(D1,), status="settled")
    commit_calls(warehouse, call("a", at(5), legs=2), call("b", at(31, 23), note="\N{SNOWMAN}"))
    load = load_of_calls(warehouse, call("c", at(6)), partitions=(D1, date(2026, 1, 6)), watermark=at(7))
    load.stage.reject(
        pl.DataFrame({"table": ["call"], "reason": ["why"], "column": ["note"], "raw": ["{}"], "source": ["page 1"]})
    )
    load.stage.drift("calls", {"$.more": 3})
    warehouse.commit(load)
    warehouse.remember("job", "123")
    return warehouse


def records(store: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    with store.contents() as contents:
        return {name: contents.record(name).sort(list(columns)).rows() for name, columns in RECORDS.items()}


def test_everything_is_moved_exactly_as_it_is(source: Warehouse, destination: Place) -> None:
    target = destination.open()

    moved = move(source, target, ALL)

    assert moved.rows == {"user": 2, "hourly": 1, "call": 3, "leg": 4, "mark": 4}
    assert moved.left_behind == ()
    assert everything(target, LOADED) == everything(source, LOADED)
    assert all(c.equal for c in compare(source, target, ALL, times=True))
    found = records(target)
    assert found == records(source)
    assert moved.records == sum(map(len, found.values())) == 12 + 3
    assert target.ledger().equals(source.ledger())
    assert target.recall("job") == "123"


def test_what_was_moved_is_loaded_on_as_if_it_had_always_been_there(source: Warehouse, destination: Place) -> None:
    target = destination.open()
    move(source, target, ALL)

    same = commit_calls(target, call("a", at(5), legs=2), call("c", at(6)))
    assert {name: counts(report) for name, report in same.items()} == {
        "call": (0, 0, 0, 0, 2),
        "leg": (0, 0, 0, 0, 3),
        "mark": (0, 0, 0, 0, 3),
    }
    # A tree that now lies in another partition is found where it was.
    commit_calls(target, call("b", at(30), as_of=at(10)))
    assert {c["call_id"]: c["db_partition"].day for c in everything(target, CALLS)["call"]} == {"a": 5, "b": 30, "c": 6}
    assert same["leg"].total == 4
    assert target.history()["load_id"].max() == source.history()["load_id"].max() + 2


def test_a_place_with_rows_is_refused_and_stays_as_it_is(file: Warehouse, destination: Place) -> None:
    target = destination.open()
    commit(target, {"event": [{"id": "1"}]})
    before = everything(target, ALL[-2:-1]), records(target)

    with pytest.raises(WarehouseError, match=r"genesys.event holds rows already.*nothing was changed"):
        move(file, target, ALL)

    assert (everything(target, ALL[-2:-1]), records(target)) == before
    with target.contents() as contents:
        assert contents.tables == {"event"}


def test_a_place_with_nothing_but_a_bookmark_is_refused(file: Warehouse, destination: Place) -> None:
    target = destination.open()
    target.remember("job", "of someone")

    with pytest.raises(WarehouseError, match=r"genesys_loader.bookmark holds rows already"):
        move(file, target, ALL)


def test_what_does_not_exist_is_no_source_and_is_not_created(place: Place, tmp_path: Path) -> None:
    source, target = place.open(), DuckDBWarehouse(tmp_path / "target.duckdb")

    for attempt in (lambda: move(source, target, ALL), lambda: list(compare(source, target, ALL))):
        with pytest.raises(WarehouseError, match="there is no warehouse"):
            attempt()

    assert not target.path.exists()
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_another_database_or_another_file_is_no_source(tmp_path: Path) -> None:
    target = DuckDBWarehouse(tmp_path / "target.duckdb")
    with duckdb.connect(tmp_path / "other.duckdb") as other:
        other.execute("CREATE TABLE t (a INTEGER)")
    (tmp_path / "text.duckdb").write_text("no database at all, but long enough to be taken for one\n" * 100)

    with pytest.raises(WarehouseError, match="there is no warehouse"):
        move(DuckDBWarehouse(tmp_path / "other.duckdb"), target, ALL)
    with pytest.raises(WarehouseError, match=r"text.duckdb: it cannot be read as a DuckDB file"):
        move(DuckDBWarehouse(tmp_path / "text.duckdb"), target, ALL)


def test_tables_that_no_declaration_knows_are_named(file: Warehouse, destination: Place) -> None:
    assert move(file, destination.open(), CALLS).left_behind == ("hourly", "user")


def test_what_is_done_is_told(file: Warehouse, destination: Place) -> None:
    told: list[tuple[str, int]] = []
    move(file, destination.open(), CALLS, lambda doing, rows: told.append((doing, rows)))
    assert sorted(set(told)) == sorted(
        (f"{doing} {name}", rows)
        for doing in ("copying", "checking")
        for name, rows in (("call", 3), ("leg", 4), ("mark", 4))
    )


def _move_and_die(place: Place, destination: Place) -> None:
    def die(doing: str, _rows: int) -> None:
        if doing == "copying mark":
            os.kill(os.getpid(), signal.SIGKILL)

    move(place.open(), destination.open(), ALL, die)


def test_killed_half_way_nothing_is_there_and_it_can_be_done_again(
    file: Warehouse, tmp_path: Path, destination: Place, processes: ForkServerContext
) -> None:
    process = processes.Process(target=_move_and_die, args=(Place("duckdb", tmp_path / "file"), destination))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    target = destination.open()
    assert all(target.count(table) == 0 for table in LOADED)
    assert not any(records(target).values())
    move(file, target, ALL)
    assert everything(target, LOADED) == everything(file, LOADED)


def test_a_copy_that_is_not_equal_is_an_error_that_says_where(
    file: Warehouse, destination: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = destination.open()
    take_over = type(target).take_over

    def lossy(self: Warehouse, tables: Iterable[object], contents: object) -> None:
        take_over(self, tables, contents)  # type: ignore[arg-type]
        commit_calls(self, call("a", at(5), note="not the same", legs=2, as_of=at(12)))

    monkeypatch.setattr(type(target), "take_over", lossy)
    with pytest.raises(WarehouseError, match=r"not equal(.|\n)*table call: 1 rows differ(.|\n)*\('a',\)"):
        move(file, target, ALL)
