"""Keys made of what makes a row up: the same whatever the order, other where anything differs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.declare import Digest
from genesys_assets.extraction.digest import digested
from genesys_assets.extraction.parser import PageParser
from genesys_assets_tests.extraction.samples import raw

READ, TABLES = load_catalog().reads()["planning_groups"]
PATHS = next(table for table in TABLES if table.name == "planning_group_routing_path")
SKILLS = next(table for table in TABLES if table.name == "planning_group_routing_path_skill")
Json = dict[str, Any]
PATH: Json = {
    "queue": {"id": "q"},
    "mediaType": "Voice",
    "language": {"id": "l"},
    "skills": [{"id": "s"}, {"id": "t"}],
}


def keys(*paths: object) -> list[str]:
    (item,) = digested(READ.digests, raw({"id": "g", "routePaths": list(paths)}))
    return [path["routePathId"] for path in json.loads(item)["routePaths"]]


def test_the_key_does_not_change_with_the_order_of_anything():
    turned = {name: PATH[name] for name in reversed(PATH)} | {"skills": PATH["skills"][::-1]}
    first, second = keys(PATH, turned)
    assert first == second
    assert keys(turned, {**PATH, "mediaType": "Chat"})[0] == first


def test_the_key_stays_the_same_from_version_to_version():
    """It is in every warehouse: another way of computing it would retire every row."""
    assert keys(PATH, {}) == ["58567f4eb8ae77b313ac289e3f0eafb4", "deededb26174112db34661e21947e64e"]


def test_paths_that_differ_in_anything_have_different_keys():
    different = [
        PATH,
        {**PATH, "queue": {"id": "r"}},
        {**PATH, "mediaType": "Email"},
        {**PATH, "language": {"id": "m"}},
        {**PATH, "skills": [{"id": "s"}]},
        {**PATH, "skills": [{"id": "st"}]},
        {**PATH, "queue": {"id": "l"}, "language": {"id": "q"}},
        {**PATH, "skills": []},
        {**PATH, "skills": [], "language": None},
    ]
    assert len(set(keys(*different))) == len(different)


def test_what_is_absent_null_or_empty_counts_as_the_same_nothing():
    bare = {"queue": {"id": "q"}, "mediaType": "Voice"}
    nulls = {**bare, "language": None, "skills": None}
    empty = {**bare, "language": {"id": None}, "skills": []}
    assert len(set(keys(bare, nulls, empty))) == 1


def test_both_tables_take_the_same_key():
    other = {**PATH, "skills": [{"id": "t"}]}
    items = digested(READ.digests, raw({"id": "g", "routePaths": [PATH, other]}))
    parsed = PageParser(TABLES).parse(items, request={"businessUnitId": "u"})
    assert parsed.rejects.is_empty()
    paths = parsed.frames[PATHS.name]["route_path_id"].to_list()
    assert paths == keys(PATH, other)
    skills = parsed.frames[SKILLS.name].select("route_path_id", "skill_id").rows()
    assert skills == [(paths[0], "s"), (paths[0], "t"), (paths[1], "t")]


@pytest.mark.parametrize(
    "item",
    [
        b"[]",
        b"7",
        b"\xff",
        b'{"id": "g"',
        b'{"routePaths": {}}',
        b'{"routePaths": [1, null, "x"]}',
        b'{"id": "\\ud83d"}',
    ],
)
def test_an_item_of_another_shape_is_left_for_the_parser(item: bytes):
    (left,) = digested(READ.digests, [item])
    assert left.replace(b" ", b"") == item.replace(b" ", b"")


def test_nothing_that_could_be_loaded_is_refused_for_its_digest():
    group = {"id": "g", "routePaths": [{"queue": None, "mediaType": 7}, {"skills": [{"id": 1}, {"id": "1"}]}, None]}
    plain = PageParser([TABLES[0]]).parse(raw(group), request={"businessUnitId": "u"})
    keyed = PageParser(TABLES).parse(digested(READ.digests, raw(group)), request={"businessUnitId": "u"})
    assert plain.rejects.is_empty()
    assert keyed.rejects["column"].to_list() == ["route_path_id"], "a null is no route path"
    without = {**group, "routePaths": group["routePaths"][:2]}
    assert (
        PageParser(TABLES)
        .parse(digested(READ.digests, raw(without)), request={"businessUnitId": "u"})
        .rejects.is_empty()
    )


def test_a_read_without_digests_pays_nothing():
    items = [b'{"a": 1.50}', b"\xff"]
    assert digested((), items) == items
    assert digested((Digest("b[]", "k", ("c",)),), items) == [b'{"a":1.5}', b"\xff"]


def test_digests_can_be_put_on_the_item_itself():
    (item,) = digested((replace(READ.digests[0], at="", of=("id",)),), raw({"id": "g"}))
    assert set(json.loads(item)) == {"id", "routePathId"}
