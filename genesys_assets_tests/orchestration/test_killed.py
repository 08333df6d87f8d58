"""A backfill that is killed with SIGKILL, again and again, ends with what an undisturbed one has."""

from __future__ import annotations

import random
import time
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from genesys_assets import simulator
from genesys_assets_tests.orchestration.backfill_process import finish, start
from genesys_assets_tests.orchestration.project import in_folder, same_conversations

DAYS = date(2026, 3, 8), date(2026, 3, 10)
KILLS = 10
VOLUME = {"duckdb": 600, "postgres": 300}


@pytest.mark.parametrize("backend", ["duckdb", pytest.param("postgres", marks=pytest.mark.soak)], indirect=True)
@pytest.mark.parametrize("seed", [1])
def test_killed_at_ten_random_moments_and_restarted_it_equals_an_undisturbed_one(
    processes: ForkServerContext, backend: str, tmp_path: Path, seed: int
) -> None:
    settings = simulator.Settings(
        conversations_per_day=VOLUME[backend], rate_limit=0, now="2026-03-10T22:00:00.000Z", job_polls=1
    )
    chance = random.Random(seed)
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    calm.mkdir()
    killed.mkdir()
    with simulator.spawn(settings) as organisation:
        environment = organisation.environment()
        began = time.monotonic()
        finish(start(processes, backend, calm, environment, *DAYS))
        whole = time.monotonic() - began
        cut_short = 0
        for _ in range(KILLS):
            process = start(processes, backend, killed, environment, *DAYS)
            process.join(chance.uniform(0, whole * 0.8))
            if process.exitcode is None:
                process.kill()
                cut_short += 1
            process.join()
        assert cut_short >= KILLS / 2, "hardly any run was killed before it ended: nothing was shown"
        finish(start(processes, backend, killed, environment, *DAYS))
        with in_folder(calm, environment, backend) as one, in_folder(killed, environment, backend) as two:
            same_conversations(one, two)
