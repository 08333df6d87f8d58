"""Columns out of items: every form of a path, and what stands where nothing is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from genesys_assets.catalog.audits import TABLES as AUDITS
from genesys_assets.catalog.declare import (
    Tree,
    boolean,
    double,
    int64,
    local_timestamp,
    string,
    timestamp,
)
from genesys_assets.catalog.declare import date as day
from genesys_assets.catalog.declare import json as json_column
from genesys_assets.catalog.organization import TABLES as ORGANIZATION
from genesys_assets.catalog.users import TABLES as USERS
from genesys_assets.extraction.parser import DeclarationError, PageParser
from genesys_assets_tests.extraction.samples import ID, OF_ITEM, parsed, raw, table, values

USER, CONTACT, GROUP, MEMBERS = (
    next(each for each in USERS if each.name == name) for name in ("user", "user_contact", "group", "user_group")
)
FEATURES = next(each for each in ORGANIZATION if each.name == "organization_feature")
X = string("x", "A text.")


# -- paths ---------------------------------------------------------------------------------------------


def test_fields_are_found_through_objects_and_at_positions():
    place = {"locationDefinition": {"id": "here"}}
    frame = parsed(
        USER,
        {"id": "u1", "division": {"id": "d1"}, "locations": [place, {"locationDefinition": {"id": "there"}}]},
        {"id": "u2", "division": None, "locations": []},
        {"id": "u3", "locations": [{"locationDefinition": None}]},
        {"id": "u4", "division": {}, "locations": [None, place]},
        {"id": "u5", "locations": None},
    ).frames["user"]
    assert frame["division_id"].to_list() == ["d1", None, None, None, None]
    assert frame["location_id"].to_list() == ["here", None, None, None, None]


def test_a_position_may_be_the_whole_value():
    column = string("second", "The second.", "names[1]")
    frame = parsed(table(ID, column), {"id": "1", "names": ["a", "b"]}, {"id": "2", "names": ["a"]}).frames["thing"]
    assert frame["second"].to_list() == ["b", None]


def test_an_interval_gives_its_two_moments_and_the_day_of_its_start():
    columns = (timestamp("start", "Start.", "interval:start"), timestamp("end", "End.", "interval:end"))
    told = table(ID, *columns, partition_by="start")
    frame = parsed(
        told,
        {"id": "1", "interval": "2026-03-29T00:30:00.000Z/2026-03-29T01:00:00.000Z"},
        {"id": "2", "interval": "2026-03-29T01:30:00+02:00/2026-03-29T02:00:00Z"},
    ).frames["thing"]
    moments = [datetime(2026, 3, day, hour, minute, tzinfo=UTC) for day, hour, minute in ((29, 0, 30), (28, 23, 30))]
    assert frame["start"].to_list() == moments
    assert frame["end"].to_list() == [datetime(2026, 3, 29, hour, tzinfo=UTC) for hour in (1, 2)]
    assert frame["db_partition"].to_list() == [date(2026, 3, 29), date(2026, 3, 28)]


@pytest.mark.parametrize("text", ["2026-03-29T00:30:00.000Z", "yesterday/today", "PT30M", "2026-03-29T00:30:00.000Z/"])
def test_what_is_no_interval_is_rejected(text: str):
    told = table(ID, timestamp("start", "Start.", "interval:start"))
    result = parsed(told, {"id": "1", "interval": text})
    assert result.rejects["column"].to_list() == ["start"]
    assert text in result.rejects["reason"][0]


def test_only_a_timestamp_takes_a_moment_of_an_interval():
    with pytest.raises(DeclarationError, match="table thing, column start: interval:start is a moment"):
        PageParser([table(ID, string("start", "Start.", "interval:start"))])


def test_a_declared_text_stands_for_what_is_absent_and_makes_keys_whole():
    queue = string("queue", "Queue.", "$.group.queueId", key=True, absent="")
    told = table(queue, string("name", "Name."), rows="data[]")
    groups = [{"group": {"queueId": "q"}, "data": [{"name": "a"}]}, {"group": {}, "data": [{"name": "b"}]}]
    result = parsed(told, *groups, {"data": [{"name": "b"}]})
    assert result.rejects.is_empty()
    assert result.frames["thing"].rows() == [("q", "a"), ("", "b")], "what would be null is one key"


def test_an_element_is_found_by_the_value_of_its_field():
    columns = (
        double("talk", "Talk.", "data[?metric==tTalk].stats.sum"),
        double("held", "Held.", "data[?metric==tHeld].stats.sum"),
        int64("talks", "Talks.", "data[?metric==tTalk].stats.count"),
    )
    talk = {"metric": "tTalk", "stats": {"sum": 12.5, "count": 2}}
    frame = parsed(
        table(ID, *columns),
        {"id": "1", "data": [{"metric": "tHeld", "stats": {"sum": 3}}, talk, {**talk, "stats": {"sum": 99}}]},
        {"id": "2", "data": [{"stats": {"sum": 1}}, {"metric": None}]},
        {"id": "3", "data": []},
        {"id": "4"},
    ).frames["thing"]
    assert frame.select("talk", "held", "talks").rows() == [
        (12.5, 3.0, 2),
        (None, None, None),
        (None, None, None),
        (None, None, None),
    ]


def test_rows_of_arrays_know_their_item_and_their_position():
    addresses = [{"address": "+1", "mediaType": "PHONE"}, {}, {"address": None}]
    frame = parsed(
        CONTACT,
        {"id": "u1", "addresses": addresses},
        {"id": "u2", "addresses": []},
        {"id": "u3", "addresses": None},
        {"id": "u4"},
        {"id": "u5", "addresses": [{"address": "+2"}]},
    ).frames["user_contact"]
    assert frame.select("user_id", "ordinal", "address").rows() == [
        ("u1", 0, "+1"),
        ("u1", 1, None),
        ("u1", 2, None),
        ("u5", 0, "+2"),
    ]


def test_rows_below_an_object_and_in_nested_arrays_find_every_enclosing_one():
    inner = table(
        OF_ITEM,
        string("outer_id", "Outer.", "$.wrap.outers[].id", key=True),
        string("flow_id", "Of the flow around.", "$.wrap.outers[].flow.id"),
        string("deep", "In an object of the row.", "some.deep.field"),
        int64("position", "Position.", "@index", key=True),
        name="inner",
        rows="wrap.outers[].flow.inners[]",
    )
    outers = [
        {"id": "o1", "flow": {"id": "f1", "inners": [{"some": {"deep": {"field": "x"}}}, {}]}},
        {"id": "o2", "flow": None},
        {"id": "o3", "flow": {"inners": None}},
        {"id": "o4", "flow": {"inners": [{"some": None}]}},
    ]
    frame = parsed(inner, {"id": "i", "wrap": {"outers": outers}}, {"id": "j", "wrap": {}}).frames["inner"]
    assert frame.select("item_id", "outer_id", "flow_id", "deep", "position").rows() == [
        ("i", "o1", "f1", "x", 0),
        ("i", "o1", "f1", None, 1),
        ("i", "o4", None, None, 0),
    ]


def test_a_map_has_a_row_for_each_entry():
    frame = parsed(
        FEATURES,
        {"id": "o", "features": {"chat": True, "fax": False, "new": None}},
        {"id": "p", "features": {}},
        {"id": "q", "features": None},
        {"id": "r"},
    ).frames["organization_feature"]
    assert frame.select("feature", "enabled").rows() == [("chat", True), ("fax", False), ("new", None)]


def test_entries_of_a_map_may_be_objects_with_arrays_and_objects_inside():
    entry = table(
        OF_ITEM,
        string("name", "Name.", "@key", key=True),
        double("total", "Total.", "stats.total"),
        int64("position", "Position in the map.", "@index"),
        name="entry",
        rows="by.name{}",
    )
    part = table(
        OF_ITEM,
        string("name", "Name of the entry.", "$.by.name{}.label"),
        string("part", "Part.", "@", key=True),
        name="part",
        rows="by.name{}.parts[]",
    )
    item = {"id": "1", "by": {"name": {"a": {"label": "A", "stats": {"total": 2}, "parts": ["p", "q"]}, "b": {}}}}
    result = parsed([entry, part], item)
    assert result.frames["entry"].rows() == [("1", "a", 2.0, 0), ("1", "b", None, 1)]
    assert result.frames["part"].rows() == [("1", "A", "p"), ("1", "A", "q")]


def test_a_path_to_an_object_is_a_row_where_the_object_is_there():
    category = table(OF_ITEM, string("category_id", "Category.", "id", key=True), name="category", rows="in.category")
    items = [{"id": "1", "in": {"category": {"id": "c"}}}, {"id": "2", "in": {"category": None}}, {"id": "3"}]
    assert parsed(category, *items).frames["category"].rows() == [("1", "c")]


def test_plain_values_of_an_array_are_rows():
    tags = table(OF_ITEM, string("tag", "Tag.", "@", key=True), name="tag", rows="tags[]")
    assert parsed(tags, {"id": "1", "tags": ["a", "b"]}, {"id": "2", "tags": []}).frames["tag"].rows() == [
        ("1", "a"),
        ("1", "b"),
    ]


def test_rows_of_which_only_the_position_is_taken_may_be_any_objects():
    bare = table(OF_ITEM, int64("position", "Position.", "@index", key=True), name="bare", rows="them[]")
    frame = parsed(bare, {"id": "1", "them": [{"x": 1}, {"y": [2]}]}).frames["bare"]
    assert frame.rows() == [("1", 0), ("1", 1)]


def test_several_rows_paths_are_one_table_and_named_by_the_values():
    values_ = next(each for each in AUDITS if "@rows" in [column.path for column in each.columns])
    named = table(
        OF_ITEM,
        string("kind", "Which.", "@rows", key=True, values=("old", "new")),
        string("value", "Value.", "@", key=True),
        name="named",
        rows=("changes[].oldValues[]", "changes[].newValues[]"),
    )
    changes = [{"oldValues": ["a"], "newValues": ["b", "c"]}, {"newValues": ["d"]}]
    result = parsed(named, {"id": "1", "changes": changes}, {"id": "2", "changes": [{"oldValues": ["e"]}]})
    assert result.frames["named"].rows() == [
        ("1", "old", "a"),
        ("1", "new", "b"),
        ("1", "new", "c"),
        ("1", "new", "d"),
        ("2", "old", "e"),
    ]
    assert PageParser([values_]).parse([]).frames[values_.name].is_empty()


def test_rows_paths_without_values_are_named_as_they_are():
    named = table(OF_ITEM, string("kind", "Which.", "@rows", key=True), name="named", rows=("a[]", "b[]"))
    assert parsed(named, {"id": "1", "a": [{}], "b": [{}]}).frames["named"].rows() == [("1", "a[]"), ("1", "b[]")]


def test_a_field_around_some_rows_of_a_table_is_empty_for_its_others():
    shift = table(
        OF_ITEM,
        string("shift_id", "Shift around.", "$.shifts[].id"),
        string("name", "Name.", key=True),
        name="activity",
        rows=("shifts[].activities[]", "daysOff[]"),
    )
    item = {"id": "1", "shifts": [{"id": "s", "activities": [{"name": "talk"}]}], "daysOff": [{"name": "off"}]}
    assert parsed(shift, item).frames["activity"].rows() == [("1", "s", "talk"), ("1", None, "off")]


def test_a_row_does_not_enclose_itself_only_others_of_its_table():
    options = table(
        ID,
        string("question_id", "Question around an option.", "$.groups[].questions[].id"),
        string("group_id", "Group around both.", "$.groups[].id"),
        rows=("groups[].questions[]", "groups[].questions[].options[]"),
    )
    question = {"id": "q", "options": [{"id": "o"}, {"id": "p"}]}
    made = parsed(options, {"groups": [{"id": "g", "questions": [question, {"id": "r"}]}]}).frames["thing"]
    assert sorted(made.rows()) == [("o", "q", "g"), ("p", "q", "g"), ("q", None, "g"), ("r", None, "g")]
    alone = table(ID, string("own_id", "Its own.", "$.xs[].id"), rows="xs[]")
    assert parsed(alone, {"xs": [{"id": "x"}]}).frames["thing"].rows() == [("x", "x")]


def test_the_request_and_the_answer_fill_columns():
    columns = (
        string("group_id", "Of the request.", "@request.groupId", key=True),
        int64("week", "A number in the path.", "@request.week"),
        int64("total", "Of the answer.", "@response.total"),
        string("total_text", "The same as text.", "@response.total"),
        timestamp("since", "Of the answer.", "@response.result.since"),
        boolean("missing", "Not in the answer.", "@response.missing"),
    )
    frame = parsed(
        table(ID, *columns),
        {"id": "1"},
        {"id": "2"},
        request={"groupId": "g/1", "week": "12", "more": "x"},
        response={"total": 7, "since": "2024-01-01T00:00:00Z"},
    ).frames["thing"]
    row = ("g/1", 12, 7, "7", datetime(2024, 1, 1, tzinfo=UTC), None)
    assert frame.rows() == [("1", *row), ("2", *row)]


def test_a_parameter_that_the_request_does_not_have_is_an_error_not_an_empty_key():
    with pytest.raises(DeclarationError, match=r"table user_group, column group_id.*no parameter 'groupId'"):
        PageParser([MEMBERS]).parse(raw({"id": "u"}), request={"teamId": "t"})


def test_a_parameter_reaches_the_rows_of_arrays():
    inner = table(
        OF_ITEM, string("tag", "Tag.", "@", key=True), string("p", "Parameter.", "@request.p"), name="inner", rows="t[]"
    )
    assert parsed(inner, {"id": "1", "t": ["a"]}, request={"p": "P"}).frames["inner"].rows() == [("1", "a", "P")]


def test_a_column_that_the_loader_derives_is_empty_and_no_path_is_made_of_its_name():
    column = string("note", "Derived.", derived="elsewhere")
    frame = parsed(table(ID, column), {"id": "1", "note": {"not": "parsed"}}).frames["thing"]
    assert frame.rows() == [("1", None)]


# -- types ---------------------------------------------------------------------------------------------


def test_texts_are_kept_as_they_are_whatever_is_in_them():
    texts = ["", " ", "a ", "Ünï\u0301 顧客 🙂", "\\u0041", 'quo"te\\', "\x00\x1f", "null", "\u2028", "x" * 70_000]
    assert values(X, *texts) == texts


def test_escaped_and_plain_spellings_of_a_text_are_one():
    escaped = rb'{"id": "1", "x": "\ud83d\ude42 \u00fc\u0000\/"}'
    plain = '{"id": "2", "x": "🙂 ü\\u0000/"}'.encode()
    frame = PageParser([table(ID, X)]).parse([escaped, plain]).frames["thing"]
    assert frame["x"].to_list() == ["🙂 ü\x00/"] * 2


def test_a_plain_value_where_a_text_is_declared_becomes_its_json_text():
    assert values(X, 5, 2.5, True, 12345678901234567890123) == ["5", "2.5", "true", "12345678901234567890123"]


def test_explicit_nulls_and_absent_fields_are_both_empty():
    columns = (X, int64("n", "N."), timestamp("t", "T."), boolean("b", "B."), json_column("j", "J.", shape=("string",)))
    frame = parsed(table(ID, *columns), {"id": "1"}, {"id": "2", "x": None, "n": None, "t": None, "b": None, "j": None})
    assert frame.frames["thing"].rows() == [("1", *[None] * 5), ("2", *[None] * 5)]


def test_whole_numbers_may_be_large_and_may_be_written_with_a_point():
    assert values(int64("x", "N."), 0, -1, 2.0, 1e3, 2**53 - 1, -(2**53) + 1) == [
        0,
        -1,
        2,
        1000,
        2**53 - 1,
        -(2**53) + 1,
    ]


def test_numbers_are_numbers():
    assert values(double("x", "N."), 0, -0.5, 1e-7, 2**60, 93.2) == [0.0, -0.5, 1e-7, float(2**60), 93.2]


def test_moments_are_read_in_every_spelling_and_zone():
    spellings = [
        "2024-02-29T23:59:59.123Z",
        "2024-02-29T23:59:59.123000Z",
        "2024-02-29T23:59:59.123+00:00",
        "2024-02-29T23:59:59.123+0000",
        "2024-03-01T01:59:59.123+02:00",
        "2024-02-29T18:29:59.123-05:30",
    ]
    assert values(timestamp("x", "T."), *spellings) == [datetime(2024, 2, 29, 23, 59, 59, 123_000, UTC)] * 6
    assert (
        values(timestamp("x", "T."), "2024-02-29T23:59Z", "2024-02-29T23:59+00:00", "2024-02-29T23:59:00Z")
        == [datetime(2024, 2, 29, 23, 59, tzinfo=UTC)] * 3
    )
    assert values(timestamp("x", "T."), "2024-02-29T00:00:00.1234567Z", "0001-01-01T00:00:00Z") == [
        datetime(2024, 2, 29, 0, 0, 0, 123_456, UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ]


def test_wall_clock_times_and_days_are_read():
    found = values(local_timestamp("x", "L."), "2024-02-29T23:59:59", "2024-02-29T23:59", "2024-02-29T23:59:59.5")
    assert [moment.isoformat() for moment in found] == [
        "2024-02-29T23:59:59",
        "2024-02-29T23:59:00",
        "2024-02-29T23:59:59.500000",
    ]
    assert values(day("x", "D."), "2024-02-29") == [date(2024, 2, 29)]


# -- json columns --------------------------------------------------------------------------------------


def test_a_json_column_with_a_shape_has_every_field_of_the_shape_and_no_other():
    column = json_column("x", "J.", shape=({"id": "string", "n": "int64", "r": "double", "tags": ("string",)},))
    given = [
        [{"id": "a", "n": 3, "r": 1, "tags": ["x", 'y"\\'], "more": {"not": "taken"}}, {}, None],
        [],
        [{"tags": [], "id": None}],
    ]
    found = [json.loads(text) for text in values(column, *given)]
    nothing = {"id": None, "n": None, "r": None, "tags": None}
    assert found == [
        [{"id": "a", "n": 3, "r": 1.0, "tags": ["x", 'y"\\']}, nothing, None],
        [],
        [{**nothing, "tags": []}],
    ]
    assert '"n":3,' in values(column, given[0])[0], "a whole number is written as one"


def test_an_object_with_a_shape_is_empty_where_it_is_absent_or_null():
    column = json_column("x", "J.", shape={"a": "int64", "b": {"c": "boolean"}})
    given = [{"a": 2**53 - 1, "b": {"c": True}}, {}, None]
    first, second, third = values(column, *given)
    assert json.loads(first) == {"a": 2**53 - 1, "b": {"c": True}}
    assert json.loads(second) == {"a": None, "b": None}
    assert third is None


def test_a_json_column_without_a_shape_keeps_its_subtree():
    column = json_column("x", "J.")
    given = [
        {"b": [1, 2.5, -0.0, 1e22, 2**70, None, True], "a": {"": "", "ü.x": "🙂\n"}},
        [],
        {},
        "text",
        0,
        False,
        [[["deep"]]],
    ]
    assert [json.loads(text) for text in values(column, *given)] == given
    assert list(json.loads(values(column, given[0])[0])) == ["b", "a"], "the order of fields is kept"
    assert values(column, None) == [None]


def test_json_without_a_shape_is_found_in_rows_of_arrays_and_maps():
    inner = table(
        OF_ITEM,
        string("name", "Name.", "@key", key=True),
        json_column("more", "More.", "some.more"),
        name="inner",
        rows="maps[].by{}",
    )
    item = {"id": "1", "maps": [{"by": {"a": {"some": {"more": [1]}}, "b": {"some": {"more": None}}}}, {"by": None}]}
    assert parsed(inner, item).frames["inner"].rows() == [("1", "a", "[1]"), ("1", "b", None)]


def test_json_inside_json_is_kept_in_both():
    inner, outer = json_column("inner", "Inner.", "x.y"), json_column("x", "Outer.")
    for columns in ((inner, outer), (outer, inner)):
        frame = parsed(table(ID, *columns), {"id": "1", "x": {"y": {"z": 1}}}).frames["thing"]
        assert frame.select("inner", "x").rows() == [('{"z":1}', '{"y":{"z":1}}')]


def test_one_array_can_be_both_json_and_rows():
    whole = table(
        ID,
        json_column("files", "Files.", shape=({"name": "string", "size": "int64"},)),
        json_column("all", "All of it.", "files"),
        name="whole",
    )
    rows = table(
        OF_ITEM,
        string("name", "Name.", key=True),
        string("kind", "Not in the shape.", "type.kind"),
        name="row",
        rows="files[]",
    )
    files = [{"name": "a", "size": 5, "type": {"kind": "k"}}, {"name": "b", "size": None}]
    for tables in ([whole, rows], [rows, whole]):
        result = parsed(tables, {"id": "1", "files": files}, {"id": "2", "files": None})
        found = result.frames["whole"].rows()
        assert json.loads(found[0][1]) == [{"name": "a", "size": 5}, {"name": "b", "size": None}]
        assert json.loads(found[0][2]) == files
        assert found[1] == ("2", None, None)
        assert result.frames["row"].rows() == [("1", "a", "k"), ("1", "b", None)]


def test_the_groups_of_the_catalog_keep_their_owners_and_addresses():
    owners, addresses = [{"id": "u1", "selfUri": "/u1"}], [{"address": "+1", "display": "1"}]
    frame = parsed(GROUP, {"id": "g", "owners": owners, "addresses": addresses}).frames["group"]
    assert json.loads(frame["owner_ids"][0]) == [{"id": "u1"}]
    assert json.loads(frame["addresses"][0]) == addresses


# -- partitions ----------------------------------------------------------------------------------------


def test_the_partition_is_the_utc_day():
    own = table(ID, timestamp("begun", "When."), partition_by="begun", loading=Tree("id"))
    frame = parsed(
        own,
        {"id": "1", "begun": "2024-02-29T23:59:59.999Z"},
        {"id": "2", "begun": "2024-03-01T01:00:00+02:00"},
        {"id": "3", "begun": "2024-02-28T23:00-05:00"},
    ).frames["thing"]
    assert frame.columns == ["id", "begun", "db_partition"]
    assert frame["db_partition"].to_list() == [date(2024, 2, 29)] * 3


def test_the_partition_of_rows_is_that_of_their_item_and_may_be_told_as_a_day():
    inner = table(OF_ITEM, string("tag", "Tag.", "@", key=True), name="t", rows="tags[]", partition_by="$.at")
    frame = parsed(inner, {"id": "1", "at": "2024-02-29", "tags": ["a", "b"]}, {"id": "2", "tags": []}).frames["t"]
    assert frame["db_partition"].to_list() == [date(2024, 2, 29)] * 2
