"""What a second request tells of an item: asked only if wanted, and its failure costs only that item."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.declare import Detail, Read, Snapshot, string
from genesys_assets.extraction.detail import Details
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.extraction.outage import MAX_CONSECUTIVE_FAILURES
from genesys_assets.genesys import GenesysClient, TransientError
from genesys_assets.simulator import Simulator
from genesys_assets_tests.extraction.samples import ID, MemorySink, raw, table
from genesys_assets_tests.extraction.test_listing import asked

READS = load_catalog().reads()
UNITS, (UNIT,) = READS["business_units"]
MANAGED, (MANAGEMENT_UNIT,) = READS["management_units"]
ONE = "/api/v2/workforcemanagement/businessunits/{businessUnitId}"
ONE_MANAGED = "/api/v2/workforcemanagement/managementunits/{managementUnitId}"
PLAIN = replace(UNIT, columns=tuple(c for c in UNIT.columns if not c.path.startswith("settings.")))


def units(simulator: Simulator) -> list[str]:
    return [unit["id"] for unit in simulator.entities("business_units")]


def path_of(unit: str) -> str:
    return ONE.replace("{businessUnitId}", unit)


def test_every_item_gets_its_detail_with_one_request(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    outcome = read_listing(client, UNITS, [UNIT], sink)
    assert outcome.failed == ()
    assert asked(simulator, ONE) == len(units(simulator)) == 3
    zones = dict(sink.rows(UNIT).select("id", "time_zone").iter_rows())
    assert zones == {unit["id"]: unit["settings"]["timeZone"] for unit in simulator.entities("business_units")}
    assert {"Monday", "Sunday"} == set(sink.rows(UNIT)["start_day_of_week"])
    assert sink.covers["business_unit"] == [None]
    assert sink.drifted == [("business_units", {})]
    assert simulator.statistics()["unknown_parameters"] == {}


def test_a_field_that_nobody_declared_is_told_of_the_detail_too(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    unit = simulator.entities("business_units")[0]
    simulator.edit("business_units", unit["id"], settings={**unit["settings"], "brandNew": 1})
    read_listing(client, UNITS, [UNIT], sink)
    assert sink.drifted == [("business_units", {"settings.brandNew": 1})]


def test_nothing_is_asked_for_details_that_no_column_takes(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    read_listing(client, UNITS, [PLAIN], sink)
    assert asked(simulator, ONE) == 0
    assert len(sink.rows(PLAIN)) == 3


@pytest.mark.parametrize("status", [404, 500])
def test_an_item_whose_detail_fails_keeps_its_row_and_nothing_is_retired(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, status: int
):
    first, bad, last = units(simulator)
    simulator.fail(path_of(bad), status)
    outcome = read_listing(client, UNITS, [UNIT], sink)
    (failure,) = outcome.failed
    assert (failure.read, failure.parent) == ("business_units", bad)
    assert str(status) in failure.reason
    assert set(sink.rows(UNIT)["id"]) == {first, last}
    assert sink.covers == {}


def test_a_detail_that_is_left_out_blanks_nothing(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    bad = units(simulator)[1]
    simulator.edit("business_units", bad, settings=None)
    outcome = read_listing(client, UNITS, [UNIT], sink)
    assert [(failure.parent, failure.reason) for failure in outcome.failed] == [
        (bad, f"{path_of(bad)}: the answer has no settings")
    ]
    assert bad not in set(sink.rows(UNIT)["id"])


def test_a_unit_that_the_client_may_not_look_into_goes_without(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    closed = units(simulator)[2]
    simulator.edit("business_units", closed, authorized=False)
    outcome = read_listing(client, UNITS, [UNIT], sink)
    assert outcome.failed == ()
    assert asked(simulator, ONE) == 2
    rows = {row["id"]: row for row in sink.rows(UNIT).iter_rows(named=True)}
    assert (rows[closed]["authorized"], rows[closed]["time_zone"]) == (False, None)
    assert sink.covers["business_unit"] == [None]


def test_an_outage_ends_the_listing(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    managed = [unit["id"] for unit in simulator.entities("management_units")]
    assert len(managed) > MAX_CONSECUTIVE_FAILURES
    for unit in managed[1:]:
        simulator.fail(ONE_MANAGED.replace("{managementUnitId}", unit), 500)
    with pytest.raises(TransientError):
        read_listing(client, MANAGED, [MANAGEMENT_UNIT], sink)
    assert sink.covers == {}


def test_details_with_an_answer_between_them_are_no_outage(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    managed = [unit["id"] for unit in simulator.entities("management_units")]
    bad, good = [*managed[:3], *managed[4:8]], [managed[3], *managed[8:]]
    assert len(bad) > MAX_CONSECUTIVE_FAILURES
    for unit in bad:
        simulator.fail(ONE_MANAGED.replace("{managementUnitId}", unit), 500)
    outcome = read_listing(client, MANAGED, [MANAGEMENT_UNIT], sink)
    assert [failure.parent for failure in outcome.failed] == bad
    assert sink.rows(MANAGEMENT_UNIT)["id"].to_list() == good


def test_a_malformed_item_is_left_for_the_parser(client: GenesysClient, simulator: Simulator):
    details = Details(client, UNITS, [UNIT])
    items = [*raw({"name": "no id"}, {"id": None}, {"id": 7}), b"[]", b"\xff"]
    assert details.fill(items) == (items, [])
    assert asked(simulator, ONE) == 0


def test_the_detail_of_an_item_beneath_a_parent_may_take_the_parents_parameter(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    """A read of nobody's: the planning groups of a unit, each with the settings of its unit."""
    groups, _ = READS["planning_groups"]
    assert groups.each is not None
    detail = Detail(ONE, {"businessUnitId": "@request.businessUnitId"}, {"expand": "settings"}, field="settings")
    read: Read = replace(groups, name="zones", detail=detail, digests=())
    zone = string("zone", "Zone.", "settings.timeZone")
    parent = string("business_unit_id", "Unit.", "@request.businessUnitId", key=True)
    zones = table(ID, parent, zone, loading=Snapshot(parent=("business_unit_id",)), read=read)
    first, bad, last = units(simulator)
    simulator.fail(path_of(bad), 500)
    parents = pl.DataFrame({"id": [first, bad, last]}).with_columns(gone=pl.lit(value=False))
    outcome = read_fan_out(client, read, [zones], parents, sink)
    assert {failure.parent for failure in outcome.failed} == {bad}
    (scope,) = sink.covers["thing"]
    assert scope is not None and scope["business_unit_id"].to_list() == [first, last]
    found = {unit: zone for _, unit, zone in sink.rows(zones).iter_rows()}
    settings = {unit["id"]: unit["settings"]["timeZone"] for unit in simulator.entities("business_units")}
    assert found == {unit: settings[unit] for unit in (first, last)}
