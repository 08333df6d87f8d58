"""Audit trails through the simulator and Dagster: every service, every shape of a message, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets.simulator.audits import SERVICES
from genesys_assets_tests.orchestration.project import Project, failures, project

pytestmark = pytest.mark.soak

DAY = date(2026, 3, 10)
CHILDREN = (
    "quality_audit_context",
    "quality_audit_message_param",
    "quality_audit_property_change",
    "quality_audit_property_change_value",
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    settings = simulator.Settings(
        conversations_per_day=4, users=30, queues=4, groups=2, rate_limit=0, job_polls=1, audits_per_day=60,
        quality_audits_per_day=60, now="2026-03-11T03:00:00.000Z",
    )  # fmt: skip
    with project(tmp_path, settings) as made:
        yield made


def load(on: Project, read: str, day: date = DAY) -> Any:
    keys = [dg.AssetKey(table.name) for table in load_catalog().reads()[read][1]]
    return on.run("historical", day=day, asset_selection=keys)


def place(on: Project, *, interactions: bool = True, **fields: Any) -> dict[str, Any]:
    """Place a message in a trail, in the stead of that with its id."""
    message = {
        "id": "a0d17000-0000-4000-8000-000000000001",
        "userHomeOrgId": "3f1c8b1e-5a7d-4c55-a1d0-000000000001",
        "serviceName": "QualityService",
        "eventDate": "2026-03-10T10:00:00.000Z",
        "action": "Update",
        "entityType": "Evaluation",
        **fields,
    }
    return on.control("POST", "audits", interactions=interactions, message=message)


def values(on: Project, audit: str) -> list[tuple[str, str, int, str]]:
    rows = on.rows("quality_audit_property_change_value").filter(pl.col("audit_id") == audit)
    return sorted(rows.select("property", "value_type", "value_index", "value").iter_rows())


def test_every_service_of_the_mapping_is_asked_and_a_second_load_changes_nothing(small: Project) -> None:
    assert load(small, "audits").success
    rows = small.rows("audit_log_message")
    assert set(rows["service_name"]) == {name for name, _, _ in SERVICES}
    assert rows["db_partition"].unique().to_list() == [DAY]
    requests = small.control("GET", "statistics")["requests"]
    assert requests["POST /api/v2/audits/query"] == len(SERVICES)
    assert requests["GET /api/v2/audits/query/servicemapping"] == 1
    assert load(small, "audits").success
    ledger = small.warehouse.ledger([load_catalog()["audit_log_message"]])
    assert ledger.select("inserted", "updated", "retired", "unchanged").row(0) == (0, 0, 0, len(rows))


def test_a_service_whose_query_fails_keeps_the_others_going_and_the_day_from_being_final(small: Project) -> None:
    small.control("POST", "audits", failing=["ContactCenter"])
    small.at("2026-03-20T03:00:00.000Z")
    result = load(small, "audits")
    assert not result.success
    assert any("ContactCenter: job" in failure for failure in failures(result))
    assert set(small.rows("audit_log_message")["service_name"]) == {name for name, _, _ in SERVICES} - {"ContactCenter"}
    table = [load_catalog()["audit_log_message"]]
    assert small.warehouse.ledger(table)["status"].to_list() == ["provisional"]
    small.control("POST", "audits", failing=[])
    assert load(small, "audits").success
    assert "ContactCenter" in set(small.rows("audit_log_message")["service_name"])
    assert small.warehouse.ledger(table)["status"].to_list() == ["settled"]


def test_where_every_service_fails_nothing_is_loaded(small: Project) -> None:
    small.control("POST", "failures", path="/api/v2/quality/conversations/audits/query", status=403)
    assert not load(small, "quality_audits").success
    assert small.warehouse.ledger([load_catalog()["quality_audit_log_message"]]).is_empty()


def test_a_day_that_is_read_in_part_is_not_final_until_it_was_read_a_day_after_its_end(small: Project) -> None:
    table = [load_catalog()["audit_log_message"]]
    for moment, status in (("2026-03-10T12", "open"), ("2026-03-11T03", "provisional"), ("2026-03-12T03", "settled")):
        small.at(f"{moment}:00:00.000Z")
        assert load(small, "audits").success
        assert small.warehouse.ledger(table)["status"].to_list() == [status]
    days = small.rows("audit_log_message")["event_date"].dt.hour()
    assert days.max() is not None
    assert int(str(days.max())) >= 12


def test_results_of_many_pages_are_read_to_the_end(small: Project) -> None:
    for number in range(120):
        place(small, id=f"a0d17000-0000-4000-8000-{number:012d}")
    assert load(small, "quality_audits").success
    assert len(small.rows("quality_audit_log_message").filter(pl.col("id").str.starts_with("a0d17000"))) == 120


def test_a_property_that_changed_from_one_value_to_many_has_a_row_for_each(small: Project) -> None:
    audit = place(small, propertyChanges=[{"property": "tags", "oldValues": ["a"], "newValues": ["b"]}])["id"]
    assert load(small, "quality_audits").success
    assert values(small, audit) == [("tags", "new", 0, "b"), ("tags", "old", 0, "a")]
    place(small, propertyChanges=[{"property": "tags", "oldValues": ["a"], "newValues": ["b", "c", "b"]}])
    assert load(small, "quality_audits").success
    many = [("tags", "new", 0, "b"), ("tags", "new", 1, "c"), ("tags", "new", 2, "b"), ("tags", "old", 0, "a")]
    assert values(small, audit) == many
    # And back: what a message no longer says is no longer there.
    place(small, propertyChanges=[{"property": "tags", "newValues": ["b"]}])
    assert load(small, "quality_audits").success
    assert values(small, audit) == [("tags", "new", 0, "b")]


def test_a_property_that_is_listed_twice_is_one_with_all_its_values(small: Project) -> None:
    audit = place(
        small,
        propertyChanges=[
            {"property": "tags", "oldValues": ["a", "b"], "newValues": ["c"]},
            {"property": "weight", "newValues": ["2"]},
            {"property": "tags", "oldValues": ["a"], "newValues": []},
        ],
    )["id"]
    assert load(small, "quality_audits").success
    changes = small.rows("quality_audit_property_change").filter(pl.col("audit_id") == audit)
    assert sorted(changes["property"]) == ["tags", "weight"]
    assert values(small, audit) == [
        ("tags", "new", 0, "c"),
        ("tags", "old", 0, "a"),
        ("tags", "old", 1, "b"),
        ("tags", "old", 2, "a"),
        ("weight", "new", 0, "2"),
    ]


def test_maps_become_rows_and_a_conversation_is_found_in_the_context(small: Project) -> None:
    audit = place(
        small,
        context={"conversationId": "c1", "mediaType": "voice"},
        messageInfo={"message": "x", "messageParams": {"who": "Ana", "what": ""}},
    )["id"]
    assert load(small, "quality_audits").success
    for table, expected in (
        ("quality_audit_context", [("conversationId", "c1"), ("mediaType", "voice")]),
        ("quality_audit_message_param", [("what", ""), ("who", "Ana")]),
    ):
        rows = small.rows(table).filter(pl.col("audit_id") == audit)
        assert sorted(rows.select("key", "value").iter_rows()) == expected


def test_blank_clients_are_null_addresses_are_joined_and_foreign_people_keep_their_names(small: Project) -> None:
    foreign = {"id": "f0000000-0000-4000-8000-000000000001", "name": "Support", "selfUri": "/api/v2/users/f"}
    fields = {"client": {"id": "", "selfUri": ""}, "user": foreign}
    platform = place(
        small, interactions=False, serviceName="ContactCenter", remoteIp=["203.0.113.9", "2001:db8::1"], **fields
    )["id"]
    bare = place(small, interactions=False, id="a0d17000-0000-4000-8000-000000000002", serviceName="ContactCenter",
                 remoteIp=[])["id"]  # fmt: skip
    quality = place(small, remoteIps=["203.0.113.9"], **fields)["id"]
    assert load(small, "audits").success
    assert load(small, "quality_audits").success
    rows = small.rows("audit_log_message").rows_by_key("id", named=True, unique=True)
    assert (rows[platform]["client_id"], rows[platform]["user_name"]) == (None, "Support")
    assert rows[platform]["remote_ip_addresses"] == "203.0.113.9,2001:db8::1"
    assert (rows[bare]["remote_ip_addresses"], rows[bare]["user_id"]) == (None, None)
    row = small.rows("quality_audit_log_message").rows_by_key("id", named=True, unique=True)[quality]
    assert (row["client_id"], row["user_name"], row["remote_ips"]) == (None, "Support", '["203.0.113.9"]')


def test_messages_that_have_left_genesys_stay_with_what_belongs_to_them(small: Project) -> None:
    audit = place(small, context={"conversationId": "c1"})["id"]
    assert load(small, "quality_audits").success
    small.control("POST", "audits", interactions=True, message={
        "id": audit, "serviceName": "QualityService", "eventDate": "2025-03-10T10:00:00.000Z"
    })  # fmt: skip
    assert load(small, "quality_audits").success
    assert audit in set(small.rows("quality_audit_log_message")["id"])
    assert audit in set(small.rows("quality_audit_context")["audit_id"])


def test_the_sensor_asks_for_a_day_when_it_is_over_and_once_more_a_day_later(tmp_path: Path) -> None:
    settings = simulator.Settings(
        conversations_per_day=4, users=30, queues=4, groups=2, rate_limit=0, job_polls=1, audits_per_day=12,
        quality_audits_per_day=12, now="2026-03-11T00:10:00.000Z",
    )  # fmt: skip
    with project(tmp_path, settings, start=DAY) as made:
        assert made.tick("present_watermark") == [DAY]
        assert made.tick("present_watermark") == []
        made.at("2026-03-12T00:20:00.000Z")
        assert sorted(made.tick("present_watermark")) == [DAY, date(2026, 3, 11)]
        reads = load_catalog().reads()
        tables = [table for read in ("evaluations", "audits", "quality_audits") for table in reads[read][1]]
        ledger = made.warehouse.ledger(tables, start=DAY, end=date(2026, 3, 11))
        assert ledger["status"].to_list() == ["settled"] * len(tables)
        made.at("2026-03-12T12:00:00.000Z")
        assert made.tick("present_watermark") == []


def test_a_lacking_permission_fails_the_step_with_its_name(small: Project) -> None:
    small.control("PUT", "permissions", denied=["audits:interactionDetails:view"])
    result = load(small, "quality_audits")
    assert not result.success
    assert any("audits:interactionDetails:view" in failure for failure in failures(result))
    assert load(small, "audits").success
