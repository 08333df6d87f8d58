"""The eight conversation tables out of generated conversations: what the declarations say, whatever the order."""

from __future__ import annotations

import json
import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genesys_assets.catalog.conversations import TABLES
from genesys_assets.catalog.declare import Table
from genesys_assets.extraction import conversations
from genesys_assets.extraction.conversations import gathered, parse_together
from genesys_assets.extraction.parser import PageParser
from genesys_assets.genesys import Page
from genesys_assets_tests.extraction import by_hand
from genesys_assets_tests.extraction.made_up import MadeUp

FAMILY = PageParser(TABLES)
NAMES = [table.name for table in TABLES]


@pytest.mark.parametrize("table", TABLES, ids=NAMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_value_is_where_the_declaration_says(table: Table, seed: int):
    items = MadeUp(seed).raw(60)
    result = FAMILY.parse(items)
    assert result.rejects.is_empty(), result.rejects["reason"].to_list()
    found = by_hand.plain(table, result.frames[table.name])
    assert found == by_hand.rows(table, items)
    assert found, "nothing was compared"


def test_conversations_with_every_field_fill_every_column():
    frames = FAMILY.parse(MadeUp(7, full=True).raw(5)).frames
    for table in TABLES:
        empty = [c for c, nulls in frames[table.name].null_count().row(0, named=True).items() if nulls]
        assert not empty, f"{table.name}: {empty}"


def test_a_page_is_the_sum_of_its_items():
    items = MadeUp(11).raw(40)
    page = FAMILY.parse(items)
    alone = [FAMILY.parse([item]) for item in items]
    for name in NAMES:
        assert_frame_equal(page.frames[name], pl.concat(one.frames[name] for one in alone))


def test_the_order_of_items_and_of_fields_changes_nothing_but_the_order_of_rows():
    items = MadeUp(12).raw(40)
    shuffled = [_turned(item) for item in random.Random(1).sample(items, len(items))]
    one, other = FAMILY.parse(items), FAMILY.parse(shuffled)
    for table in TABLES:
        assert_frame_equal(one.frames[table.name].sort(table.key), other.frames[table.name].sort(table.key))


@pytest.mark.parametrize("chosen", [(0,), (1, 4), (2,), (3, 5, 6), (7, 0), (5,)], ids=str)
def test_a_part_of_the_tables_gets_the_same_frames_as_all(chosen: tuple[int, ...]):
    items = MadeUp(13).raw(30)
    tables = [TABLES[number] for number in chosen]
    part, whole = PageParser(tables).parse(items), FAMILY.parse(items)
    assert list(part.frames) == [table.name for table in tables]
    for table in tables:
        assert_frame_equal(part.frames[table.name], whole.frames[table.name])


def test_a_page_larger_than_a_piece_keeps_its_order():
    items = MadeUp(14, full=True).raw(400)
    assert sum(map(len, items)) > 2_000_000
    result = FAMILY.parse(items)
    ids = [json.loads(item)["conversationId"] for item in items]
    assert result.frames["analytics_conversation"]["conversation_id"].to_list() == ids
    assert result.items == 400


def test_bad_items_among_many_are_found_in_whatever_piece_they_lie():
    items = MadeUp(15, full=True).raw(400)
    bad = {0, 199, 200, 398, 399}
    spoilt = [
        json.dumps({**json.loads(item), "participants": 5}).encode() if n in bad else item
        for n, item in enumerate(items)
    ]
    result, clean = FAMILY.parse(spoilt), FAMILY.parse([item for n, item in enumerate(items) if n not in bad])
    assert result.rejects["raw"].to_list() == [spoilt[n].decode() for n in sorted(bad)]
    for name in NAMES:
        assert_frame_equal(result.frames[name], clean.frames[name])


@pytest.mark.parametrize("seed", [17, 18])
def test_an_item_that_has_to_be_coerced_changes_nothing_for_the_others(seed: int):
    items = MadeUp(seed, full=seed % 2 == 0).raw(40)
    odd = {**json.loads(items[20]), "conversationId": 20, "externalTag": True}
    plain = {**odd, "conversationId": "20", "externalTag": "true"}
    coerced, sound = (
        FAMILY.parse([*items[:20], json.dumps(item).encode(), *items[20:]]).frames for item in (odd, plain)
    )
    for name in NAMES:
        assert_frame_equal(coerced[name], sound[name])


def test_a_number_given_as_text_is_found_wherever_it_lies():
    items = [json.loads(item) for item in MadeUp(19, full=True).raw(4)]
    session = items[0]["participants"][0]["sessions"][0]
    session["metrics"][0]["value"] = "12"
    items[1]["participants"][-1]["sessions"][-1]["segments"][-1]["sipResponseCodes"] = ["200"]
    items[2]["mediaStatsMinConversationMos"] = "4.5"
    result = FAMILY.parse([json.dumps(item).encode() for item in items])
    assert result.rejects["column"].to_list() == ["value", "sip_response_codes", "media_stats_min_conversation_mos"]
    assert result.frames["analytics_conversation"]["conversation_id"].to_list() == [items[3]["conversationId"]]


@pytest.mark.parametrize(
    "unsound",
    [b'"t": "a" "selfServed": true', b'"t": "a",', b'"t": [1 2]', b'"t": 01', b'"t": 1-1', b'"t": "\xed\xa0\x80"'],
)
def test_what_is_no_json_is_rejected_also_where_nobody_looks(unsound: bytes):
    item = MadeUp(21).raw(1)[0]
    bad = b"{" + unsound + b"}"
    result = FAMILY.parse([item, bad, item[:-1] + b", " + unsound + b"}"])
    assert len(result.rejects) == 2
    assert len(result.frames["analytics_conversation"]) == 1


def test_the_frames_have_the_declared_columns_in_order_even_without_items():
    for result in (FAMILY.parse([]), FAMILY.parse(MadeUp(1).raw(3))):
        for table in TABLES:
            assert result.frames[table.name].columns == [*(c.name for c in table.columns), "db_partition"]
    assert FAMILY.parse([]).items == 0


def test_the_root_of_every_item_that_loads_comes_with_the_page():
    parser = PageParser([TABLES[2]], root="conversationId")
    items = MadeUp(16).raw(4)
    rootless = {k: v for k, v in json.loads(items[1]).items() if k != "conversationId"}
    result = parser.parse([items[0], json.dumps(rootless).encode(), items[2], b"7", items[3]])
    assert result.roots.to_list() == [json.loads(items[n])["conversationId"] for n in (0, 2, 3)]
    assert len(result.rejects) == 2
    assert "conversationId" in result.rejects["reason"][0]
    assert PageParser([TABLES[2]]).parse(items).roots.is_empty()


# -- several pages together ---------------------------------------------------------------------------


def _page(items: list[bytes], number: int) -> Page:
    return Page(b'{"conversations": [' + b", ".join(items) + b"]}", "conversations", number, "/x")


def test_pages_parsed_together_have_the_rows_that_they_have_one_by_one():
    items = MadeUp(22).raw(40)
    pages = [_page(items[start : start + 10], number) for number, start in enumerate(range(0, 40, 10), 1)]
    together = parse_together(FAMILY, pages)
    alone = [FAMILY.parse(page.raw_items()) for page in pages]
    for name in NAMES:
        assert_frame_equal(together.frames[name], pl.concat(one.frames[name] for one in alone))


def test_of_two_states_of_a_conversation_the_one_on_the_later_page_counts():
    items = MadeUp(23, full=True).raw(4)
    later = json.dumps({**json.loads(items[0]), "externalTag": "later"}).encode()
    together = parse_together(FAMILY, [_page(items[:2], 1), _page([*items[2:], later], 2)])
    assert together.rejects.is_empty()
    loaded = together.frames["analytics_conversation"]
    assert loaded["conversation_id"].to_list() == [json.loads(items[n])["conversationId"] for n in (1, 2, 3, 0)]
    assert loaded["external_tag"].to_list()[-1] == "later"


def test_a_malformed_item_costs_only_itself_in_whatever_company():
    items, malformed = MadeUp(24, full=True).raw(4), b'{"conversationId": []}'
    together = parse_together(FAMILY, [_page([items[0], malformed], 1), _page(items[1:], 2)])
    assert together.rejects["raw"].to_list() == [malformed.decode()]
    ids = together.frames["analytics_conversation"]["conversation_id"].to_list()
    assert ids == [json.loads(item)["conversationId"] for item in items]


def test_pages_are_gathered_until_they_are_large_enough(monkeypatch: pytest.MonkeyPatch):
    pages = [_page([b"{}"] * 10, number) for number in range(1, 6)]
    monkeypatch.setattr(conversations, "TOGETHER", 2 * len(pages[0].body))
    assert [[page.number for page in handful] for handful in gathered(iter(pages))] == [[1, 2], [3, 4], [5]]
    assert list(gathered(iter([]))) == []


def _turned(item: bytes) -> bytes:
    def turn(value: object) -> object:
        if isinstance(value, dict):
            return {name: turn(inner) for name, inner in reversed(value.items())}
        return [turn(each) for each in value] if isinstance(value, list) else value

    return json.dumps(turn(json.loads(item))).encode()
