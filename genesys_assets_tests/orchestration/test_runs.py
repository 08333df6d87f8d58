"""Runs of the jobs and what they leave behind, on one small organisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import Table, load_catalog
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.orchestration.automation import RANGE_END, RANGE_START
from genesys_assets_tests.orchestration.project import CONVERSATION_TABLES, FAMILY, Project, failures, project

SETTINGS = simulator.Settings(
    conversations_per_day=60,
    users=150,
    queues=20,
    groups=4,
    evaluation_forms=6,
    articles=60,
    article_feedback=40,
    responses=40,
    external_contacts=200,
    rate_limit=0,
    job_polls=1,
    now="2026-03-11T03:00:00.000Z",
)
FIRST, LAST = date(2026, 3, 8), date(2026, 3, 10)
DAYS = {"day": FIRST, "until": LAST}
RUNS: dict[str, dict[str, date]] = {"metadata": {}, "knowledge": {}, "historical": DAYS, "aggregated": DAYS}
"""The jobs that load something, and their days."""
NEED_NOT_ASK = ("evaluation_form_contents", "forecast_data")
"""Reads that do not ask again for what cannot have changed."""


def of(category: str) -> tuple[Table, ...]:
    catalog = load_catalog()
    return tuple(table for table in executable_tables(catalog) if catalog.category(table.name) == category)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The present state and three days loaded once; the 10th reaches past the watermark (21:00)."""
    with project(tmp_path_factory.mktemp("project"), SETTINGS) as made:
        for category, days in RUNS.items():
            result = made.run(category, **days)
            assert result.success, failures(result)
        yield made


def materializations(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], dict[str, object]]:
    return {
        (event.asset_key.path[-1], event.partition): {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
    }


def test_every_executable_table_has_rows(loaded: Project) -> None:
    empty = [table.name for table in executable_tables(load_catalog()) if not loaded.warehouse.count(table)]
    assert not empty


def test_a_second_run_changes_nothing_and_says_so_for_every_table_and_partition(loaded: Project) -> None:
    days = {f"2026-03-{day:02}" for day in (8, 9, 10)}
    for category, window in RUNS.items():
        told = materializations(loaded.run(category, **window))
        assert set(told) == {(table.name, day) for table in of(category) for day in (days if window else {None})}
        for key, metadata in told.items():
            read = load_catalog()[key[0]].read
            assert (metadata["inserted"], metadata["updated"], metadata["retired"]) == (0, 0, 0), key
            asked = bool(metadata["api_calls"])
            assert bool(metadata["bytes"]) == asked, key
            assert asked or read.method == "COMPUTE" or read.name in NEED_NOT_ASK, key


def test_the_partition_past_the_watermark_is_open_and_the_ones_before_provisional(loaded: Project) -> None:
    ledger = loaded.warehouse.ledger(CONVERSATION_TABLES)
    status = {(row["table"], row["partition"]): row["status"] for row in ledger.iter_rows(named=True)}
    assert {status[table.name, LAST] for table in CONVERSATION_TABLES} == {"open"}
    assert {status[table.name, FIRST] for table in CONVERSATION_TABLES} == {"provisional"}


def test_the_tail_holds_conversations_that_the_lake_does_not_know_yet(loaded: Project) -> None:
    starts = loaded.rows("analytics_conversation", start=LAST)["conversation_start"]
    assert starts.max() > datetime(2026, 3, 10, 21, tzinfo=UTC)


def test_any_subset_of_a_family_can_be_loaded_without_touching_the_others(loaded: Project) -> None:
    session, key = load_catalog()["analytics_session"], dg.AssetKey("analytics_session")
    history = len(loaded.warehouse.history([load_catalog()["analytics_participant"]]))
    result = loaded.run("historical", day=FIRST, asset_selection=[key])
    assert result.success, failures(result)
    assert {table for table, _ in materializations(result)} == {"analytics_session"}
    assert materializations(result)["analytics_session", str(FIRST)]["inserted"] == 0
    assert len(loaded.warehouse.history([load_catalog()["analytics_participant"]])) == history
    assert loaded.warehouse.count(session)


def test_a_day_alone_leaves_its_neighbours_as_they_are(loaded: Project) -> None:
    before = {day: loaded.rows("analytics_session", start=day, end=None) for day in (FIRST,)}
    assert loaded.run("historical", day=date(2026, 3, 9), asset_selection=FAMILY).success
    for day, rows in before.items():
        assert loaded.rows("analytics_session", start=day).sort(rows.columns).equals(rows.sort(rows.columns))


def test_keys_hold_and_every_relationship_was_checked(loaded: Project) -> None:
    result = loaded.run("historical", day=FIRST, asset_selection=FAMILY)
    checks = {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}
    for table in CONVERSATION_TABLES:
        assert checks[table.name, "key"].passed
        for key in load_catalog().foreign_keys(table.name):
            assert (table.name, key.relationship.name) in checks
    inside = checks["analytics_session", "participant_id__analytics_participant"]
    assert inside.passed and inside.metadata["rows_without_parent"].value == 0


def test_the_standing_check_is_content_with_days_that_still_have_time_to_settle(loaded: Project) -> None:
    result = loaded.run("partition_checks")
    assert result.success, failures(result)
    evaluations = result.get_asset_check_evaluations()
    partitioned = {table.name for table in (*of("historical"), *of("aggregated"))}
    assert {each.asset_key.path[-1] for each in evaluations} == partitioned
    for evaluation in evaluations:
        assert evaluation.passed
        if evaluation.asset_key.path[-1] not in {table.name for table in CONVERSATION_TABLES}:
            continue
        assert (evaluation.metadata["open"].value, evaluation.metadata["provisional"].value) == (1, 2)


def test_a_partition_tells_the_rows_that_lie_in_it(loaded: Project) -> None:
    told = materializations(loaded.run("historical", day=FIRST, asset_selection=FAMILY))
    for table in CONVERSATION_TABLES:
        rows = loaded.rows(table.name, start=FIRST, end=date(2026, 3, 9))
        assert told[table.name, str(FIRST)]["dagster/partition_row_count"] == len(rows), table.name


def test_an_upstream_table_is_read_through_the_io_manager_as_a_lazy_frame(loaded: Project) -> None:
    manager = loaded.defs.resources["warehouse_io"]
    context = dg.build_input_context(asset_key=dg.AssetKey("group"), resources=dict(loaded.resources))
    groups = manager.load_input(context).collect()
    assert len(groups) == SETTINGS.groups


def test_the_daily_schedule_asks_for_yesterday_and_today_in_one_run(loaded: Project) -> None:
    schedule = loaded.defs.get_repository_def().get_schedule_def("historical_daily")
    moment = datetime(2026, 3, 10, 6, 15, tzinfo=UTC)
    with dg.build_schedule_context(instance=loaded.instance, scheduled_execution_time=moment) as context:
        (request,) = schedule.evaluate_tick(context).run_requests
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2026-03-09", "2026-03-10")
    result = loaded.defs.resolve_job_def("historical").execute_in_process(
        instance=loaded.instance, tags=request.tags, asset_selection=FAMILY
    )
    assert {day for _, day in materializations(result)} == {"2026-03-09", "2026-03-10"}


def test_a_vanished_row_is_kept_as_deleted_and_comes_back_to_life(loaded: Project) -> None:
    queue = loaded.rows("queue")["id"][0]
    for action, deleted in (("remove", True), ("restore", False)):
        loaded.control("POST", "world", action=action, kind="queues", id=queue)
        assert loaded.run("metadata", asset_selection=[dg.AssetKey("queue")]).success
        row = loaded.rows("queue").row(by_predicate=pl.col("id") == queue, named=True)
        assert (row["db_when_deleted"] is not None) == deleted


def test_no_request_carried_a_parameter_that_the_api_does_not_have(loaded: Project) -> None:
    assert loaded.control("GET", "statistics")["unknown_parameters"] == {}
