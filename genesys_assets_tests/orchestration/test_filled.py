"""The whole default organisation, loaded once: every column filled, every entity there, no call too many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import Table, load_catalog
from genesys_assets_tests.bench.calls import allowed
from genesys_assets_tests.orchestration.changes import TABLES, Json, Organisation, load
from genesys_assets_tests.orchestration.project import Project, project

EMPTY = {None, "", "[]", "{}"}
DEFAULT = simulator.Settings(rate_limit=0)
"""The default organisation, but for the limit that would keep a test waiting."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("filled"), DEFAULT) as made:
        assert not load(made)
        assert not len(made.warehouse.quarantined())
        yield made


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_filled_or_says_why_not(loaded: Project, table: Table) -> None:
    rows = loaded.rows(table.name)
    assert len(rows)
    filled = {column.name for column in table.columns if set(rows[column.name]) - EMPTY}
    wanted = {column.name for column in table.columns if column.unfilled is None}
    assert sorted(wanted - filled) == [], "no row has a value"
    assert sorted(filled - wanted) == [], "a value although the declaration says that there is none"


def test_nothing_in_the_answers_is_unknown_to_the_declarations(loaded: Project) -> None:
    drift = loaded.warehouse.drift()
    assert drift.select("name", "field").rows() == []


def test_a_full_refresh_costs_a_call_for_every_hundred_rows_and_one_for_every_parent(loaded: Project) -> None:
    ledger = dict(loaded.warehouse.ledger(TABLES).select("table", "calls").iter_rows())
    dear: list[str] = []
    for read, tables in load_catalog().reads().values():
        if tables[0] not in TABLES:
            continue
        parents = 0 if read.each is None else loaded.warehouse.count(load_catalog()[read.each.table])
        items = max((loaded.warehouse.count(table) for table in tables if table.rows == ""), default=parents)
        calls, most = ledger[tables[0].name], allowed(read, items, parents)
        if calls > most:
            dear.append(f"{read.name}: {calls} calls for {items} items beneath {parents} parents, not {most}")
    assert not dear


# What is easily lost: entities that a listing hides unless asked, and rows that look alike.

LISTED = {
    "organization_presence_definition": "presence_definitions",
    "division": "divisions",
    "location_definition": "locations",
    "group": "groups",
    "team": "teams",
    "user": "users",
    "queue": "queues",
    "routing_skill": "skills",
    "wrapup_code": "wrapup_codes",
    "flow_outcome": "flow_outcomes",
}
"""Table to the kind of entity in the simulated organisation, of which each is a row."""


@pytest.fixture(scope="module")
def organisation(loaded: Project) -> Organisation:
    return Organisation(loaded)


@pytest.mark.parametrize("table", LISTED)
def test_every_entity_has_its_row_whatever_its_state_and_division(
    loaded: Project, organisation: Organisation, table: str
) -> None:
    entities = organisation.made(LISTED[table])
    assert sorted(loaded.rows(table)["id"]) == sorted(entity["id"] for entity in entities)


@pytest.mark.parametrize(
    ("table", "states"),
    [
        ("user", {"active", "inactive", "deleted"}),
        ("location_definition", {"active", "deleted"}),
        ("group", {"active", "inactive"}),
        ("routing_skill", {"active", "inactive", "deleted"}),
        ("user_routing_skill", {"active", "inactive"}),
        ("user_routing_language", {"active", "inactive"}),
    ],
)
def test_rows_of_every_state_are_kept_with_it(loaded: Project, table: str, states: set[str]) -> None:
    assert set(loaded.rows(table)["state"]) == states


def test_presence_definitions_out_of_use_are_there_with_labels_in_every_language(loaded: Project) -> None:
    rows = loaded.rows("organization_presence_definition")
    assert set(rows["deactivated"]) == {True, False}
    assert all({"en_US", "de"} <= json.loads(labels).keys() for labels in rows["language_labels"])
    assert "*" in set(rows["division_id"])


def test_features_are_those_that_were_listed_and_those_that_were_not_are_not_made_up(
    loaded: Project, organisation: Organisation
) -> None:
    (known,) = organisation.made("organization")
    assert dict(loaded.rows("organization_feature").select("feature", "enabled").iter_rows()) == known["features"]


def test_contacts_that_differ_in_nothing_but_the_extension_are_rows_of_their_own(
    loaded: Project, organisation: Organisation
) -> None:
    contacts = loaded.rows("user_contact")
    assert len(contacts) == sum(len(user["addresses"]) for user in organisation.made("users"))
    assert contacts["address"].null_count()
    assert contacts.select("user_id", "media_type", "type", "address").is_duplicated().any()


@pytest.mark.parametrize(
    ("table", "entries"),
    [
        ("user_role", lambda user: user["authorization"]["roles"]),
        ("user_routing_skill", lambda user: user["skills"]),
        ("user_routing_language", lambda user: user["languages"]),
    ],
)
def test_every_user_has_what_was_expanded(
    loaded: Project, organisation: Organisation, table: str, entries: Callable[[Json], list[Json]]
) -> None:
    held = {(user["id"], entry["id"]) for user in organisation.made("users") for entry in entries(user)}
    key = load_catalog()[table].key
    assert set(loaded.rows(table).select(key).iter_rows()) == held


def test_members_of_a_group_are_as_many_as_the_group_says_owners_and_inactive_ones_too(loaded: Project) -> None:
    counted = loaded.rows("group").select("id", "member_count").rows()
    members = Counter(loaded.rows("user_group")["group_id"])
    assert dict(counted) == {group: members[group] for group, _ in counted}
    hidden = loaded.rows("group").filter(pl.col("visibility") != "public")["id"]
    assert any(members[group] for group in hidden)
    inactive = loaded.rows("user").filter(pl.col("state") == "inactive")["id"]
    assert set(inactive) & set(loaded.rows("user_group")["user_id"])


def test_a_team_has_the_name_of_its_division(loaded: Project) -> None:
    teams, divisions = loaded.rows("team"), loaded.rows("division")
    named = teams.join(divisions.select("id", name="name"), left_on="division_id", right_on="id", suffix="_of_division")
    assert len(named) == len(teams)
    assert named["division_name"].equals(named["name_of_division"], null_equal=False)


def test_no_listing_was_narrowed(loaded: Project) -> None:
    """Filters such as a name that it must start with cost rows and no error; unknown parameters cost nothing."""
    narrowing = {"name", "id", "divisionId", "hasPeer", "peerId", "jabberId", "onlyLatestPerContext", "parentId"}
    sent = {
        (read.name, parameter): value
        for read, tables in load_catalog().reads().values()
        for parameter, value in read.parameters.items()
        if tables[0] in TABLES and parameter in narrowing
    }
    assert {value for value in sent.values() if value not in ("false", "*")} == set()
    assert loaded.control("GET", "statistics")["unknown_parameters"] == {}
