"""How an evaluator fills in a form: scores of questions, groups and the whole."""

from __future__ import annotations

from random import Random
from typing import Any

from genesys_assets.simulator.origin import Origin

Json = dict[str, Any]

_COMMENTS = ("Freundlich und klar", "Bom atendimento", "Zbyt szybko", "Forgot the summary", "")
_FAILURES = ("LowConfidenceError", "ParsingError", "ServiceError", "LowHistoricalAccuracyError")
_TOPICS = (("Kündigung", "kündigen", "ich möchte kündigen"), ("Complaint", "not happy", "I am not happy with it"))


def answers(form: Json, chance: Random, origin: Origin, *, automatic: bool) -> Json:
    """The ``answers`` of an evaluation made with a version of a form."""
    groups = [_group(group, number, chance, automatic=automatic) for number, group in enumerate(form["questionGroups"])]
    counted = [group for group in groups if not group["markedNA"]]

    def percent(part: str) -> float:
        reached = sum(group[f"total{part}Score"] for group in counted)
        possible = sum(group[f"maxTotal{part}Score"] for group in counted)
        return round(100 * reached / possible, 2) if possible else 100.0

    failed = any(score.get("failedKillQuestion") for group in counted for score in group["questionScores"])
    return {
        "totalScore": 0.0 if failed else percent(""),
        "totalCriticalScore": 0.0 if failed else percent("Critical"),
        "totalNonCriticalScore": 0.0 if failed else percent("NonCritical"),
        "maxTotalRawScore": sum(group["maxTotalScoreUnweighted"] for group in groups),
        "maxTotalRawCriticalScore": sum(group["maxTotalCriticalScoreUnweighted"] for group in groups),
        "questionGroupScores": groups,
        "anyFailedKillQuestions": failed,
        "comments": _COMMENTS[chance.randrange(len(_COMMENTS))],
        "privateComments": "Mit dem Team besprechen",
    }


def transcript_topics(chance: Random, origin: Origin) -> list[Json]:
    """Topics found in the conversation: one of them twice, the second time without knowing when."""
    found: list[Json] = []
    for number in range(2 + chance.randrange(3)):
        topic = chance.randrange(len(_TOPICS)) if number != 1 else int(found[0]["name"] != _TOPICS[0][0])
        name, phrase, said = _TOPICS[topic]
        entry: Json = {
            "id": origin.id("topic", topic),
            "name": name,
            "topicPhrase": phrase,
            "transcriptPhrase": said,
            "confidence": 60 + chance.randrange(40),
            "duration": {"totalMilliseconds": 800 + chance.randrange(4_000)},
            "offset": {"wordCount": 10 * number, "characterCount": 61 * number},
        }
        if number != 1:
            entry |= {"startTimeMilliseconds": 20_000 * (number + 1), "recordingLocation": 20_000 * (number + 1)}
        found.append(entry)
    return found


def _group(group: Json, number: int, chance: Random, *, automatic: bool) -> Json:
    not_applicable = group["naEnabled"] and chance.random() < 0.3
    hidden = "visibilityCondition" in group and chance.random() < 0.2
    scores = [
        _question(question, place, chance, automatic=automatic) for place, question in enumerate(group["questions"])
    ]
    shown: Json = {
        "questionGroupId": group["id"],
        "markedNA": not_applicable or hidden,
        "systemMarkedNA": hidden,
        "questionScores": scores,
    }
    for part, wanted in (("", (True, False)), ("Critical", (True,)), ("NonCritical", (False,))):
        chosen = [
            (score, question)
            for score, question in zip(scores, group["questions"], strict=True)
            if question["isCritical"] in wanted and not score.get("markedNA")
        ]
        reached = float(sum(score.get("score", 0) for score, _ in chosen))
        possible = float(sum(_most(question) for _, question in chosen))
        if not_applicable or hidden:
            reached = possible = 0.0
        weight = group["weight"] / 100
        shown[f"total{part}Score"] = round(reached * weight, 4)
        shown[f"maxTotal{part}Score"] = round(possible * weight, 4)
        shown[f"total{part}ScoreUnweighted"] = reached
        shown[f"maxTotal{part}ScoreUnweighted"] = possible
    return shown


def _most(question: Json) -> int:
    options = question.get("multipleSelectOptionQuestions", ())
    if options:
        return sum(max(answer["value"] for answer in option["answerOptions"]) for option in options)
    return max((answer["value"] for answer in question.get("answerOptions", ())), default=0)


def _question(question: Json, place: int, chance: Random, *, automatic: bool) -> Json:
    score: Json = {"questionId": question["id"], "markedNA": False, "systemMarkedNA": False}
    if question["naEnabled"] and chance.random() < 0.15:
        return score | {"markedNA": True, "systemMarkedNA": "visibilityCondition" in question}
    options = question.get("multipleSelectOptionQuestions")
    if options:
        parts = [_chosen(option, chance) for option in options]
        score["multipleSelectQuestionOptionScores"] = parts
        return score | {"score": sum(part["score"] for part in parts)}
    if not question.get("answerOptions"):
        return score | {"comments": "Wie besprochen, ohne Wertung"}
    score |= _chosen(question, chance)
    if question["isKill"]:
        score["failedKillQuestion"] = score["score"] < _most(question) and chance.random() < 0.2
    if question["commentsRequired"]:
        score["comments"] = _COMMENTS[place % 4]
    if "assistanceConditions" in question["answerOptions"][0]:
        score["assistedAnswerId"] = question["answerOptions"][0]["id"]
    if automatic:
        score["aiAnswer"] = (
            {"failureType": _FAILURES[place % len(_FAILURES)]}
            if place % 5 == 4
            else {"answerId": score["answerId"], "explanation": "The agent said so", "markedNotApplicable": False}
        )
    return score


def _chosen(question: Json, chance: Random) -> Json:
    answer = question["answerOptions"][min(chance.randrange(4), len(question["answerOptions"]) - 1) // 2]
    return {
        "questionId": question["id"],
        "answerId": answer["id"],
        "score": answer["value"],
        "markedNA": False,
        "systemMarkedNA": False,
    }
