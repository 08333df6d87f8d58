"""What a declaration does with a value: joined, blank, spelled its way, the latest of several, the nth of its kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl

from genesys_assets.catalog.audits import QUALITY_AUDIT_PROPERTY_CHANGE_VALUE
from genesys_assets.catalog.declare import Column, Read, Table, Upsert, double, int64, string, timestamp
from genesys_assets.catalog.quality import ANALYTICS_EVALUATION, EVALUATION_QUESTION_SCORE, EVALUATION_TRANSCRIPT_TOPIC
from genesys_assets.extraction.parser import PageParser, Parsed

READ = Read(name="things", path="/api/v2/things")


def table(*columns: Column, rows: str | tuple[str, ...] = "") -> Table:
    return Table("thing", "Things.", READ, Upsert(), (string("id", "Identifier.", "$.id", key=True), *columns), rows)


def parsed(of: Table, *items: object) -> Parsed:
    return PageParser([of]).parse([json.dumps(item).encode() for item in items])


def column(of: Table, *items: object) -> list[object]:
    """The values of the last column."""
    found = parsed(of, *items)
    assert found.rejects.is_empty(), found.rejects["reason"].to_list()
    return found.frames[of.name][of.columns[-1].name].to_list()


def test_texts_of_an_array_are_joined_in_their_order() -> None:
    addresses = table(string("addresses", "Addresses.", "remoteIp", joined=","))
    items = [
        {"id": "1", "remoteIp": ["b", "a"]},
        {"id": "2", "remoteIp": []},
        {"id": "3"},
        {"id": "4", "remoteIp": None},
        {"id": "5", "remoteIp": ["a", None]},
    ]
    assert column(addresses, *items) == ["b,a", None, None, None, "a"]
    assert column(addresses, *items[1:4]) == [None, None, None]


def test_what_should_be_joined_and_is_an_object_is_refused() -> None:
    addresses = table(string("addresses", "Addresses.", "remoteIp", joined=","))
    found = parsed(addresses, {"id": "1", "remoteIp": {"a": 1}}, {"id": "2", "remoteIp": ["b"]})
    assert found.rejects["column"].to_list() == ["addresses"]
    assert found.frames["thing"]["addresses"].to_list() == ["b"]


def test_an_empty_text_can_mean_nothing() -> None:
    client = table(string("client", "Client.", "client.id", blank_is_null=True))
    items = [{"id": "1", "client": {"id": ""}}, {"id": "2", "client": {"id": "c"}}, {"id": "3"}]
    assert column(client, *items) == [None, "c", None]


def test_a_value_is_spelled_as_the_table_has_it_and_an_unknown_one_stays() -> None:
    status = table(string("status", "Status.", spellings={"FINISHED": "Finished"}))
    items = [{"id": str(n), "status": value} for n, value in enumerate(("FINISHED", "ARCHIVED", None))]
    assert column(status, *items) == ["Finished", "ARCHIVED", None]


def test_the_latest_of_several_moments_passes_over_those_that_are_empty() -> None:
    latest = table(
        timestamp("begun", "Begun."),
        timestamp("ended", "Ended."),
        timestamp("last", "Last.", greatest=("begun", "ended")),
    )
    moments = ("2026-03-10T00:00:00.000Z", "2026-03-11T00:00:00Z")
    items = [
        {"id": "1", "begun": moments[0], "ended": moments[1]},
        {"id": "2", "begun": moments[0]},
        {"id": "3"},
    ]
    assert column(latest, *items) == [datetime(2026, 3, 11, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC), None]


def test_positions_go_on_from_one_array_to_the_next_within_an_item_and_a_key() -> None:
    values = table(
        string("name", "Name.", "$.lists[].name", key=True),
        int64("position", "Position.", "@nth", key=True),
        string("value", "Value.", "@"),
        rows="lists[].values[]",
    )
    lists = [
        {"name": "a", "values": ["x", "y"]},
        {"name": "b", "values": ["x"]},
        {"name": "a", "values": ["x"]},
    ]
    frame = parsed(values, {"id": "1", "lists": lists}, {"id": "2", "lists": lists[:1]}).frames["thing"]
    assert sorted(frame.rows()) == [
        ("1", "a", 0, "x"),
        ("1", "a", 1, "y"),
        ("1", "a", 2, "x"),
        ("1", "b", 0, "x"),
        ("2", "a", 0, "x"),
        ("2", "a", 1, "y"),
    ]


def test_old_and_new_values_are_counted_apart() -> None:
    changes = [
        {"property": "p", "oldValues": ["1"], "newValues": ["2", "3"]},
        {"property": "p", "oldValues": ["4"], "newValues": None},
        {"property": "q", "newValues": ["5"]},
    ]
    message = {"id": "m", "eventDate": "2026-03-10T10:00:00.000Z", "propertyChanges": changes}
    frame = parsed(QUALITY_AUDIT_PROPERTY_CHANGE_VALUE, message).frames["quality_audit_property_change_value"]
    assert sorted(frame.select("property", "value_type", "value_index", "value").rows()) == [
        ("p", "new", 0, "2"),
        ("p", "new", 1, "3"),
        ("p", "old", 0, "1"),
        ("p", "old", 1, "4"),
        ("q", "new", 0, "5"),
    ]


EVALUATION = {
    "id": "e",
    "conversation": {"id": "c"},
    "createdDate": "2026-03-10T10:00:00.000Z",
    "status": "INREVIEW",
    "answers": {"totalScore": 87.5},
    "analytics": {"evaluations": [{"evaluationId": "e", "oTotalScore": 87.5, "evaluationStatus": "Finished"}]},
}


def test_decimals_of_scores_that_the_official_client_calls_whole_are_kept() -> None:
    row = parsed(ANALYTICS_EVALUATION, EVALUATION).frames["analytics_evaluation"].row(0, named=True)
    assert (row["o_total_score"], row["total_score"], row["evaluation_status"]) == (87.5, 87.5, "InReview")


def test_a_state_that_no_model_knows_is_kept() -> None:
    frame = parsed(ANALYTICS_EVALUATION, {**EVALUATION, "status": "ESCALATED"}).frames["analytics_evaluation"]
    assert frame["evaluation_status"].to_list() == ["ESCALATED"]


def test_the_answers_of_a_multiple_select_question_are_kept_with_it() -> None:
    option = {"questionId": "o", "answerId": "yes", "score": 5, "markedNA": False}
    question = {"questionId": "q", "score": 2.5, "multipleSelectQuestionOptionScores": [option]}
    groups = [{"questionGroupId": "g", "markedNA": True, "questionScores": [question]}]
    frame = parsed(EVALUATION_QUESTION_SCORE, {**EVALUATION, "answers": {"questionGroupScores": groups}}).frames[
        "evaluation_question_score"
    ]
    row = frame.row(0, named=True)
    assert (row["question_group_id"], row["score"], row["answer_id"]) == ("g", 2.5, None)
    assert json.loads(row["multiple_select_question_option_scores"])[0]["answerId"] == "yes"


def test_a_topic_found_twice_is_two_rows_though_one_does_not_know_when() -> None:
    topics = [{"id": "t", "startTimeMilliseconds": 5}, {"id": "t"}, {"id": "t"}]
    frame = parsed(EVALUATION_TRANSCRIPT_TOPIC, {**EVALUATION, "answers": {"transcriptTopics": topics}}).frames[
        "evaluation_transcript_topic"
    ]
    assert frame.select("topic_id", "ordinal", "start_time_milliseconds").rows() == [
        ("t", 0, 5),
        ("t", 1, None),
        ("t", 2, None),
    ]


def test_a_whole_number_is_still_one_beside_the_others() -> None:
    mixed = table(double("score", "Score."), int64("count", "Count."))
    found = parsed(mixed, {"id": "1", "score": 1, "count": 1.5})
    assert found.rejects["column"].to_list() == ["count"]
    assert found.frames["thing"].schema["count"] == pl.Int64
