"""The main job on the embedded defaults: everything executable, through Dagster, for a few days."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl

from genesys_assets.catalog import load_catalog
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.orchestration.automation import RANGE_END, RANGE_START
from genesys_assets.orchestration.histories import HISTORIES
from genesys_assets.warehouse import Warehouse

ANCHOR = "demo.json"
CATEGORIES = ("metadata", "knowledge", "historical", "aggregated")
"""In the order in which they build on each other."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Moment:
    """When the simulated organisation stands still, so that a second run finds nothing new."""

    now: datetime

    def days(self, count: int) -> list[date]:
        """The last whole days before it, oldest first."""
        return [self.now.date() - timedelta(days=n) for n in range(count, 0, -1)]


def moment(home: Path) -> Moment:
    """The moment of the first run in ``home``, remembered there; midnight UTC of today if there was none."""
    file = home / ANCHOR
    if file.exists():
        return Moment(datetime.fromisoformat(json.loads(file.read_text())["now"]))
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    home.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"now": now.isoformat()}) + "\n")
    return Moment(now)


def loads(days: int) -> int:
    """How many loads :func:`load_everything` makes of so many days."""
    reads = {table.read.name for table in executable_tables(load_catalog())}
    return sum(1 if read not in HISTORIES or HISTORIES[read].together else days for read in reads)


def load_everything(
    defs: dg.Definitions, instance: dg.DagsterInstance, days: Sequence[date], failed: Callable[[str, str], None]
) -> dict[str, str]:
    """Run the job of every category, those with partitions over ``days``; the run ids by job.

    ``failed`` hears of each step that failed, and why. A job that fails does not keep the others from running.
    """
    runs: dict[str, str] = {}
    known = {job.name for job in defs.get_repository_def().get_all_jobs()}
    for job in (category for category in CATEGORIES if category in known):
        definition = defs.resolve_job_def(job)
        whole = {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()}
        tags = whole if definition.partitions_def is not None else {}
        result = definition.execute_in_process(instance=instance, tags=tags, run_config=QUIET, raise_on_error=False)
        runs[job] = result.run_id
        for event in result.filter_events(lambda each: each.is_step_failure):
            failed(event.step_key or job, _reason(event))
    return runs


def _reason(event: dg.DagsterEvent) -> str:
    """The innermost error of a step that failed."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return "no reason given" if error is None else error.message.strip()


def summary(warehouse: Warehouse, run_ids: Sequence[str]) -> pl.DataFrame:
    """What the runs did, a row a table: rows, inserted, updated, retired, API calls and seconds.

    ``elsewhere`` counts the rows that belong to other days than those that were asked for. Calls and
    seconds are those of a read, and stand at the first of the tables that it feeds.
    """
    tables = executable_tables(load_catalog())
    history = warehouse.history(tables).filter(pl.col("run_id").is_in(list(run_ids)))
    first = {table.read.name: table.name for table in reversed(tables)}
    leads = [table.name for table in tables if first[table.read.name] == table.name]
    seconds = (pl.col("loaded_at") - pl.col("started_at")).dt.total_milliseconds() / 1000
    # A load of several partitions stands once for each; its calls and its time count once.
    costs = (
        history.unique(["load_id", "table"])
        .group_by("table")
        .agg(pl.col("elsewhere", "calls").sum(), seconds.sum().alias("seconds"))
    )
    counts = history.group_by("table").agg(pl.col("inserted", "updated", "retired").sum())
    frame = pl.DataFrame({"table": [table.name for table in tables], "rows": [warehouse.count(t) for t in tables]})
    leading = pl.col("table").is_in(leads)
    return (
        frame.join(counts, on="table", how="left", maintain_order="left")
        .join(costs, on="table", how="left", maintain_order="left")
        .with_columns(pl.when(leading).then(pl.col(name)).alias(name) for name in ("calls", "seconds"))
    )


def own_instance(folder: Path) -> AbstractContextManager[dg.DagsterInstance]:
    """The Dagster instance that the ``dagster.yaml`` in ``folder`` describes, the same that ``make up`` shows."""
    return dg.DagsterInstance.from_config(str(folder))
