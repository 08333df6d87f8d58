"""Both of Dagster's instances, as their ``dagster.yaml`` describes them: a run, a tick of a schedule, a backfill.

The daemon's own iterations are carried out in this process; of the configuration only the launcher is
another, which runs what the daemon dequeues here and now.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._scheduler.scheduler import launch_scheduled_runs
from dagster_graphql.client.query import LAUNCH_PARTITION_BACKFILL_MUTATION
from dagster_graphql.test.utils import execute_dagster_graphql

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets.definitions import defs
from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.orchestration.project import failures
from genesys_assets_tests.warehouse.postgres_server import ask, database_of, running, url

# Dagster's own use of what it deprecates.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{what}:DeprecationWarning")
    for what in ("Property `ScheduleDefinition.environment_vars`", "Function `AssetSelection.sources`")
]

ROOT = Path(__file__).parents[2]
YAMLS = {"sqlite": ROOT / "dagster.yaml", "postgres": ROOT / "postgres" / "dagster.yaml"}
LAUNCHER = {"module": "dagster._core.launcher.sync_in_memory_run_launcher", "class": "SyncInMemoryRunLauncher"}
SETTINGS = simulator.Settings(
    conversations_per_day=20, users=20, queues=5, groups=2, rate_limit=0, job_polls=1, now="2026-03-11T03:00:00.000Z"
)
DAYS = (date(2026, 3, 8), date(2026, 3, 9))
BACKFILLED = ("analytics_conversation", "conversation_division")
log = logging.getLogger(__name__)


def test_the_two_instances_differ_in_nothing_but_their_storage() -> None:
    root, postgres = (yaml.safe_load(file.read_text()) for file in YAMLS.values())
    assert root.pop("storage").keys() == {"sqlite"}
    assert postgres.pop("storage") == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    assert root == postgres


@dataclass
class Started:
    """An instance and the daemon's view of the project."""

    instance: dg.DagsterInstance
    workspace: WorkspaceProcessContext
    stored_runs: Callable[[], int]

    def dequeue(self) -> None:
        """What the daemon does with the queue; each run is carried out before it goes on."""
        with QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon:
            errors = [error for error in daemon.run_iteration(self.workspace) if error]
        assert not errors

    def evaluate_schedules(self, moment: datetime) -> None:
        with freeze_time(moment):
            errors = [error for error in launch_scheduled_runs(self.workspace, log, moment, {}) if error]
        assert not errors

    def ask(self, query: str, variables: Any) -> Any:
        answer = execute_dagster_graphql(self.workspace.create_request_context(), query, variables)
        assert not answer.errors
        return answer.data


@pytest.fixture(params=sorted(YAMLS))
def started(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """An instance in a folder of its own, and everything that the project keeps beside it."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(YAMLS[request.param], tmp_path)
    with ExitStack() as stack:
        if request.param == "postgres":
            stack.enter_context(running())
            database = database_of(tmp_path)
            monkeypatch.setenv("DAGSTER_POSTGRES_URL", url(database).replace("postgresql:", "postgresql+psycopg2:"))

            def stored_runs() -> int:
                return ask(database, "SELECT count(*) FROM public.runs")[0][0]
        else:

            def stored_runs() -> int:
                with closing(sqlite3.connect(tmp_path / ".dagster" / "storage" / "history" / "runs.db")) as connection:
                    return connection.execute("SELECT count(*) FROM runs").fetchone()[0]

        for name, value in stack.enter_context(simulator.serve(SETTINGS)).environment().items():
            monkeypatch.setenv(name, value)
        reference = InstanceRef.from_dir(str(tmp_path), overrides={"run_launcher": LAUNCHER})
        instance = stack.enter_context(dg.DagsterInstance.from_ref(reference))
        module = LoadableTargetOrigin(module_name="genesys_assets.definitions", attribute="defs")
        target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(module, location_name="genesys"))
        yield Started(
            instance, stack.enter_context(create_test_daemon_workspace_context(target, instance)), stored_runs
        )


def test_a_run_a_tick_of_a_schedule_and_a_backfill_leave_their_records(started: Started) -> None:
    keys = [dg.AssetKey(name) for name in ("division", "queue")]
    ran = defs.resolve_job_def("metadata").execute_in_process(
        instance=started.instance, asset_selection=keys, raise_on_error=False
    )
    assert ran.success, failures(ran)
    assert started.instance.get_run_by_id(ran.run_id).status == dg.DagsterRunStatus.SUCCESS
    assert started.instance.get_latest_materialization_event(keys[1]).run_id == ran.run_id

    parameters = {
        "assetSelection": [{"path": [name]} for name in BACKFILLED],
        "partitionNames": [day.isoformat() for day in DAYS],
    }
    launched = started.ask(LAUNCH_PARTITION_BACKFILL_MUTATION, {"backfillParams": parameters})
    backfill = launched["launchPartitionBackfill"].get("backfillId")
    assert backfill, launched
    for _ in range(5):
        assert not [e for e in execute_backfill_iteration(started.workspace, log) if e]
        started.dequeue()
    assert started.instance.get_backfill(backfill).status.value == "COMPLETED_SUCCESS"
    catalog = load_catalog()
    for name in BACKFILLED:
        materialized = started.instance.get_materialized_partitions(dg.AssetKey(name))
        assert materialized == {day.isoformat() for day in DAYS}
        ledger = open_warehouse(".genesys/warehouse.duckdb").ledger([catalog[name]])
        assert ledger["partition"].to_list() == list(DAYS)
    started.evaluate_schedules(datetime(2026, 3, 11, 7, 44, tzinfo=UTC))
    started.evaluate_schedules(datetime(2026, 3, 11, 7, 46, tzinfo=UTC))
    (scheduled,) = started.instance.get_runs(dg.RunsFilter(tags={"dagster/schedule_name": "partition_checks_daily"}))
    assert scheduled.status == dg.DagsterRunStatus.QUEUED
    (state,) = (s for s in started.instance.all_instigator_state() if s.name == "partition_checks_daily")
    (tick,) = started.instance.get_ticks(state.instigator_origin_id, state.selector_id)
    assert (tick.status.value, tick.run_ids) == ("SUCCESS", [scheduled.run_id])
    started.dequeue()
    assert started.instance.get_run_by_id(scheduled.run_id).status == dg.DagsterRunStatus.SUCCESS

    assert started.stored_runs() == len(started.instance.get_runs()) == 3
