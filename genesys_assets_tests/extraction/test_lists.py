"""Campaigns, schedules, people outside, responses and knowledge: what their endpoints hold back in silence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from genesys_assets.catalog import Read, Table, load_catalog
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.extraction.sink import Outcome
from genesys_assets.genesys import ApiError, GenesysClient
from genesys_assets.simulator import Simulator
from genesys_assets_tests.extraction.samples import MemorySink

CATALOG = load_catalog()
READS = CATALOG.reads()
KNOWLEDGE = ("knowledge_documents", "knowledge_categories", "knowledge_labels", "knowledge_feedback")
DAY_LATER = "2026-05-21T12:00:00.001Z"


def loaded(client: GenesysClient, name: str, **changed: Any) -> MemorySink:
    """All rows of a read, which must end well and hold nothing that is unknown."""
    sink = MemorySink()
    outcome = carried_out(client, replace(READS[name][0], **changed), sink)
    assert not outcome.failed and not outcome.rejected
    assert [fields for _, fields in sink.drifted if fields] == []
    return sink


def carried_out(client: GenesysClient, read: Read, sink: MemorySink) -> Outcome:
    tables = READS[read.name][1]
    if read.each is None:
        return read_listing(client, read, tables, sink)
    bases = rows(client, "knowledge_bases", "knowledge_base")["id"]
    return read_fan_out(client, read, tables, pl.DataFrame({"id": bases, "gone": [False] * len(bases)}), sink)


def rows(client: GenesysClient, name: str, table: str, **changed: Any) -> pl.DataFrame:
    return loaded(client, name, **changed).rows(CATALOG[table])


def of(frame: pl.DataFrame, **key: str) -> dict[str, Any]:
    return frame.row(by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in key.items()), named=True)


def ids(simulator: Simulator, kind: str) -> set[str]:
    return {entity["id"] for entity in simulator.entities(kind)}


def without(read: Read, *parameters: str) -> Mapping[str, str]:
    return {name: value for name, value in read.parameters.items() if name not in parameters}


def calls(simulator: Simulator, path: str) -> int:
    return sum(n for name, n in simulator.statistics()["requests"].items() if name.endswith(f" {path}"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("campaigns", "campaigns"),
        ("contact_lists", "contact_lists"),
        ("schedules", "schedules"),
        ("schedule_groups", "schedule_groups"),
        ("emergency_groups", "emergency_groups"),
        ("responses", "responses"),
        ("knowledge_bases", "knowledge_bases"),
        ("knowledge_documents", "knowledge_documents"),
        ("knowledge_categories", "knowledge_categories"),
        ("knowledge_labels", "knowledge_labels"),
    ],
)
def test_all_there_is_is_read_whatever_its_name_state_or_division(
    client: GenesysClient, simulator: Simulator, name: str, kind: str
) -> None:
    table = READS[name][1][0]
    assert set(rows(client, name, table.name)["id"]) == ids(simulator, kind)
    assert simulator.statistics()["unknown_parameters"] == {}


# -- campaigns and contact lists -----------------------------------------------------------------------


def test_a_site_is_no_location_and_nobody_expects_it_to_be_one(client: GenesysClient, simulator: Simulator) -> None:
    sites = rows(client, "campaigns", "campaign")["site_id"].drop_nulls()
    assert len(sites) and not set(sites) & ids(simulator, "locations")
    (edge,) = (key for key in CATALOG.foreign_keys("campaign") if key.parent == "location_definition")
    assert edge.relationship.informational


def test_size_and_import_of_a_contact_list_are_asked_for(client: GenesysClient) -> None:
    read = READS["contact_lists"][0]
    columns = ["size", "import_status_state", "import_status_total_records", "import_status_failure_reason"]
    found = rows(client, "contact_lists", "contact_list")
    assert all(found[column].null_count() < len(found) for column in columns)
    bare = rows(client, "contact_lists", "contact_list", parameters=without(read, "includeSize", "includeImportStatus"))
    assert all(bare[column].null_count() == len(bare) for column in columns)


def test_an_organisation_without_contact_lists_has_none_and_that_is_no_error(
    client: GenesysClient, simulator: Simulator
) -> None:
    for each in ids(simulator, "contact_lists"):
        simulator.remove("contact_lists", each)
    sink = loaded(client, "contact_lists")
    assert sink.covers == {"contact_list": [None]}
    read = READS["contact_lists"][0]
    with pytest.raises(ApiError, match="no results on page 1"):
        loaded(client, "contact_lists", parameters=without(read, "allowEmptyResult"))


# -- schedules -----------------------------------------------------------------------------------------


def test_deleted_groups_and_schedules_are_listed_and_say_so(client: GenesysClient) -> None:
    for name, table in (("emergency_groups", "emergency_group"), ("schedules", "schedule")):
        assert set(rows(client, name, table)["state"]) == {"active", "inactive", "deleted"}


def test_a_schedule_keeps_its_wall_clock_times_whatever_the_zones_would_make_of_them(client: GenesysClient) -> None:
    found = rows(client, "schedules", "schedule")
    assert found.schema["start"] == found.schema["end"] == pl.Datetime("us")
    skipped = of(found, name="Clocks go forward")
    assert skipped["start"] == datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - an hour that does not exist in Berlin
    night = of(found, name="Night shift")
    assert (night["start"].hour, night["end"].hour, (night["end"] - night["start"]).seconds) == (22, 6, 8 * 3600)
    assert night["rrule"] == "FREQ=DAILY;INTERVAL=1"
    assert skipped["rrule"] is None


def test_a_schedule_that_plays_several_parts_in_a_group_is_there_with_each(
    client: GenesysClient, simulator: Simulator
) -> None:
    found = rows(client, "schedule_groups", "schedule_group_member")
    lists = {"open": "openSchedules", "closed": "closedSchedules", "holiday": "holidaySchedules"}
    expected = {
        (group["id"], part, member["id"], member["name"])
        for group in simulator.entities("schedule_groups")
        for part, name in lists.items()
        for member in group.get(name, ())
    }
    assert set(found.rows()) == expected
    parts = Counter((group, schedule) for group, _, schedule, _ in expected)
    assert max(parts.values()) == 3
    zones = rows(client, "schedule_groups", "schedule_group").select("id", "time_zone").rows()
    shared = Counter(schedule for _, _, schedule, _ in expected).most_common(1)[0][0]
    assert len({dict(zones)[group] for group, _, schedule, _ in expected if schedule == shared}) > 1


# -- external contacts and organisations ---------------------------------------------------------------


def test_contacts_beyond_the_reach_of_the_search_are_scanned(client: GenesysClient, simulator: Simulator) -> None:
    found = rows(client, "external_contacts", "external_contact")
    assert set(found["id"]) == ids(simulator, "external_contacts")
    assert len(found) == 5_000
    assert calls(simulator, "/api/v2/externalcontacts/scan/contacts") == 25
    search = {"path": "/api/v2/externalcontacts/contacts", "paging": "page_number", "page_size": 100, "parameters": {}}
    searched = rows(client, "external_contacts", "external_contact", **search)
    assert len(searched) == 1_000, "the search says that this is all"
    for column in ("external_organization_id", "identifiers", "division_id"):
        assert searched[column].null_count() == len(searched), "and it leaves out what the scan tells"
        assert found[column].null_count() < len(found)


def test_organisations_are_scanned_in_one_call(client: GenesysClient, simulator: Simulator) -> None:
    found = rows(client, "external_organizations", "external_organization")
    assert set(found["id"]) == ids(simulator, "external_organizations")
    assert len(found) == 200
    assert calls(simulator, "/api/v2/externalcontacts/scan/organizations") == 1
    assert found["revenue"].max() > 2**32
    assert set(found["division_id"]) <= ids(simulator, "divisions")


def test_a_scan_that_outlives_its_cursor_covers_nothing_and_the_next_one_starts_anew(
    client: GenesysClient, simulator: Simulator
) -> None:
    class Slow(MemorySink):
        def append(self, table: Table, frame: pl.DataFrame) -> None:
            super().append(table, frame)
            simulator.set_clock(DAY_LATER)

    sink = Slow()
    with pytest.raises(ApiError, match=r"cursor .* has expired"):
        carried_out(client, READS["external_contacts"][0], sink)
    assert 0 < len(sink.rows(CATALOG["external_contact"])) < 5_000
    assert sink.covers == {}
    assert len(rows(client, "external_contacts", "external_contact")) == 5_000


def test_contacts_that_were_merged_keep_their_ids_and_lead_to_the_one_that_stands_for_them(
    client: GenesysClient, simulator: Simulator
) -> None:
    found = rows(client, "external_contacts", "external_contact")
    merged = found.filter(pl.col("merged_to_id").is_not_null())
    assert len(merged) > 100
    assert set(merged["merged_to_id"]) <= set(found["id"])
    assert merged["canonical_contact_id"].equals(merged["merged_to_id"].alias("canonical_contact_id"))


# -- responses -----------------------------------------------------------------------------------------


def test_responses_are_read_to_the_end_with_the_page_in_the_body(client: GenesysClient, simulator: Simulator) -> None:
    found = rows(client, "responses", "response")
    assert len(found) == 1_500
    assert calls(simulator, "/api/v2/responsemanagement/responses/query") == 3
    assert simulator.statistics()["unknown_parameters"] == {}


def test_a_response_in_two_libraries_is_one_row_with_both_and_keeps_all_its_texts(
    client: GenesysClient, simulator: Simulator
) -> None:
    (each, *_) = (r for r in simulator.entities("responses") if len(r["libraries"]) == 2 and len(r["texts"]) == 2)
    row = of(rows(client, "responses", "response"), id=each["id"])
    assert [library["id"] for library in json.loads(row["library_ids"])] == [li["id"] for li in each["libraries"]]
    assert json.loads(row["texts"]) == each["texts"]
    assert {text["contentType"] for text in each["texts"]} == {"text/plain", "text/html"}


# -- knowledge -----------------------------------------------------------------------------------------


def test_bases_that_are_not_published_are_asked_for_too(client: GenesysClient) -> None:
    found = rows(client, "knowledge_bases", "knowledge_base")
    assert Counter(found["published"]) == {True: 2, False: 1}
    assert rows(client, "knowledge_bases", "knowledge_base", variants=())["published"].to_list() == [True, True]
    assert found["date_document_last_modified"].null_count() == 0


def test_drafts_are_read_and_an_archived_article_leaves_the_listing(
    client: GenesysClient, simulator: Simulator
) -> None:
    read = READS["knowledge_documents"][0]
    found = rows(client, "knowledge_documents", "articles")
    assert set(found["state"]) == {"Published", "Draft"}
    published = rows(client, "knowledge_documents", "articles", parameters=without(read, "includeDrafts"))
    assert set(published["state"]) == {"Published"}
    archived = published["id"][0]
    simulator.edit("knowledge_documents", archived, state="Archived")
    sink = loaded(client, "knowledge_documents")
    assert archived not in set(sink.rows(CATALOG["articles"])["id"])
    assert len(sink.covered(CATALOG["articles"])) == 3, "its base was read in full, so that the row retires"


def test_categories_and_labels_of_articles_are_expanded(client: GenesysClient, simulator: Simulator) -> None:
    read = READS["knowledge_documents"][0]
    sink, documents = loaded(client, "knowledge_documents"), simulator.entities("knowledge_documents")
    links = {(each["id"], each["category"]["id"]) for each in documents if "category" in each}
    assert set(sink.rows(CATALOG["article_categories"]).select("article_id", "category_id").rows()) == links
    labels = {(each["id"], label["id"]) for each in documents for label in each["labels"]}
    assert set(sink.rows(CATALOG["article_labels"]).select("article_id", "label_id").rows()) == labels
    plain = loaded(client, "knowledge_documents", parameters=without(read, "expand"))
    assert plain.rows(CATALOG["article_labels"]).is_empty()
    assert plain.rows(CATALOG["article_categories"]).is_empty()


def test_a_base_that_holds_more_than_a_page_is_read_to_its_end(client: GenesysClient, simulator: Simulator) -> None:
    loaded(client, "knowledge_documents")
    sizes = Counter(each["knowledgeBase"]["id"] for each in simulator.entities("knowledge_documents"))
    assert max(sizes.values()) > 200
    assert calls(simulator, "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents") == 4


def test_the_whole_tree_of_categories_is_read_with_what_is_in_each(client: GenesysClient, simulator: Simulator) -> None:
    found = rows(client, "knowledge_categories", "categories")
    parents = set(found["parent_category_id"].drop_nulls())
    assert parents <= set(found["id"])
    assert found["parent_category_id"].null_count() == 3 * 3, "three at the top of each base"
    counts = Counter(each["category"]["id"] for each in simulator.entities("knowledge_documents") if "category" in each)
    assert dict(found.select("id", "document_count").rows()) == {each: counts[each] for each in found["id"]}


def test_a_label_belongs_to_the_base_that_was_asked_as_it_does_not_say_so_itself(
    client: GenesysClient, simulator: Simulator
) -> None:
    found = rows(client, "knowledge_labels", "labels")
    expected = {each["id"]: each["knowledgeBase"]["id"] for each in simulator.entities("knowledge_labels")}
    assert dict(found.select("id", "knowledgebase_id").rows()) == expected
    counts = Counter(label["id"] for each in simulator.entities("knowledge_documents") for label in each["labels"])
    assert dict(found.select("id", "document_count").rows()) == {each: counts[each] for each in found["id"]}


def test_feedback_holds_drafts_as_far_as_they_can_be_listed(client: GenesysClient, simulator: Simulator) -> None:
    found = rows(client, "knowledge_feedback", "article_feedback")
    drafts = {each["id"] for each in simulator.entities("knowledge_feedback") if each["state"] == "Draft"}
    readable = {e["id"] for e in simulator.entities("knowledge_feedback") if e["id"] in drafts and "comment" in e}
    assert readable < drafts
    assert set(found["id"]) == ids(simulator, "knowledge_feedback") - (drafts - readable)
    with pytest.raises(AssertionError):
        loaded(client, "knowledge_feedback", variants=({"onlyCommented": "false", "state": "Draft"},))


def test_feedback_on_an_article_that_is_gone_is_still_read(client: GenesysClient, simulator: Simulator) -> None:
    article = next(e["document"]["id"] for e in simulator.entities("knowledge_feedback") if e["state"] == "Final")
    simulator.remove("knowledge_documents", article)
    assert article in set(rows(client, "knowledge_feedback", "article_feedback")["document_id"])


def test_feedback_leads_to_the_conversation_it_was_given_in_and_not_by_its_session(
    client: GenesysClient, simulator: Simulator
) -> None:
    found = rows(client, "knowledge_feedback", "article_feedback").filter(pl.col("conversation_id").is_not_null())
    row = found.row(0, named=True)
    answer = client.request("GET", "/api/v2/analytics/conversations/details", params={"id": row["conversation_id"]})
    (conversation,) = json.loads(answer.body)["conversations"]
    assert conversation["conversationId"] == row["conversation_id"]
    (edge,) = (key for key in CATALOG.foreign_keys("article_feedback") if key.parent == "analytics_session")
    assert edge.relationship.informational
