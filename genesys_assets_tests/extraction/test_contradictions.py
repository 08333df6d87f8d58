"""Declarations that cannot be turned into a parser: said when it is built, naming tables and columns."""

from __future__ import annotations

import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.declare import Column, Table, boolean, double, int64, string, timestamp
from genesys_assets.catalog.declare import json as json_column
from genesys_assets.extraction.drift import DriftWatch
from genesys_assets.extraction.parser import DeclarationError, PageParser
from genesys_assets.extraction.shape import ShapeError
from genesys_assets_tests.extraction.samples import ID, OF_ITEM, table


def test_every_read_of_the_catalog_can_be_parsed_and_watched():
    reads = load_catalog().reads()
    for read, tables in reads.values():
        PageParser(tables)
        DriftWatch(read, tables)
    assert len(reads) > 40


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (string("a", "A.", "x"), double("b", "B.", "x")),
        (string("a", "A.", "x"), string("b", "B.", "x.y")),
        (boolean("a", "A.", "x.y"), int64("b", "B.", "x.y")),
        (string("a", "A.", "x[0]"), string("b", "B.", "x.y")),
        (string("a", "A.", "x[0].y"), string("b", "B.", "x[1]")),
        (string("a", "A.", "x[?k==v].y"), double("b", "B.", "x[0].k")),
        (json_column("a", "A.", "x", shape=("string",)), string("b", "B.", "x")),
        (json_column("a", "A.", "x", shape=("string",)), json_column("b", "B.", "x", shape=("int64",))),
        (json_column("a", "A.", "x", shape={"y": "string"}), double("b", "B.", "x.y")),
        (json_column("a", "A.", "x", shape={"y": "string"}), string("b", "B.", "x[0].y")),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_two_columns_that_contradict_each_other_are_both_named(one: Column, other: Column, turned: bool):
    tables = [table(ID, one, name="first"), table(ID, other, name="second")]
    with pytest.raises(ShapeError) as caught:
        PageParser(tables[::-1] if turned else tables)
    message = str(caught.value)
    assert "table first, column a" in message
    assert "table second, column b" in message
    assert isinstance(caught.value, DeclarationError)


@pytest.mark.parametrize(
    ("rows", "other"),
    [("x[]", "x{}"), ("x[]", "x"), ("x{}", "x.y[]")],
)
def test_rows_that_contradict_each_other_are_both_named(rows: str, other: str):
    tables = [table(OF_ITEM, ID, name="first", rows=rows), table(OF_ITEM, ID, name="second", rows=other)]
    with pytest.raises(ShapeError, match=r"table second.*table first|table first.*table second"):
        PageParser(tables)


def test_columns_that_agree_share_their_field():
    tables = [
        table(ID, string("a", "A.", "x.y"), timestamp("t", "T.", "x.t"), name="first"),
        table(ID, string("a", "A.", "x.y"), string("t", "T.", "x.t"), int64("n", "N."), double("m", "M.", "n")),
    ]
    PageParser(tables)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (table(ID, string("a", "A.", "x..y")), "table thing, column a: path 'x..y'"),
        (table(ID, string("a", "A.", "x[].y")), "table thing, column a: x\\[\\].y has many values"),
        (table(ID, string("a", "A.", "$.x{}.y")), "table thing, column a: \\$.x{}.y does not enclose"),
        (table(OF_ITEM, string("a", "A.", "$.ys[].z"), rows="xs[]"), "column a: \\$.ys\\[\\].z does not enclose"),
        (table(ID, string("a", "A.", "@key")), "column a: @key needs rows that are the entries of a map"),
        (table(ID, string("a", "A.", "@value"), rows="xs[]"), "column a: @value needs rows"),
        (table(ID, int64("a", "A.", "@index")), "column a: @index needs rows"),
        (table(ID, string("a", "A.", "@")), "column a: the row itself"),
        (table(ID, rows="xs[0]"), "table thing: the rows path 'xs\\[0\\]' ends in one element"),
        (table(ID, rows="xs["), "table thing: path 'xs\\['"),
        (table(ID, json_column("a", "A.", "@"), rows="xs[]"), "column a: a json column that is no field"),
        (table(ID, json_column("a", "A.", "xs[0]")), "column a: a json column that is no field"),
        (table(ID, json_column("a", "A.", "@response.x")), "column a: only a plain value"),
        (
            table(ID, string("a", "A.", "@rows", values=("one",)), rows=("xs[]", "ys[]")),
            "column a: 1 values for 2 rows paths",
        ),
    ],
)
def test_a_path_that_means_nothing_is_named_with_its_table_and_column(broken: Table, words: str):
    with pytest.raises(DeclarationError, match=words):
        PageParser([broken])
