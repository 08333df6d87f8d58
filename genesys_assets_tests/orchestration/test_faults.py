"""A bad day at Genesys: everything good loads, everything bad is kept with its reason, and the run says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets.simulator import malformation
from genesys_assets_tests.orchestration.project import CONVERSATION_TABLES, FAMILY, failures, project

FIRST, LAST = date(2026, 3, 8), date(2026, 3, 10)
SETTINGS = simulator.Settings(
    conversations_per_day=400, users=120, queues=20, groups=5, rate_limit=0, job_polls=1, now="2026-03-11T08:00:00.000Z"
)
PRESENT = ("users", "groups", "group_members", "queues", "routing_skills")
TROUBLE = simulator.Faults(
    rate_limit_storm=0.3,
    errors_500=0.1,
    cut_connections=0.05,
    expire_tokens=0.15,
    malformed_items=0.01,
    retry_after_s=0,
)
REQUEST_FAULTS = ("rate_limit_storm", "errors_500", "cut_connections", "expire_tokens")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    with project(tmp_path_factory.mktemp("calm"), SETTINGS) as undisturbed:
        assert undisturbed.run("historical", day=FIRST, until=LAST, asset_selection=FAMILY).success
        assert not len(undisturbed.warehouse.quarantined())
        return {table.name: undisturbed.content_of(table) for table in CONVERSATION_TABLES}


def test_all_good_items_load_and_every_bad_one_is_in_the_quarantine(
    backend: str, tmp_path: Path, calm: dict[str, pl.DataFrame]
) -> None:
    with project(tmp_path, SETTINGS, backend=backend) as troubled:
        troubled.control("PUT", "faults", **msgspec.to_builtins(TROUBLE))
        result = troubled.run("historical", day=FIRST, until=LAST, asset_selection=FAMILY)
        assert result.success, failures(result)
        seen = troubled.control("GET", "statistics")
        assert all(seen["faults"].get(kind) for kind in REQUEST_FAULTS)
        assert seen["tokens"] > 1, "no token was renewed: none can have expired under way"

        ids = calm["analytics_conversation"]["conversation_id"]
        bad = {each: how for each in ids if (how := malformation(SETTINGS.seed, TROUBLE.malformed_items, each))}
        assert set(bad.values()) >= {"missing_id", "bad_date"}, "hardly an item was malformed: nothing was shown"
        for table in CONVERSATION_TABLES:
            expected = calm[table.name].filter(~pl.col("conversation_id").is_in(list(bad)))
            assert troubled.content_of(table).equals(expected), table.name

        quarantined = troubled.warehouse.quarantined()
        with_id = {each for each in bad if quarantined["raw"].str.contains(each, literal=True).any()}
        without_id = quarantined.filter(pl.col("column") == "conversation_id")["raw"].unique()
        assert with_id == {each for each, how in bad.items() if how != "missing_id"}
        assert len(without_id) == sum(how == "missing_id" for how in bad.values())
        assert quarantined["reason"].str.len_chars().min() > 0
        assert set(quarantined["table"]) <= {table.name for table in CONVERSATION_TABLES}

        events = result.asset_materializations_for_node("conversation_details")
        assert sum(event.metadata["quarantined"].value for event in events) >= len(quarantined)


@pytest.mark.parametrize("backend", ["duckdb", pytest.param("postgres", marks=pytest.mark.soak)], indirect=True)
def test_what_was_bad_leaves_the_quarantine_once_it_can_be_read(
    backend: str, tmp_path: Path, calm: dict[str, pl.DataFrame]
) -> None:
    with project(tmp_path, SETTINGS, backend=backend) as mended:
        mended.control("PUT", "faults", malformed_items=0.05)
        assert mended.run("historical", day=FIRST, asset_selection=FAMILY).success
        assert len(mended.warehouse.quarantined())
        mended.control("PUT", "faults", malformed_items=0.0)
        assert mended.run("historical", day=FIRST, until=LAST, asset_selection=FAMILY).success
        assert not len(mended.warehouse.quarantined().filter(pl.col("load").str.contains(str(FIRST))))
        assert mended.content_of(load_catalog()["analytics_conversation"]).equals(calm["analytics_conversation"])


def test_one_failing_group_keeps_its_members_the_others_go_on_and_the_step_says_so(tmp_path: Path) -> None:
    with project(tmp_path, SETTINGS) as organisation:
        assert organisation.run(
            "metadata",
            asset_selection=organisation.assets(*PRESENT),
        ).success
        before = organisation.rows("user_group")
        group, other = before["group_id"].unique(maintain_order=True)[:2]
        leaving = before.filter(pl.col("group_id") == other)["user_id"][0]
        organisation.control("POST", "failures", path=f"/api/v2/groups/{group}/members", status=404)
        organisation.control("POST", "world", action="leave", kind="groups", id=other, fields={"user": leaving})
        result = organisation.run(
            "metadata",
            asset_selection=organisation.assets(*PRESENT),
        )
        assert not result.success
        assert any(group in reason for reason in failures(result))
        after = organisation.rows("user_group")
        assert after.filter(pl.col("group_id") == group)["db_when_deleted"].null_count() == (
            before.filter(pl.col("group_id") == group).height
        )
        gone = after.filter(pl.col("db_when_deleted").is_not_null())
        assert gone.select("group_id", "user_id").rows() == [(other, leaving)]


def test_a_permission_that_is_lacking_fails_at_once_and_names_it(tmp_path: Path) -> None:
    with project(tmp_path, SETTINGS) as organisation:
        organisation.control("PUT", "permissions", denied=["routing:queue:view"])
        result = organisation.run(
            "metadata",
            asset_selection=organisation.assets(*PRESENT),
        )
        assert not result.success
        assert any("routing:queue:view" in reason for reason in failures(result))
        assert not any(event.event_type_value == "STEP_UP_FOR_RETRY" for event in result.all_events)
        assert {event.step_key for event in result.all_events if event.is_step_failure} == {"queues"}
        assert organisation.rows("routing_skill").height > 0
