"""The simulator in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import httpx
import msgspec
import pytest

from genesys_assets.simulator import Simulator, SimulatorError, serve, spawn
from genesys_assets.simulator.server import read_settings
from genesys_assets_tests.simulator.conftest import Client, small

DAY = "2026-05-18T00:00:00.000Z/2026-05-19T00:00:00.000Z"


def world(simulator: Simulator) -> bytes:
    client = Client(simulator)
    answers = [client.get(path, pageSize=100).content for path in ("/routing/queues", "/users", "/teams", "/locations")]
    answers.append(client.get("/organizations/me").content)
    answers.append(msgspec.json.encode(client.day(DAY)))
    client.close()
    return b"".join(answers)


def test_another_process_makes_the_same_world_and_another_seed_another() -> None:
    with spawn(small()) as spawned, serve(small()) as served, serve(small(seed=2)) as other:
        assert world(spawned) == world(served) != world(other)


def test_a_spawned_simulator_ends_with_its_context() -> None:
    with spawn(small()) as simulator:
        assert simulator.environment()["GENESYSCLOUD_API_URL"] == simulator.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{simulator.url}/_simulator/clock", trust_env=False)


def test_a_spawned_simulator_dies_with_its_parent() -> None:
    script = (
        "import time\n"
        "from genesys_assets.simulator import Settings, spawn\n"
        "with spawn(Settings(users=10, queues=2, groups=1)) as simulator:\n"
        "    print(simulator.url, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().decode().strip()
        assert httpx.get(f"{url}/_simulator/clock", trust_env=False).status_code == 200
        os.kill(parent.pid, signal.SIGKILL)
    with pytest.raises(httpx.ConnectError):
        ask_until(url, time.monotonic() + 20)


def ask_until(url: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        httpx.get(f"{url}/_simulator/clock", trust_env=False)
        time.sleep(0.05)


def test_a_simulator_that_cannot_start_says_so() -> None:
    with serve(small()) as running, pytest.raises(SimulatorError, match="did not start"):
        port = int(running.url.rpartition(":")[2])
        with spawn(small(), port=port):
            pass


def test_settings_are_read_from_json_and_a_wrong_one_is_refused() -> None:
    assert read_settings('{"seed": 7, "faults": {"errors_500": 0.1}}').faults.errors_500 == 0.1
    with pytest.raises(ValueError, match="Expected `int`"):
        read_settings('{"seed": "seven"}')
    with pytest.raises(ValueError, match="Faults has no errors_5000"):
        read_settings('{"faults": {"errors_5000": 0.1}}')
