"""Surveys that customers are sent after a conversation, and answer at once, days later or never."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from genesys_assets.simulator.identity import share
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.stories import Book, Json, Story, agent_legs
from genesys_assets.simulator.timeline import LONGEST_REACH, Life, Timeline
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso, parse

_KINDS = 8
_EXPIRES = 14
_REACH = LONGEST_REACH + _EXPIRES + 1
_TEXTS = ("Alles bestens, danke", "Demorou muito", "Szybko i miło", "Never again")


class Surveys:
    """Makes up surveys, and shows them as quality management and as analytics do."""

    def __init__(self, settings: Settings, origin: Origin, timeline: Timeline) -> None:
        self._settings = settings
        self._origin = origin
        self.book = Book(timeline, "surveyed conversations", settings.survey_every, _REACH, self._make)

    def begun(self, conversation: Json, identifier: str, leg: int = 0) -> Json:
        """A survey that is about to be sent, about one of the agents of a conversation."""
        legs = agent_legs(conversation)
        form = Random(share(self._settings.seed, "survey", identifier)).randrange(4)
        survey: Json = {
            "id": identifier,
            "conversation": {"id": conversation["conversationId"]},
            "surveyForm": {
                "id": self._origin.id("survey_form", form),
                "name": f"Zufriedenheit {form + 1}",
                "contextId": self._origin.id("survey_form_context", form),
            },
            "status": "Pending",
            "surveyType": "Web",
            "selfUri": f"/api/v2/quality/surveys/{identifier}",
        }
        if legs:
            agent, queue, _ = legs[min(leg, len(legs) - 1)]
            survey["agent"] = {"id": agent, "selfUri": f"/api/v2/users/{agent}"}
            if queue is not None:
                survey["queue"] = {"id": queue, "selfUri": f"/api/v2/routing/queues/{queue}"}
        return survey

    def answered(self, survey: Json, moment: int, *, partly: bool = False) -> Json:
        """What a survey gains when the customer answers it at a moment (milliseconds since 1970)."""
        chance = Random(share(self._settings.seed, "survey answers", survey["id"]))
        form = survey["surveyForm"]["id"]
        points, nps = chance.randrange(6), chance.randrange(11)

        def part(kind: str, index: int) -> str:
            return self._origin.id(f"{kind} of {form}", index)

        groups: list[Json] = [
            {
                "questionGroupId": part("question group", 0),
                "totalScore": float(points),
                "maxTotalScore": 5.0,
                "markedNA": False,
                "systemMarkedNA": False,
                "questionScores": [
                    {"questionId": part("question", 0), "answerId": part("answer", points), "score": points},
                    {"questionId": part("question", 1), "npsScore": nps, "npsTextAnswer": "Weil es schnell ging"},
                ],
            },
            {
                "questionGroupId": part("question group", 1),
                "totalScore": 0.0,
                "maxTotalScore": 0.0,
                "markedNA": partly,
                "systemMarkedNA": partly,
                "questionScores": []
                if partly
                else [{"questionId": part("question", 2), "freeTextAnswer": _TEXTS[chance.randrange(len(_TEXTS))]}],
            },
        ]
        return {
            "status": "Finished",
            "completedDate": iso(moment),
            "missingRequiredAnswer": partly,
            "answers": {"totalScore": points * 20.0, "npsScore": nps, "questionGroupScores": groups},
        }

    def _make(self, number: int, life: Life) -> Iterator[Story]:
        conversation, legs = life.conversation, agent_legs(life.conversation)
        if not legs or legs[0][2] != "voice":
            return
        for leg in range(min(2, len(legs))):
            identifier = self._origin.id("survey " + conversation["conversationId"], leg)
            yield self._one(number + leg, conversation, identifier, leg)

    def _one(self, number: int, conversation: Json, identifier: str, leg: int) -> Story:
        chance = Random(share(self._settings.seed, "survey story", identifier))
        kind, pending = number % _KINDS, parse(conversation["conversationEnd"]) + MINUTE
        first = self.begun(conversation, identifier, leg)
        if kind == 1:
            flow = self._origin.id("survey_flow", 0)
            first |= {"surveyType": "Voice", "flow": {"id": flow, "selfUri": f"/api/v2/flows/{flow}"}}
        if kind % 3 == 0:
            team = self._origin.id("team", number % max(1, self._settings.teams))
            first["agentTeam"] = {"id": team, "selfUri": f"/api/v2/teams/{team}"}
        story = Story(identifier, conversation["conversationId"], [(iso(pending), first)])
        if kind == 2:
            story.edit(
                pending + MINUTE,
                {"status": "Error", "surveyErrorDetails": {"surveyErrorReason": "Error.NoEmailAddress"}},
            )
            return story
        if kind == 3:
            story.edit(pending + MINUTE, {"status": "OptOut"})
            return story
        sent = pending + 10 * MINUTE
        story.edit(sent, {"status": "Sent"})
        if kind == 4:
            story.edit(sent + _EXPIRES * DAY, {"status": "Expired"})
            return story
        # Most answer within hours; some take days.
        answered = sent + HOUR + int(chance.random() ** 3 * 9 * DAY)
        story.edit(answered - MINUTE, {"status": "InProgress"})
        story.edit(answered, self.answered(first, answered, partly=kind == 5))
        return story


def in_analytics(story: Story, moment: str) -> Json | None:
    """A survey as the conversation details show it at a moment."""
    seen = story.seen(moment)
    if seen is None:
        return None
    shown: Json = {
        "surveyId": story.id,
        "eventTime": max(since for since, _ in story.versions if since <= moment),
        "surveyFormContextId": seen["surveyForm"]["contextId"],
        "surveyFormId": seen["surveyForm"]["id"],
        "surveyFormName": seen["surveyForm"]["name"],
        "surveyStatus": seen["status"],
        "surveyType": seen["surveyType"],
    }
    if "agent" in seen:
        shown["userId"] = seen["agent"]["id"]
    if "queue" in seen:
        shown["queueId"] = seen["queue"]["id"]
    if "answers" in seen:
        shown |= {
            "surveyCompletedDate": seen["completedDate"],
            "surveyPartialResponse": seen["missingRequiredAnswer"],
            "surveyPromoterScore": seen["answers"]["npsScore"],
            "oSurveyTotalScore": round(seen["answers"]["totalScore"]),
        }
    return shown
