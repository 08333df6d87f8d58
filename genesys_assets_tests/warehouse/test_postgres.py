"""What is particular to PostgreSQL: many writers, a server that goes away, rights, partitions, comments."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from adbc_driver_postgresql import dbapi

from genesys_assets.catalog.catalog import load_catalog
from genesys_assets.warehouse import (
    DuckDBWarehouse,
    Warehouse,
    WarehouseError,
    WarehouseLockedError,
    WarehouseUnavailableError,
    open_warehouse,
)
from genesys_assets.warehouse.postgres import PostgresWarehouse
from genesys_assets_tests.warehouse import postgres_server
from genesys_assets_tests.warehouse.postgres_server import OwnServer, database_of, url
from genesys_assets_tests.warehouse.samples import (
    ALL,
    CALL,
    CALLS,
    D1,
    D2,
    EVENT,
    HOURLY,
    LEG,
    USER,
    at,
    call,
    commit,
    commit_calls,
    counts,
    load_of_calls,
    rows_of,
)

GUIDE = Path(__file__).parents[2] / "docs" / "postgres.md"


@pytest.fixture
def database(postgres: OwnServer, tmp_path: Path) -> str:
    return database_of(tmp_path)


@pytest.fixture
def warehouse(database: str, tmp_path: Path) -> PostgresWarehouse:
    return PostgresWarehouse(url(database), staging=tmp_path / "staging", lock_timeout=60)


def ask(warehouse: PostgresWarehouse, query: str) -> list[tuple[Any, ...]]:
    return postgres_server.ask(warehouse._server.database, query)


class Attempt(threading.Thread):
    """Something done beside the test, and how it ended."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self.do, self.error = do, None
        self.start()

    def run(self) -> None:
        try:
            self.do()
        except BaseException as error:  # noqa: BLE001  handed over to the test's own thread
            self.error: BaseException | None = error

    def ended(self) -> BaseException | None:
        self.join(60)
        assert not self.is_alive()
        return self.error


class Gate:
    """Holds up whoever writes the call ``held`` in the middle of the transaction, until it is opened."""

    def __init__(self, warehouse: PostgresWarehouse) -> None:
        self.warehouse = warehouse
        self._key = dbapi.connect(url(warehouse._server.database), autocommit=True)
        for statement in (
            "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_advisory_xact_lock_shared(1); RETURN new; END $$",
            "CREATE TRIGGER hold BEFORE INSERT ON genesys.mark FOR EACH ROW WHEN (new.call_id = 'held') "
            "EXECUTE FUNCTION public.hold()",
        ):
            ask(warehouse, statement)
        self._say("SELECT pg_advisory_lock(1) IS NULL")

    def _say(self, statement: str) -> None:
        with self._key.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()

    def waiting(self) -> int:
        """The process id of the backend that is held up, as soon as it is."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = ask(
                self.warehouse,
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 1 AND classid = 0",
            )
            if found:
                return int(found[0][0])
            time.sleep(0.01)
        raise AssertionError("nobody came to the gate")

    def open(self) -> None:
        self._say("SELECT pg_advisory_unlock_all() IS NULL")

    def close(self) -> None:
        self._key.close()


@pytest.fixture
def gate(warehouse: PostgresWarehouse) -> Generator[Gate]:
    commit_calls(warehouse, call("old", at(5)), call("held", at(5), legs=0, note="old"))
    gate = Gate(warehouse)
    yield gate
    gate.close()


def held_load(warehouse: Warehouse) -> Callable[[], object]:
    """A load that comes to the gate when most of it is written."""
    load = load_of_calls(warehouse, call("old", at(5), legs=3, note="new"), call("held", at(5), note="new"))
    return lambda: warehouse.commit(load)


def notes(warehouse: Warehouse) -> dict[str, str]:
    return {row["call_id"]: row["note"] for row in rows_of(warehouse, CALL, "call_id", "note")}


def test_a_load_of_another_day_does_not_wait_for_one_that_is_under_way(
    warehouse: PostgresWarehouse, gate: Gate
) -> None:
    slow = Attempt(held_load(warehouse))
    gate.waiting()

    commit_calls(warehouse, call("next", at(6), note="quick"), partitions=(D2,))
    commit(warehouse, {"user": [{"id": "a"}]}, whole=[USER])

    assert notes(warehouse) == {"old": None, "held": "old", "next": "quick"}
    gate.open()
    assert slow.ended() is None
    assert notes(warehouse) == {"old": "new", "held": "new", "next": "quick"}
    assert warehouse.history([CALL])["load_id"].to_list() == [1, 2, 4]


def test_a_load_of_the_same_tree_waits_and_then_counts(warehouse: PostgresWarehouse, gate: Gate) -> None:
    slow = Attempt(held_load(warehouse))
    gate.waiting()
    late = Attempt(lambda: commit_calls(warehouse, call("old", at(6), note="later", as_of=at(10))))
    impatient = PostgresWarehouse(url(warehouse._server.database), lock_timeout=0.2)
    with pytest.raises(WarehouseLockedError, match=r"not free for 0\.2 s, another run is using it"):
        commit_calls(impatient, call("old", at(6)))
    assert late.is_alive()

    gate.open()

    assert (slow.ended(), late.ended()) == (None, None)
    assert notes(warehouse) == {"old": "later", "held": "new"}
    assert {row["db_partition"] for row in rows_of(warehouse, CALL) if row["call_id"] == "old"} == {D2}
    assert all(warehouse.key_faults(table).sound for table in CALLS)


def test_a_load_that_waits_for_one_of_another_day_has_its_own_new_rows_written(
    warehouse: PostgresWarehouse, gate: Gate
) -> None:
    slow = Attempt(held_load(warehouse))
    gate.waiting()
    day = [call(f"new {n}", at(6), legs=5) for n in range(4_500)]
    late = Attempt(
        lambda: commit_calls(warehouse, call("old", at(5), note="later", as_of=at(10)), *day, partitions=(D2,))
    )

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'"
    deadline = time.monotonic() + 60
    while ask(warehouse, waiting) != [(1,)]:
        assert time.monotonic() < deadline and late.is_alive()
        time.sleep(0.01)
    assert ask(warehouse, "SELECT pg_relation_size('genesys.leg_2026_01') > 1000000") == [(True,)]

    gate.open()
    assert (slow.ended(), late.ended()) == (None, None)
    assert {name: note for name, note in notes(warehouse).items() if note} == {"old": "later", "held": "new"}
    assert (warehouse.count(CALL), warehouse.count(LEG)) == (4_502, 22_502)
    assert warehouse.ledger([LEG], start=D2)["inserted"].to_list() == [22_500]
    assert all(warehouse.key_faults(table).sound for table in CALLS)


def test_windows_of_a_table_load_side_by_side_and_the_same_window_in_turn(warehouse: PostgresWarehouse) -> None:
    days = [5, 6, 7, 5, 6, 7]
    warehouse.prepare([HOURLY])

    def load(day: int, offered: int) -> None:
        rows = [{"queue_id": f"q{n}", "hour": at(day, 1), "offered": offered} for n in range(500)]
        cover = [{"db_partition": date(2026, 1, day)}]
        commit(warehouse, {"hourly": rows}, cover={"hourly": cover}, name=f"hourly {day}")

    loads = [Attempt(lambda day=day, n=n: load(day, n)) for n, day in enumerate(days)]

    assert [attempt.ended() for attempt in loads] == [None] * len(loads)
    assert warehouse.count(HOURLY) == 1500
    assert warehouse.key_faults(HOURLY).sound
    per_day = warehouse.scan(HOURLY).group_by("db_partition").agg(pl.col("offered").n_unique()).collect()
    assert per_day["offered"].to_list() == [1, 1, 1]


def test_a_connection_that_is_cut_in_the_middle_of_a_load_leaves_the_old_state(
    warehouse: PostgresWarehouse, gate: Gate
) -> None:
    before = {table.name: rows_of(warehouse, table) for table in CALLS}
    load = held_load(warehouse)
    slow = Attempt(load)

    ask(warehouse, f"SELECT pg_terminate_backend({gate.waiting()})")

    error = slow.ended()
    assert isinstance(error, WarehouseUnavailableError)
    assert "load load: the connection to the database" in str(error)
    assert "try again when the server is there" in str(error)
    assert {table.name: rows_of(warehouse, table) for table in CALLS} == before
    assert warehouse.history([CALL]).height == 1
    gate.open()
    load()
    assert notes(warehouse) == {"old": "new", "held": "new"}


def test_a_server_that_is_restarted_in_the_middle_of_a_load_leaves_the_old_state(
    warehouse: PostgresWarehouse, gate: Gate, postgres: OwnServer
) -> None:
    before = {table.name: rows_of(warehouse, table) for table in CALLS}
    load = held_load(warehouse)
    slow = Attempt(load)
    gate.waiting()

    postgres.control("restart", "-m", "immediate")

    assert isinstance(slow.ended(), WarehouseUnavailableError)
    assert {table.name: rows_of(warehouse, table) for table in CALLS} == before
    load()
    assert notes(warehouse) == {"old": "new", "held": "new"}


def test_a_server_that_is_not_there_is_worth_another_try_and_a_wrong_database_is_not(database: str) -> None:
    with pytest.raises(WarehouseUnavailableError, match="is the server running"):
        PostgresWarehouse("postgresql://localhost:1/nowhere").prepare(ALL)
    with pytest.raises(WarehouseError, match=r"check the URL .* does not exist") as error:
        PostgresWarehouse(url("nowhere")).count(CALL)
    assert not isinstance(error.value, WarehouseUnavailableError)


def test_a_statement_that_takes_too_long_is_a_clear_error(warehouse: PostgresWarehouse, gate: Gate) -> None:
    hasty = PostgresWarehouse(url(warehouse._server.database), statement_timeout=0.5)

    with pytest.raises(WarehouseError, match=r"load load: it took longer than the statement timeout allows.*raise"):
        held_load(hasty)()

    assert notes(warehouse) == {"old": None, "held": "old"}


def test_a_value_that_the_database_refuses_is_not_shown(warehouse: PostgresWarehouse) -> None:
    with pytest.raises(WarehouseError, match="invalid input syntax for type json") as error:
        commit(warehouse, {"user": [{"id": "a", "tags": '{"secret note'}]})

    assert "INSERT" not in str(error.value)
    assert "genesys_loader.ledger" not in str(error.value)
    assert "CONTEXT" not in str(error.value)


@contextmanager
def roles_of_the_guide(database: str) -> Iterator[None]:
    """Do what the guide tells the administrator, for this database."""
    (commands,) = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    for command in commands.replace("DATABASE warehouse", f"DATABASE {database}").split(";\n"):
        if command.strip():
            postgres_server.ask(database, command)
    postgres_server.ask(database, "CREATE ROLE analyst LOGIN IN ROLE genesys_reader")
    try:
        yield
    finally:
        postgres_server.ask(database, "DROP SCHEMA genesys, genesys_loader CASCADE")
        for role in ("analyst", "genesys_reader", "genesys_loader"):
            postgres_server.ask(database, f"DROP OWNED BY {role}")
            postgres_server.ask(database, f"DROP ROLE {role}")


def test_the_rights_in_the_guide_suffice_and_are_no_more_than_needed(database: str, tmp_path: Path) -> None:
    # What everyone may do on a new database must not help.
    postgres_server.ask(database, f"REVOKE ALL ON DATABASE {database} FROM public")
    with roles_of_the_guide(database):
        loader = PostgresWarehouse(url(database, "genesys_loader"), staging=tmp_path / "staging")
        loader.prepare(ALL)
        for note in "ab":
            commit_calls(loader, call("1", at(5), legs=2, note=note), call("2", at(31, 23)), partitions=(D1,))
            commit(loader, {"user": [{"id": note}], "hourly": [{"queue_id": "q", "hour": at(5)}]}, whole=[USER])
        loader.remember("job", "1")
        assert loader.count(LEG) == 3

        reader = PostgresWarehouse(url(database, "analyst"), staging=tmp_path / "staging")
        assert reader.scan(LEG).collect().height == 3
        assert reader.ledger().equals(loader.ledger())
        assert reader.recall("job") == "1"
        assert reader.key_faults(LEG).sound
        with pytest.raises(WarehouseError, match=r"the role lacks a permission; docs/postgres.md .*permission denied"):
            commit_calls(reader, call("1", at(5), note="forged"))
        with pytest.raises(WarehouseError, match="the role lacks a permission"):
            reader.remember("job", "2")
        for right in ("CREATEDB", "CREATEROLE", "SUPER"):
            column = f"rol{right.lower()}"
            assert postgres_server.ask(database, f"SELECT {column} FROM pg_roles WHERE rolname = 'genesys_loader'") == [
                (False,)
            ]


def test_tables_with_partitions_are_split_by_month_as_rows_come(warehouse: PostgresWarehouse) -> None:
    warehouse.prepare(CALLS)
    commit_calls(warehouse, call("a", at(5)), call("b", at(31, 23)))
    commit_calls(warehouse, call("c", at(5).replace(month=12)), call("d", at(5).replace(year=2027)))

    bounds = ask(
        warehouse,
        "SELECT c.relname::text, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c "
        "WHERE c.relispartition AND c.relkind = 'r' AND c.relname LIKE 'call_2%' ORDER BY 1",
    )
    assert bounds == [
        ("call_2026_01", "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"),
        ("call_2026_12", "FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')"),
        ("call_2027_01", "FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')"),
    ]
    assert ask(warehouse, "SELECT call_id FROM genesys.call_2026_01 ORDER BY 1") == [("a",), ("b",)]
    assert ask(warehouse, "SELECT count(*) FROM pg_class WHERE relispartition AND relname LIKE 'user%'") == [(0,)]


def test_keys_are_primary_keys_led_by_what_rows_are_replaced_by(warehouse: PostgresWarehouse) -> None:
    catalog = load_catalog()
    segment = catalog["analytics_conversation_segment"]
    warehouse.prepare([segment, USER])

    def key(table: str) -> str:
        ((definition,),) = ask(
            warehouse,
            f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'genesys.{table}'::regclass "
            "AND contype = 'p'",
        )
        return definition

    assert key('"user"') == "PRIMARY KEY (id)"
    assert key(segment.name).startswith("PRIMARY KEY (conversation_id, segment_start, ordinal, segment_type, ")
    assert key(segment.name).endswith(", db_partition)")


def test_the_database_describes_itself(warehouse: PostgresWarehouse) -> None:
    catalog = load_catalog()
    segment = catalog["analytics_conversation_segment"]
    warehouse.prepare([USER, segment])

    def column(table: str, name: str) -> str:
        ((comment,),) = ask(
            warehouse,
            f"SELECT col_description(attrelid, attnum) FROM pg_attribute "
            f"WHERE attrelid = 'genesys.{table}'::regclass AND attname = '{name}'",
        )
        return comment

    assert ask(warehouse, "SELECT obj_description('genesys.\"user\"'::regclass, 'pg_class')") == [
        ("Rows of user; it's made up.",)
    ]
    assert column('"user"', "share") == "A part of one. Unit: ratio."
    assert column(segment.name, "queue_id").endswith(" Refers to genesys.queue (id).")
    ((told,),) = ask(warehouse, f"SELECT obj_description('genesys.{segment.name}'::regclass, 'pg_class')")
    assert told.startswith(segment.description)
    assert all(
        f"({', '.join(k.columns)}) refers to genesys.{k.parent} " in told for k in catalog.foreign_keys(segment.name)
    )


def test_every_table_of_the_catalog_can_be_made_by_many_at_once(database: str) -> None:
    catalog = load_catalog()
    attempts = [Attempt(lambda: PostgresWarehouse(url(database)).prepare(catalog)) for _ in range(3)]

    assert [attempt.ended() for attempt in attempts] == [None] * 3
    assert PostgresWarehouse(url(database)).count(catalog["user"]) == 0
    found = postgres_server.ask(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'genesys'")
    assert found == [(len(catalog),)]


def test_no_connection_outlives_a_call(warehouse: PostgresWarehouse) -> None:
    commit_calls(warehouse, *(call(str(n), at(5)) for n in range(100)))
    scan = warehouse.scan(CALL)
    scan.collect()
    scan.head(1).collect()

    deadline = time.monotonic() + 30
    connected = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = 'genesys-assets' AND datname = current_database()"
    )
    # The server notices a moment after the connection was closed.
    while ask(warehouse, connected) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_load_without_changes_keeps_every_row_where_it_is(warehouse: PostgresWarehouse) -> None:
    def load() -> None:
        commit_calls(warehouse, *(call(str(n), at(5), legs=3) for n in range(50)))
        commit(warehouse, {"user": [{"id": str(n), "tags": '{"a":  1}'} for n in range(50)]}, whole=[USER])

    places = (
        "SELECT ctid::text, xmin::text, call_id FROM genesys.leg "
        'UNION ALL SELECT ctid::text, xmin::text, id FROM genesys."user" ORDER BY 3, 1, 2'
    )
    load()
    before = ask(warehouse, places)
    load()

    assert ask(warehouse, places) == before


def test_both_backends_give_back_the_same_values(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    row = {
        "id": "é\N{GRINNING FACE}",
        "name": "a\nb'c\"d\\e%",
        "order": -(2**63),
        "share": 1e-300,
        "tags": '{"b":  1, "a":1}',
    }
    row["seen"] = at(5).replace(microsecond=999_999)
    row["wakes"] = at(5, 2).replace(tzinfo=None, microsecond=1)
    row["born"] = date(1900, 2, 28)
    both = [warehouse, DuckDBWarehouse(tmp_path / "warehouse.duckdb")]
    for store in both:
        commit(store, {"user": [row, {"id": "", "name": "", "share": -0.0}, {"id": "x", "share": float("inf")}]})

    mine, theirs = (store.scan(USER).drop("db_when_created", "db_last_updated").collect().sort("id") for store in both)
    assert mine.equals(theirs)
    assert mine.schema == theirs.schema
    assert {name: mine.row(2, named=True)[name] for name in row} == row


def test_a_character_that_the_database_cannot_keep_is_replaced_with_a_warning(
    warehouse: PostgresWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="genesys_assets.warehouse"):
        commit(warehouse, {"event": [{"id": "1", "what": "a\0b"}]})

    assert rows_of(warehouse, EVENT, "what") == [{"what": "a\N{REPLACEMENT CHARACTER}b"}]
    assert "column(s) what: NUL characters" in caplog.text


def test_the_place_may_come_from_the_environment_alone(
    warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_calls(warehouse, call("a", at(5)))
    monkeypatch.setenv("PGHOST", os.environ[postgres_server.SERVER])
    monkeypatch.setenv("PGDATABASE", warehouse._server.database)
    monkeypatch.setenv("PGUSER", "postgres")
    opened = open_warehouse("postgresql://")

    assert opened.count(CALL) == 1
    assert opened.address(CALL) == f"{warehouse._server.database}.genesys.call"
    assert open_warehouse("postgresql://u@host/a%20b?sslmode=require").address(CALL) == "a b.genesys.call"


def test_totals_are_those_of_the_table(warehouse: PostgresWarehouse) -> None:
    def totals(*trees: Any) -> list[int]:
        return [report.total for report in commit_calls(warehouse, *trees).values()]

    assert totals(call("a", at(5), legs=3), call("b", at(6))) == [2, 4, 4]
    assert totals(call("a", at(6), legs=1, as_of=at(10))) == [2, 2, 2]
    assert totals({"call": [], "leg": [], "mark": [], "cover": [{"call_id": "b", "as_of": at(10)}]}) == [1, 1, 1]
    assert [warehouse.count(table) for table in CALLS] == [1, 1, 1]


def test_many_rows_of_new_trees_and_of_known_ones_are_merged_alike(warehouse: PostgresWarehouse) -> None:
    def load(first: int, note: str, hour: int) -> dict[str, tuple[int, ...]]:
        trees = [call(str(n), at(5 + n % 2), legs=5, note=note, as_of=at(9, hour)) for n in range(first, first + 4_500)]
        return {name: counts(report) for name, report in commit_calls(warehouse, *trees, partitions=(D1, D2)).items()}

    assert load(0, "a", 0) == {"call": (4_500, 0, 0, 0, 0), "leg": (22_500, 0, 0, 0, 0), "mark": (22_500, 0, 0, 0, 0)}
    before = warehouse.scan(LEG).collect().sort(LEG.key)
    assert load(0, "a", 1)["leg"] == (0, 0, 0, 0, 22_500)
    assert load(4_000, "b", 2) == {
        "call": (4_000, 500, 0, 0, 0),
        "leg": (20_000, 0, 0, 0, 2_500),
        "mark": (20_000, 0, 0, 0, 2_500),
    }
    after = warehouse.scan(LEG).collect().sort(LEG.key)
    assert after.join(before, on=LEG.key, how="semi").sort(LEG.key).equals(before)
    assert [warehouse.count(table) for table in CALLS] == [8_500, 42_500, 42_500]
    assert all(warehouse.key_faults(table).sound for table in CALLS)
    assert warehouse.ledger([LEG])["rows"].to_list() == [21_250, 21_250]


def test_a_large_load_leaves_newer_trees_alone_and_takes_out_what_is_gone(warehouse: PostgresWarehouse) -> None:
    commit_calls(warehouse, *(call(str(n), at(5), legs=5, as_of=at(9, 1)) for n in range(4_500)))
    newer = [call(str(n), at(5), legs=5, note="newer", as_of=at(9, 3)) for n in range(4_400, 4_450)]
    commit_calls(warehouse, *newer)
    large = [call(str(n), at(5), legs=4 if n < 4_500 else 5, as_of=at(9, 2)) for n in range(4_000, 8_500)]
    large[-1]["leg"][0]["queue_id"] = "q\0"

    report = commit_calls(warehouse, *large)["leg"]

    assert (counts(report), report.stale, report.total) == ((20_000, 0, 450, 0, 1_800), 50, 42_050)
    assert warehouse.count(LEG) == 42_050
    legs = warehouse.scan(LEG).collect()
    per_tree = legs.group_by("call_id").len().filter(pl.col("len") == 4)["call_id"].cast(pl.Int64)
    assert sorted(per_tree) == [*range(4_000, 4_400), *range(4_450, 4_500)]
    assert legs.filter(call_id="8499", leg=0)["queue_id"].item() == "q\N{REPLACEMENT CHARACTER}"
    assert commit_calls(warehouse, *large)["leg"].written == 0


def test_a_tree_that_has_moved_into_a_day_without_rows_leaves_none_behind(warehouse: PostgresWarehouse) -> None:
    commit_calls(warehouse, *(call(str(n), at(5), legs=3) for n in range(10)), partitions=(D1,))
    moved_or_new = [call(str(n), at(6), legs=5, as_of=at(9, 1)) for n in range(5, 4_505)]

    report = commit_calls(warehouse, *moved_or_new, partitions=(D2,))["leg"]

    assert (report.inserted, report.updated, report.unchanged) == (22_475 + 2 * 5, 3 * 5, 0)
    assert warehouse.scan(LEG).collect()["call_id"].value_counts().filter(pl.col("count") != 5).height == 5
    assert warehouse.count(LEG) == 22_500 + 3 * 5
    assert all(warehouse.key_faults(table).sound for table in CALLS)
    assert commit_calls(warehouse, *moved_or_new, partitions=(D2,))["leg"].written == 0
