"""The aggregated tables against the detail tables of the same warehouse, over a world where much happens.

What is expected is computed here, from the detail tables alone, and shares nothing with the simulator.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.project import Project, failures, project

FIRST, DAYS = date(2026, 3, 9), (date(2026, 3, 10), date(2026, 3, 11))
"""Of the first day only the conversations are loaded: their after-call work may reach into the next."""
SETTINGS = simulator.Settings(
    conversations_per_day=700, users=120, queues=9, groups=4, rate_limit=0, now="2026-03-12T08:00:00.000Z"
)
QUEUES = {
    "queue_aggregations": [],
    "queue_aggregations2": ["direction"],
    "queue_aggregation3": ["direction", "initial_direction"],
}
USERS = {
    "user_aggregations": [],
    "user_aggregations2": ["queue_id", "direction", "wrap_up_code"],
    "user_aggregation3": ["queue_id", "direction", "initial_direction", "wrap_up_code"],
}
HISTOGRAMS = {"queue_aggregations_second": "queue_aggregations2", "queue_second_histogram3": "queue_aggregation3"}
SESSION = ["conversation_id", "participant_id", "session_id"]


pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("project"), SETTINGS, start=FIRST) as made:
        result = made.run("historical", day=FIRST, until=DAYS[-1], asset_selection=made.assets("conversation_details"))
        assert result.success, failures(result)
        result = made.run("aggregated", day=DAYS[0], until=DAYS[-1])
        assert result.success, failures(result)
        yield made


@pytest.fixture(scope="module")
def metrics(loaded: Project) -> pl.DataFrame:
    """Every metric emitted on the days, with what it is counted by."""
    start = datetime.combine(DAYS[0], time(), UTC)
    rows = loaded.rows("analytics_session_metric").filter(
        pl.col("emit_date").is_between(start, start + timedelta(days=len(DAYS)), closed="left")
    )
    segments = loaded.rows("analytics_conversation_segment")
    queues = segments.filter(pl.col("queue_id").is_not_null()).select(*SESSION, "queue_id").unique()
    assert not queues.select(SESSION).is_duplicated().any(), "a session of this world is of one queue"
    coded = segments.filter(pl.col("wrap_up_code").is_not_null()).select(*SESSION, "wrap_up_code", "segment_end")
    assert not coded.select(SESSION).is_duplicated().any()
    sessions = loaded.rows("analytics_session").select(*SESSION, "media_type", "direction")
    users = loaded.rows("analytics_participant").select("conversation_id", "participant_id", "user_id")
    heads = loaded.rows("analytics_conversation").select(
        "conversation_id", pl.col("originating_direction").alias("initial_direction")
    )
    joined = (
        rows.join(sessions, on=SESSION)
        .join(users, on=SESSION[:2])
        .join(heads, on="conversation_id")
        .join(queues, on=SESSION, how="left")
        .join(coded, on=SESSION, how="left")
    )
    assert len(joined) == len(rows)
    told = pl.col("segment_end") <= pl.col("emit_date")
    return joined.with_columns(
        pl.col("emit_date").dt.truncate("30m").alias("time"),
        pl.when(told).then("wrap_up_code").alias("wrap_up_code"),
    ).with_columns(pl.col("queue_id", "user_id", "wrap_up_code", "direction", "media_type").fill_null(""))


def summed(metrics: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """What reports are about, from the details."""

    def of(name: str) -> pl.Expr:
        return pl.col("value").filter(pl.col("name") == name)

    return metrics.group_by(by).agg(
        of("nOffered").len().alias("n_offered"),
        of("tAnswered").len().alias("t_answered_count"),
        of("tAnswered").sum().alias("t_answered_sum"),
        of("tAnswered").max().alias("t_answered_max"),
        of("tAbandon").len().alias("t_abandon_count"),
        of("tFlowOut").len().alias("t_flow_out_count"),
        of("tHandle").len().alias("t_handle_count"),
        of("tHandle").sum().alias("t_handle_sum"),
        of("tAcw").sum().alias("t_acw_sum"),
        of("tTalkComplete").min().alias("t_talk_complete_min"),
        of("nTransferred").len().alias("n_transferred"),
        of("nOverSla").len().alias("n_over_sla"),
    )


def compared(loaded: Project, table: str, expected: pl.DataFrame, by: list[str], what: list[str]) -> int:
    """Hold the measures of a table against those expected; how many rows have any of them."""
    counts = [name for name in what if not name.endswith(("_min", "_max"))]
    busy = pl.any_horizontal(pl.col(counts) > 0)
    found = loaded.rows(table).select(*by, *what).with_columns(pl.col(counts).fill_null(0)).filter(busy)
    wanted = expected.select(*by, *what).cast({name: found.schema[name] for name in what}).filter(busy)
    assert_frame_equal(found.sort(by), wanted.sort(by))
    return len(found)


def test_this_world_has_transfers_consults_callbacks_and_conversations_over_midnight(
    loaded: Project, metrics: pl.DataFrame
) -> None:
    names = set(metrics["name"])
    assert {
        "nBlindTransferred",
        "nConsultTransferred",
        "tCallbackVirtualWait",
        "tAbandon",
        "tFlowOut",
        "nOverSla",
    } <= names
    heads = loaded.rows("analytics_conversation")
    assert (heads["conversation_start"].dt.date() < heads["conversation_end"].dt.date()).sum() > 10
    begun_before = metrics.join(heads, on="conversation_id").filter(
        pl.col("conversation_start").dt.date() < pl.col("emit_date").dt.date()
    )
    assert {"tAnswered", "tHandle", "tAcw"} <= set(begun_before["name"])
    both_ways = metrics.filter(pl.col("direction") != pl.col("initial_direction"))
    assert len(both_ways), "a callback: the conversation came in, its call goes out"


@pytest.mark.parametrize("table", QUEUES)
def test_offered_answered_abandoned_and_handle_time_of_the_queues_are_those_of_the_details(
    loaded: Project, metrics: pl.DataFrame, table: str
) -> None:
    by = ["queue_id", "time", "media_type", *QUEUES[table]]
    expected = summed(metrics, by)
    what = [name for name in expected.columns if name not in by]
    assert compared(loaded, table, expected, by, what) > 300


@pytest.mark.parametrize("table", QUEUES)
def test_the_service_level_is_that_of_the_details(loaded: Project, metrics: pl.DataFrame, table: str) -> None:
    by = ["queue_id", "time", "media_type", *QUEUES[table]]
    served = pl.col("t_answered_count") + pl.col("t_abandon_count")
    expected = (
        summed(metrics.filter(pl.col("queue_id") != ""), by)
        .filter(served > 0)
        .select(
            *by,
            (pl.col("t_answered_count") - pl.col("n_over_sla")).cast(pl.Float64).alias("o_service_level_numerator"),
            served.cast(pl.Float64).alias("o_service_level_denominator"),
            ((pl.col("t_answered_count") - pl.col("n_over_sla")) / served).alias("o_service_level_ratio"),
        )
    )
    found = loaded.rows(table).filter(pl.col("o_service_level_ratio").is_not_null()).select(expected.columns)
    assert_frame_equal(found.sort(by), expected.sort(by))
    assert 0 < (found["o_service_level_ratio"] < 1).sum() < len(found)


@pytest.mark.parametrize("table", USERS)
def test_what_agents_did_is_that_of_the_details(loaded: Project, metrics: pl.DataFrame, table: str) -> None:
    by = ["user_id", "time", "media_type", *USERS[table]]
    declared = {column.name for column in load_catalog()[table].columns}
    expected = summed(metrics, by)
    what = [name for name in expected.columns if name not in by and name in declared]
    assert {"t_answered_count", "t_handle_sum", "n_transferred"} <= set(what)
    assert compared(loaded, table, expected, by, what) > 300


@pytest.mark.parametrize("table", HISTOGRAMS)
def test_over_all_seconds_a_histogram_has_the_counts_of_its_row_for_every_row(loaded: Project, table: str) -> None:
    parent = HISTOGRAMS[table]
    key = list(load_catalog()[parent].key)
    histogram = loaded.rows(table)
    pairs = {"answered": "t_answered_count", "abandoned": "t_abandon_count", "flow_out": "t_flow_out_count"}
    sums = histogram.group_by(key).agg(pl.col(list(pairs)).sum())
    rows = loaded.rows(parent).select(*key, *(pl.col(theirs).fill_null(0).alias(own) for own, theirs in pairs.items()))
    waited = rows.filter(pl.sum_horizontal(list(pairs)) > 0)
    assert_frame_equal(sums.sort(key), waited.sort(key))
    assert len(sums) > 300
    assert all(total > 0 for total in sums.select(pl.col(list(pairs)).sum()).row(0))
    (orphans,) = [k for k in load_catalog().foreign_keys(table) if k.parent == parent]
    assert loaded.warehouse.orphans(orphans).rows == 0


def test_seconds_are_those_of_the_waits_without_an_upper_bound(loaded: Project, metrics: pl.DataFrame) -> None:
    waits = metrics.filter(pl.col("name").is_in(["tAnswered", "tAbandon", "tFlowOut"]))
    seconds = waits.group_by((pl.col("value") // 1000).cast(pl.Int64).alias("second")).len("waits").sort("second")
    histogram = loaded.rows("queue_second_histogram3")
    told = histogram.group_by("second").agg(pl.sum_horizontal("answered", "abandoned", "flow_out").sum().alias("waits"))
    assert_frame_equal(told.sort("second"), seconds, check_dtypes=False)
    assert {0, seconds["second"].max()} <= set(told["second"]) and seconds["second"].max() > 3_600


def test_metrics_without_a_queue_or_a_user_stand_in_rows_with_empty_text_which_are_no_orphans(loaded: Project) -> None:
    for table, column in (("queue_aggregation3", "queue_id"), ("user_aggregation3", "wrap_up_code")):
        assert "" in set(loaded.rows(table)[column]), table
    keys = {k.parent: k for k in load_catalog().foreign_keys("user_aggregation3")}
    assert {keys[name].nowhere for name in ("user", "queue", "wrapup_code")} == {("",)}
    metadata = loaded.run("metadata", asset_selection=loaded.assets("users", "queues", "wrapup_codes", "divisions"))
    assert metadata.success, failures(metadata)
    assert loaded.warehouse.orphans(keys["user"]).rows == loaded.warehouse.orphans(keys["queue"]).rows == 0
    assert all(code.startswith("ININ-") for (code,) in loaded.warehouse.orphans(keys["wrapup_code"]).examples)


def test_a_metric_without_events_is_empty_and_never_zero(loaded: Project) -> None:
    rows = loaded.rows("queue_aggregations")
    for name in ("t_abandon_count", "t_abandon_sum", "n_transferred"):
        assert rows[name].null_count() and not (rows[name] == 0).any()


def test_histograms_make_no_request(loaded: Project) -> None:
    ledger = loaded.warehouse.ledger([load_catalog()[name] for name in HISTOGRAMS])
    assert set(ledger["calls"]) == {0}
    one = loaded.warehouse.ledger([load_catalog()["queue_aggregations"]])
    assert set(one["calls"]) == {1}
