"""What a person does with the pages: materialize a job, backfill days, wait for the end."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from genesys_assets_tests.ui.conftest import Shoot
from genesys_assets_tests.ui.served import Served

RUN_S = 240.0
"""How long a run may take from the click on; it may have to queue behind those of the sensor."""

FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}


def backfill(page: Page, days: list[date], shoot: Shoot, name: str) -> str:
    """Choose the days in the dialog that is open, launch, and go to the backfill; its id."""
    dialog = page.get_by_role("dialog")
    chosen = dialog.get_by_role("textbox")
    chosen.fill(f"[{days[0]}...{days[-1]}]")
    chosen.press("Enter")
    expect(dialog.get_by_text(f"{len(days)} partitions", exact=True)).to_be_visible()
    shoot(page, name)
    dialog.get_by_role("button", name="Launch backfill").click()
    view_what_was_launched(page, "Created backfill")
    return page.url.rpartition("/")[2]


def view_what_was_launched(page: Page, message: str) -> None:
    """Follow the link of the message that says so."""
    toast = page.get_by_role("listitem").filter(has_text=message)
    toast.get_by_role("link", name="View").click()
    page.wait_for_url(re.compile(r"/runs/"))


def wait_for_backfill(dagster: Served, backfill: str, timeout_s: float = RUN_S) -> None:
    """Until it has ended; fail unless it succeeded."""
    query = "query ($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}"

    def status() -> str | None:
        found = dagster.ask(query, id=backfill)["partitionBackfillOrError"]["status"]
        return None if found == "REQUESTED" else found

    ended = dagster.wait_until("the backfill has ended", status, timeout_s=timeout_s)
    if ended != "COMPLETED_SUCCESS":
        own = {"tags": [{"key": "dagster/backfill", "value": backfill}]}
        runs = dagster.ask(
            "query ($own: RunsFilter) {runsOrError(filter: $own) {... on Runs {results {runId}}}}", own=own
        )
        why = [complaints(dagster, run["runId"]) for run in runs["runsOrError"]["results"]]
        pytest.fail(f"the backfill {backfill} ended with {ended}: {why}")


def materialize_job(page: Page, dagster: Served, job: str) -> str:
    """Open a job, run all of it with a click and wait for its end; the id of the run."""
    page.goto("/")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name=job, exact=False).first.click()
    page.get_by_role("button", name="Materialize all").click()
    view_what_was_launched(page, "Launched run")
    launched = page.url.rpartition("/")[2]
    dagster.wait_until(
        f"the {job} job has ended", lambda: run(dagster, launched)["status"] in FINISHED, timeout_s=RUN_S
    )
    return launched


def run(dagster: Served, run: str) -> dict[str, Any]:
    """How a run stands, and its assets."""
    return dagster.ask("query ($id: ID!) {runOrError(runId: $id) {... on Run {status assets {key {path}}}}}", id=run)[
        "runOrError"
    ]


def complaints(dagster: Served, run: str) -> list[str]:
    """Why steps of a run failed."""
    query = """query ($id: ID!) {runOrError(runId: $id) {... on Run {eventConnection {events {
        ... on ExecutionStepFailureEvent {error {message errorChain {error {message}}}}}}}}}"""
    events = dagster.ask(query, id=run)["runOrError"]["eventConnection"]["events"]
    errors = [event["error"] for event in events if event.get("error")]
    return [
        "; ".join([error["message"], *(each["error"]["message"] for each in error["errorChain"])]) for error in errors
    ]
