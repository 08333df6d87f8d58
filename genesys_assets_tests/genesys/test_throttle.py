from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from pathlib import Path

import pytest

from genesys_assets.genesys import Throttle
from genesys_assets_tests.genesys.conftest import Clock

LIMITS = [1, 2, 7, 60, 300, 1000]


def fullest_window(times: list[float], seconds: float = 60.0) -> int:
    return max(bisect_left(times, start + seconds) - index for index, start in enumerate(times))


def saturated(throttle: Throttle, clock: Clock, minutes: float) -> list[float]:
    end, times = clock.now + minutes * 60, list[float]()
    while clock.now < end:
        throttle.acquire()
        times.append(clock.now)
    return [moment for moment in times if moment < end]


@pytest.mark.parametrize("limit", LIMITS)
def test_no_sixty_seconds_hold_more_than_the_limit_however_requests_come(limit: int, clock: Clock) -> None:
    throttle = Throttle(limit, clock=clock, sleep=clock.sleep)
    chance = random.Random(limit)
    times: list[float] = []
    while len(times) < max(50, 8 * limit):
        if chance.random() < 0.02:
            clock.now += chance.expovariate(1 / 60)  # idle: room for a burst
        throttle.acquire()
        times.append(clock.now)
    assert fullest_window(times) <= limit


@pytest.mark.parametrize("limit", [n for n in LIMITS if n > 2])
def test_saturated_it_uses_at_least_95_percent_of_the_limit(limit: int, clock: Clock) -> None:
    times = saturated(Throttle(limit, clock=clock, sleep=clock.sleep), clock, minutes=20)
    assert 0.95 * limit * 20 <= len(times) <= limit * 20
    assert fullest_window(times) <= limit


def test_after_idling_a_small_burst_passes_at_once(clock: Clock) -> None:
    throttle = Throttle(300, clock=clock, sleep=clock.sleep)
    assert [throttle.acquire() for _ in range(5)] == [0.0] * 5
    assert throttle.acquire() > 0.1


def test_a_penalty_holds_everybody_back_and_costs_the_burst(clock: Clock) -> None:
    throttle = Throttle(300, clock=clock, sleep=clock.sleep)
    began = clock.now
    throttle.penalise(30)
    throttle.acquire()
    assert clock.now - began == pytest.approx(30)
    throttle.acquire()
    assert clock.now - began > 30.2 - 1e-6


def test_a_shorter_penalty_does_not_shorten_a_longer_one(clock: Clock) -> None:
    throttle = Throttle(300, clock=clock, sleep=clock.sleep)
    throttle.penalise(30)
    throttle.penalise(1)
    assert throttle.acquire() == pytest.approx(30)


def test_a_penalty_also_holds_back_who_was_already_waiting(clock: Clock) -> None:
    throttle = Throttle(6, clock=clock, sleep=clock.sleep)
    throttle.acquire()
    penalties = iter([20.0])
    clock.on_sleep = lambda: throttle.penalise(next(penalties, 0.0))
    began = clock.now
    throttle.acquire()
    assert clock.now - began >= 20


def test_threads_share_one_budget_and_none_is_lost(clock: Clock) -> None:
    del clock
    throttle = Throttle(6000)
    times: list[float] = []

    def work() -> None:
        for _ in range(40):
            throttle.acquire()
            times.append(time.time())

    began = time.time()
    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 200
    assert_paced(sorted(times), began, limit=6000)


def assert_paced(times: list[float], began: float, limit: int) -> None:
    """The n-th request goes no earlier than the burst and the rate below the limit let it."""
    burst, interval = limit // 60, 60 / limit
    for n, moment in enumerate(times, start=1):
        assert moment >= began + (n - burst) * interval - 0.002, (
            f"request {n} went {moment - began:.3f} s after the start"
        )


WORKER = """
import sys, time
from pathlib import Path
from genesys_assets.genesys.throttle import Throttle
throttle = Throttle(int(sys.argv[2]), Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    throttle.acquire()
    print(time.time(), flush=True)
"""


def start_worker(state: Path, limit: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(state), str(limit), str(count)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def test_two_processes_that_name_the_same_state_share_one_budget(tmp_path: Path) -> None:
    state = tmp_path / "limits" / "client.json"
    workers = [start_worker(state, 6000, 100) for _ in range(2)]
    began = time.time()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    outputs = [worker.communicate(timeout=30)[0] for worker in workers]
    times = sorted(float(line) for output in outputs for line in output.split())
    assert len(times) == 200
    # Each with a budget of its own would need about no time at all: 100 is one burst.
    assert_paced(times, began, limit=6000)


def test_a_process_that_is_killed_leaves_a_state_others_can_use(tmp_path: Path) -> None:
    state = tmp_path / "client.json"
    worker = start_worker(state, 600_000, 1_000_000)
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    for _ in range(50):
        worker.stdout.readline()
    worker.kill()
    worker.communicate(timeout=30)
    assert set(json.loads(state.read_text())) == {"arrival", "not_before"}
    assert Throttle(600_000, state).acquire() < 5


def test_a_penalty_is_shared_between_those_who_share_the_state(tmp_path: Path, clock: Clock) -> None:
    state = tmp_path / "client.json"
    one, other = (Throttle(300, state, clock=clock, sleep=clock.sleep) for _ in range(2))
    one.penalise(12)
    assert other.acquire() == pytest.approx(12)


def test_an_unreadable_state_is_reported_and_costs_the_burst(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "client.json"
    state.write_text("{half a sta")
    throttle = Throttle(300, state, clock=clock, sleep=clock.sleep)
    assert throttle.acquire() == 0.0
    assert throttle.acquire() > 0.1
    assert "not readable" in caplog.text


def test_a_clock_that_was_set_back_does_not_stop_everything(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    throttle = Throttle(300, tmp_path / "client.json", clock=clock, sleep=clock.sleep)
    throttle.acquire()
    clock.now -= 86_400
    assert throttle.acquire() < 1
    assert "set back" in caplog.text


def test_what_the_caller_checks_ends_the_wait(clock: Clock) -> None:
    throttle = Throttle(1, clock=clock, sleep=clock.sleep)
    throttle.acquire()

    def stop() -> None:
        raise InterruptedError("stop")

    with pytest.raises(InterruptedError):
        throttle.acquire(stop)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Throttle(0)
