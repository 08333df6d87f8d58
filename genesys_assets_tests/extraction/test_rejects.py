"""Items that do not fit: each is rejected with table, column, reason and raw JSON, and takes no other with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from genesys_assets.catalog.conversations import TABLES
from genesys_assets.catalog.declare import (
    Column,
    Table,
    Tree,
    boolean,
    date,
    double,
    int64,
    local_timestamp,
    string,
    timestamp,
)
from genesys_assets.catalog.declare import json as json_column
from genesys_assets.extraction.parser import REJECT_SCHEMA, PageParser
from genesys_assets_tests.extraction.made_up import MadeUp
from genesys_assets_tests.extraction.samples import ID, OF_ITEM, parsed, raw, reason, table

LIST = json_column("x", "J.", shape=({"n": "int64", "t": "string"},))
FAMILY = PageParser(TABLES, root="conversationId")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (int64("x", "N."), "5", "Expected `bool | int | float | null`, got `str`"),
        (int64("x", "N."), 2.5, "2.5 is not a int64"),
        (int64("x", "N."), 2**53, "is not a int64"),
        (int64("x", "N."), 2**70, "is not a int64"),
        (int64("x", "N."), [1], "got `array`"),
        (double("x", "N."), "1.5", "got `str`"),
        (boolean("x", "B."), "true", "got `str`"),
        (boolean("x", "B."), 1, "got `int`"),
        (string("x", "S."), {"text": "a"}, "got `object`"),
        (string("x", "S."), ["a"], "got `array`"),
        (timestamp("x", "T."), "the day before yesterday", "'the day before yesterday' is not a timestamp"),
        (timestamp("x", "T."), "2024-02-29", "'2024-02-29' is not a timestamp"),
        (timestamp("x", "T."), "2024-02-29T10:00:00", "is not a timestamp"),
        (timestamp("x", "T."), "2024-02-30T10:00:00Z", "is not a timestamp"),
        (timestamp("x", "T."), "", "'' is not a timestamp"),
        (timestamp("x", "T."), 1709164800000, "'1709164800000' is not a timestamp"),
        (local_timestamp("x", "L."), "2024-02-29T10:00:00Z", "is not a local_timestamp"),
        (date("x", "D."), "2024-02-29T00:00:00Z", "is not a date"),
        (date("x", "D."), "29.02.2024", "is not a date"),
        (LIST, [{"n": 1}, {"n": 1.5}], "is not a json"),
        (LIST, [{"n": "1"}], "got `str`"),
        (LIST, [{"n": 2**60}], "is not a json"),
        (LIST, {"n": 1}, "got `object`"),
        (LIST, [5], "got `int`"),
        (json_column("x", "J.", shape={"a": {"b": "int64"}}), {"a": {"b": 0.5}}, "is not a json"),
    ],
)
def test_what_a_column_cannot_hold_is_rejected_with_its_name(column: Column, value: Any, words: str):
    where, name, why = reason(table(ID, column), {"id": "bad", "x": value})
    assert (where, name) == ("thing", "x")
    assert why.startswith("table thing, column x: ")
    assert words.lower() in why.lower()


@pytest.mark.parametrize("item", ["text", 7, None, True, [], [{"id": "1"}]], ids=repr)
def test_an_item_that_is_no_object_is_rejected(item: Any):
    where, column, why = reason(table(ID), item)
    assert (where, column) == ("thing", "")
    assert "expected `object`" in why


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": None, "x": 1}])
def test_a_row_without_its_key_is_rejected(item: Any):
    assert reason(table(ID, string("x", "X.")), item) == ("thing", "id", "table thing, column id: it is missing")


def test_a_row_without_its_partition_is_rejected():
    begun = table(ID, timestamp("begun", "When."), partition_by="begun")
    result = parsed(begun, {"id": "1"}, {"id": "2", "begun": None}, {"id": "3", "begun": "2024-02-29T00:00:00Z"})
    assert result.frames["thing"]["id"].to_list() == ["3"]
    assert result.rejects["column"].to_list() == ["db_partition"] * 2
    assert "no begun to tell the partition by" in result.rejects["reason"][0]


def test_a_row_of_a_tree_without_its_root_is_rejected():
    leaf = table(string("leaf_id", "Leaf.", key=True), string("tree_id", "Tree."), loading=Tree("tree_id"))
    result = parsed(leaf, {"leafId": "1", "treeId": "t"}, {"leafId": "2"})
    assert result.frames["thing"].rows() == [("1", "t")]
    assert result.rejects["column"].to_list() == ["tree_id"]


def test_a_conversation_is_rejected_as_a_whole_or_not_at_all():
    items = [json.loads(item) for item in MadeUp(21, full=True).raw(3)]
    items[1]["participants"][0]["sessions"][0]["metrics"][0]["value"] = "12 pieces"
    result = FAMILY.parse(raw(*items))
    ids = {items[0]["conversationId"], items[2]["conversationId"]}
    for name, frame in result.frames.items():
        assert set(frame["conversation_id"]) == ids, name
    assert set(result.roots) == ids
    assert result.rejects.select("table", "column").rows() == [("analytics_session_metric", "value")]


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda c: c.pop("conversationStart"), ("analytics_conversation", "db_partition")),
        (lambda c: c.update(conversationStart="2024-02-29"), ("analytics_conversation", "conversation_start")),
        (lambda c: c.update(conversationId=None), ("analytics_conversation", "conversation_id")),
        (lambda c: c.pop("conversationId"), ("analytics_conversation", "conversation_id")),
        (lambda c: c.update(participants={}), ("analytics_participant", "")),
        (lambda c: c.update(participants=[None]), ("analytics_participant", "participant_id")),
        (lambda c: c.update(divisionIds=[None]), ("conversation_division", "division_id")),
        (lambda c: c.update(divisionIds={"a": 1}), ("conversation_division", "division_id")),
        (lambda c: c["participants"][0].update(purpose={"text": "agent"}), ("analytics_participant", "purpose")),
        (
            lambda c: c["participants"][0].update(attributes={"a": {"b": "c"}}),
            ("analytics_participant_attribute", "val"),
        ),
        (lambda c: c["participants"][0].update(attributes=[]), ("analytics_participant_attribute", "val")),
        (lambda c: c["participants"][0]["sessions"][0].update(flow=[]), ("analytics_session", "flow_id")),
        (
            lambda c: c["participants"][0]["sessions"][0]["segments"][0].update(segmentStart="yesterday"),
            ("analytics_conversation_segment", "segment_start"),
        ),
        (
            lambda c: c["participants"][0]["sessions"][0]["segments"][0].update(q850ResponseCodes=[17, 0.5]),
            ("analytics_conversation_segment", "q850_response_codes"),
        ),
        (
            lambda c: c["participants"][0]["sessions"][0].update(mediaEndpointStats=[{"codecs": [{}]}]),
            ("analytics_session", "media_endpoint_stats"),
        ),
    ],
)
def test_whatever_is_wrong_in_a_conversation_the_column_is_named(spoil: Any, where: tuple[str, str]):
    items = [json.loads(item) for item in MadeUp(22, full=True).raw(3)]
    spoil(items[1])
    result = FAMILY.parse(raw(*items), source="/api/v2/x")
    assert result.rejects.select("table", "column", "source").rows() == [(*where, "/api/v2/x")]
    assert json.loads(result.rejects["raw"][0]) == items[1]
    assert len(result.roots) == 2


def test_raw_json_that_no_parser_reads_is_rejected_alone():
    bad = [
        b'{"id": "1", "x": "\xff"}',
        b'{"id": "2", "more": "\xff"}',
        b'{"id": "3", "more": 1e999}',
        b'{"id": "4", "x": 1e999}',
        b'{"id": "5"',
        b'{"id": "6", "x": "a\tb"}',
    ]
    for tables in ([table(ID, string("x", "S."))], [table(ID, string("x", "S."), json_column("j", "J."))]):
        result = PageParser(tables).parse([b'{"id": "0"}', *bad, b'{"id": "7"}'])
        assert result.frames["thing"]["id"].to_list() == ["0", "7"]
        assert result.rejects["raw"].to_list() == [item.decode("utf-8", "replace") for item in bad]
        assert all(result.rejects["reason"])


def test_objects_in_the_wrong_place_do_not_upset_json_columns_without_a_shape():
    inner = table(OF_ITEM, ID, json_column("more", "More."), name="inner", rows="by[].them[]")
    good = {"id": "1", "by": [{"them": [{"id": "a", "more": {"x": 1}}]}]}
    bad = [{"id": "2", "by": 5}, {"id": "3", "by": [{"them": "text"}]}, {"id": "4", "by": {"them": []}}, 5, None]
    result = parsed(inner, *bad, good)
    assert result.frames["inner"].rows() == [("1", "a", '{"x":1}')]
    assert [json.loads(text) for text in result.rejects["raw"]] == bad


def test_every_item_may_be_bad():
    result = parsed(table(ID), *range(30))
    assert result.frames["thing"].is_empty()
    assert result.frames["thing"].schema == table_schema(table(ID))
    assert (len(result.rejects), result.items) == (30, 30)


def test_the_first_fault_of_an_item_is_told_once():
    bad = {"id": "1", "n": 0.5, "t": "never"}
    result = parsed(table(ID, int64("n", "N."), timestamp("t", "T.")), bad)
    assert result.rejects["column"].to_list() == ["n"]


def test_without_a_fault_there_are_no_rejects_but_their_columns():
    assert dict(parsed(table(ID), {"id": "1"}).rejects.schema) == dict(REJECT_SCHEMA)


# -- the same key twice --------------------------------------------------------------------------------


def test_rows_that_stand_twice_in_an_item_are_one():
    tag = table(OF_ITEM, ID, string("x", "X."), name="tag", rows="tags[]")
    one = {"id": "a", "x": "same"}
    assert parsed(tag, {"id": "1", "tags": [one, {"id": "b"}, one]}).frames["tag"].rows() == [
        ("1", "b", None),
        ("1", "a", "same"),
    ]


def test_different_rows_of_one_key_in_an_item_reject_the_item():
    tag = table(OF_ITEM, ID, string("x", "X."), timestamp("t", "T."), name="tag", rows="tags[]")
    moment = "2024-02-29T00:00:00Z"
    bad = {"id": "1", "tags": [{"id": "a", "x": "one", "t": moment}, {"id": "a", "x": "other", "t": moment}]}
    result = parsed([table(ID), tag], bad, {"id": "2", "tags": [{"id": "a", "x": "one"}]})
    assert result.frames["tag"].rows() == [("2", "a", "one", None)]
    assert result.frames["thing"].rows() == [("2",)]
    assert result.rejects["table"].to_list() == ["tag"]
    assert "two different rows have the key item_id = 1, id = a" in result.rejects["reason"][0]


def test_of_one_key_in_several_items_the_last_counts():
    things = table(ID, string("x", "X."))
    items = [{"id": "1", "x": "old"}, {"id": "2"}, {"id": "1", "x": "new"}]
    assert parsed(things, *items).frames["thing"].rows() == [("2", None), ("1", "new")]


def test_of_one_key_in_several_items_the_last_counts_whichever_rows_path_it_came_by():
    both = table(ID, string("x", "X."), string("which", "Which.", "@rows"), name="both", rows=("a[]", "b[]"))
    items = [{"b": [{"id": "1", "x": "old"}]}, {"a": [{"id": "1", "x": "new"}]}]
    assert parsed(both, *items).frames["both"].rows() == [("1", "new", "a[]")]


def test_a_row_of_a_rejected_item_does_not_displace_one_that_loads():
    first = table(ID, string("x", "X."), name="first")
    later = table(OF_ITEM, string("k", "K.", key=True), string("v", "V."), name="later", rows="rows[]")
    clash = {"id": "1", "x": "bad", "rows": [{"k": "a", "v": "1"}, {"k": "a", "v": "2"}]}
    good = {"id": "1", "x": "good", "rows": [{"k": "a", "v": "0"}]}
    for items in ([good, clash], [clash, good]):
        result = parsed([first, later], *items)
        assert result.frames["first"].rows() == [("1", "good")]
        assert result.frames["later"].rows() == [("1", "a", "0")]
        assert len(result.rejects) == 1


def test_attributes_are_told_apart_by_every_character_of_their_names():
    names = ["Name", "name", "name ", " name", "na me", "na.me", "a[]", "", "ﬁ", "fi", "é", "e\u0301", "🙂"]
    conversation = {
        "conversationId": "c",
        "conversationStart": "2024-02-29T00:00:00.000Z",
        "participants": [{"participantId": "p", "attributes": {name: str(n) for n, name in enumerate(names)}}],
    }
    conversation["participants"] += [{"participantId": "q", "attributes": {"name": "", "other": None}}]  # type: ignore[operator]
    result = FAMILY.parse(raw(conversation))
    rows = result.frames["analytics_participant_attribute"].select("participant_id", "name", "val").rows()
    assert rows == [*(("p", name, str(n)) for n, name in enumerate(names)), ("q", "name", ""), ("q", "other", None)]


def table_schema(declared: Table) -> Any:
    return PageParser([declared]).parse([]).frames[declared.name].schema
