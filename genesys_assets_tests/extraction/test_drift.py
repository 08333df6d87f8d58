"""Undeclared fields are told with their path and how often they were seen; declared and ignored ones are not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from genesys_assets.catalog.conversations import CONVERSATION_DETAILS, TABLES
from genesys_assets.catalog.declare import Read, Table, int64, string
from genesys_assets.catalog.declare import json as json_column
from genesys_assets.extraction.drift import SAMPLE, DriftWatch
from genesys_assets_tests.extraction.made_up import MadeUp
from genesys_assets_tests.extraction.samples import ID, OF_ITEM, READ, raw, table

FAMILY = DriftWatch(CONVERSATION_DETAILS, TABLES)


def seen(tables: Table | list[Table], *items: Any, ignored: tuple[str, ...] = ()) -> dict[str, int]:
    read = Read(READ.name, READ.path, ignored=ignored)
    return DriftWatch(read, [tables] if isinstance(tables, Table) else tables).look(raw(*items))


def test_conversations_with_every_declared_field_show_no_drift():
    assert FAMILY.look(MadeUp(31, full=True).raw(5)) == {}


def test_new_fields_are_counted_at_every_depth_and_nothing_else_is():
    items = [json.loads(item) for item in MadeUp(32, full=True).raw(2)]
    for item in items:
        item["shiny"] = 1
        for participant in item["participants"]:
            participant["novel"] = [{"a": 1}, {"b": 2}]
            for session in participant["sessions"]:
                session["flow"]["fresh"] = {"inside": {"is": "not told apart"}}
                session["segments"][0]["newest"] = None
    participants = sum(len(item["participants"]) for item in items)
    sessions = sum(len(each["sessions"]) for item in items for each in item["participants"])
    assert FAMILY.look(raw(*items)) == {
        "shiny": 2,
        "participants[].novel[]": participants,
        "participants[].sessions[].flow.fresh": sessions,
        "participants[].sessions[].segments[].newest": sessions,
    }


def test_names_of_attributes_are_data_not_fields():
    conversation = {"participants": [{"attributes": {"anything": "at all", "goes.here ": ""}}]}
    assert FAMILY.look(raw(conversation)) == {}


def test_fields_of_a_maps_values_are_watched():
    entry = table(OF_ITEM, string("name", "N.", "@key", key=True), string("a", "A.", "in.a"), rows="maps{}")
    assert seen(entry, {"id": "1", "maps": {"x": {"in": {"a": "1", "b": "2"}}, "y": {"z": 1}}}) == {
        "maps{}.in.b": 1,
        "maps{}.z": 1,
    }


def test_a_json_column_takes_what_its_shape_names_or_all_if_it_has_none():
    shaped = json_column("x", "X.", shape=({"a": "string", "b": {"c": "int64"}},))
    item = {"id": "1", "x": [{"a": "", "b": {"c": 1, "d": 2}, "e": 3}], "y": [{"any": {"thing": 1}}]}
    assert seen(table(ID, shaped, json_column("y", "Y.")), item) == {"x[].b.d": 1, "x[].e": 1}


def test_ignored_fields_are_known_with_all_below_them():
    item = {"id": "1", "division": {"id": "d", "name": "n", "selfUri": "u"}, "images": [{"a": 1}]}
    division = string("division_id", "D.", "division.id")
    assert seen(table(ID, division), item, ignored=("images", "division.name")) == {"division.selfUri": 1}
    assert seen(table(ID, division), item, ignored=("images", "division")) == {}


def test_the_fields_of_every_table_of_the_read_and_of_the_partition_are_known():
    rows = table(OF_ITEM, ID, int64("n", "N.", "m[?k==v].n"), name="row", rows="in.rows[]", partition_by="$.at.day")
    item = {"id": "1", "x": 1, "at": {"day": "", "hour": 1}, "in": {"rows": [{"id": "a", "m": [{"k": "v", "n": 1}]}]}}
    assert seen([table(ID, string("x", "X.")), rows], item) == {"at.hour": 1}
    assert seen([rows], item) == {"at.hour": 1, "x": 1}


def test_only_a_sample_is_looked_at():
    assert seen(table(ID), *[{"id": str(n), "new": n} for n in range(SAMPLE * 3)]) == {"new": SAMPLE}


@pytest.mark.parametrize("item", [b"5", b"null", b'"text"', b"[]", b'{"id": "\xff"}', b'{"id": ', b"{}"])
def test_items_that_the_parser_rejects_do_not_stop_the_watch(item: bytes):
    assert DriftWatch(READ, [table(ID)]).look([item, b'{"new": 1}']) == {"new": 1}
