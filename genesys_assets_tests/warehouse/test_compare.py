"""Two warehouses are compared row by row, whatever stands behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys_assets.cli import main
from genesys_assets.warehouse import DuckDBWarehouse, Warehouse
from genesys_assets.warehouse.compare import Comparison, compare
from genesys_assets_tests.warehouse.samples import ALL, CALLS, EVENT, HOURLY, USER, at, call, commit, commit_calls


@pytest.fixture
def other(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "other.duckdb")


def fill(store: Warehouse) -> None:
    commit_calls(store, call("a", at(5), legs=2), call("b", at(31, 23)))
    commit(store, {"user": [{"id": "a", "tags": '{"b": 1}'}, {"id": "gone"}]}, whole=[USER])
    commit(store, {"user": [{"id": "a", "tags": '{"b": 1}'}]}, whole=[USER])
    commit(store, {"event": [{"id": "1", "what": "a\0b"}]})


def test_warehouses_with_the_same_rows_are_equal_although_loaded_at_different_times(
    warehouse: Warehouse, other: DuckDBWarehouse
) -> None:
    fill(warehouse)
    fill(other)

    found = {c.table: c for c in compare(warehouse, other, ALL)}

    assert {name: c.same for name, c in found.items() if c.same} == {
        "user": 2,
        "call": 2,
        "leg": 3,
        "mark": 3,
        "event": 1,
    }
    assert all(c.equal for c in found.values())
    assert not next(iter(compare(warehouse, other, [USER], times=True))).equal


def test_every_row_that_differs_is_counted_with_examples(warehouse: Warehouse, other: DuckDBWarehouse) -> None:
    fill(warehouse)
    fill(other)
    commit_calls(other, call("a", at(5), legs=3, note="more", as_of=at(10)), call("b", at(30), as_of=at(10)))
    commit(other, {"user": [{"id": "gone"}]})
    commit(warehouse, {"hourly": [{"queue_id": "q", "hour": at(5)}]})

    found = {c.table: c for c in compare(warehouse, other, [*CALLS, HOURLY, USER, EVENT])}

    assert found["call"] == Comparison("call", 0, 1, 1, 1, (("a",), ("b",), ("b",)))
    assert found["leg"] == Comparison("leg", 2, 1, 2, 0, (("a", 2), ("b", 0), ("b", 0)))
    assert found["hourly"] == Comparison("hourly", 0, 1, 0, 0, (("q", at(5)),))
    assert found["user"] == Comparison("user", 1, 0, 0, 1, (("gone",),))
    assert found["event"].equal


def test_any_number_of_rows_is_compared_batch_by_batch(warehouse: Warehouse, other: DuckDBWarehouse) -> None:
    ids = [f"{n:06}" for n in range(120_000)]
    commit(warehouse, {"event": [{"id": i, "what": "same"} for i in ids]})
    commit(other, {"event": [{"id": i, "what": "other" if i == "070000" else "same"} for i in reversed(ids)]})

    assert next(iter(compare(warehouse, other, [EVENT]))) == Comparison("event", 119_999, 0, 0, 1, (("070000",),))


def test_the_command_says_whether_they_are_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stores = [tmp_path / f"{name}.duckdb" for name in "ab"]
    for store in stores:
        DuckDBWarehouse(store).prepare(())

    assert main(["compare", *map(str, stores)]) == 0
    assert "equal" in capsys.readouterr().out


def test_the_command_creates_nothing_where_there_is_no_warehouse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path / "a.duckdb"), str(tmp_path / "b.duckdb")]) == 1
    assert "a.duckdb: there is no warehouse" in " ".join(capsys.readouterr().out.split())
    assert list(tmp_path.iterdir()) == []
