"""What is lost or falsified in silence: clipped pages, an address that leads nowhere, objects out of use, a move."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.listing import read_listing
from genesys_assets.genesys import GenesysClient, PagingError, Settings
from genesys_assets.simulator import Settings as Organisation
from genesys_assets.simulator import Simulator, serve
from genesys_assets_tests.extraction.conftest import NOW
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_lists import calls, ids, of, rows
from genesys_assets_tests.genesys.conftest import QUICK, cutting
from genesys_assets_tests.orchestration.project import failures
from genesys_assets_tests.orchestration.test_planned import SCHEDULES, TODAY, UNITS, agent, load, planned, units

READS = load_catalog().reads()


def answer(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + content


SIGNED_IN = answer({"access_token": "a-token", "token_type": "bearer", "expires_in": 86_400})


def from_a_server(name: str, *answers: object) -> MemorySink:
    """What a read makes of these answers, of which none may be left over."""
    read, tables = READS[name]
    sink = MemorySink()
    with cutting(SIGNED_IN, *(answer(each) for each in answers)) as url:
        settings = Settings(url, url, "an-id", "a-secret", 60_000)
        with GenesysClient(settings, retries=replace(QUICK, attempts=1), timeout=httpx.Timeout(2)) as client:
            read_listing(client, read, tables, sink)
    return sink


@pytest.mark.parametrize(("name", "table"), [("teams", "team"), ("external_organizations", "external_organization")])
@pytest.mark.parametrize("cursor", ["after=", "after=&pageSize=100", "cursor="])
def test_a_listing_ends_where_the_next_address_leads_nowhere(name: str, table: str, cursor: str) -> None:
    """Followed, an address with an empty cursor would lead back to the first page."""
    path = READS[name][0].path
    first = {"entities": [{"id": "a"}], "nextUri": f"{path}?after=x&pageSize=100"}
    last = {"entities": [{"id": "b"}], "nextUri": f"{path}?{cursor}"}
    sink = from_a_server(name, first, last)
    assert sink.rows(load_catalog()[table])["id"].to_list() == ["a", "b"]
    assert sink.covers == {table: [None]}


def test_presence_definitions_that_are_fewer_than_their_total_cover_nothing() -> None:
    with pytest.raises(PagingError, match="total 2 of which 1 came"):
        from_a_server("presence_definitions", {"entities": [{"id": "a"}], "total": 2})


def test_pages_that_are_clipped_below_the_size_asked_for_are_all_read() -> None:
    with serve(Organisation(users=20, groups=2, queues=1_100, skills=1_001, now=NOW, rate_limit=0)) as many:
        settings = Settings(many.url, many.url, many.client_id, many.client_secret, 60_000)
        with GenesysClient(settings) as client:
            for name, kind, path in (("queues", "queues", "queues"), ("routing_skills", "skills", "skills")):
                found = rows(client, name, READS[name][1][0].name, page_size=1_000)
                assert set(found["id"]) == ids(many, kind)
                assert calls(many, f"/api/v2/routing/{path}") == 3, "in pages of 500"


@pytest.mark.parametrize(
    ("name", "table"),
    [("groups", "group"), ("schedule_groups", "schedule_group"), ("locations", "location_definition")],
)
@pytest.mark.parametrize("state", ["inactive", "deleted"])
def test_what_is_listed_although_out_of_use_is_kept_with_its_state(
    client: GenesysClient, simulator: Simulator, name: str, table: str, state: str
) -> None:
    each = simulator.entities(name)[0]["id"]
    simulator.edit(name, each, state=state)
    found = rows(client, name, table)
    assert set(found["id"]) == ids(simulator, name)
    assert of(found, id=each)["state"] == state


def test_the_schedules_of_a_deleted_group_stay_its_members(client: GenesysClient, simulator: Simulator) -> None:
    group = simulator.entities("schedule_groups")[0]
    simulator.edit("schedule_groups", group["id"], state="deleted")
    members = rows(client, "schedule_groups", "schedule_group_member")
    wanted = sum(len(group.get(name, ())) for name in ("openSchedules", "closedSchedules", "holidaySchedules"))
    assert wanted
    assert (members["schedule_group_id"] == group["id"]).sum() == wanted


@pytest.mark.soak
def test_what_was_scheduled_before_a_unit_moved_keeps_its_business_unit(tmp_path: Path) -> None:
    past = date(2026, 3, 10)
    with planned(tmp_path, "moved") as made:
        moved, _ = agent(made)
        former, present = (unit["id"] for unit in units(made))
        load(made, SCHEDULES, day=past)
        fields = {"businessUnit": {"id": present}}
        made.control("POST", "world", action="edit", kind="management_units", id=moved, fields=fields)
        result = made.run("metadata", asset_selection=made.assets(*UNITS))
        assert result.success, failures(result)
        load(made, SCHEDULES, day=TODAY)
        rows = made.rows("agent_schedule").filter(pl.col("management_unit_id") == moved)
    for day, unit in ((past, former), (TODAY, present)):
        of_day = rows.filter(pl.col("activity_start_date").dt.date() == day)
        assert set(of_day["business_unit_id"]) == {unit}
