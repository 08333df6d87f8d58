"""Evaluations of conversations: assigned, filled in, released, disputed, scored anew, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from random import Random

from genesys_assets.simulator import evaluation_answers
from genesys_assets.simulator.identity import share
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.quality_forms import form_versions
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.stories import Book, Json, Story, agent_legs
from genesys_assets.simulator.timeline import LONGEST_REACH, Life, Timeline
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso, parse

_KINDS = 12
_LATEST_CREATED = 10
"""So many days after the end of a conversation its evaluation is created at the latest."""
_REACH = LONGEST_REACH + _LATEST_CREATED + 14

_STATUS = {
    "PENDING": "Pending",
    "INPROGRESS": "InProgress",
    "FINISHED": "Finished",
    "INREVIEW": "InReview",
    "RETRACTED": "Retracted",
}
_DATES = (
    "createdDate", "changedDate", "assignedDate", "submittedDate", "releaseDate", "revisionCreatedDate",
    "conversationDate", "dateAssigneeChanged",
)  # fmt: skip


class Evaluations:
    """Makes up evaluations, and shows them as quality management and as analytics do."""

    def __init__(self, settings: Settings, origin: Origin, timeline: Timeline) -> None:
        self._settings = settings
        self._origin = origin
        self.book = Book(timeline, "evaluated conversations", settings.evaluation_every, _REACH, self._make)

    @cached_property
    def forms(self) -> list[Json]:
        """The versions of forms that evaluations are made with; they do not follow later edits."""
        return form_versions(self._settings, self._origin)

    def begun(self, conversation: Json, identifier: str, created: int) -> Json:
        """A pending evaluation of a conversation, created at a moment (milliseconds since 1970)."""
        chance = Random(share(self._settings.seed, "evaluation", identifier))
        legs = agent_legs(conversation)
        form = self.forms[chance.randrange(len(self.forms))]
        evaluator = self._origin.id("user", chance.randrange(min(10, self._settings.users)))
        evaluation: Json = {
            "id": identifier,
            "conversation": {
                "id": conversation["conversationId"],
                "selfUri": f"/api/v2/conversations/{conversation['conversationId']}",
            },
            "evaluationForm": {
                "id": form["id"],
                "name": form["name"],
                "contextId": form["contextId"],
                "published": True,
                "selfUri": form["selfUri"],
            },
            "evaluator": _user(evaluator),
            "status": "PENDING",
            "agentHasRead": False,
            "assigneeApplicable": True,
            "assignee": _user(evaluator),
            "createdDate": iso(created),
            "assignedDate": iso(created + MINUTE),
            "changedDate": iso(created + MINUTE),
            "dateAssigneeChanged": iso(created + MINUTE),
            "conversationDate": conversation["conversationStart"],
            "neverRelease": False,
            "assigned": True,
            "rescore": False,
            "redacted": False,
            "version": 1,
            "declinedReview": False,
            "evaluationContextId": self._origin.id(f"evaluation context {identifier}", 0),
            "evaluationSource": {"type": "User", "id": evaluator, "selfUri": f"/api/v2/users/{evaluator}"},
            "selfUri": f"/api/v2/quality/conversations/{conversation['conversationId']}/evaluations/{identifier}",
        }
        if "conversationEnd" in conversation:
            evaluation["conversationEndDate"] = conversation["conversationEnd"]
        if legs:
            agent, queue, media = legs[0]
            evaluation |= {"agent": _user(agent), "mediaType": [media.upper()]}
            if queue is not None:
                evaluation["queue"] = {"id": queue, "selfUri": f"/api/v2/routing/queues/{queue}"}
            if media == "email":
                message = self._origin.id(f"evaluated message {identifier}", 0)
                evaluation |= {"resourceId": message, "resourceType": "EMAIL"}
        return evaluation

    def filled_in(self, evaluation: Json, *, automatic: bool = False) -> Json:
        """The answers to the questions of an evaluation's form."""
        chance = Random(share(self._settings.seed, "answers", evaluation["id"]))
        form = next(form for form in self.forms if form["id"] == evaluation["evaluationForm"]["id"])
        found = evaluation_answers.answers(form, chance, self._origin, automatic=automatic)
        if "VOICE" in evaluation.get("mediaType", ()):
            found["transcriptTopics"] = evaluation_answers.transcript_topics(chance, self._origin)
        return found

    def _make(self, number: int, life: Life) -> Iterator[Story]:
        conversation, legs = life.conversation, agent_legs(life.conversation)
        if not legs:
            return
        identifier = self._origin.id("evaluation " + conversation["conversationId"], 0)
        chance = Random(share(self._settings.seed, "evaluation story", identifier))
        ended = parse(max(life.settled, conversation["conversationEnd"]))
        kind = number % _KINDS
        if kind == 0:
            yield self._automatic(conversation, identifier, ended + 5 * MINUTE)
            return
        created = ended + HOUR + int(chance.random() ** 2 * (_LATEST_CREATED * DAY - 2 * HOUR))
        first = self.begun(conversation, identifier, created)
        if kind == 3:
            calibration = self._origin.id("calibration", number)
            first["calibration"] = {"id": calibration, "selfUri": f"/api/v2/quality/calibrations/{calibration}"}
            first |= {"assigneeApplicable": False, "evaluationSource": {"type": "Policy"}}
            del first["assignee"], first["dateAssigneeChanged"]
        story = Story(identifier, conversation["conversationId"], [(iso(created), first)])
        yield story
        if kind == 1:
            # Nobody gets round to it for a long time.
            story.edit(created + 20 * DAY, _at(created + 20 * DAY, status="INPROGRESS"))
            return
        begun = created + 2 * HOUR + int(chance.random() * DAY)
        submitted = begun + HOUR + int(chance.random() ** 3 * 6 * DAY)
        released = submitted + HOUR + int(chance.random() ** 2 * 2 * DAY)
        story.edit(begun, _at(begun, status="INPROGRESS"))
        answers = cache(lambda: self.filled_in(first))
        story.edit(
            submitted,
            _at(submitted, status="FINISHED", submittedDate=iso(submitted), redacted=kind == 2)
            | ({} if kind == 2 else {"answers": answers}),
        )
        if kind == 6:
            story.edit(submitted + MINUTE, _at(submitted + MINUTE, neverRelease=True))
            return
        story.edit(released, _at(released, releaseDate=iso(released)))
        story.edit(released + 5 * HOUR, _at(released + 5 * HOUR, agentHasRead=True))
        if kind == 4:
            self._disputed(story, released + 8 * HOUR, answers)
        elif kind == 5:
            yield self.scored_anew(story, released + DAY)
        elif kind == 7:
            story.deleted = iso(released + DAY)

    def _automatic(self, conversation: Json, identifier: str, at: int) -> Story:
        evaluation = self.begun(conversation, identifier, at)
        program = self._origin.id("program", 0)
        evaluation |= {
            "status": "FINISHED",
            "submittedDate": iso(at),
            "changedDate": iso(at),
            "evaluationSource": {"type": "Program", "id": program, "name": "Everything"},
            "aiScoring": {"pending": False, "dateLastChanged": iso(at)},
        }
        evaluation["answers"] = cache(lambda: self.filled_in(evaluation, automatic=True))
        for name in ("evaluator", "assignee", "assignedDate", "dateAssigneeChanged"):
            del evaluation[name]
        evaluation["assigneeApplicable"] = False
        story = Story(identifier, conversation["conversationId"], [(iso(at), evaluation)], system_submitted=True)
        story.edit(at + HOUR, _at(at + HOUR, releaseDate=iso(at + HOUR)))
        return story

    def _disputed(self, story: Story, at: int, answers: Callable[[], Json]) -> None:
        """The agent asks for a review, which is declined a day later."""
        reviewer = self._origin.id("user", 1)
        story.edit(
            at,
            _at(
                at,
                status="INREVIEW",
                disputeCount=1,
                assignee=_user(reviewer),
                dateAssigneeChanged=iso(at),
                answers=cache(lambda: {**answers(), "agentComments": "Das war anders"}),
            ),
        )
        story.edit(at + DAY, _at(at + DAY, status="FINISHED", declinedReview=True))

    def scored_anew(self, story: Story, at: int) -> Story:
        """The version that replaces another, which is retracted."""
        before = {name: value for name, value in story.latest(iso(at)).items() if name != "answers"}
        story.edit(at, _at(at, status="RETRACTED"))
        identifier = self._origin.id("evaluation " + story.conversation, 1)
        after: Json = {
            **before,
            "id": identifier,
            "status": "FINISHED",
            "rescore": True,
            "version": 2,
            "changedDate": iso(at),
            "submittedDate": iso(at),
            "revisionCreatedDate": iso(at),
            "retractedEvaluation": {
                "id": story.id,
                "selfUri": f"/api/v2/quality/conversations/{story.conversation}/evaluations/{story.id}",
            },
            "selfUri": f"/api/v2/quality/conversations/{story.conversation}/evaluations/{identifier}",
        }
        after.pop("releaseDate", None)
        after["answers"] = cache(lambda: {**self.filled_in(after), "comments": "Neu bewertet"})
        anew = Story(identifier, story.conversation, [(iso(at), after)])
        anew.edit(at + HOUR, _at(at + HOUR, releaseDate=iso(at + HOUR)))
        return anew


def in_analytics(story: Story, moment: str) -> Json | None:
    """An evaluation as the conversation details show it at a moment; deleted ones too."""
    seen = story.seen(moment)
    if seen is None:
        return None
    shown: Json = {
        "evaluationId": story.id,
        "assigneeApplicable": seen["assigneeApplicable"],
        "contextId": seen["evaluationForm"]["contextId"],
        "deleted": story.is_deleted(moment),
        "evaluationStatus": _STATUS[seen["status"]],
        "eventTime": max(seen[name] for name in _DATES if name in seen),
        "formId": seen["evaluationForm"]["id"],
        "formName": seen["evaluationForm"]["name"],
        "released": seen.get("releaseDate", "9") <= moment,
        "rescored": seen["rescore"],
        "systemSubmitted": story.system_submitted,
    }
    for name, source in (
        ("assigneeId", "assignee"),
        ("calibrationId", "calibration"),
        ("evaluatorId", "evaluator"),
        ("queueId", "queue"),
        ("userId", "agent"),
    ):
        if source in seen:
            shown[name] = seen[source]["id"]
    if "answers" in seen:
        shown["oTotalScore"] = round(seen["answers"]["totalScore"])
        shown["oTotalCriticalScore"] = round(seen["answers"]["totalCriticalScore"])
    return shown


def _user(identifier: str) -> Json:
    return {"id": identifier, "selfUri": f"/api/v2/users/{identifier}"}


def _at(moment: int, **fields: object) -> Json:
    return {"changedDate": iso(moment), **fields}
