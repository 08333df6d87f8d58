"""Tables come from their declarations, grow with them, and refuse what would lose data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genesys_assets.catalog.declare import Column, Snapshot, Table, int64, string
from genesys_assets.warehouse import SchemaError, Warehouse
from genesys_assets_tests.warehouse.backends import Place
from genesys_assets_tests.warehouse.samples import ALL, CALL, EVENT, USER, at, call, commit, commit_calls, rows_of

TEXT = {"duckdb": "VARCHAR", "postgres": "TEXT"}
"""How a backend calls the type of a text."""


def test_every_table_is_created_and_empty(warehouse: Warehouse) -> None:
    warehouse.prepare(ALL)
    warehouse.prepare(ALL)

    assert {table.name: warehouse.count(table) for table in ALL} == dict.fromkeys((t.name for t in ALL), 0)


def test_a_new_column_is_added_and_rows_have_no_value_in_it(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [{"id": "a", "name": "Ann"}]}, whole=[USER])
    grown = replace(USER, columns=(*USER.columns, string("nick", "Its nickname.")))

    warehouse.prepare([grown])

    assert rows_of(warehouse, grown, "id", "name", "nick") == [{"id": "a", "name": "Ann", "nick": None}]


def test_a_load_adds_the_new_column_itself_and_fills_it(warehouse: Warehouse) -> None:
    commit(warehouse, {"user": [{"id": "a"}, {"id": "b"}]}, whole=[USER])
    grown = replace(USER, columns=(string("nick", "Its nickname."), *USER.columns))

    report = commit(warehouse, {"user": [{"id": "a", "nick": "Annie"}, {"id": "b"}]}, tables=[grown], whole=[grown])

    assert (report["user"].updated, report["user"].unchanged) == (1, 1)
    assert rows_of(warehouse, grown, "nick") == [{"nick": "Annie"}, {"nick": None}]


def changed(table: Table, name: str, *instead: Column) -> Table:
    columns: list[Column] = []
    for column in table.columns:
        columns += instead if column.name == name else [column]
    return replace(table, columns=tuple(columns))


@pytest.mark.parametrize(
    ("declared", "messages"),
    [
        (
            changed(USER, "name", int64("name", "A number now.")),
            ["table user, column name: the warehouse has VARCHAR, the declaration BIGINT", "ALTER TABLE"],
        ),
        (changed(USER, "name"), ["table user, column name: the warehouse has it (VARCHAR), the declaration does not"]),
        (
            changed(USER, "name", string("title", "Renamed.")),
            ["table user, column name: the warehouse has it", "was it renamed or removed?"],
        ),
        (
            changed(USER, "name", string("name", "Now a key.", key=True)),
            ["table user, column name: the warehouse allows nulls, the declaration does not", "the key has changed"],
        ),
        (
            changed(USER, "id", string("id", "No key any more."), string("code", "The new key.", key=True)),
            [
                "table user, column id: the warehouse never allows null",
                "column code: the declaration has it as VARCHAR",
            ],
        ),
        (
            replace(USER, loading=CALL.loading),
            ["table user, column db_when_deleted: the warehouse has it (TIMESTAMP WITH TIME ZONE)"],
        ),
    ],
)
def test_what_no_added_column_mends_is_an_error_that_says_what_to_do(
    place: Place, warehouse: Warehouse, declared: Table, messages: list[str]
) -> None:
    commit(warehouse, {"user": [{"id": "a", "name": "Ann"}]}, whole=[USER])
    grown = replace(EVENT, columns=(*EVENT.columns, string("more", "A new column.")))
    commit(warehouse, {"event": [{"id": "1"}]})

    with pytest.raises(SchemaError) as error:
        warehouse.prepare([grown, declared])

    for message in messages:
        assert message.replace("VARCHAR", TEXT[place.backend]) in str(error.value)
    assert [row["name"] for row in rows_of(warehouse, USER)] == ["Ann"]
    with pytest.raises(SchemaError, match=r"event: .* prepare it: .*more"):
        warehouse.scan(grown).collect()


def test_all_faults_are_told_at_once(warehouse: Warehouse) -> None:
    warehouse.prepare([USER, EVENT])

    with pytest.raises(SchemaError, match=r"(?s)table user, column name.*table event, column what"):
        warehouse.prepare([changed(USER, "name"), changed(EVENT, "what")])


def test_a_load_into_a_table_that_does_not_fit_changes_nothing(warehouse: Warehouse) -> None:
    commit_calls(warehouse, call("a", at(5)))
    narrower = changed(CALL, "note")

    with pytest.raises(SchemaError, match="table call, column note"):
        commit(warehouse, {"call": [{"call_id": "b", "started": at(5), "db_as_of": at(6)}]}, tables=[narrower])

    assert [row["call_id"] for row in rows_of(warehouse, CALL)] == ["a"]


def test_names_that_are_reserved_words_are_tables_and_columns_like_others(place: Place) -> None:
    odd = Table(
        name="order",
        description="O'Brien's \"order\".",
        read=USER.read,
        loading=Snapshot(),
        columns=(string("select", "A 'key'.", key=True), string("group", "x"), string('quo"ted', "x")),
    )
    warehouse = place.open()
    for value in "12":
        commit(warehouse, {"order": [{"select": "s", "group": value, 'quo"ted': value}]}, tables=[odd], whole=[odd])

    assert rows_of(place.open(), odd, "select", "group", 'quo"ted') == [{"select": "s", "group": "2", 'quo"ted': "2"}]
    assert warehouse.key_faults(odd).sound


def test_every_table_of_the_catalog_can_be_created(warehouse: Warehouse) -> None:
    catalog = pytest.importorskip("genesys_assets.catalog.conversations")

    warehouse.prepare(catalog.TABLES)

    assert [warehouse.scan(table).collect().height for table in catalog.TABLES] == [0] * len(catalog.TABLES)
