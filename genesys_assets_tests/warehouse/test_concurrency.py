"""Several processes at one warehouse, and processes that are killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import date
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import genesys_assets.warehouse
from genesys_assets.warehouse import Warehouse
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.samples import CALL, CALLS, LEG, at, call, commit_calls, load_of_calls, rows_of

LOADS = 4


def trees(day: int, note: str, number: int = 20) -> list[dict[str, Any]]:
    return [call(f"{day}-{n}", at(day, n % 24), legs=1 + n % 3, note=note) for n in range(number)]


def _write(place: Place, day: int, begin: Event) -> None:
    warehouse = place.open()
    begin.wait()
    for n in range(LOADS):
        commit_calls(warehouse, *trees(day, f"{n}"), name=f"calls {day}", partitions=(date(2026, 1, day),))


@pytest.mark.parametrize("days", [(5, 6), (5, 5)], ids=["two partitions", "the same partition"])
def test_two_processes_write_at_once_and_nothing_is_lost_or_doubled(
    place: Place, processes: ForkServerContext, days: tuple[int, int]
) -> None:
    begin = processes.Event()
    writers = [processes.Process(target=_write, args=(place, day, begin)) for day in days]
    for writer in writers:
        writer.start()
    begin.set()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    warehouse = place.open()
    expected = [tree for day in sorted(set(days)) for tree in trees(day, str(LOADS - 1))]
    assert sorted(row["call_id"] for row in rows_of(warehouse, CALL)) == sorted(
        t["call"][0]["call_id"] for t in expected
    )
    assert {row["note"] for row in rows_of(warehouse, CALL)} == {str(LOADS - 1)}
    assert warehouse.count(LEG) == sum(len(tree["leg"]) for tree in expected)
    assert all(warehouse.key_faults(table).sound for table in CALLS)
    assert warehouse.history([CALL]).height == 2 * LOADS
    assert warehouse.history([CALL])["load_id"].to_list() == list(range(1, 2 * LOADS + 1))


def test_readers_see_whole_loads_only(place: Place, processes: ForkServerContext) -> None:
    warehouse = place.open()
    commit_calls(warehouse, *trees(5, "first"))
    begin = processes.Event()
    writer = processes.Process(target=_write, args=(place, 5, begin))
    writer.start()
    begin.set()
    seen: list[str] = []
    while writer.is_alive() or not seen:
        notes = warehouse.scan(CALL, ["note"]).collect()["note"]
        assert (len(notes), notes.n_unique()) == (20, 1)
        seen.append(notes[0])
    writer.join()

    assert writer.exitcode == 0
    assert seen == sorted(seen, key=["first", "0", "1", "2", "3"].index)


def test_threads_of_one_process_take_turns(warehouse: Warehouse) -> None:
    failures: list[BaseException] = []

    def run(day: int) -> None:
        try:
            commit_calls(warehouse, *trees(day, "x"), name=f"calls {day}")
            warehouse.scan(CALL).collect()
        except BaseException as error:  # noqa: BLE001  handed over to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(day,)) for day in (5, 6, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert warehouse.count(CALL) == 60


_PACKAGE = str(Path(genesys_assets.warehouse.__file__).parent)


def _commit_and_die(place: Place, at_line: int) -> None:
    """Commit, and die without a word before the n-th line of the warehouse's code (0: do not die)."""
    warehouse = place.open()
    load = load_of_calls(warehouse, *trees(5, "new"), *trees(6, "new"))
    lines = 0

    def follow(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        if event == "line":
            lines += 1
            if lines == at_line:
                os.kill(os.getpid(), signal.SIGKILL)
        return follow

    sys.settrace(follow)
    warehouse.commit(load)
    sys.settrace(None)
    place.folder.joinpath("lines").write_text(str(lines))


def state(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    return {table.name: rows_of(warehouse, table) for table in CALLS}


def _finished(process: Any) -> int | None:
    process.start()
    process.join()
    return process.exitcode


def test_a_commit_that_is_killed_leaves_the_old_or_the_new_state(
    place: Place, processes: ForkServerContext, tmp_path: Path
) -> None:
    undisturbed = Place(place.backend, tmp_path / "undisturbed")
    commit_calls(undisturbed.open(), *trees(5, "old"))
    old = state(undisturbed.open())
    assert _finished(processes.Process(target=_commit_and_die, args=(undisturbed, 0))) == 0
    new = state(undisturbed.open())
    lines = int(undisturbed.folder.joinpath("lines").read_text())

    outcomes: list[bool] = []
    for line in [lines * part // 10 for part in (4, 7, 9)] + [lines - 1, lines]:
        disturbed = Place(place.backend, tmp_path / f"killed at {line}")
        commit_calls(disturbed.open(), *trees(5, "old"))
        assert _finished(processes.Process(target=_commit_and_die, args=(disturbed, line))) == -signal.SIGKILL

        found = state(disturbed.open())
        assert found in (old, new), f"killed at line {line} of {lines}"
        outcomes.append(found == new)
        assert disturbed.open().history([CALL]).height == (2 if found == new else 1)
        commit_calls(disturbed.open(), *trees(5, "new"), *trees(6, "new"))
        assert state(disturbed.open()) == new
    assert outcomes == sorted(outcomes), "old until the commit, new from then on"
    assert (outcomes[0], outcomes[-1]) == (False, True)


def _commit_much(place: Place, begun: Event) -> None:
    warehouse = place.open()
    load = load_of_calls(warehouse, *trees(5, "new", 3_000))
    begun.set()
    warehouse.commit(load)


def test_a_commit_that_is_killed_at_any_time_leaves_the_old_or_the_new_state(
    place: Place, processes: ForkServerContext
) -> None:
    warehouse, old = place.open(), trees(5, "old", 3_000)
    commit_calls(warehouse, *old)
    load = load_of_calls(warehouse, *trees(5, "new", 3_000))
    before = time.monotonic()
    warehouse.commit(load)
    took = time.monotonic() - before

    for part in (0.3, 0.5, 0.7, 0.9):
        commit_calls(warehouse, *old)
        begun = processes.Event()
        writer = processes.Process(target=_commit_much, args=(place, begun))
        writer.start()
        begun.wait()
        writer.join(timeout=took * part)
        writer.kill()
        writer.join()

        notes = warehouse.scan(CALL, ["note"]).collect()["note"]
        assert (len(notes), notes.n_unique()) == (3_000, 1)
        assert warehouse.count(LEG) == sum(len(tree["leg"]) for tree in old)
    assert warehouse.key_faults(LEG).sound
