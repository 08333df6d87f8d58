"""What is particular to the DuckDB file: other tools that have it open, its time zone, what is in it."""

from __future__ import annotations

import logging
import os
import threading
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import polars as pl
import pytest

from genesys_assets.warehouse import DuckDBWarehouse, WarehouseLockedError, open_warehouse
from genesys_assets_tests.warehouse.samples import (
    ALL,
    CALL,
    CALLS,
    D1,
    D2,
    HOURLY,
    LEG,
    USER,
    at,
    call,
    commit,
    commit_calls,
    everything,
    rows_of,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def warehouse(path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(path, lock_timeout=60)


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    """What another tool would see."""
    con = duckdb.connect(path, read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def _hold(path: Path, read_only: bool, opened: Event, release: Event) -> None:
    con = duckdb.connect(path, read_only=read_only)
    opened.set()
    release.wait()
    con.close()


class Heard(logging.Handler):
    """Notes the first message, and lets a test wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.said = threading.Event()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = self.text or record.getMessage()
        self.said.set()


def test_a_file_that_another_tool_has_open_is_waited_for_with_a_message(
    warehouse: DuckDBWarehouse, path: Path, processes: ForkServerContext
) -> None:
    commit_calls(warehouse, call("a", at(5)))
    opened, release, heard = processes.Event(), processes.Event(), Heard()
    holder = processes.Process(target=_hold, args=(path, False, opened, release))
    holder.start()
    opened.wait()
    logging.getLogger("genesys_assets.warehouse").addHandler(heard)
    found: list[int] = []
    reader = threading.Thread(target=lambda: found.append(warehouse.count(CALL)))
    reader.start()
    try:
        assert heard.said.wait(30)
        assert f"waiting for {path}: it is open in " in heard.text
        assert f"PID {holder.pid}" in heard.text
        assert found == []
    finally:
        release.set()
        logging.getLogger("genesys_assets.warehouse").removeHandler(heard)
        holder.join()
        reader.join()
    assert found == [1]


def test_a_file_that_stays_locked_is_a_clear_error(path: Path, processes: ForkServerContext) -> None:
    commit_calls(DuckDBWarehouse(path), call("a", at(5)))
    impatient = DuckDBWarehouse(path, lock_timeout=0.2)
    opened, release = processes.Event(), processes.Event()
    holder = processes.Process(target=_hold, args=(path, True, opened, release))
    holder.start()
    opened.wait()
    try:
        with pytest.raises(WarehouseLockedError, match=rf"not free for 0.2 s: it is open in .*PID {holder.pid}"):
            commit_calls(impatient, call("b", at(5)))
        assert impatient.count(CALL) == 1, "who only reads keeps no reader out"
    finally:
        release.set()
        holder.join()
    commit_calls(impatient, call("b", at(5)))


def test_a_connection_of_the_same_process_is_named_as_such(path: Path) -> None:
    commit_calls(DuckDBWarehouse(path), call("a", at(5)))
    con = duckdb.connect(path, read_only=True)
    try:
        with pytest.raises(WarehouseLockedError, match="this very process has it open"):
            commit_calls(DuckDBWarehouse(path, lock_timeout=0.2), call("b", at(5)))
    finally:
        con.close()


def test_another_run_that_does_not_end_is_a_clear_error(path: Path, processes: ForkServerContext) -> None:
    commit_calls(DuckDBWarehouse(path), call("a", at(5)))
    opened, release = processes.Event(), processes.Event()
    holder = processes.Process(target=_hold_turn, args=(path, opened, release))
    holder.start()
    opened.wait()
    try:
        with pytest.raises(WarehouseLockedError, match="another run is using it"):
            DuckDBWarehouse(path, lock_timeout=0.2).count(CALL)
    finally:
        release.set()
        holder.join()


def _hold_turn(path: Path, opened: Event, release: Event) -> None:
    with DuckDBWarehouse(path)._file.open():
        opened.set()
        release.wait()


def test_no_connection_outlives_a_call(warehouse: DuckDBWarehouse, path: Path, processes: ForkServerContext) -> None:
    commit_calls(warehouse, call("a", at(5)))
    scan = warehouse.scan(CALL)
    scan.collect()
    opened, release = processes.Event(), processes.Event()
    release.set()
    writer = processes.Process(target=_hold, args=(path, False, opened, release))
    writer.start()
    writer.join()

    assert writer.exitcode == 0


def test_a_load_without_changes_keeps_every_row_where_it_is(warehouse: DuckDBWarehouse, path: Path) -> None:
    def load() -> None:
        commit_calls(warehouse, *(call(str(n), at(5), legs=3) for n in range(50)))
        commit(warehouse, {"user": [{"id": str(n)} for n in range(50)]}, whole=[USER])

    rowids = 'SELECT 1, rowid, call_id FROM genesys.leg UNION ALL SELECT 2, rowid, id FROM genesys."user" ORDER BY ALL'
    load()
    before = ask(path, rowids)
    load()

    assert ask(path, rowids) == before


def _load_in_new_york(path: Path) -> None:
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    warehouse = DuckDBWarehouse(path)
    for _ in range(2):
        reports = commit_calls(warehouse, call("late", at(5, 23, 50)), call("next", at(6, 0)), partitions=(D1,))
        commit(
            warehouse,
            {"hourly": [{"queue_id": "q", "hour": at(5, hour)} for hour in (0, 3, 23)]},
            cover={"hourly": [{"db_partition": D1}]},
        )
    assert [report.written for report in reports.values()] == [0, 0, 0]
    assert reports["call"].unchanged == 2
    assert rows_of(warehouse, CALL, "started") == [{"started": at(5, 23, 50)}, {"started": at(6, 0)}]
    assert warehouse.scan(CALL, start=D1, end=D2).collect()["call_id"].to_list() == ["late"]


def test_the_time_zone_of_the_machine_changes_nothing(
    warehouse: DuckDBWarehouse, path: Path, processes: ForkServerContext
) -> None:
    abroad = processes.Process(target=_load_in_new_york, args=(path,))
    abroad.start()
    abroad.join()

    assert abroad.exitcode == 0
    assert rows_of(warehouse, CALL, "started") == [{"started": at(5, 23, 50)}, {"started": at(6, 0)}]
    assert [row["hour"] for row in rows_of(warehouse, HOURLY)] == [at(5, hour) for hour in (0, 3, 23)]
    assert commit_calls(warehouse, call("late", at(5, 23, 50)))["call"].unchanged == 1


def test_a_file_whose_creation_was_cut_short_is_made_anew(warehouse: DuckDBWarehouse, path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half a datab")

    warehouse.prepare(CALLS)

    assert [entry.name for entry in path.parent.glob("*.new")] == []
    assert warehouse.count(CALL) == 0


def test_the_database_describes_itself(warehouse: DuckDBWarehouse, path: Path) -> None:
    warehouse.prepare(ALL)

    assert ask(path, "SELECT comment FROM duckdb_tables() WHERE table_name = 'user'") == [
        ("Rows of user; it's made up.",)
    ]
    columns = (
        "SELECT data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = 'user' AND column_name = "
    )
    assert ask(path, columns + "'id'") == [("VARCHAR", False, "Its identifier.")]
    assert ask(path, columns + "'share'") == [("DOUBLE", True, "A part of one. Unit: ratio.")]
    assert ask(path, columns + "'seen'") == [("TIMESTAMP WITH TIME ZONE", True, "When it was last seen.")]
    assert ask(path, columns + "'wakes'") == [("TIMESTAMP", True, "When it wakes, where it is.")]
    assert ask(path, columns + "'tags'") == [("JSON", True, "What is said of it.")]


def test_a_declaration_that_stays_the_same_writes_nothing(warehouse: DuckDBWarehouse, path: Path) -> None:
    warehouse.prepare(ALL)
    before = path.read_bytes()

    warehouse.prepare(ALL)

    assert path.read_bytes() == before


def test_faults_that_others_put_into_a_key_are_found(warehouse: DuckDBWarehouse, path: Path) -> None:
    commit_calls(warehouse, call("a", at(5), legs=2), call("b", at(6)))
    con = duckdb.connect(path)
    con.execute("INSERT INTO genesys.leg FROM genesys.leg WHERE call_id = 'a'")
    con.execute("ALTER TABLE genesys.leg ALTER leg DROP NOT NULL")
    con.execute("UPDATE genesys.leg SET leg = NULL WHERE call_id = 'b'")
    con.close()

    faults = warehouse.key_faults(LEG)

    assert (faults.sound, faults.nulls, faults.duplicates, faults.examples) == (False, 1, 2, [("a", "0"), ("a", "1")])
    assert warehouse.key_faults(LEG, start=D2).duplicates == 0


def test_nothing_is_left_beside_the_file(warehouse: DuckDBWarehouse, path: Path) -> None:
    commit_calls(warehouse, call("a", at(5)))
    warehouse.scan(CALL).collect()

    left = {str(entry.relative_to(path.parent)) for entry in path.parent.rglob("*") if entry.is_file()}
    assert left == {path.name, f"{path.name}.lock"}


def test_a_warehouse_is_opened_by_path_or_url(path: Path) -> None:
    commit_calls(open_warehouse(path), call("a", at(5)))

    assert open_warehouse(f"duckdb://{path}").count(CALL) == 1
    assert open_warehouse(str(path)).address(CALL) == "warehouse.genesys.call"
    with pytest.raises(ValueError, match="no warehouse backend for oracle://"):
        open_warehouse("oracle://somewhere")


def test_what_is_read_is_what_was_written_to_the_last_microsecond(warehouse: DuckDBWarehouse) -> None:
    row = {"id": "é\N{GRINNING FACE}", "name": "a\nb'c\"d", "order": -(2**63), "share": 1e-300, "tags": '{"a":  1}'}
    row["seen"] = at(5).replace(microsecond=999_999)
    commit(warehouse, {"user": [row]}, whole=[USER])

    (kept,) = rows_of(warehouse, USER)
    assert {name: kept[name] for name in row} == row
    assert everything(warehouse, [USER])["user"][0]["db_when_created"].tzinfo is not None
    assert warehouse.scan(USER).collect().schema["seen"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize("name", ["genesys.duckdb", "genesys_loader.db"])
def test_a_file_whose_name_would_hide_a_schema_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"choose another file name, such as warehouse\.duckdb"):
        open_warehouse(tmp_path / name)
