"""A backfill that is killed with SIGKILL, again and again, ends with what an undisturbed one has."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from genesys_assets import simulator
from genesys_assets_tests.orchestration.project import CONVERSATION_TABLES, in_folder

FIRST, LAST = "2026-03-08", "2026-03-10"
KILLS = 10
VOLUME = 600


def start(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "genesys_assets_tests.orchestration.backfill_process", str(folder), FIRST, LAST]
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def finish(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output


@pytest.mark.parametrize("seed", [1])
def test_killed_at_ten_random_moments_and_restarted_it_equals_an_undisturbed_one(tmp_path: Path, seed: int) -> None:
    settings = simulator.Settings(
        conversations_per_day=VOLUME, rate_limit=0, now="2026-03-10T22:00:00.000Z", job_polls=1
    )
    chance = random.Random(seed)
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    calm.mkdir()
    killed.mkdir()
    with simulator.spawn(settings) as organisation:
        environment = organisation.environment()
        began = time.monotonic()
        finish(start(calm, environment))
        whole = time.monotonic() - began
        cut_short = 0
        for _ in range(KILLS):
            process = start(killed, environment)
            try:
                process.wait(timeout=chance.uniform(0, whole * 0.8))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                cut_short += 1
            process.communicate()
        assert cut_short >= KILLS / 2, "hardly any run was killed before it ended: nothing was shown"
        finish(start(killed, environment))
        with (
            in_folder(calm, environment, date(2026, 1, 1)) as one,
            in_folder(killed, environment, date(2026, 1, 1)) as two,
        ):
            for table in CONVERSATION_TABLES:
                expected, found = one.content_of(table), two.content_of(table)
                assert len(expected), table.name
                assert found.equals(expected), table.name
            assert (
                two.warehouse.ledger(CONVERSATION_TABLES)
                .select("table", "partition", "status", "rows")
                .equals(one.warehouse.ledger(CONVERSATION_TABLES).select("table", "partition", "status", "rows"))
            )
