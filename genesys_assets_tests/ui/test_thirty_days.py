"""Thirty days of all history, backfilled from the page of its job; what it cost a table and a day is printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from genesys_assets import simulator
from genesys_assets.catalog import Catalog, load_catalog
from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.ui.acting import backfill, complaints, materialize_job, run, wait_for_backfill
from genesys_assets_tests.ui.conftest import DAYS_OF_HISTORY, Shoot
from genesys_assets_tests.ui.served import Served, serve

pytestmark = [pytest.mark.ui, pytest.mark.soak]

ORGANIZATION = simulator.Settings(conversations_per_day=1_000, rate_limit=0)
BACKFILL_S = 3600.0


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory, today: date) -> Iterator[Served]:
    """The project on an organisation of 1,000 users."""
    first = today - timedelta(days=DAYS_OF_HISTORY)
    with serve(tmp_path_factory.mktemp("days"), start_date=first.isoformat(), organization=ORGANIZATION) as served:
        yield served


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_thirty_days_of_all_history_are_backfilled_from_the_ui(
    page: Page, dagster: Served, catalog: Catalog, today: date, shoot: Shoot
) -> None:
    # What history fans out over, and what it asks for: units, forms, users.
    launched = materialize_job(page, dagster, "metadata")
    assert run(dagster, launched)["status"] == "SUCCESS", complaints(dagster, launched)

    days = [today - timedelta(days=n) for n in range(DAYS_OF_HISTORY, 0, -1)]
    page.goto("/")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="historical", exact=False).first.click()
    page.get_by_role("button", name="Materialize all").click()
    launched = backfill(page, days, shoot, "20-thirty-days-dialog")
    wait_for_backfill(dagster, launched, BACKFILL_S)
    page.reload()
    expect(page.get_by_text("Succeeded", exact=True).last).to_be_visible()
    shoot(page, "21-thirty-days")

    runs = dagster.ask(
        "query ($own: RunsFilter) {runsOrError(filter: $own) {... on Runs {results {runId}}}}",
        own={"tags": [{"key": "dagster/backfill", "value": launched}]},
    )["runsOrError"]["results"]
    tables = [table for table in catalog if catalog.category(table.name) == "historical"]
    warehouse = open_warehouse(Path(dagster.folder) / ".genesys" / "warehouse.duckdb")
    history = warehouse.history(tables).filter(pl.col("run_id").is_in([each["runId"] for each in runs]))
    for table in tables:
        loaded = history.filter(table=table.name)["partition"].unique()
        assert set(days) <= set(loaded), table.name
    # A load of several days stands once for each of them, and one of several tables once for each of those.
    costs = history.unique(["load_id", "table"]).group_by("table").agg(pl.col("calls").sum())
    told = costs.with_columns(pl.col("calls") / len(days)).sort("table")
    with pl.Config(tbl_rows=-1):
        print(f"\nAPI calls a day (those of a read stand at each of its tables), {len(runs)} runs:", told)
