from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest
import yaml

from genesys_assets.catalog import load_catalog
from genesys_assets.definitions import build_defs
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.orchestration.resources import WarehouseResource
from genesys_assets_tests.orchestration.listing import FILE, listing

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


def test_every_change_of_the_definitions_shows_in_the_committed_listing() -> None:
    assert listing() == FILE.read_text(), "write it anew: python -m genesys_assets_tests.orchestration.listing"


def test_all_tables_are_assets_in_their_groups_with_the_dependencies_of_the_graph(defs: dg.Definitions) -> None:
    catalog = load_catalog()
    graph = defs.resolve_asset_graph()
    keys = {key.path[-1]: graph.get(key) for key in graph.get_all_asset_keys()}
    assert set(keys) == {table.name for table in catalog}
    for name, node in keys.items():
        assert node.group_name == catalog.category(name)
        assert {parent.path[-1] for parent in node.parent_keys} == set(catalog.upstream(name))
    assert sum(len(node.parent_keys) for node in keys.values()) == 171
    assert len(graph.toposorted_asset_keys) == 105
    groups = Counter(node.group_name for node in keys.values())
    assert groups == {
        "metadata": 37,
        "historical": 27,
        "realtime": 13,
        "recording": 13,
        "aggregated": 8,
        "knowledge": 7,
    }


def test_what_can_be_materialized_is_what_is_carried_out_and_no_other_table(defs: dg.Definitions) -> None:
    catalog, graph = load_catalog(), defs.resolve_asset_graph()
    executable = {key.path[-1] for key in graph.get_all_asset_keys() if graph.get(key).is_executable}
    assert executable == {table.name for table in executable_tables(catalog)}
    whole = ("metadata", "knowledge")
    assert executable >= {table.name for table in catalog if catalog.category(table.name) in whole}
    assert len(executable) == 79


def test_every_foreign_key_and_every_key_of_an_executable_table_is_checked(defs: dg.Definitions) -> None:
    catalog = load_catalog()
    graph = defs.resolve_asset_graph()
    checks = {(key.asset_key.path[-1], key.name) for key in graph.asset_check_keys}
    for table in executable_tables(catalog):
        assert (table.name, "key") in checks
        for key in catalog.foreign_keys(table.name):
            assert (table.name, key.relationship.name) in checks
        assert ((table.name, "partitions") in checks) == (table.partition_by is not None)


def test_columns_in_the_metadata_are_those_of_the_declaration(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for table in load_catalog():
        schema = graph.get(dg.AssetKey(table.name)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [c.name for c in (*table.columns, *table.housekeeping)]
        assert all(column.description for column in schema.columns)


@pytest.mark.parametrize(
    ("location", "kind"),
    [("elsewhere.duckdb", "duckdb"), ("duckdb:///a/b", "duckdb"), ("postgresql://host/database", "postgres")],
)
def test_the_storage_that_is_shown_is_that_of_the_warehouse(location: str, kind: str) -> None:
    graph = build_defs({"warehouse": WarehouseResource(location=location)}).resolve_asset_graph()
    assert {graph.get(key).metadata["dagster/storage_kind"] for key in graph.get_all_asset_keys()} == {kind}
    assert graph.get(dg.AssetKey("queue")).kinds == {"polars", kind}


def test_a_job_a_category_so_that_a_failing_dimension_cannot_stop_history(defs: dg.Definitions) -> None:
    catalog = load_catalog()
    for category in ("metadata", "knowledge", "historical"):
        job = defs.resolve_job_def(category)
        keys = {key.path[-1] for key in job.asset_layer.executable_asset_keys}
        assert keys == {t.name for t in executable_tables(catalog) if catalog.category(t.name) == category}


def test_each_call_builds_definitions_of_its_own() -> None:
    assert build_defs() is not build_defs()


def test_the_workspace_and_the_project_table_point_at_the_same_module() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    module = workspace["load_from"][0]["python_module"]["module_name"]
    assert module == project["tool"]["dg"]["project"]["code_location_target_module"]


@pytest.mark.parametrize("arguments", [["-w", "workspace.yaml"], []], ids=["workspace.yaml", "pyproject.toml"])
def test_dagster_loads_the_definitions_both_ways(arguments: list[str]) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "definitions", "validate", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
