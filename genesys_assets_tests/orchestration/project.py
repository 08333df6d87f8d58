"""The project as a whole, small: a simulated organisation, a warehouse and a Dagster instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
from genesys_assets_tests.warehouse.backends import location

# One client for all: to set one up costs more than the request.
HTTP = httpx.Client(verify=False, trust_env=False, timeout=30)
START = date(2026, 1, 1)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TIMES = ("db_when_created", "db_last_updated", "db_when_deleted", "db_as_of")
CONVERSATION_TABLES = tuple(
    table for table in executable_tables(load_catalog()) if table.read.name == "conversation_details"
)
FAMILY = [dg.AssetKey(table.name) for table in CONVERSATION_TABLES]
"""The conversations, where a test is about no other history."""


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
        answer = HTTP.request(method, f"{self.url}/_simulator/{what}", json=body or None)
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
            first = request.partition_key or request.tags[RANGE_START]
            day, until = date.fromisoformat(first), date.fromisoformat(request.tags.get(RANGE_END, first))
            result = self.run(
                request.job_name,
                day=day,
                until=None if until == day else until,
                asset_selection=request.asset_selection,
            )
            assert result.success, failures(result)
            days.extend(day + timedelta(days=n) for n in range((until - day).days + 1))
        return days

    def assets(self, *reads: str) -> list[dg.AssetKey]:
        """The assets that live in some reads, to run only those."""
        return [dg.AssetKey(table.name) for read in reads for table in load_catalog().reads()[read][1]]

    def rows(self, table: str, **window: Any) -> pl.DataFrame:
        return self.warehouse.scan(load_catalog()[table], **window).collect()

    def content_of(self, table: Table) -> pl.DataFrame:
        """All rows of a table, sorted, housekeeping times aside."""
        return self.warehouse.scan(table).collect().drop(TIMES, strict=False).sort(table.key)


def same_conversations(one: Project, two: Project) -> None:
    """Assert that two projects hold the same conversations, and say the same of their partitions."""
    for table in CONVERSATION_TABLES:
        expected, found = one.content_of(table), two.content_of(table)
        assert len(expected), table.name
        assert found.equals(expected), table.name
    told = ("table", "partition", "status", "rows")
    ledgers = [each.warehouse.ledger(CONVERSATION_TABLES).select(told) for each in (one, two)]
    assert ledgers[0].equals(ledgers[1])


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
def project(
    folder: Path, settings: simulator.Settings, *, backend: str = "duckdb", start: date = START, **genesys: Any
) -> Iterator[Project]:
    """A project in ``folder`` on an organisation of its own; ``genesys`` configures the resource of that name."""
    with (
        simulator.serve(settings) as organisation,
        in_folder(folder, organisation.environment(), backend, start=start, **genesys) as made,
    ):
        yield made


@contextmanager
def in_folder(
    folder: Path, environment: Mapping[str, str], backend: str = "duckdb", *, start: date = START, **genesys: Any
) -> Iterator[Project]:
    """A project in ``folder``, or the database that stands for it, on the organisation that ``environment`` names."""
    resources = {
        "genesys": GenesysResource(requests_per_minute=100_000, throttle_state=str(folder / "throttle"), **genesys),
        "warehouse": WarehouseResource(location=location(backend, folder)),
    }
    with mock.patch.dict("os.environ", environment), dg.DagsterInstance.ephemeral() as instance:
        yield Project(environment["GENESYSCLOUD_API_URL"], build_defs(resources, start=start), instance, resources)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
