"""Evaluations and surveys change weeks after their conversation: each scene through the simulator and Dagster."""

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
from genesys_assets_tests.orchestration.project import Project, failures, project

pytestmark = pytest.mark.soak

CONVERSATION = "7b1f0a52-3c1e-4d0a-9a58-0d7e5a1c9e11"
OTHER = "7b1f0a52-3c1e-4d0a-9a58-0d7e5a1c9e22"
CONVERSED, ADDED, NEXT = date(2026, 3, 10), date(2026, 3, 20), date(2026, 3, 21)
EVALUATION = "GET /api/v2/quality/conversations/{conversationId}/evaluations/{evaluationId}"
SEARCH = "POST /api/v2/quality/evaluations/search"
SURVEYS = "GET /api/v2/quality/conversations/{conversationId}/surveys"
DETAILS = "GET /api/v2/analytics/conversations/details"
CHILDREN = ("evaluation_question_group_score", "evaluation_question_score", "evaluation_transcript_topic")


def called(identifier: str) -> dict[str, Any]:
    """A call of the 10th of March with an agent."""
    segment = {
        "segmentType": "interact",
        "segmentStart": "2026-03-10T10:00:00.000Z",
        "segmentEnd": "2026-03-10T10:09:00.000Z",
        "queueId": "3f1c8b1e-5a7d-4c55-a1d0-000000000001",
        "conference": False,
    }
    session = {"sessionId": f"{identifier[:-1]}f", "mediaType": "voice", "segments": [segment], "metrics": []}
    agent = {
        "participantId": f"{identifier[:-1]}a",
        "purpose": "agent",
        "userId": "3f1c8b1e-5a7d-4c55-a1d0-000000000002",
        "sessions": [session],
    }
    return {
        "conversationId": identifier,
        "conversationStart": "2026-03-10T10:00:00.000Z",
        "conversationEnd": "2026-03-10T10:09:00.000Z",
        "participants": [agent],
    }


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    """An organisation in which nothing is evaluated or surveyed but what a test says."""
    settings = simulator.Settings(
        conversations_per_day=4, users=30, queues=4, groups=2, rate_limit=0, job_polls=1,
        evaluation_every=0, survey_every=0, now="2026-03-21T03:00:00.000Z",
    )  # fmt: skip
    with project(tmp_path, settings) as made:
        for identifier in (CONVERSATION, OTHER):
            made.control("POST", "conversations", conversation=called(identifier))
        yield made


def load(on: Project, read: str, day: date, *, until: date | None = None, tables: tuple[str, ...] = ()) -> Any:
    """Load days of a read, all its tables unless some are named; the calls are counted anew."""
    on.control("DELETE", "statistics")
    names = tables or tuple(table.name for table in load_catalog().reads()[read][1])
    return on.run("historical", day=day, until=until, asset_selection=[dg.AssetKey(name) for name in names])


def calls(on: Project, path: str) -> int:
    return on.control("GET", "statistics")["requests"].get(path, 0)


def story(on: Project, kind: str, action: str, at: str, **more: Any) -> dict[str, Any]:
    return on.control("POST", f"stories/{kind}", action=action, at=f"{at}:00.000Z", **more)


def add(on: Project, at: str = "2026-03-20T10:00", conversation: str = CONVERSATION, **more: Any) -> str:
    return story(on, "evaluations", "add", at, conversation=conversation, **more)["id"]


def only(on: Project, table: str) -> dict[str, Any]:
    return on.rows(table).row(0, named=True)


# -- evaluations ---------------------------------------------------------------------------------------


def test_an_evaluation_added_ten_days_later_is_found_and_grows_where_it_was_created(small: Project) -> None:
    identifier = add(small)
    assert load(small, "evaluations", ADDED).success
    row = only(small, "analytics_evaluation")
    assert (row["evaluation_id"], row["conversation_id"]) == (identifier, CONVERSATION)
    assert (row["evaluation_status"], row["db_partition"], row["deleted"]) == ("Pending", ADDED, False)
    assert row["form_name"] is not None
    # No answers while it is pending.
    assert [len(small.rows(table)) for table in CHILDREN] == [0, 0, 0]

    story(small, "evaluations", "submit", "2026-03-21T12:00", id=identifier)
    small.at("2026-03-22T03:00:00.000Z")
    assert load(small, "evaluations", NEXT).success
    row = only(small, "analytics_evaluation")
    assert (row["evaluation_status"], row["db_partition"], row["released"]) == ("Finished", ADDED, False)
    assert row["o_total_score"] == round(row["total_score"])
    assert str(row["event_time"]) == "2026-03-21 12:00:00+00:00"
    for table in CHILDREN:
        rows = small.rows(table)
        assert len(rows)
        assert rows["db_partition"].unique().to_list() == [ADDED]
        assert rows["evaluation_id"].unique().to_list() == [identifier]

    story(small, "evaluations", "release", "2026-03-22T10:00", id=identifier)
    small.at("2026-03-23T03:00:00.000Z")
    assert load(small, "evaluations", date(2026, 3, 22)).success
    row = only(small, "analytics_evaluation")
    assert (row["released"], str(row["release_date"])) == (True, "2026-03-22 10:00:00+00:00")


def test_what_is_known_is_not_read_again(small: Project) -> None:
    identifier = add(small)
    story(small, "evaluations", "submit", "2026-03-20T12:00", id=identifier)
    load(small, "evaluations", ADDED)
    # One call for all four tables, once, though the day tells of it twice.
    assert calls(small, EVALUATION) == 1
    assert load(small, "evaluations", ADDED).success
    assert calls(small, EVALUATION) == 0
    ledger = small.warehouse.ledger(load_catalog().reads()["evaluations"][1])
    assert ledger.select(pl.col("inserted", "updated", "retired").sum()).row(0) == (0, 0, 0)


def test_a_plain_edit_of_an_open_evaluation_is_noticed_at_the_present_and_not_in_a_backfill(small: Project) -> None:
    identifier = add(small)
    assert load(small, "evaluations", ADDED).success
    story(small, "evaluations", "edit", "2026-03-23T09:00", id=identifier, fields={"status": "INPROGRESS"})
    small.at("2026-03-24T03:00:00.000Z")

    assert load(small, "evaluations", NEXT).success
    assert only(small, "analytics_evaluation")["evaluation_status"] == "Pending"
    assert (calls(small, SEARCH), calls(small, "POST /api/v2/analytics/conversations/details/query")) == (6, 0)

    assert load(small, "evaluations", date(2026, 3, 23)).success
    row = only(small, "analytics_evaluation")
    assert (row["evaluation_status"], row["db_partition"]) == ("InProgress", ADDED)
    assert calls(small, EVALUATION) == 1
    assert load(small, "evaluations", date(2026, 3, 23)).success
    assert calls(small, EVALUATION) == 0


def test_what_automated_scoring_submitted_is_found_too(small: Project) -> None:
    identifier = add(small, system_submitted=True)
    story(small, "evaluations", "submit", "2026-03-20T10:01", id=identifier)
    by_hand = add(small, conversation=OTHER)
    assert load(small, "evaluations", ADDED).success
    rows = small.rows("analytics_evaluation")
    submitted = dict(rows.select("evaluation_id", "system_submitted").iter_rows())
    assert submitted == {identifier: True, by_hand: False}
    assert small.rows("evaluation_question_score")["ai_answer_id"].null_count() < len(
        small.rows("evaluation_question_score")
    )


def test_a_version_that_is_replaced_is_retracted_though_no_date_tells_of_it(small: Project) -> None:
    identifier = add(small)
    story(small, "evaluations", "submit", "2026-03-20T12:00", id=identifier)
    assert load(small, "evaluations", ADDED).success
    story(small, "evaluations", "retract", "2026-03-21T12:00", id=identifier)
    small.at("2026-03-22T03:00:00.000Z")
    assert load(small, "evaluations", NEXT).success
    rows = {row["evaluation_id"]: row for row in small.rows("analytics_evaluation").iter_rows(named=True)}
    assert rows[identifier]["evaluation_status"] == "Retracted"
    (anew,) = (row for each, row in rows.items() if each != identifier)
    assert (anew["retracted_evaluation_id"], anew["version"], anew["rescored"]) == (identifier, 2, True)
    # The first version's creation is that of the evaluation.
    assert anew["db_partition"] == ADDED


def test_a_deleted_evaluation_keeps_its_row_and_says_so(small: Project) -> None:
    identifier = add(small)
    story(small, "evaluations", "submit", "2026-03-20T12:00", id=identifier)
    assert load(small, "evaluations", ADDED).success
    before, scores = only(small, "analytics_evaluation"), len(small.rows("evaluation_question_score"))
    story(small, "evaluations", "delete", "2026-03-21T12:00", id=identifier)
    small.at("2026-03-22T03:00:00.000Z")
    assert load(small, "evaluations", NEXT).success
    after = only(small, "analytics_evaluation")
    different = {name for name in before if before[name] != after[name]}
    assert different == {"deleted", "db_last_updated"}
    assert after["deleted"] is True
    assert len(small.rows("evaluation_question_score")) == scores


def test_an_open_evaluation_that_was_deleted_is_no_failure(small: Project) -> None:
    identifier = add(small)
    assert load(small, "evaluations", ADDED).success
    story(small, "evaluations", "delete", "2026-03-21T12:00", id=identifier)
    small.at("2026-03-22T03:00:00.000Z")
    for expected in (1, 0):
        result = load(small, "evaluations", NEXT)
        assert result.success, failures(result)
        # It is looked for once; then it is known to be gone.
        assert calls(small, EVALUATION) == expected
    assert only(small, "analytics_evaluation")["deleted"] is True


def test_an_evaluation_that_cannot_be_read_does_not_keep_the_others(small: Project) -> None:
    bad, good = add(small), add(small, conversation=OTHER)
    path = f"/api/v2/quality/conversations/{CONVERSATION}/evaluations/{bad}"
    small.at("2026-03-25T03:00:00.000Z")
    small.control("POST", "failures", path=path, status=403)
    result = load(small, "evaluations", ADDED)
    assert not result.success
    assert any("1 parents could not be read" in failure for failure in failures(result))
    assert small.rows("analytics_evaluation")["evaluation_id"].to_list() == [good]
    # Days after its end, the day is still not final.
    ledger = small.warehouse.ledger([load_catalog()["analytics_evaluation"]])
    assert ledger["status"].to_list() == ["provisional"]

    small.control("DELETE", "failures")
    assert load(small, "evaluations", ADDED).success
    assert calls(small, EVALUATION) == 1
    assert set(small.rows("analytics_evaluation")["evaluation_id"]) == {bad, good}
    assert small.warehouse.ledger([load_catalog()["analytics_evaluation"]])["status"].to_list() == ["settled"]


@pytest.mark.parametrize("path", ["quality/evaluations/search", "analytics/conversations/details/query"])
def test_a_feed_that_fails_changes_nothing(small: Project, path: str) -> None:
    add(small)
    small.control("POST", "failures", path=f"/api/v2/{path}", status=403)
    assert not load(small, "evaluations", ADDED).success
    assert len(small.rows("analytics_evaluation")) == 0
    assert small.warehouse.ledger([load_catalog()["analytics_evaluation"]]).is_empty()


def test_tables_that_were_left_out_of_a_load_catch_up(small: Project) -> None:
    identifier = add(small)
    story(small, "evaluations", "submit", "2026-03-20T12:00", id=identifier)
    assert load(small, "evaluations", ADDED, tables=("analytics_evaluation",)).success
    assert load(small, "evaluations", ADDED).success
    assert len(small.rows("evaluation_question_score"))


def test_a_redacted_evaluation_has_no_scores_rather_than_zero(small: Project) -> None:
    fields = {"redacted": True, "status": "FINISHED", "submittedDate": "2026-03-20T11:00:00.000Z"}
    add(small, fields=fields)
    assert load(small, "evaluations", ADDED).success
    row = only(small, "analytics_evaluation")
    assert (row["redacted"], row["total_score"], row["o_total_score"]) == (True, None, None)
    assert len(small.rows("evaluation_question_score")) == 0


def test_what_analytics_cannot_tell_now_stays_as_it_is_known(small: Project) -> None:
    identifier = add(small)
    story(small, "evaluations", "submit", "2026-03-20T12:00", id=identifier)
    assert load(small, "evaluations", ADDED).success
    before = only(small, "analytics_evaluation")
    story(small, "evaluations", "release", "2026-03-21T12:00", id=identifier)
    small.at("2026-03-22T03:00:00.000Z")
    small.control("POST", "failures", path="/api/v2/analytics/conversations/details", status=403)
    assert load(small, "evaluations", NEXT).success
    row = only(small, "analytics_evaluation")
    assert row["release_date"] is not None
    assert row["o_total_score"] == before["o_total_score"] is not None
    small.control("DELETE", "failures")
    assert load(small, "evaluations", NEXT).success
    assert only(small, "analytics_evaluation")["released"] is True


# -- surveys -------------------------------------------------------------------------------------------


def survey(on: Project, conversation: str = CONVERSATION) -> str:
    identifier = story(on, "surveys", "add", "2026-03-10T10:10", conversation=conversation)["id"]
    story(on, "surveys", "edit", "2026-03-10T10:20", id=identifier, fields={"status": "Sent"})
    return identifier


def test_a_survey_answered_five_days_later_is_found_on_the_day_of_its_conversation(small: Project) -> None:
    identifier = survey(small)
    small.at("2026-03-11T08:00:00.000Z")
    assert load(small, "conversation_surveys", CONVERSED).success
    row = only(small, "conversation_survey")
    assert (row["survey_id"], row["status"], row["survey_status"]) == (identifier, "Sent", "Sent")
    assert row["missing_required_answer"] is None
    assert len(small.rows("conversation_survey_answer_question_group")) == 0

    story(small, "surveys", "answer", "2026-03-15T09:00", id=identifier)
    small.at("2026-03-16T08:00:00.000Z")
    assert load(small, "conversation_surveys", date(2026, 3, 15)).success
    # One call for fifty conversations that wait, one for the one that was answered, for both tables.
    assert (calls(small, DETAILS), calls(small, SURVEYS)) == (1, 1)
    row = only(small, "conversation_survey")
    assert (row["status"], row["survey_status"], row["db_partition"]) == ("Finished", "Finished", CONVERSED)
    assert (row["nps_score"], row["total_score"]) == (row["survey_promoter_score"], row["o_survey_total_score"])
    groups = small.rows("conversation_survey_answer_question_group")
    assert groups["db_partition"].to_list() == [CONVERSED, CONVERSED]
    assert any("npsTextAnswer" in scores for scores in groups["question_scores"])

    # Answered, it is never looked at again.
    assert load(small, "conversation_surveys", date(2026, 3, 15)).success
    assert (calls(small, DETAILS), calls(small, SURVEYS)) == (0, 0)
    ledger = small.warehouse.history(load_catalog().reads()["conversation_surveys"][1])
    last = ledger.filter(pl.col("load_id") == pl.col("load_id").max())
    assert last.select(pl.col("inserted", "updated", "retired").sum()).row(0) == (0, 0, 0)


def test_a_survey_that_waits_costs_no_call_of_its_own(small: Project) -> None:
    survey(small)
    survey(small, OTHER)
    small.at("2026-03-11T08:00:00.000Z")
    assert load(small, "conversation_surveys", CONVERSED).success
    assert load(small, "conversation_surveys", CONVERSED).success
    assert (calls(small, DETAILS), calls(small, SURVEYS)) == (1, 0)


def test_expired_surveys_are_left_alone(small: Project) -> None:
    identifier = survey(small)
    story(small, "surveys", "edit", "2026-03-10T12:00", id=identifier, fields={"status": "Expired"})
    small.at("2026-03-11T08:00:00.000Z")
    assert load(small, "conversation_surveys", CONVERSED).success
    assert only(small, "conversation_survey")["status"] == "Expired"
    assert load(small, "conversation_surveys", CONVERSED).success
    assert (calls(small, DETAILS), calls(small, SURVEYS)) == (0, 0)


def test_a_conversation_has_a_survey_for_each_agent(small: Project) -> None:
    mine = {survey(small), survey(small)}
    small.at("2026-03-11T08:00:00.000Z")
    assert load(small, "conversation_surveys", CONVERSED).success
    assert set(small.rows("conversation_survey")["survey_id"]) == mine
    assert calls(small, SURVEYS) == 1


def test_a_conversation_whose_surveys_cannot_be_read_does_not_keep_the_others(small: Project) -> None:
    bad, good = survey(small), survey(small, OTHER)
    small.at("2026-03-20T08:00:00.000Z")
    small.control("POST", "failures", path=f"/api/v2/quality/conversations/{CONVERSATION}/surveys", status=404)
    result = load(small, "conversation_surveys", CONVERSED)
    assert not result.success
    assert small.rows("conversation_survey")["survey_id"].to_list() == [good]
    tables = [load_catalog()["conversation_survey"]]
    assert small.warehouse.ledger(tables)["status"].to_list() == ["provisional"]
    small.control("DELETE", "failures")
    assert load(small, "conversation_surveys", CONVERSED).success
    assert set(small.rows("conversation_survey")["survey_id"]) == {bad, good}
    assert small.warehouse.ledger(tables)["status"].to_list() == ["settled"]


def test_past_the_watermark_no_job_is_asked_for(small: Project) -> None:
    small.at("2026-03-21T03:00:00.000Z")
    assert load(small, "conversation_surveys", NEXT).success
    assert calls(small, "POST /api/v2/analytics/conversations/details/jobs") == 0
    assert small.warehouse.ledger([load_catalog()["conversation_survey"]])["status"].to_list() == ["open"]
