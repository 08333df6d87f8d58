"""The project as a whole, small: a simulated organisation, a warehouse file and a Dagster instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import httpx
import polars as pl

from genesys_assets import simulator
from genesys_assets.catalog import Table, load_catalog
from genesys_assets.definitions import build_defs
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.orchestration.automation import RANGE_END, RANGE_START
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource
from genesys_assets.warehouse import Warehouse

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TIMES = ("db_when_created", "db_last_updated", "db_when_deleted", "db_as_of")
CONVERSATION_TABLES = tuple(
    table for table in executable_tables(load_catalog()) if table.read.name == "conversation_details"
)


@dataclass
class Project:
    """Runs jobs, the sensor and the clock of one simulated organisation."""

    url: str
    defs: dg.Definitions
    instance: dg.DagsterInstance
    resources: Mapping[str, Any]
    requested: set[str] = field(default_factory=set)

    @property
    def warehouse(self) -> Warehouse:
        return self.resources["warehouse"].open()

    def control(self, method: str, what: str, **body: object) -> Any:
        answer = httpx.request(method, f"{self.url}/_simulator/{what}", json=body or None)
        answer.raise_for_status()
        return answer.json()

    def at(self, moment: str, lag_hours: float = 6) -> None:
        """Set the simulated clock, which stands still."""
        self.control("PUT", "clock", now=moment, lag_hours=lag_hours)

    def run(self, job: str, *, day: date | None = None, until: date | None = None, **options: Any) -> Any:
        tags = {} if day is None else {RANGE_START: day.isoformat(), RANGE_END: (until or day).isoformat()}
        if day is not None and until is None:
            tags, options["partition_key"] = {}, day.isoformat()
        return self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance, run_config=QUIET, tags=tags, raise_on_error=False, **options
        )

    def tick(self, sensor: str = "conversation_watermark") -> list[date]:
        """Let a sensor do its work: evaluate it and carry out what it requests, as the daemon would."""
        repository = self.defs.get_repository_def()
        definition = repository.get_sensor_def(sensor)
        resources = dict(self.resources)
        with dg.build_sensor_context(instance=self.instance, repository_def=repository, resources=resources) as context:
            requests = definition.evaluate_tick(context).run_requests or []
        days: list[date] = []
        for request in requests:
            if request.run_key in self.requested:
                continue
            self.requested.add(request.run_key)
            day = date.fromisoformat(request.partition_key)
            result = self.run(request.job_name, day=day, asset_selection=request.asset_selection)
            assert result.success, failures(result)
            days.append(day)
        return days

    def rows(self, table: str, **window: Any) -> pl.DataFrame:
        return self.warehouse.scan(load_catalog()[table], **window).collect()

    def content_of(self, table: Table) -> pl.DataFrame:
        """All rows of a table, sorted, housekeeping times aside."""
        return self.warehouse.scan(table).collect().drop(TIMES, strict=False).sort(table.key)


def failures(result: Any) -> list[str]:
    """Why steps of a run failed, innermost first."""
    found: list[str] = []
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None:
            found.insert(0, error.message)
            error = error.cause
    return found


@contextmanager
def project(folder: Path, settings: simulator.Settings, *, start: date = date(2026, 1, 1)) -> Iterator[Project]:
    """A project in ``folder`` on an organisation of its own."""
    with simulator.serve(settings) as organisation, in_folder(folder, organisation.environment(), start) as made:
        yield made


@contextmanager
def in_folder(folder: Path, environment: Mapping[str, str], start: date) -> Iterator[Project]:
    """A project in ``folder`` on the organisation that ``environment`` names."""
    resources = {
        "genesys": GenesysResource(requests_per_minute=100_000, throttle_state=str(folder / "throttle")),
        "warehouse": WarehouseResource(location=str(folder / "warehouse.duckdb")),
    }
    with mock.patch.dict("os.environ", environment), dg.DagsterInstance.ephemeral() as instance:
        yield Project(environment["GENESYSCLOUD_API_URL"], build_defs(resources, start=start), instance, resources)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
