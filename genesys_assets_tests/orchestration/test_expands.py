"""The server leaves out what was asked for, and nothing known is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
import pytest

from genesys_assets import simulator
from genesys_assets.catalog import Table, load_catalog
from genesys_assets.extraction.outage import MAX_CONSECUTIVE_FAILURES
from genesys_assets.genesys import TransientError
from genesys_assets.orchestration.loading import Loader, PendingLoad
from genesys_assets_tests.orchestration.changes import Expected, Json, Organisation, Rows, compare, load, now, rows_of
from genesys_assets_tests.orchestration.project import Project, project

SETTINGS = simulator.Settings(
    conversations_per_day=10, users=90, queues=4, groups=3, teams=3, responses=20, articles=60, rate_limit=0
)
READ, USER_TABLES = load_catalog().reads()["users"]
BASE = load_catalog()["knowledge_base"]
ARTICLE_TABLES = load_catalog().reads()["knowledge_documents"][1]
TABLES = (*USER_TABLES, *ARTICLE_TABLES)
SINGLE_USER = "GET /api/v2/users/{userId}"
SINGLE_ARTICLE = "GET /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """All that hangs on users and on articles, loaded while nothing was left out."""
    with project(tmp_path_factory.mktemp("whole"), SETTINGS, retry_seconds=0) as made:
        assert not load(made, (BASE, *TABLES))
        yield made


@pytest.fixture
def loaded(whole: Project) -> Iterator[Project]:
    """The same, and everything as it was again afterwards."""
    yield whole
    Organisation(whole).heal()
    leave_out(whole, 0)
    assert not load(whole, TABLES)


def leave_out(made: Project, likelihood: float, *, alone: float = 0) -> None:
    made.control("PUT", "faults", omitted_expands=likelihood, omitted_expands_alone=alone)
    made.control("DELETE", "statistics")


def second_looks(made: Project, single: str = SINGLE_USER) -> int:
    return made.control("GET", "statistics")["requests"].get(single, 0)


def rows(made: Project, tables: Sequence[Table] = USER_TABLES) -> dict[str, Rows]:
    return {table.name: rows_of(made, table) for table in tables}


def changes(made: Project, before: Mapping[str, Rows], expected: Expected | None = None) -> dict[str, list[str]]:
    """What a load does to each of these tables, other than expected."""
    tables = [load_catalog()[name] for name in before]
    since, failed = now(), load(made, tables)
    assert not failed
    after, wanted = rows(made, tables), expected or Expected()
    found = {name: compare(before[name], after[name], since, wanted.of(name)) for name in after}
    return {name: faults for name, faults in found.items() if faults}


def one_with(made: Project, field: str) -> Json:
    """A user whose ``field`` the listing leaves out half of the time, and who has one."""
    omitted = (user for user in Organisation(made).made("users") if user.get(field))
    return next(user for user in omitted if simulator.omits_expand(SETTINGS.seed, 0.5, user["id"], field))


def test_half_of_the_expanded_fields_left_out_change_nothing(loaded: Project) -> None:
    before = rows(loaded)
    leave_out(loaded, 0.5)
    assert not changes(loaded, before)
    assert 0 < second_looks(loaded) <= SETTINGS.users
    assert not len(loaded.warehouse.quarantined())


def test_a_first_load_brings_what_must_be_there_although_half_is_left_out(
    loaded: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with project(tmp_path_factory.mktemp("first"), SETTINGS) as fresh:
        leave_out(fresh, 0.5)
        assert not load(fresh, USER_TABLES)
        for table in ("user_role", "user_routing_skill", "user_routing_language", "user_contact"):
            assert fresh.content_of(load_catalog()[table]).equals(loaded.content_of(load_catalog()[table])), table


def test_where_nothing_is_left_out_nothing_is_asked_twice(loaded: Project) -> None:
    leave_out(loaded, 0)
    assert not changes(loaded, rows(loaded))
    assert second_looks(loaded) == 0


def test_a_load_of_one_table_asks_again_only_for_what_that_table_takes(loaded: Project) -> None:
    contacts, roles = load_catalog()["user_contact"], load_catalog()["user_role"]
    leave_out(loaded, 0.5)
    assert not load(loaded, [contacts])
    assert second_looks(loaded) == 0
    assert not load(loaded, [roles])
    left_out = [
        user["id"]
        for user in Organisation(loaded).made("users")
        if simulator.omits_expand(SETTINGS.seed, 0.5, user["id"], "authorization")
    ]
    assert second_looks(loaded) == len(left_out)


def test_who_left_the_team_loses_it_and_nobody_else(loaded: Project) -> None:
    leaver, before = one_with(loaded, "team"), rows(loaded)
    Organisation(loaded).edit("users", leaver["id"], team=None)
    leave_out(loaded, 0.5)
    assert not changes(loaded, before, Expected(updated={"user": {(leaver["id"],)}}))
    assert rows(loaded)["user"][leaver["id"],].values["team_id"] is None
    # Now that none is known, there is nothing to ask for again.
    leave_out(loaded, 0)
    assert not changes(loaded, rows(loaded))
    assert second_looks(loaded) == 0
    Organisation(loaded).edit("users", leaver["id"], team=leaver["team"])


def test_a_second_look_that_fails_keeps_everything_and_says_so(loaded: Project) -> None:
    organisation, before = Organisation(loaded), rows(loaded)
    unread = one_with(loaded, "authorization")["id"]
    gone = next(user["id"] for user in organisation.made("users") if user["id"] != unread)
    organisation.edit("users", unread, name="Not to be seen yet")
    organisation.remove("users", gone)
    organisation.fail(f"/api/v2/users/{unread}")
    leave_out(loaded, 0.5)
    assert not changes(loaded, before), "what cannot be read must stay, and no row can be said to be gone"
    (kept,) = loaded.warehouse.quarantined().iter_rows(named=True)
    assert unread in kept["raw"]
    for part in (f"table {kept['table']}: ", "was asked for and left out", "500", "the rows keep what is known"):
        assert part in kept["reason"]

    organisation.heal()
    retired = {name: {key for key in table if gone in key} for name, table in before.items()}
    assert not changes(loaded, before, Expected(updated={"user": {(unread,)}}, retired=retired))
    assert not len(loaded.warehouse.quarantined())
    organisation.restore("users", gone)


def test_what_must_be_there_and_is_left_out_twice_stays_as_known(loaded: Project) -> None:
    before = rows(loaded)
    leave_out(loaded, 0.5, alone=0.5)
    assert not load(loaded, USER_TABLES)
    after, kept = rows(loaded), loaded.warehouse.quarantined()
    left_out = {
        user["id"]: name
        for user in Organisation(loaded).made("users")
        for name in ("languages", "skills", "authorization")
        if simulator.omits_expand(SETTINGS.seed, 0.5, user["id"], name)
    }
    assert kept["raw"].str.json_path_match("$.id").sort().to_list() == sorted(left_out)
    for user, reason in zip(kept["raw"].str.json_path_match("$.id"), kept["reason"], strict=True):
        assert f": {left_out[user]} was asked for and left out; GET /api/v2/users/{user} left it out too" in reason
    for table in USER_TABLES:
        same = [key for key in before[table.name] if key[0] in left_out]
        assert same
        assert all(before[table.name][key] == after[table.name][key] for key in same), table.name
    assert (
        not loaded.warehouse.scan(load_catalog()["user"])
        .filter(pl.col("db_when_deleted").is_not_null())
        .collect()
        .height
    )


def test_an_outage_of_the_single_reads_ends_the_load(loaded: Project) -> None:
    organisation, before = Organisation(loaded), rows(loaded)
    for user in organisation.made("users"):
        organisation.fail(f"/api/v2/users/{user['id']}", status=503)
    leave_out(loaded, 0.5)
    with loaded.resources["genesys"].connect() as client:
        staged = Loader(client, loaded.warehouse, load_catalog(), "a run").snapshot(READ, USER_TABLES)
        with pytest.raises(TransientError, match="503"):
            PendingLoad(staged).commit(loaded.warehouse)
    assert second_looks(loaded) == MAX_CONSECUTIVE_FAILURES
    assert rows(loaded) == before


def test_articles_keep_categories_and_labels_that_were_left_out(loaded: Project) -> None:
    before = rows(loaded, ARTICLE_TABLES)
    assert "Draft" in {row.values["state"] for row in before["articles"].values()}
    leave_out(loaded, 0.9)
    assert not changes(loaded, before)
    assert 0 < second_looks(loaded, SINGLE_ARTICLE) <= len(before["articles"])
    assert not len(loaded.warehouse.quarantined())


def test_an_article_that_left_its_category_loses_it_and_one_that_cannot_be_read_keeps_it(loaded: Project) -> None:
    organisation, before = Organisation(loaded), rows(loaded, ARTICLE_TABLES)
    in_category = [
        article
        for article in organisation.made("knowledge_documents")
        if article.get("category") and simulator.omits_expand(SETTINGS.seed, 0.9, article["id"], "category")
    ]
    moved = in_category[0]
    unread = next(each for each in in_category if each["knowledgeBase"]["id"] != moved["knowledgeBase"]["id"])
    base = unread["knowledgeBase"]["id"]
    for article in (moved, unread):
        organisation.edit("knowledge_documents", article["id"], category=None)
    organisation.fail(f"/api/v2/knowledge/knowledgebases/{base}/documents/{unread['id']}", status=404)
    leave_out(loaded, 0.9)
    filed = (moved["id"], moved["category"]["id"])
    assert not changes(
        loaded, before, Expected(updated={"articles": {(moved["id"],)}}, retired={"article_categories": {filed}})
    )
    (kept,) = loaded.warehouse.quarantined().iter_rows(named=True)
    assert "category was asked for and left out" in kept["reason"]
    assert unread["id"] in kept["raw"]
    for article in (moved, unread):
        organisation.edit("knowledge_documents", article["id"], category=article["category"])
