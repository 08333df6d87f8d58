"""What happens after a conversation: the same in every endpoint, and at the same simulated moment always the same."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from genesys_assets.simulator import Simulator, serve
from genesys_assets_tests.simulator.conftest import NOW, Client, small

MONTH = ("2026-04-20T00:00:00.000Z", "2026-05-20T12:00:00.000Z")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with serve(small(evaluation_every=10, survey_every=10)) as running:
        yield running


def found(client: Client, field: str, since: str, until: str, **more: Any) -> list[dict[str, Any]]:
    query = [{"type": "DATE_RANGE", "field": field, "startValue": since, "endValue": until, "operator": "AND"}]
    results: list[dict[str, Any]] = []
    for number in range(1, 100):
        body = {"query": query, "pageSize": 100, "pageNumber": number, **more}
        page = client.post("/quality/evaluations/search", body).json()["results"]
        if not page:
            return results
        results += page
    raise AssertionError("the search does not end")


def test_answers_are_dated_by_the_simulated_clock(client: Client) -> None:
    assert parsedate_to_datetime(client.get("/tokens/me").headers["date"]).isoformat() == "2026-05-20T12:00:00+00:00"


def test_an_evaluation_is_the_same_wherever_it_is_shown(client: Client) -> None:
    evaluations = found(client, "createdDate", *MONTH)
    assert len(evaluations) > 20
    for evaluation in evaluations[::5]:
        conversation, identifier = evaluation["conversation"]["id"], evaluation["id"]
        whole = client.get(f"/quality/conversations/{conversation}/evaluations/{identifier}").json()
        assert whole["changedDate"] == evaluation["changedDate"]
        assert whole["evaluationForm"]["id"] == evaluation["evaluationForm"]["id"]
        details = client.get("/analytics/conversations/details", id=conversation).json()["conversations"][0]
        told = next(each for each in details["evaluations"] if each["evaluationId"] == identifier)
        assert told["evaluationStatus"].upper() == whole["status"]
        assert told["released"] == ("releaseDate" in whole)
        assert whole["conversationDate"] == details["conversationStart"]
        assert ("answers" in whole) == (whole["status"] not in ("PENDING", "INPROGRESS") and not whole["redacted"])


def test_automated_evaluations_are_found_only_when_asked_for(client: Client) -> None:
    by_hand = {each["id"] for each in found(client, "createdDate", *MONTH)}
    automatic = {each["id"] for each in found(client, "createdDate", *MONTH, systemSubmitted=True)}
    assert automatic
    assert not automatic & by_hand


def test_a_range_of_more_than_three_months_is_refused(client: Client) -> None:
    query = [{"type": "DATE_RANGE", "field": "createdDate", "startValue": "2026-01-01", "endValue": "2026-05-20"}]
    assert client.post("/quality/evaluations/search", {"query": query}).status_code == 400


def test_a_deleted_evaluation_is_gone_but_for_the_details(client: Client) -> None:
    filters = [{"type": "and", "predicates": [{"dimension": "deleted", "operator": "matches", "value": "true"}]}]
    conversations = client.query("/".join(MONTH), evaluationFilters=filters)
    assert conversations
    alive = {each["id"] for each in found(client, "createdDate", "2026-03-01T00:00:00.000Z", MONTH[1])}
    for conversation in conversations:
        for evaluation in (each for each in conversation["evaluations"] if each["deleted"]):
            path = f"/quality/conversations/{conversation['conversationId']}/evaluations/{evaluation['evaluationId']}"
            assert client.get(path).status_code == 404
            assert evaluation["evaluationId"] not in alive


def test_a_survey_job_brings_the_surveyed_conversations_and_no_others(client: Client) -> None:
    day = "2026-05-18T00:00:00.000Z/2026-05-19T00:00:00.000Z"
    filters = [{"type": "and", "predicates": [{"dimension": "surveyStatus", "operator": "exists"}]}]
    surveyed = client.day(day, surveyFilters=filters)
    assert [each["conversationId"] for each in surveyed] == [
        each["conversationId"] for each in client.day(day) if "surveys" in each
    ]
    for conversation in surveyed:
        surveys = client.get(f"/quality/conversations/{conversation['conversationId']}/surveys").json()
        assert {each["id"] for each in surveys} >= {each["surveyId"] for each in conversation["surveys"]}


def test_time_makes_them_grow(simulator: Simulator, client: Client) -> None:
    before = {each["id"]: each for each in found(client, "createdDate", *MONTH)}
    client.http.put("/_simulator/clock", json={"now": "2026-06-20T12:00:00.000Z"})
    after = {each["id"]: each for each in found(client, "createdDate", *MONTH)}
    changed = [each for each in before.keys() & after.keys() if before[each] != after[each]]
    assert changed
    assert all(after[each]["changedDate"] > NOW for each in changed)
    client.http.put("/_simulator/clock", json={"now": NOW})
    assert {each["id"]: each for each in found(client, "createdDate", *MONTH)} == before


def test_audit_messages_are_there_once_they_are_written(client: Client) -> None:
    def messages(interval: str) -> list[dict[str, Any]]:
        query = client.post("/audits/query", {"interval": interval, "serviceName": "ContactCenter"}).json()["id"]
        while client.get(f"/audits/query/{query}").json()["state"] != "Succeeded":
            pass
        return client.get(f"/audits/query/{query}/results", pageSize=500).json()["entities"]

    today = messages("2026-05-20T00:00:00Z/2026-05-21T00:00:00Z")
    assert today
    assert max(message["eventDate"] for message in today) <= NOW
    assert messages("2026-05-20T00:00:00Z/2026-05-21T00:00:00Z") == today
    yesterday = messages("2026-05-19T00:00:00Z/2026-05-20T00:00:00Z")
    assert not {message["id"] for message in today} & {message["id"] for message in yesterday}


def test_the_trail_on_interactions_wants_a_service_and_an_interval_without_a_zone(client: Client) -> None:
    path, filters = "/quality/conversations/audits/query", [{"property": "ServiceName", "value": "QualityService"}]
    interval = "2026-05-18T00:00:00.000/2026-05-19T00:00:00.000"
    assert client.post(path, {"interval": interval, "filters": filters}).status_code == 202
    assert client.post(path, {"interval": interval, "filters": []}).status_code == 400
    zoned = "2026-05-18T00:00:00Z/2026-05-19T00:00:00Z"
    assert client.post(path, {"interval": zoned, "filters": filters}).status_code == 400
