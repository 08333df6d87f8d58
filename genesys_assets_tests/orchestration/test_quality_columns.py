"""Every column of evaluations, surveys and audit trails is filled by what a few days bring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg
import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.project import Project, failures, project

pytestmark = pytest.mark.soak

READS = ("evaluations", "conversation_surveys", "audits", "quality_audits")
TABLES = tuple(table for read in READS for table in load_catalog().reads()[read][1])
FIRST, LAST = date(2026, 3, 8), date(2026, 3, 10)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """As many evaluations, surveys and audits a day as in the default organisation, on a tenth of its conversations."""
    usual = simulator.Settings()
    settings = simulator.Settings(
        conversations_per_day=usual.conversations_per_day // 10,
        evaluation_every=usual.evaluation_every // 10,
        survey_every=usual.survey_every // 10,
        rate_limit=0,
        job_polls=1,
        now="2026-03-11T03:00:00.000Z",
    )
    with project(tmp_path_factory.mktemp("project"), settings) as made:
        result = load(made)
        assert result.success, failures(result)
        yield made


def load(on: Project) -> dg.ExecuteInProcessResult:
    return on.run("historical", day=FIRST, until=LAST, asset_selection=[dg.AssetKey(table.name) for table in TABLES])


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_every_column_is_filled(loaded: Project, table: object) -> None:
    rows = loaded.rows(table.name)  # type: ignore[attr-defined]
    columns = [column for column in table.columns if column.unfilled is None]  # type: ignore[attr-defined]
    assert [column.name for column in columns if rows[column.name].null_count() == len(rows)] == []


def test_declared_values_are_the_only_ones(loaded: Project) -> None:
    for table in TABLES:
        rows = loaded.rows(table.name)
        for column in table.columns:
            if column.values:
                assert set(rows[column.name].drop_nulls()) <= set(column.values), f"{table.name}.{column.name}"


def test_nothing_was_rejected_nothing_is_undeclared_and_no_parameter_unknown(loaded: Project) -> None:
    assert loaded.warehouse.quarantined().is_empty()
    assert loaded.warehouse.drift().is_empty()
    assert loaded.control("GET", "statistics")["unknown_parameters"] == {}


def test_children_have_their_parents(loaded: Project) -> None:
    catalog, names = load_catalog(), {table.name for table in TABLES}
    inside = [key for table in TABLES for key in catalog.foreign_keys(table.name) if key.parent in names]
    assert len(inside) == 9
    for key in inside:
        assert loaded.warehouse.orphans(key).rows == 0, key


def test_not_applicable_groups_have_no_points_to_reach(loaded: Project) -> None:
    groups = loaded.rows("evaluation_question_group_score")
    assert groups.filter(pl.col("marked_na"))["max_total_score"].max() == 0
    weighted = groups.filter(pl.col("max_total_score") != pl.col("max_total_score_unweighted"))
    assert len(weighted)


def test_a_second_load_changes_nothing_and_reads_nothing_that_is_known(loaded: Project) -> None:
    before = {table.name: loaded.content_of(table) for table in TABLES}
    loaded.control("DELETE", "statistics")
    assert load(loaded).success
    ledger = loaded.warehouse.ledger(TABLES)
    assert ledger.select(pl.col("inserted", "updated", "retired", "restored").sum()).row(0) == (0, 0, 0, 0)
    for table in TABLES:
        assert loaded.content_of(table).equals(before[table.name])
    asked = loaded.control("GET", "statistics")["requests"]
    assert not [path for path in asked if path.endswith(("/surveys", "/evaluations/{evaluationId}"))]
