"""Workforce management: nothing pages, large answers lie elsewhere, and identifiers repeat from unit to unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.declare import Read, Table
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.genesys import GenesysClient, PagingError, Retries, Settings
from genesys_assets.simulator import Settings as Organisation
from genesys_assets.simulator import Simulator, serve
from genesys_assets_tests.extraction.conftest import NOW
from genesys_assets_tests.extraction.samples import MemorySink

READS = load_catalog().reads()
CODES, (CODE,) = READS["activity_codes"]
MANAGED, (MANAGEMENT_UNIT,) = READS["management_units"]
AGENTS, (AGENT,) = READS["management_unit_users"]
GROUPS, OF_GROUPS = READS["planning_groups"]


def parents(simulator: Simulator, kind: str) -> pl.DataFrame:
    return pl.DataFrame({"id": [each["id"] for each in simulator.entities(kind)]}).with_columns(
        gone=pl.lit(value=False)
    )


def beneath_units(client: GenesysClient, simulator: Simulator, read: Read, *tables: Table) -> MemorySink:
    sink = MemorySink()
    outcome = read_fan_out(client, read, tables, parents(simulator, "business_units"), sink)
    assert (outcome.failed, outcome.rejected) == ((), 0)
    return sink


@pytest.fixture
def downloading() -> Iterator[tuple[GenesysClient, Simulator]]:
    """An organisation whose workforce management answers with addresses."""
    with serve(Organisation(users=40, groups=3, conversations_per_day=10, now=NOW, wfm_downloads=True)) as running:
        settings = Settings(running.url, running.url, running.client_id, running.client_secret, 60_000)
        with GenesysClient(settings, retries=Retries(attempts=2, base=0.001, longest=0.002)) as client:
            yield client, running


def test_codes_that_lie_behind_an_address_are_loaded_like_any_other(
    downloading: tuple[GenesysClient, Simulator],
) -> None:
    client, simulator = downloading
    answer = client.request("GET", CODES.path.format(businessUnitId=simulator.entities("business_units")[0]["id"]))
    assert b'"entities":[]' in answer.body
    sink = beneath_units(client, simulator, CODES, CODE)
    assert len(sink.rows(CODE)) == len(simulator.entities("activity_codes"))
    (scope,) = sink.covers[CODE.name]
    assert scope is not None
    assert len(scope) == 3


def test_default_codes_are_the_same_in_every_unit_and_are_kept_apart(
    client: GenesysClient, simulator: Simulator
) -> None:
    rows = beneath_units(client, simulator, CODES, CODE).rows(CODE)
    assert rows.filter(pl.col("id") == "0")["business_unit_id"].n_unique() == 3
    assert len(rows) == rows.select(CODE.key).n_unique() > rows["id"].n_unique()
    assert rows.filter("default_code")["name"].null_count(), "some of them have no name"
    assert "System" in set(rows["modified_by_id"])


def test_deleted_codes_stay(client: GenesysClient, simulator: Simulator) -> None:
    rows = beneath_units(client, simulator, CODES, CODE).rows(CODE)
    deleted = {each["id"] for each in simulator.entities("activity_codes") if not each["active"]}
    assert deleted
    assert set(rows.filter(~pl.col("active")).select(pl.format("{}:{}", *CODE.key)).to_series()) == deleted


def test_paths_that_differ_by_their_skills_alone_are_two(client: GenesysClient, simulator: Simulator) -> None:
    sink = beneath_units(client, simulator, GROUPS, *OF_GROUPS)
    paths = next(table for table in OF_GROUPS if table.name == "planning_group_routing_path")
    rows = sink.rows(paths)
    wanted = [path for group in simulator.entities("planning_groups") for path in group["routePaths"]]
    assert len(rows) == len(wanted)
    assert rows.select("planning_group_id", "queue_id", "media_type", "language_id").n_unique() < len(rows)


def test_the_order_of_route_paths_and_skills_means_nothing(client: GenesysClient, simulator: Simulator) -> None:
    def keys() -> list[set[tuple[object, ...]]]:
        sink = beneath_units(client, simulator, GROUPS, *OF_GROUPS)
        return [set(sink.rows(table).select(table.key).rows()) for table in OF_GROUPS]

    before = keys()
    for group in simulator.entities("planning_groups"):
        turned = [{**path, "skills": path["skills"][::-1]} for path in group["routePaths"]][::-1]
        simulator.edit("planning_groups", group["id"], routePaths=turned)
    assert keys() == before


def test_management_units_come_all_at_once_whatever_page_is_asked_for(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
) -> None:
    wanted = {unit["id"] for unit in simulator.entities("management_units")}
    read_listing(client, MANAGED, [MANAGEMENT_UNIT], sink)
    assert set(sink.rows(MANAGEMENT_UNIT)["id"]) == wanted
    assert "pageNumber" not in MANAGED.parameters
    with pytest.raises(PagingError, match="circles"):
        read_listing(client, replace(MANAGED, paging="page_number", page_size=2), [MANAGEMENT_UNIT], MemorySink())


def test_an_agent_who_moves_leaves_the_old_unit(client: GenesysClient, simulator: Simulator) -> None:
    units = parents(simulator, "management_units")
    member = simulator.entities("management_unit_users")[0]
    other = next(unit for unit in units["id"] if unit != member["managementUnitId"])
    simulator.edit("management_unit_users", member["id"], managementUnitId=other)
    sink = MemorySink()
    read_fan_out(client, AGENTS, [AGENT], units, sink)
    homes = sink.rows(AGENT).filter(pl.col("user_id") == member["userId"])["management_unit_id"].to_list()
    assert homes == [other]
    (scope,) = sink.covers[AGENT.name]
    assert scope is not None
    assert member["managementUnitId"] in scope["management_unit_id"].to_list(), "the old row is retired"
