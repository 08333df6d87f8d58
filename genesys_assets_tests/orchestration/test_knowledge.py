"""The knowledge job by itself, and what articles keep when Genesys leaves out what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets_tests.orchestration.changes import Expected, Organisation, Rows, compare, load, now, rows_of
from genesys_assets_tests.orchestration.project import Project, failures, project

SETTINGS = simulator.Settings(
    conversations_per_day=10,
    users=30,
    queues=4,
    groups=2,
    external_contacts=25,
    articles=80,
    article_feedback=20,
    rate_limit=0,
)
CATALOG = load_catalog()
TABLES = tuple(table for table in CATALOG if CATALOG.category(table.name) == "knowledge")
OF_ARTICLES = tuple(table for table in TABLES if table.read.name == "knowledge_documents")
SINGLE = "GET /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project that has loaded nothing but knowledge, with its checks."""
    with project(tmp_path_factory.mktemp("knowledge"), SETTINGS) as made:
        result = made.run("knowledge")
        assert result.success, failures(result)
        yield made


def content(made: Project) -> dict[str, Rows]:
    return {table.name: rows_of(made, table) for table in OF_ARTICLES}


def leave_out(made: Project, likelihood: float) -> None:
    made.control("PUT", "faults", omitted_expands=likelihood)
    made.control("DELETE", "statistics")


def second_looks(made: Project) -> int:
    return made.control("GET", "statistics")["requests"].get(SINGLE, 0)


def changes(made: Project, before: dict[str, Rows], expected: Expected) -> dict[str, list[str]]:
    """Where a load did something else than expected, by table."""
    since = now()
    assert not load(made, OF_ARTICLES)
    after = content(made)
    found = {name: compare(before[name], after[name], since, expected.of(name)) for name in after}
    return {name: faults for name, faults in found.items() if faults}


def test_knowledge_is_loaded_and_checked_although_no_user_and_no_conversation_is_there(knowledge: Project) -> None:
    assert {table.name: knowledge.warehouse.count(table) > 0 for table in TABLES} == {t.name: True for t in TABLES}


def test_a_category_and_labels_that_are_left_out_half_of_the_time_stay_and_columns_keep_their_values(
    knowledge: Project,
) -> None:
    before = content(knowledge)
    leave_out(knowledge, 0.5)
    assert not changes(knowledge, before, Expected())
    assert 0 < second_looks(knowledge) <= SETTINGS.articles
    leave_out(knowledge, 0)
    assert not changes(knowledge, before, Expected())
    assert second_looks(knowledge) == 0


def test_an_article_that_lost_its_category_and_labels_loses_them_here_though_others_are_left_out(
    knowledge: Project,
) -> None:
    organisation, before = Organisation(knowledge), content(knowledge)
    stripped = next(each for each in organisation.made("knowledge_documents") if "category" in each and each["labels"])
    organisation.edit("knowledge_documents", stripped["id"], category=None, labels=[])
    leave_out(knowledge, 0.5)
    expected = Expected(
        updated={"articles": {(stripped["id"],)}},
        retired={
            "article_categories": {(stripped["id"], stripped["category"]["id"])},
            "article_labels": {(stripped["id"], label["id"]) for label in stripped["labels"]},
        },
    )
    assert not changes(knowledge, before, expected)
    leave_out(knowledge, 0)
    organisation.edit("knowledge_documents", stripped["id"], category=stripped["category"], labels=stripped["labels"])
    assert not load(knowledge, OF_ARTICLES)


@pytest.mark.parametrize("name", ["labels", "article_labels"])
def test_a_table_that_names_its_base_only_by_the_request_can_be_loaded_alone(knowledge: Project, name: str) -> None:
    table = CATALOG[name]
    before, since = rows_of(knowledge, table), now()
    assert not load(knowledge, [table])
    assert not compare(before, rows_of(knowledge, table), since, Expected().of(name))
