"""What evaluations and schedules point at is there: versions and options that a shorter read would leave out."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from genesys_assets.extraction.agent_schedules import read_agent_schedules
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.genesys import GenesysClient
from genesys_assets.simulator import Simulator
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_agents import span
from genesys_assets_tests.extraction.test_forms import CONTENTS, FORM, OF_FORMS, PUBLISHED, QUESTION
from genesys_assets_tests.extraction.test_rows_easily_missed import READS, loaded
from genesys_assets_tests.extraction.test_workforce import CODE, CODES, beneath_units

Json = dict[str, Any]


def forms(client: GenesysClient) -> MemorySink:
    """All versions of the forms with what they ask."""
    sink = MemorySink()
    read_listing(client, PUBLISHED, [FORM], sink)
    versions = sink.rows(FORM).select("id", gone=pl.lit(value=False))
    assert read_fan_out(client, CONTENTS, OF_FORMS, versions, sink).failed == ()
    return sink


def evaluated(client: GenesysClient) -> list[Json]:
    """The evaluations of two months that have answers, each asked for by itself."""
    between = {"startValue": "2026-03-20T00:00:00.000Z", "endValue": "2026-05-20T00:00:00.000Z"}
    query = [{"type": "DATE_RANGE", "field": "createdDate", **between, "operator": "AND"}]
    found = client.request(
        "POST", "/api/v2/quality/evaluations/search", json={"query": query, "pageSize": 100, "pageNumber": 1}
    )
    paths = (
        f"/api/v2/quality/conversations/{each['conversation']['id']}/evaluations/{each['id']}"
        for each in json.loads(found.body)["results"]
    )
    evaluations = [json.loads(client.request("GET", path).body) for path in paths]
    return [each for each in evaluations if each.get("answers", {}).get("questionGroupScores")]


def test_every_version_that_an_evaluation_was_made_with_is_loaded_also_an_older_one(
    client: GenesysClient,
) -> None:
    every, newest = MemorySink(), MemorySink()
    read_listing(client, PUBLISHED, [FORM], every)
    read_listing(client, replace(PUBLISHED, parameters={}), [FORM], newest)
    made_with = {each["evaluationForm"]["id"] for each in evaluated(client)}
    assert made_with <= set(every.rows(FORM)["id"])
    assert not made_with <= set(newest.rows(FORM)["id"]), "the newest versions alone would leave some without a form"


def test_every_question_that_was_scored_is_loaded_with_its_form_also_an_option_of_a_multiple_select_question(
    client: GenesysClient,
) -> None:
    scored: dict[bool, set[tuple[str, str, str]]] = defaultdict(set)
    for evaluation in evaluated(client):
        for group in evaluation["answers"]["questionGroupScores"]:
            place = (evaluation["evaluationForm"]["id"], group["questionGroupId"])
            for score in group["questionScores"]:
                scored[False].add((*place, score["questionId"]))
                options = score.get("multipleSelectQuestionOptionScores", ())
                scored[True] |= {(*place, option["questionId"]) for option in options}
    questions = forms(client).rows(QUESTION)
    for is_option, keys in scored.items():
        of_this_kind = questions.filter(pl.col("parent_question_id").is_not_null() == is_option)
        assert keys and keys <= set(of_this_kind.select(QUESTION.key).rows())
    assert set(scored) == {True, False}


def test_a_scheduled_activity_finds_one_code_with_its_business_unit_and_several_without(
    client: GenesysClient, simulator: Simulator, sink: MemorySink
) -> None:
    declared, (table,) = READS["agent_schedules"]
    codes = beneath_units(client, simulator, CODES, CODE).rows(CODE).rename({"id": "activity_code"})
    store = loaded(client, "business_units", "management_units")
    days = span(client, declared.name, sink, day=date(2026, 5, 19))
    assert read_agent_schedules(replace(days, store=store)).failed == ()  # type: ignore[arg-type]
    activities = sink.rows(table)
    assert len(activities)
    both = ["business_unit_id", "activity_code"]
    assert len(activities.join(codes, on=both)) == len(activities) < len(activities.join(codes, on=both[1:]))
    units = store.frames["management_unit"].select("id", unit="business_unit_id")
    owned = activities.join(units, left_on="management_unit_id", right_on="id")
    assert owned["unit"].equals(owned["business_unit_id"].alias("unit"))
