"""Evaluations, surveys and audit trails: found whenever something happens to them, and kept word for word."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genesys_assets import simulator as simulated
from genesys_assets.catalog import load_catalog
from genesys_assets.catalog.audits import AUDIT_LOG_MESSAGE, QUALITY_AUDIT_LOG_MESSAGE
from genesys_assets.catalog.declare import DB_WHEN_DELETED
from genesys_assets.catalog.quality import (
    ANALYTICS_EVALUATION,
    CONVERSATION_SURVEY,
    CONVERSATION_SURVEY_ANSWER_QUESTION_GROUP,
    EVALUATION_QUESTION_GROUP_SCORE,
)
from genesys_assets.extraction.audits import read_audits
from genesys_assets.extraction.evaluations import read_evaluations
from genesys_assets.extraction.surveys import read_surveys
from genesys_assets.genesys import GenesysClient, Retries
from genesys_assets.simulator import Simulator
from genesys_assets.simulator.audits import QUALITY_SERVICES
from genesys_assets_tests.extraction.samples import MemorySink
from genesys_assets_tests.extraction.test_agents import span
from genesys_assets_tests.extraction.test_forms import ANSWER
from genesys_assets_tests.extraction.test_references_into_forms_and_codes import evaluated, forms
from genesys_assets_tests.extraction.test_rows_easily_missed import Loaded
from genesys_assets_tests.extraction.test_values import EVALUATION, parsed
from genesys_assets_tests.genesys.conftest import (
    Asked,
    Reply,
    Server,
    running_server,  # noqa: F401
    server,  # noqa: F401
    settings_for,
)
from genesys_assets_tests.orchestration.project import HTTP, failures, project
from genesys_assets_tests.orchestration.test_quality import CONVERSATION, called

Json = dict[str, Any]
AUDITS = "/api/v2/audits/query"
DAY = date(2026, 3, 10)


def story(simulator: Simulator, kind: str, action: str, at: str, **more: Any) -> str:
    """Let something happen to an evaluation or a survey; its id."""
    body = {"action": action, "at": f"{at}:00.000Z", **more}
    answer = HTTP.post(f"{simulator.url}/_simulator/stories/{kind}", json=body)
    answer.raise_for_status()
    return answer.json()["id"]


# -- evaluations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("system_submitted", [False, True])
@pytest.mark.parametrize("day", [20, 25, 30], ids=["created", "submitted", "released"])
def test_an_evaluation_is_found_by_each_day_on_which_something_happened_to_it(
    client: GenesysClient, simulator: Simulator, sink: MemorySink, day: int, system_submitted: bool
) -> None:
    simulator.script(called(CONVERSATION))
    added = {"conversation": CONVERSATION, "system_submitted": system_submitted}
    identifier = story(simulator, "evaluations", "add", "2026-03-20T10:00", **added)
    story(simulator, "evaluations", "submit", "2026-03-25T10:00", id=identifier)
    story(simulator, "evaluations", "release", "2026-03-30T10:00", id=identifier)
    assert read_evaluations(span(client, "evaluations", sink, day=date(2026, 3, day))).failed == ()
    (row,) = sink.rows(ANALYTICS_EVALUATION).filter(pl.col("evaluation_id") == identifier).iter_rows(named=True)
    assert (row["evaluation_status"], row["db_partition"]) == ("Finished", date(2026, 3, 20))
    assert row["system_submitted"] is system_submitted


def test_weighted_and_unweighted_points_of_a_group_do_not_mix_and_decimals_of_them_are_kept() -> None:
    told = {
        "totalScore": 0.25,
        "maxTotalScore": 1.25,
        "totalScoreUnweighted": 2.25,
        "maxTotalScoreUnweighted": 3.25,
        "totalCriticalScore": 4.25,
        "maxTotalCriticalScore": 5.25,
        "totalCriticalScoreUnweighted": 6.25,
        "maxTotalCriticalScoreUnweighted": 7.25,
        "totalNonCriticalScore": 8.25,
        "maxTotalNonCriticalScore": 9.25,
        "totalNonCriticalScoreUnweighted": 10.25,
        "maxTotalNonCriticalScoreUnweighted": 11.25,
    }
    group = {"questionGroupId": "g", "markedNA": True, "systemMarkedNA": False, **told}
    frame = parsed(EVALUATION_QUESTION_GROUP_SCORE, {**EVALUATION, "answers": {"questionGroupScores": [group]}}).frames[
        "evaluation_question_group_score"
    ]
    row = frame.row(0, named=True)
    assert {name: row[re.sub("([A-Z])", r"_\1", name).lower()] for name in told} == told
    assert (row["marked_na"], row["system_marked_na"]) == (True, False)


def test_every_answer_that_was_chosen_is_an_option_of_the_version_of_the_form_that_was_used(
    client: GenesysClient,
) -> None:
    chosen = {
        (evaluation["evaluationForm"]["id"], score["questionId"], score["answerId"])
        for evaluation in evaluated(client)
        for group in evaluation["answers"]["questionGroupScores"]
        for score in group["questionScores"]
        if "answerId" in score
    }
    options = forms(client).rows(ANSWER).select("form_id", "question_id", "id")
    assert chosen and chosen <= set(options.rows())
    assert len({form for form, _, _ in chosen}) > 1


# -- surveys -------------------------------------------------------------------------------------------


def surveyed(identifier: str, told: Json, **changed: Any) -> Json:
    """A survey with what analytics tells of it."""
    return {
        "id": identifier,
        "conversation": {"id": "c"},
        "status": "Finished",
        "missingRequiredAnswer": False,
        "answers": {"totalScore": 66.67, "npsScore": 0},
        **changed,
        "analytics": {
            "conversationStart": "2026-03-10T10:00:00.000Z",
            "surveys": [{"surveyId": identifier, **told}],
        },
    }


@pytest.mark.parametrize("status", ["Pending", "Sent", "InProgress"])
def test_a_survey_that_may_still_be_answered_is_looked_at_again(
    client: GenesysClient, simulator: Simulator, status: str
) -> None:
    simulator.script(called(CONVERSATION))
    identifier = story(simulator, "surveys", "add", "2026-03-10T10:10", conversation=CONVERSATION)
    story(simulator, "surveys", "edit", "2026-03-10T10:20", id=identifier, fields={"status": status})
    story(simulator, "surveys", "answer", "2026-03-15T09:00", id=identifier)
    store, found = Loaded(), []
    for day in (DAY, date(2026, 3, 15)):
        now, sink = datetime(2026, 3, day.day + 1, 8, tzinfo=UTC), MemorySink()
        simulator.set_clock(f"{now:%Y-%m-%dT%H:%M:%S}.000Z")
        asked = replace(span(client, "conversation_surveys", sink, now, day), store=store)  # type: ignore[arg-type]
        assert read_surveys(asked).failed == ()
        rows = sink.rows(CONVERSATION_SURVEY)
        there = pl.lit(None, pl.Datetime("us", "UTC")).alias(DB_WHEN_DELETED.name)
        store.frames["conversation_survey"] = rows.with_columns(there)
        found += rows.filter(pl.col("survey_id") == identifier)["status"].to_list()
    assert found == [status, "Finished"]


def test_a_missing_score_of_a_survey_is_told_apart_by_why_it_is_missing() -> None:
    items = [
        surveyed("1", {"surveyPartialResponse": True}, answers=None),
        surveyed(
            "2", {"surveyPartialResponse": False, "surveyPromoterScore": 0}, missingRequiredAnswer=True, answers=None
        ),
        surveyed("3", {}, missingRequiredAnswer=None, answers=None),
    ]
    rows = parsed(CONVERSATION_SURVEY, *items).frames["conversation_survey"]
    columns = ("survey_partial_response", "missing_required_answer", "survey_promoter_score", "total_score")
    assert rows.select(columns).rows() == [(True, False, None, None), (False, True, 0, None), (None, None, None, None)]


def test_a_survey_keeps_decimals_states_that_nobody_knows_and_nothing_where_null_is_told() -> None:
    items = [
        surveyed("1", {"surveyStatus": "Finished", "oSurveyTotalScore": 66.67}),
        surveyed("2", {"surveyStatus": None, "surveyType": "Carrier", "oSurveyTotalScore": 12.9}, status="Forwarded"),
    ]
    found = parsed(CONVERSATION_SURVEY, *items)
    assert found.rejects.is_empty()
    columns = ("status", "survey_status", "survey_type", "o_survey_total_score", "total_score", "nps_score")
    assert found.frames["conversation_survey"].select(columns).rows() == [
        ("Finished", "Finished", None, 66.67, 66.67, 0),
        ("Forwarded", None, "Carrier", 12.9, 66.67, 0),
    ]


def test_answers_to_a_survey_are_kept_word_for_word_with_their_questions() -> None:
    answers: list[Json] = [
        {"questionId": "q1", "answerId": "a", "score": 4},
        {"questionId": "q2", "npsScore": 10, "npsTextAnswer": "Weil es schnell ging 🙂"},
        {"questionId": "q3", "freeTextAnswer": 'Zu "langsam",\nleider'},
        {"questionId": "q4", "markedNA": True},
    ]
    group = {"questionGroupId": "g", "totalScore": 4.5, "questionScores": answers}
    item = surveyed("1", {}, answers={"questionGroupScores": [group]})
    table = CONVERSATION_SURVEY_ANSWER_QUESTION_GROUP
    row = parsed(table, item).frames[table.name].row(0, named=True)
    kept = json.loads(row["question_scores"])
    told = [{name: value for name, value in each.items() if value is not None} for each in kept]
    assert (told, row["total_score"]) == (answers, 4.5)


# -- audit trails --------------------------------------------------------------------------------------


class TrailOfServices:
    """An audit trail of a few services that answers each query with the pages that a test gives."""

    def __init__(self, behind: Server, **pages: list[list[str]]) -> None:
        self.behind, self.pages = behind, pages
        behind.on("GET", f"{AUDITS}/servicemapping", Reply({"services": [{"name": name} for name in pages]}))
        behind.on("POST", AUDITS, lambda asked: Reply({"id": asked.json["serviceName"], "state": "Queued"}, 202))
        for name in pages:
            self.state(name, "Succeeded")
            behind.on("GET", f"{AUDITS}/{name}/results", lambda asked, name=name: self._results(asked, name))

    def state(self, service: str, state: str) -> None:
        self.behind.on("GET", f"{AUDITS}/{service}", Reply({"id": service, "state": state}))

    def _results(self, asked: Asked, service: str) -> Reply:
        if asked.query.get("allowRedirect") == "true":
            return Reply({"id": service, "downloadUrl": f"{self.behind.url}/results.json"})
        at, pages = int(asked.query.get("cursor", 0)), self.pages[service]
        messages = [{"id": each, "serviceName": service, "eventDate": "2026-03-10T10:00:00.000Z"} for each in pages[at]]
        more = {"cursor": str(at + 1)} if at + 1 < len(pages) else {}
        return Reply({"id": service, "pageSize": 500, "entities": messages, **more})

    def read(self, sink: MemorySink) -> tuple[int, list[str]]:
        """How many messages were read of a day, and which services failed."""
        settings = settings_for(self.behind)
        with GenesysClient(settings, retries=Retries(attempts=2, base=0.001, longest=0.002)) as client:
            outcome = read_audits(span(client, "audits", sink, day=DAY))
        return outcome.items, [failure.parent for failure in outcome.failed]


@pytest.fixture
def asked_of(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue("server")


def test_results_are_read_page_by_page_up_to_the_one_without_a_cursor(asked_of: Server, sink: MemorySink) -> None:
    trail = TrailOfServices(asked_of, Routing=[["a"], [], ["b", "c"]], SCIM=[["d"]])
    assert trail.read(sink) == (4, [])
    assert set(sink.rows(AUDIT_LOG_MESSAGE)["id"]) == {"a", "b", "c", "d"}


def test_a_day_of_which_nothing_is_kept_any_more_is_empty_and_no_failure(asked_of: Server, sink: MemorySink) -> None:
    trail = TrailOfServices(asked_of, Routing=[[]], SCIM=[[]])
    assert trail.read(sink) == (0, [])


@pytest.mark.parametrize("state", ["Failed", "Cancelled"])
def test_a_query_that_ends_without_results_is_named_and_keeps_no_other_service(
    asked_of: Server, sink: MemorySink, state: str
) -> None:
    trail = TrailOfServices(asked_of, Routing=[["a"]], SCIM=[["d"]])
    trail.state("Routing", state)
    assert trail.read(sink) == (1, ["Routing"])
    assert sink.rows(AUDIT_LOG_MESSAGE)["id"].to_list() == ["d"]


def test_the_trail_on_interactions_is_asked_of_every_service_that_writes_it(
    client: GenesysClient, sink: MemorySink
) -> None:
    assert read_audits(span(client, "quality_audits", sink, day=DAY)).failed == ()
    assert set(sink.rows(QUALITY_AUDIT_LOG_MESSAGE)["service_name"]) == set(QUALITY_SERVICES)


def test_messages_keep_what_no_model_knows_and_nothing_where_null_is_told() -> None:
    message = {"id": "m", "eventDate": "2026-03-10T10:00:00.000Z", "level": "Robot", "status": None}
    message |= {"entityType": "Transcript", "action": "Summarize", "context": None, "user": None}
    for table in (AUDIT_LOG_MESSAGE, QUALITY_AUDIT_LOG_MESSAGE):
        found = parsed(table, message)
        assert found.rejects.is_empty()
        row = found.frames[table.name].row(0, named=True)
        assert (row["level"], row["status"], row["user_id"]) == ("Robot", None, None)
        assert (row["entity_type"], row["action"]) == ("Transcript", "Summarize")


@pytest.mark.soak
@pytest.mark.parametrize("read", ["audits", "quality_audits"])
def test_days_of_a_run_are_asked_for_one_by_one(tmp_path: Path, read: str) -> None:
    settings = simulated.Settings(
        conversations_per_day=4, users=30, queues=4, groups=2, rate_limit=0, job_polls=1, now="2026-03-11T03:00:00.000Z"
    )
    with project(tmp_path, settings) as made:
        result = made.run("historical", day=date(2026, 3, 8), until=DAY, asset_selection=made.assets(read))
        assert result.success, failures(result)
        services = made.rows(f"{read.removesuffix('s')}_log_message")["service_name"].n_unique()
        requests = made.control("GET", "statistics")["requests"]
    assert requests[f"POST {load_catalog().reads()[read][0].path}"] == 3 * services
