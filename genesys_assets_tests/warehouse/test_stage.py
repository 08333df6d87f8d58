"""What may be staged, and what becomes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import polars as pl
import pytest

from genesys_assets.catalog.types import POLARS_TYPES, polars_schema
from genesys_assets.warehouse import Stage, StageError
from genesys_assets_tests.warehouse.samples import (
    ALL,
    CALL,
    D1,
    EVENT,
    HOURLY,
    LEG,
    MEMBER,
    PRESENCE,
    USER,
    at,
    call,
    frame,
)


def good() -> pl.DataFrame:
    return frame(CALL, call("a", at(5, 1))["call"])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop("note", "started"), r"table call: the frame lacks the column\(s\) started, note"),
        (lambda f: f.drop("db_partition"), r"table call: .* lacks .* db_partition"),
        (lambda f: f.drop("db_as_of"), r"table call: .* lacks .* db_as_of"),
        (lambda f: f.with_columns(extra=1, more=2), r"table call: .* undeclared column\(s\) extra, more"),
        (lambda f: f.with_columns(note=pl.lit(1)), r"table call, column note: the frame has Int32, declared is String"),
        (lambda f: f.with_columns(note=pl.lit(None)), "table call, column note: the frame has Null"),
        (
            lambda f: f.with_columns(pl.col("started").dt.replace_time_zone(None)),
            "table call, column started: .* declared is Datetime",
        ),
        (
            lambda f: f.with_columns(pl.col("started").dt.cast_time_unit("ms")),
            "table call, column started: .*'ms'.* declared is .*'us'",
        ),
        (lambda f: f.with_columns(call_id=pl.lit(None, pl.String)), "table call, column call_id: null in 1 of 1 rows"),
        (lambda f: f.with_columns(db_partition=pl.lit(None, pl.Date)), "table call, column db_partition: null in 1"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_by_table_and_column(
    tmp_path: Path, spoil: Callable[[pl.DataFrame], pl.DataFrame], message: str
) -> None:
    with Stage(tmp_path, "load") as stage, pytest.raises(StageError, match=message):
        stage.append(CALL, spoil(good()))


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    with Stage(tmp_path, "load") as stage:
        stage.append(CALL, good())
        stage.append(CALL, good().select(reversed(good().columns)))
        (part,) = stage.parts(CALL)
        assert pl.read_parquet(part)["call_id"].to_list() == ["a", "a"]


@pytest.mark.parametrize(
    ("table", "scope", "message"),
    [
        (USER, pl.DataFrame({"id": ["a"]}), "no parent"),
        (MEMBER, pl.DataFrame({"user_id": ["a"]}), "lacks .* group_id"),
        (MEMBER, pl.DataFrame({"group_id": ["a"], "user_id": ["b"]}), "undeclared .* user_id"),
        (MEMBER, pl.DataFrame({"group_id": [None]}, schema={"group_id": pl.String}), "group_id: null"),
        (CALL, pl.DataFrame({"call_id": ["a"]}), "lacks .* as_of"),
        (HOURLY, pl.DataFrame({"hour": [at(5)]}), "lacks .* db_partition"),
        (EVENT, pl.DataFrame({"id": ["a"]}), "absence says nothing"),
        (EVENT, None, "absence says nothing"),
        (PRESENCE, pl.DataFrame({"nobody": ["a"]}), "undeclared .* nobody"),
    ],
)
def test_a_cover_that_means_nothing_is_refused(
    tmp_path: Path, table: object, scope: pl.DataFrame | None, message: str
) -> None:
    with Stage(tmp_path, "load") as stage, pytest.raises(StageError, match=message):
        stage.cover(table, scope)  # pyright: ignore[reportArgumentType]


def test_rejects_of_another_shape_are_refused(tmp_path: Path) -> None:
    with Stage(tmp_path, "load") as stage, pytest.raises(StageError, match=r"rejects: .* lacks .* source"):
        stage.reject(pl.DataFrame({"table": ["a"], "reason": ["r"], "column": ["c"], "raw": ["{}"]}))


def test_rows_are_counted_as_they_are_appended(tmp_path: Path) -> None:
    with Stage(tmp_path, "load") as stage:
        assert stage.rows(CALL) == 0
        stage.append(CALL, good())
        stage.append(CALL, pl.concat([good(), good()]))
        assert (stage.rows(CALL), stage.rows(LEG)) == (3, 0)


def test_small_frames_become_few_parts_and_large_ones_leave_memory(tmp_path: Path) -> None:
    with Stage(tmp_path, "load") as stage:
        for _ in range(500):
            stage.append(CALL, good())
        assert len(stage.parts(CALL)) <= 500 / 20
        few = len(list(stage.scratch.iterdir()))

        wide = pl.DataFrame({"id": [str(n) for n in range(20_000)], "what": ["x" * 1000] * 20_000})
        for _ in range(5):
            stage.append(EVENT, wide)
        assert len(list(stage.scratch.iterdir())) >= few + 3


def test_a_discarded_stage_leaves_nothing_and_takes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "load")
    stage.append(CALL, good())
    assert stage.parts(CALL)

    stage.discard()
    stage.discard()

    assert not list(tmp_path.iterdir())
    with pytest.raises(StageError, match="stage load: it was committed or discarded"):
        stage.append(CALL, good())


def _stage_and_die(directory: Path) -> None:
    stage = Stage(directory, "load")
    stage.append(CALL, good())
    assert stage.parts(CALL)
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_stage_of_a_killed_process_is_removed_and_a_living_one_left_alone(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    living = Stage(tmp_path, "load")
    living.append(CALL, good())
    killed = processes.Process(target=_stage_and_die, args=(tmp_path,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert len([entry for entry in tmp_path.iterdir() if entry.is_dir()]) == 2

    with Stage(tmp_path, "load") as fresh:
        assert {entry for entry in tmp_path.iterdir() if entry.is_dir()} == {living.scratch, fresh.scratch}
        assert len(living.parts(CALL)) == 1
    living.discard()


def test_a_name_may_hold_anything(tmp_path: Path) -> None:
    with Stage(tmp_path, "../conversations 2026-01-05/x*") as stage:
        assert stage.scratch.parent == tmp_path


def test_every_declared_type_has_a_dtype_and_columns_keep_their_order() -> None:
    assert list(polars_schema(USER)) == [column.name for column in USER.columns]
    assert list(polars_schema(CALL, housekeeping=True))[-2:] == ["db_partition", "db_as_of"]
    for table in ALL:
        for column in (*table.columns, *table.housekeeping):
            assert polars_schema(table, housekeeping=True)[column.name] == POLARS_TYPES[column.type]
    assert good()["db_partition"].to_list() == [D1]
