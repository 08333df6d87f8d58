"""Two runs of the same days at the same time, each in a process of its own: as if there had been one."""

from __future__ import annotations

from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets_tests.orchestration.backfill_process import finish, start
from genesys_assets_tests.orchestration.project import CONVERSATION_TABLES, in_folder, same_conversations

pytestmark = pytest.mark.soak

DAYS = date(2026, 3, 8), date(2026, 3, 9)
SETTINGS = simulator.Settings(conversations_per_day=300, rate_limit=0, now="2026-03-10T22:00:00.000Z", job_polls=1)
INSERTED = pl.col("inserted").sum()


def test_two_runs_of_the_same_days_at_once_lose_nothing_and_double_nothing(
    processes: ForkServerContext, backend: str, tmp_path: Path
) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    with simulator.spawn(SETTINGS) as organisation:
        environment = organisation.environment()
        finish(start(processes, backend, alone, environment, *DAYS))
        both = [start(processes, backend, together, environment, *DAYS) for _ in range(2)]
        for process in both:
            finish(process)
        with in_folder(alone, environment, backend) as one, in_folder(together, environment, backend) as two:
            same_conversations(one, two)
            for table in CONVERSATION_TABLES:
                assert two.warehouse.key_faults(table).sound, table.name
            alike, twice = (each.warehouse.history(CONVERSATION_TABLES) for each in (one, two))
    of_one = ("table", "partition")
    assert set(twice.group_by(of_one).len()["len"]) == {2}, "each run loaded each day"
    assert twice.group_by(of_one).agg(INSERTED).sort(of_one).equals(alike.group_by(of_one).agg(INSERTED).sort(of_one))
