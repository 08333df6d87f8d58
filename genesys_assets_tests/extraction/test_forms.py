"""Evaluation forms: every published version with all that it asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.listing import read_fan_out, read_listing
from genesys_assets.genesys import GenesysClient
from genesys_assets.simulator import Simulator
from genesys_assets_tests.extraction.samples import MemorySink

READS = load_catalog().reads()
PUBLISHED, (FORM,) = READS["published_evaluation_forms"]
CONTENTS, OF_FORMS = READS["evaluation_form_contents"]
CATALOG = load_catalog()
GROUP, QUESTION, ANSWER = (
    CATALOG[name] for name in ("evaluation_question_group", "evaluation_question", "answer_option")
)
Json = dict[str, Any]


@pytest.fixture
def read(client: GenesysClient, simulator: Simulator, sink: MemorySink) -> tuple[list[Json], MemorySink]:
    """All versions of the forms as they are, and what was read of them."""
    read_listing(client, PUBLISHED, [FORM], sink)
    parents = sink.rows(FORM).select("id").with_columns(gone=pl.lit(value=False))
    outcome = read_fan_out(client, CONTENTS, OF_FORMS, parents, sink)
    assert (outcome.failed, outcome.rejected) == ((), 0)
    return simulator.entities("evaluation_forms"), sink


def groups(forms: list[Json]) -> Iterator[tuple[Json, Json]]:
    yield from ((form, group) for form in forms for group in form["questionGroups"])


def questions(forms: list[Json]) -> Iterator[tuple[Json, Json, Json, Json | None]]:
    """Form, group, question and, for an option of a multiple-select question, that question."""
    for form, group in groups(forms):
        for question in group["questions"]:
            yield form, group, question, None
            for option in question.get("multipleSelectOptionQuestions", ()):
                yield form, group, option, question


def test_every_published_version_is_listed_not_only_the_newest(client: GenesysClient, simulator: Simulator) -> None:
    sink, newest = MemorySink(), MemorySink()
    read_listing(client, PUBLISHED, [FORM], sink)
    read_listing(client, replace(PUBLISHED, parameters={}), [FORM], newest)
    forms = simulator.entities("evaluation_forms")
    assert set(sink.rows(FORM)["id"]) == {form["id"] for form in forms}
    assert len(newest.rows(FORM)) == len({form["contextId"] for form in forms}) < len(forms)
    assert sink.rows(FORM)["published"].all(), "the listing of drafts says false of every form"


def test_a_form_has_one_context_and_so_have_its_parts_whatever_the_version(
    read: tuple[list[Json], MemorySink],
) -> None:
    _forms, sink = read
    versions = sink.rows(FORM).group_by("context_id").len()
    assert versions["len"].max() > 1
    for table in (GROUP, QUESTION, ANSWER):
        rows = sink.rows(table)
        assert rows["id"].n_unique() == len(rows) > rows["context_id"].n_unique()


def test_groups_have_their_place_in_the_form(read: tuple[list[Json], MemorySink]) -> None:
    forms, sink = read
    found = {(form, group): at for form, group, at in sink.rows(GROUP).select("form_id", "id", "sort_order").rows()}
    assert found == {(form["id"], group["id"]): at for form in forms for at, group in enumerate(form["questionGroups"])}


def test_the_options_of_a_multiple_select_question_are_questions_one_level_deeper(
    read: tuple[list[Json], MemorySink],
) -> None:
    forms, sink = read
    rows = sink.rows(QUESTION).select("form_id", "group_id", "id", "parent_question_id").rows()
    wanted = {
        (form["id"], group["id"], question["id"], parent and parent["id"])
        for form, group, question, parent in questions(forms)
    }
    assert set(rows) == wanted
    assert len(rows) == len(wanted)
    assert {True, False} == {parent is None for *_, parent in rows}


def test_answers_are_found_on_both_levels_and_say_which_option_they_belong_to(
    read: tuple[list[Json], MemorySink],
) -> None:
    forms, sink = read
    wanted = {
        (form["id"], (parent or question)["id"], question["id"] if parent else None, answer["id"])
        for form, _, question, parent in questions(forms)
        for answer in question.get("answerOptions", ())
    }
    rows = sink.rows(ANSWER).select("form_id", "question_id", "option_question_id", "id", "built_in_type")
    assert set(rows.drop("built_in_type").rows()) == wanted
    built_in = rows["built_in_type"].is_not_null()
    assert built_in.equals(rows["option_question_id"].is_not_null().alias("built_in_type"))
    assert set(rows["built_in_type"].drop_nulls()) == {"Selected", "Unselected"}


def test_questions_answered_by_text_have_no_answers_and_are_loaded_all_the_same(
    read: tuple[list[Json], MemorySink],
) -> None:
    _, sink = read
    texts = sink.rows(QUESTION).filter(pl.col("type").is_in(["freeTextQuestion", "readOnlyTextBlockQuestion"]))
    assert len(texts)
    assert texts.join(sink.rows(ANSWER), left_on="id", right_on="question_id", how="semi").is_empty()


def test_the_listing_has_no_questions(client: GenesysClient, simulator: Simulator) -> None:
    """Why each version is asked for by itself."""
    answer = client.request("GET", PUBLISHED.path, params={"onlyLatestPerContext": "false", "pageSize": 100})
    assert b"questionGroups" not in answer.body
