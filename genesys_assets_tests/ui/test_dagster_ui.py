"""What a person does on the first day: look around, load the metadata, backfill some days, read the checks.

The tests are the steps of one session with one server and build on each other. The sensor that is on
loads the days of the last week meanwhile; the days that are backfilled here lie before those.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from genesys_assets.catalog import Catalog, load_catalog
from genesys_assets_tests.ui.acting import (
    FINISHED,
    RUN_S,
    backfill,
    complaints,
    materialize_job,
    run,
    wait_for_backfill,
)
from genesys_assets_tests.ui.conftest import Shoot
from genesys_assets_tests.ui.served import Served

pytestmark = pytest.mark.ui

GROUPS = {"metadata": 37, "historical": 27, "recording": 13, "realtime": 13, "aggregated": 8, "knowledge": 7}
DEPENDENCIES = 171
SCHEDULES = ("historical_daily", "knowledge_hourly", "metadata_hourly", "partition_checks_daily")
SENSORS = ("agent_watermark", "conversation_watermark", "follows_conversations", "present_watermark")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def launched() -> dict[str, str]:
    """The ids of the backfills that are under way."""
    return {}


# -- looking around -----------------------------------------------------------------------------------


def test_all_105_tables_stand_in_the_graph_in_their_six_groups(page: Page, dagster: Served, shoot: Shoot) -> None:
    page.goto("/")
    page.get_by_role("link", name="Lineage").click()
    groups = page.locator("svg foreignObject.group")
    expect(groups).to_have_count(len(GROUPS))
    shown = dagster.wait_until("the graph shows the statuses of all groups", lambda: _group_sizes(groups), timeout_s=60)
    assert shown == GROUPS
    assert sum(shown.values()) == 105
    shoot(page, "01-asset-graph")


def test_the_graph_has_the_171_dependencies_of_the_relationships(dagster: Served, catalog: Catalog) -> None:
    nodes = dagster.ask("{assetNodes {assetKey {path} groupName dependencyKeys {path}}}")["assetNodes"]
    assert Counter(node["groupName"] for node in nodes) == GROUPS
    names = [_name(node["assetKey"]) for node in nodes]
    assert sorted(names) == sorted(table.name for table in catalog)
    edges = [(_name(parent), _name(node["assetKey"])) for node in nodes for parent in node["dependencyKeys"]]
    assert len(edges) == len(set(edges)) == DEPENDENCIES
    assert set(edges) == {(parent, table.name) for table in catalog for parent in catalog.upstream(table.name)}


def test_every_group_unfolds_into_its_tables(page: Page, catalog: Catalog, shoot: Shoot) -> None:
    # Dagster draws only what is in sight; the longest group has 37 tables.
    page.set_viewport_size({"width": 1600, "height": 1800})
    page.goto("/asset-groups")
    rows = page.locator("[data-index]")
    for group in GROUPS:
        row = rows.filter(has=page.get_by_role("button", name=f"asset_group {group}"))
        unfold = row.get_by_role("button", name="arrow_drop_down")
        unfold.click()
        tables = [table.name for table in catalog if catalog.category(table.name) == group]
        for table in tables:
            expect(rows.filter(has=page.get_by_text(table, exact=True)).first).to_be_visible()
        expect(rows).to_have_count(len(GROUPS) + len(tables))
        shoot(page, f"02-group-{group}")
        unfold.click()
        expect(rows).to_have_count(len(GROUPS))


def test_the_page_of_a_table_explains_every_column_and_relationship(page: Page, catalog: Catalog, shoot: Shoot) -> None:
    table = catalog["analytics_conversation_segment"]
    page.goto(f"/assets/{table.name}")
    expect(page.get_by_text(table.description.split(". ")[0]).first).to_be_visible()
    columns = page.locator("table").filter(has_text="Column name")
    for column in (*table.columns, *table.housekeeping):
        row = columns.get_by_role("row").filter(has=page.get_by_role("cell", name=re.compile(rf"^{column.name}\b")))
        expect(row).to_contain_text(column.type)
        expect(row).to_contain_text(column.description)
    relationships = page.get_by_role("row").filter(has=page.get_by_role("cell", name="relationships", exact=True))
    for key in catalog.foreign_keys(table.name):
        expect(relationships.get_by_role("listitem").filter(has_text=f"→ {key.parent} ").first).to_be_visible()
    expect(page.get_by_role("button", name="Materialize…")).to_be_enabled()
    shoot(page, "03-table")
    relationships.scroll_into_view_if_needed()
    shoot(page, "04-relationships")


def test_a_table_that_is_not_loaded_yet_is_shown_but_cannot_be_materialized(
    page: Page, catalog: Catalog, shoot: Shoot
) -> None:
    table = catalog["recording_info"]
    page.goto(f"/assets/{table.name}")
    expect(page.get_by_text("External Asset")).to_be_visible()
    expect(page.get_by_role("cell", name="conversation_id references: analytics_conversation")).to_be_visible()
    expect(page.get_by_role("button", name="Materialize")).to_be_disabled()
    shoot(page, "05-external-table")


def test_the_schedules_and_the_sensors_are_on(page: Page, dagster: Served, shoot: Shoot) -> None:
    page.goto("/")
    page.get_by_role("link", name="Automation").click()
    for name in SCHEDULES:
        expect(page.locator(f'a[href$="/schedules/{name}"]')).to_be_visible()
    for name in SENSORS:
        expect(page.locator(f'a[href$="/sensors/{name}"]')).to_be_visible()
    expect(page.locator('a[href*="/schedules/"]')).to_have_count(len(SCHEDULES))
    expect(page.locator('a[href*="/sensors/"]')).to_have_count(len(SENSORS))
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(len(SCHEDULES) + len(SENSORS))
    shoot(page, "06-automation")
    page.locator('a[href$="/sensors/conversation_watermark"]').click()
    expect(page.get_by_text(re.compile(r"^\d+ runs? requested$")).first).to_be_visible(timeout=90_000)
    shoot(page, "07-sensor")


# -- loading ------------------------------------------------------------------------------------------
# Backfills are launched early and looked at late: Dagster takes note of them every half minute.


def test_a_backfill_of_a_range_of_days_is_launched_from_the_page_of_a_table(
    page: Page, launched: dict[str, str], today: date, shoot: Shoot
) -> None:
    page.goto("/assets/analytics_conversation")
    page.get_by_role("button", name="Materialize…").click()
    launched["table"] = backfill(page, _days(today, 16), shoot, "08-backfill-dialog")


def test_the_metadata_job_is_run_with_a_click_and_succeeds(page: Page, dagster: Served, shoot: Shoot) -> None:
    launched = materialize_job(page, dagster, "metadata")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    shoot(page, "09-metadata-run")

    ended = run(dagster, launched)
    assert ended["status"] == "SUCCESS", complaints(dagster, launched)
    assert len(ended["assets"]) == GROUPS["metadata"]
    page.goto("/assets/queue")
    expect(page.get_by_text("Row count")).to_be_visible()
    shoot(page, "10-loaded-table")


def test_a_backfill_of_a_range_of_days_of_all_history_is_launched_from_its_job(
    page: Page, launched: dict[str, str], today: date, shoot: Shoot
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="historical", exact=False).first.click()
    page.get_by_role("button", name="Materialize all").click()
    launched["job"] = backfill(page, _days(today, 20), shoot, "11-job-backfill-dialog")


def test_the_knowledge_job_is_run_with_a_click_and_succeeds(page: Page, dagster: Served) -> None:
    launched = materialize_job(page, dagster, "knowledge")
    ended = run(dagster, launched)
    assert ended["status"] == "SUCCESS", complaints(dagster, launched)
    assert len(ended["assets"]) == GROUPS["knowledge"]


def test_the_backfill_of_the_table_succeeds_and_its_days_tell_what_was_loaded(
    page: Page, dagster: Served, launched: dict[str, str], today: date, shoot: Shoot
) -> None:
    wait_for_backfill(dagster, launched["table"])
    page.goto(f"/runs/b/{launched['table']}")
    expect(page.get_by_text("Succeeded", exact=True).last).to_be_visible()
    expect(page.get_by_text("100% completed")).to_be_visible()
    shoot(page, "12-backfill")

    loaded = _materialized(dagster, "analytics_conversation")
    page.goto("/assets/analytics_conversation?view=partitions")
    for day in map(date.isoformat, _days(today, 16)):
        assert loaded[day]["inserted"] > 0
        page.get_by_text(day, exact=True).first.click()
        expect(page.get_by_role("row").filter(has_text="inserted")).to_be_visible()
    shoot(page, "13-partitions")


def test_the_backfill_of_all_history_succeeds_and_every_table_has_its_days(
    page: Page, dagster: Served, launched: dict[str, str], catalog: Catalog, today: date, shoot: Shoot
) -> None:
    wait_for_backfill(dagster, launched["job"])
    page.goto(f"/runs/b/{launched['job']}")
    expect(page.get_by_text("Succeeded", exact=True).last).to_be_visible()
    shoot(page, "14-job-backfill")

    days = set(map(date.isoformat, _days(today, 20)))
    for table in (table.name for table in catalog if catalog.category(table.name) == "historical"):
        assert days <= _materialized(dagster, table).keys()


# -- checks -------------------------------------------------------------------------------------------


def test_the_checks_of_a_table_show_its_key_and_its_relationships_with_results(
    page: Page, catalog: Catalog, shoot: Shoot
) -> None:
    page.goto("/assets/queue")
    page.get_by_role("tab", name="Checks").click()
    names = ["key", *(key.relationship.name for key in catalog.foreign_keys("queue"))]
    expect(page.get_by_text(f"Checks ({len(names)})")).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(len(names))
    page.get_by_text("division_id__division", exact=True).first.click()
    expect(page.get_by_text("Every division_id is found in division.")).to_be_visible()
    expect(page.get_by_text("0 rows have no parent in division")).to_be_visible()
    shoot(page, "15-relationship-check")
    page.get_by_text("key", exact=True).first.click()
    expect(page.get_by_text("(id) is never empty and never there twice.")).to_be_visible()
    for fault in ("nulls", "duplicates"):
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=fault, exact=True))
        expect(row.get_by_role("cell", name="0", exact=True)).to_be_visible()
    shoot(page, "16-key-check")


def test_every_key_and_relationship_of_the_present_state_was_checked(dagster: Served, catalog: Catalog) -> None:
    query = """query ($key: AssetKeyInput!) {assetNodeOrError(assetKey: $key) {... on AssetNode {assetChecksOrError {
        ... on AssetChecks {checks {name description
            executionForLatestMaterialization {status evaluation {severity}}}}}}}}"""
    for table in (each for each in catalog if catalog.category(each.name) in ("metadata", "knowledge")):
        node = dagster.ask(query, key={"path": [table.name]})["assetNodeOrError"]
        checks = {check["name"]: check for check in node["assetChecksOrError"]["checks"]}
        keys = {key.relationship.name: key for key in catalog.foreign_keys(table.name)}
        assert checks.keys() == {"key", *keys}, table.name
        for name, check in checks.items():
            ran = check["executionForLatestMaterialization"]
            assert ran is not None, f"{table.name}: {name} did not run"
            # A relationship that real rows often lack says so and never warns; the others hold here without exception.
            assert ran["status"] == "SUCCEEDED", f"{table.name}: {name}"
            informational = name in keys and keys[name].relationship.informational
            assert informational == ("Informational" in check["description"]), f"{table.name}: {name}"


def test_no_run_of_the_session_failed(page: Page, dagster: Served, shoot: Shoot) -> None:
    def ended() -> list[dict[str, str]] | None:
        runs = dagster.ask("{runsOrError {... on Runs {results {runId jobName status}}}}")["runsOrError"]["results"]
        return runs if all(each["status"] in FINISHED for each in runs) else None

    runs = dagster.wait_until("all runs have ended", ended, timeout_s=RUN_S)
    page.goto("/asset-groups")
    expect(page.locator("svg foreignObject.group")).to_have_count(len(GROUPS))
    expect(page.get_by_text("fetching statuses")).to_have_count(0)
    shoot(page, "17-asset-graph-loaded")
    page.goto("/overview")
    expect(page.get_by_role("link", name="historical")).to_be_visible()
    shoot(page, "18-timeline")
    assert {"metadata", "historical"} <= {each["jobName"] for each in runs}
    assert {each["runId"]: complaints(dagster, each["runId"]) for each in runs if each["status"] != "SUCCESS"} == {}


# -- how it is done -----------------------------------------------------------------------------------


def _days(today: date, ago: int) -> list[date]:
    """Three days that the sensors leave alone."""
    return [today - timedelta(days=n) for n in (ago, ago - 1, ago - 2)]


def _name(key: dict[str, list[str]]) -> str:
    return "/".join(key["path"])


def _group_sizes(groups: Locator) -> dict[str, int] | None:
    """What each group says of itself: ``27 assets``, or a number for each status."""
    sizes: dict[str, int] = {}
    for group in groups.all():
        name, *rest = group.locator("div").first.inner_text().split("\n")
        sizes[name] = sum(int(number) for number in re.findall(r"\d+", " ".join(rest)))
    return sizes if all(sizes.values()) else None


def _materialized(dagster: Served, table: str) -> dict[str, dict[str, int]]:
    """The whole numbers of the last materialization of each partition."""
    query = """query ($key: AssetKeyInput!) {assetNodeOrError(assetKey: $key) {... on AssetNode {
        assetMaterializations {partition metadataEntries {label ... on IntMetadataEntry {intValue}}}}}}"""
    events = dagster.ask(query, key={"path": [table]})["assetNodeOrError"]["assetMaterializations"]
    return {
        event["partition"]: {
            entry["label"]: entry["intValue"] for entry in event["metadataEntries"] if "intValue" in entry
        }
        for event in reversed(events)
    }
