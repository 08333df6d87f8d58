"""Listings and fan-outs over HTTP: all pages into all tables, and nothing covered that was not read."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.declare import Snapshot
from genesys_assets.extraction.listing import read_fan_out, read_listing, requests_for
from genesys_assets.extraction.outage import MAX_CONSECUTIVE_FAILURES
from genesys_assets.genesys import GenesysClient, PagingError, PermissionDenied, TransientError
from genesys_assets.simulator import Faults, Simulator, malformation
from genesys_assets_tests.extraction import by_hand
from genesys_assets_tests.extraction.samples import ID, MemorySink, table

READS = load_catalog().reads()
USERS, OF_USERS = READS["users"]
GROUPS, OF_GROUPS = READS["groups"]
MEMBERS, (USER_GROUP,) = READS["group_members"]
PRESENCES = next(read for read, _ in READS.values() if "presence" in read.path)
MEMBERS_OF = "/api/v2/groups/{}/members"


def asked(simulator: Simulator, path: str) -> int:
    return sum(n for name, n in simulator.statistics()["requests"].items() if name.endswith(f" {path}"))


def groups(simulator: Simulator, *gone: str) -> pl.DataFrame:
    ids = [group["id"] for group in simulator.entities("groups")]
    frame = pl.DataFrame({"id": [*ids, *gone], "gone": [*[False] * len(ids), *[True] * len(gone)]})
    return frame.with_columns(pl.col("id").cast(pl.String))


def members(sink: MemorySink) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for group, user in sink.rows(USER_GROUP).iter_rows():
        found.setdefault(group, set()).add(user)
    return found


def covered(sink: MemorySink) -> list[str]:
    (scope,) = sink.covers["user_group"]
    assert scope is not None
    assert dict(scope.schema) == {"group_id": pl.String()}
    return scope["group_id"].to_list()


# -- listings ------------------------------------------------------------------------------------------


def test_a_listing_fills_every_table_that_lives_in_it(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    outcome = read_listing(client, USERS, OF_USERS, sink)
    entities = simulator.entities("users")
    assert (outcome.items, outcome.rejected) == (len(entities), 0)
    assert len(entities) > (USERS.page_size or 0), "one page would prove little"
    items = [json.dumps(entity).encode() for entity in entities]
    for each in OF_USERS:
        found = by_hand.plain(each, sink.rows(each).sort(each.key))
        assert found == sorted(by_hand.rows(each, items), key=lambda row: [row[name] for name in each.key])
        assert found, each.name
        assert sink.covers[each.name] == [None]
    assert [read for read, _ in sink.drifted] == ["users"]


def test_a_part_of_the_tables_costs_the_same_pages_and_shows_no_more_drift(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    read_listing(client, USERS, OF_USERS[2:3], sink, known=OF_USERS)
    assert list(sink.frames) == [OF_USERS[2].name]
    assert asked(simulator, "/api/v2/users/query") == 2
    assert sink.drifted == [("users", {})]


def test_an_undeclared_field_is_told_as_drift(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    first = simulator.entities("users")[0]
    simulator.edit("users", first["id"], brandNew={"a": 1})
    read_listing(client, USERS, OF_USERS, sink)
    assert sink.drifted == [("users", {"brandNew": 1})]


def test_a_listing_with_a_rejected_item_covers_nothing(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    bad = simulator.entities("users")[3]["id"]
    simulator.edit("users", bad, version="many")
    outcome = read_listing(client, USERS, OF_USERS, sink)
    assert (outcome.items, outcome.rejected) == (len(simulator.entities("users")), 1)
    assert sink.covers == {}
    assert len(sink.rows(OF_USERS[0])) == outcome.items - 1
    (reject,) = sink.rejects.rows(named=True)
    assert (reject["table"], reject["column"], reject["source"]) == ("user", "version", USERS.path)
    assert json.loads(reject["raw"])["id"] == bad


def test_a_listing_that_breaks_off_covers_nothing(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    simulator.fail(USERS.path, 403)
    with pytest.raises(PermissionDenied):
        read_listing(client, USERS, OF_USERS, sink)
    assert sink.covers == {}


def test_a_listing_that_is_no_listing_covers_nothing(client: GenesysClient, sink: MemorySink):
    with pytest.raises(PagingError):
        read_listing(client, replace(USERS, items="entities.0.id"), OF_USERS, sink)
    assert sink.covers == {}


def test_the_variants_of_a_read_are_united(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    tables = READS[PRESENCES.name][1]
    outcome = read_listing(client, PRESENCES, tables, sink)
    definitions = simulator.entities("presence_definitions")
    assert {each["deactivated"] for each in definitions} == {True, False}
    assert set(sink.rows(tables[0])["id"]) == {each["id"] for each in definitions}
    assert outcome.items == len(definitions)
    assert asked(simulator, PRESENCES.path) == len(PRESENCES.variants) == 2


# -- fan-outs ------------------------------------------------------------------------------------------


def test_a_fan_out_asks_once_for_each_parent_and_covers_them_all(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    parents = groups(simulator)
    outcome = read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    assert outcome.failed == ()
    assert covered(sink) == parents["id"].to_list()
    for group in simulator.entities("groups"):
        assert len(members(sink).get(group["id"], ())) <= group["memberCount"]
    assert len(sink.rows(USER_GROUP)) == outcome.items > 0
    assert [read for read, _ in sink.drifted] == [MEMBERS.name]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_parent_that_fails_keeps_its_rows_and_the_others_go_on(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, status: int
):
    parents = groups(simulator)
    bad = parents["id"][2]
    simulator.fail(MEMBERS_OF.format(bad), status)
    outcome = read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    (failure,) = outcome.failed
    assert (failure.read, failure.parent) == (MEMBERS.name, bad)
    assert str(status) in failure.reason
    others = [group for group in parents["id"] if group != bad]
    assert covered(sink) == others
    assert set(members(sink)) <= set(others)
    assert outcome.items == len(sink.rows(USER_GROUP)) > 0


def test_a_parent_whose_answer_is_broken_fails_like_one_without_an_answer(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    broken = replace(MEMBERS, items="entities.0.id")
    outcome = read_fan_out(client, broken, [USER_GROUP], groups(simulator).head(2), sink)
    assert [failure.parent for failure in outcome.failed] == groups(simulator)["id"].to_list()[:2]
    assert covered(sink) == []


def test_a_deleted_parent_is_covered_without_being_asked_for(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    parents = groups(simulator, "00000000-dead-4000-8000-000000000000")
    outcome = read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    assert outcome.failed == ()
    assert set(covered(sink)) == set(parents["id"])
    assert asked(simulator, "/api/v2/groups/{groupId}/members") == len(simulator.entities("groups"))


def test_an_outage_ends_the_fan_out(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    parents = groups(simulator)
    for bad in parents["id"][1 : 1 + MAX_CONSECUTIVE_FAILURES]:
        simulator.fail(MEMBERS_OF.format(bad), 500)
    with pytest.raises(TransientError):
        read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    assert sink.covers == {}


@pytest.mark.parametrize("between", [None, 404])
def test_failures_with_an_answer_between_them_are_no_outage(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, between: int | None
):
    parents = groups(simulator)
    bad = [group for n, group in enumerate(parents["id"]) if n != 3]
    assert len(bad) > MAX_CONSECUTIVE_FAILURES
    for group in bad:
        simulator.fail(MEMBERS_OF.format(group), 500)
    if between is not None:
        simulator.fail(MEMBERS_OF.format(parents["id"][3]), between)
    outcome = read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    assert {failure.parent for failure in outcome.failed} >= set(bad)
    assert covered(sink) == ([parents["id"][3]] if between is None else [])


def test_a_parent_with_a_rejected_item_is_not_covered(client: GenesysClient, simulator: Simulator, sink: MemorySink):
    simulator.set_faults(Faults(malformed_items=1.0))
    parents = groups(simulator)
    outcome = read_fan_out(client, MEMBERS, [USER_GROUP], parents, sink)
    assert 0 < outcome.rejected < outcome.items, "some malformations hit fields that are not taken"
    assert len(sink.rejects) == outcome.rejected
    spoilt = {source.split("/")[-2] for source in sink.rejects["source"]}
    assert covered(sink) == [group for group in parents["id"] if group not in spoilt]
    for user in sink.rows(USER_GROUP)["user_id"]:
        assert malformation(1, 1.0, user) is not None


def test_without_parents_nothing_is_asked_and_nothing_covered(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    read_fan_out(client, MEMBERS, [USER_GROUP], groups(simulator).clear(), sink)
    assert covered(sink) == []
    assert asked(simulator, "/api/v2/groups/{groupId}/members") == 0


def test_a_table_without_the_fan_outs_parent_is_refused_before_anything_is_asked(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
):
    for loading in (Snapshot(), Snapshot(parent=("id", "other"))):
        with pytest.raises(ValueError, match="table thing: its parent columns do not match the fan-out over group"):
            read_fan_out(client, MEMBERS, [table(ID, loading=loading, read=MEMBERS)], groups(simulator), sink)
    with pytest.raises(ValueError, match="read users has no parent"):
        read_fan_out(client, USERS, OF_USERS, groups(simulator), sink)
    assert simulator.statistics()["total"] == 0


def test_an_id_is_one_part_of_the_path_whatever_is_in_it():
    (request,) = requests_for(MEMBERS, {"groupId": "a/b?c=ü"})
    assert request.path == "/api/v2/groups/a%2Fb%3Fc%3D%C3%BC/members"


def test_a_request_is_never_made_with_a_hole_in_its_path():
    with pytest.raises(ValueError, match=r"read group_members: no value for a parameter of the path .*\{groupId\}"):
        list(requests_for(MEMBERS, {"teamId": "t"}))
    with pytest.raises(ValueError, match="read conversation_details is not a listing but goes by async_job"):
        list(requests_for(READS["conversation_details"][0]))
