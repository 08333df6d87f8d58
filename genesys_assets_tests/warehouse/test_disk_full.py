"""There is no more room in the middle of a load. A limit on the size of files stands in for a disk that is full."""

from __future__ import annotations

import base64
import random
import resource
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from genesys_assets.warehouse import DuckDBWarehouse, StageError, WarehouseError, WarehouseUnavailableError
from genesys_assets.warehouse.postgres import PostgresWarehouse
from genesys_assets_tests.warehouse import postgres_server
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.postgres_server import OwnServer, database_of, url
from genesys_assets_tests.warehouse.samples import CALL, CALLS, at, call, commit_calls, everything, load_of_calls

MB = 1024 * 1024
ROOM = {"duckdb": 4 * MB, "postgres": 17 * MB}
"""As large as one file may become; PostgreSQL's log is written in files of 16 MB."""
THERE = 8_000


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Files of this process, and of those that it starts, may not become larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def little_room(backend: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """The warehouse's files may not become larger than ``ROOM``, as long as this lasts."""
    if backend == "duckdb":
        with limited(ROOM[backend]):
            yield
        return
    server: OwnServer = request.getfixturevalue("postgres")
    with limited(ROOM[backend]):
        server.control("restart", "-m", "fast")
    try:
        yield
    finally:
        server.control("restart", "-m", "fast")


def large_calls(first: int, end: int) -> list[dict[str, Any]]:
    """Calls of 1.4 kB each, which cannot be compressed."""
    chance = random.Random(first)
    notes = (base64.b85encode(chance.randbytes(1_100)).decode() for _ in range(first, end))
    return [call(str(n), at(5), legs=0, note=note) for n, note in zip(range(first, end), notes, strict=True)]


@pytest.mark.parametrize(
    ("backend", "number"),
    [("duckdb", 7_000), ("postgres", 7_000), ("postgres", 13_000), ("postgres", 22_000)],
    indirect=["backend"],
    ids=["duckdb", "postgres, in the table", "postgres, on the way there", "postgres, copied straight"],
)
def test_a_disk_that_is_full_in_the_middle_of_a_load_leaves_the_old_state(
    place: Place, request: pytest.FixtureRequest, number: int
) -> None:
    warehouse = place.open()
    commit_calls(warehouse, *large_calls(0, THERE), name="earlier")
    before, ledger = everything(warehouse, CALLS), warehouse.history()
    load = load_of_calls(warehouse, *large_calls(THERE, THERE + number))
    load.stage.parts(CALL)

    with little_room(place.backend, request):
        with pytest.raises(WarehouseError) as error:
            warehouse.commit(load)
        assert not isinstance(error.value, WarehouseUnavailableError), "trying again makes no room"
        assert "disk is full (or a quota used up), nothing was changed; make room and run it again" in str(error.value)
        assert everything(warehouse, CALLS) == before
        assert warehouse.history().equals(ledger)

    report = warehouse.commit(load)["call"]
    assert (report.inserted, report.total) == (number, THERE + number)
    assert warehouse.count(CALL) == THERE + number
    assert all(warehouse.key_faults(table).sound for table in CALLS)
    assert warehouse.history([CALL])["load_id"].to_list() == [1, 2]


def test_a_load_that_only_the_log_had_room_for_stands(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    commit_calls(warehouse, *large_calls(0, THERE))
    room = warehouse.path.stat().st_size + MB
    load = load_of_calls(warehouse, *large_calls(THERE, THERE + 7_000))
    load.stage.parts(CALL)

    with limited(room):
        assert warehouse.commit(load)["call"].total == THERE + 7_000
        assert warehouse.path.stat().st_size <= room
        assert warehouse.count(CALL) == THERE + 7_000
        warehouse.remember("job", "1")

    assert warehouse.recall("job") == "1"
    assert commit_calls(warehouse, *large_calls(THERE, THERE + 7_000))["call"].written == 0
    assert warehouse.path.stat().st_size > room
    assert warehouse.key_faults(CALL).sound


def test_a_stage_without_room_is_a_clear_error_and_the_next_has_some(place: Place) -> None:
    warehouse = place.open()
    calls = large_calls(0, 3_000)

    with limited(MB), pytest.raises(StageError, match=r"\.parquet cannot be written.*is there room on the disk"):
        load_of_calls(warehouse, *calls).stage.parts(CALL)

    assert commit_calls(warehouse, *calls)["call"].inserted == 3_000


@pytest.fixture
def little_scratch(postgres: OwnServer, tmp_path: Path) -> Generator[PostgresWarehouse]:
    """A database that allows few temporary files, and a loader that needs many."""
    database = database_of(tmp_path)
    postgres_server.ask(database, f"ALTER DATABASE {database} SET temp_file_limit = '64kB'")
    yield PostgresWarehouse(url(database), staging=tmp_path / "staging", work_mem="64kB")


def test_a_limit_on_temporary_files_is_named(little_scratch: PostgresWarehouse) -> None:
    calls = [call(str(n), at(5), legs=1) for n in range(5_000)]

    with pytest.raises(
        WarehouseError, match="than temp_file_limit allows, nothing was changed; raise that or work_mem"
    ):
        commit_calls(little_scratch, *calls)

    little_scratch.prepare(CALLS)
    assert little_scratch.count(CALL) == 0
