"""Quality management: evaluation forms in every version that was published of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call
from genesys_assets.simulator.filters import name_contains
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.singles import Single
from genesys_assets.simulator.times import DAY, HOUR, iso, parse

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

FORM_PERMISSIONS = ("quality:evaluationForm:view",)

_PUBLISHED = parse("2023-02-01")
_SUBJECTS = ("Anruf", "E-mail", "Collections call", "Atendimento", "Rozmowa", "Compliance", "Onboarding", "Chat")
_GROUPS = ("Greeting", "Bedarfsermittlung", "Resolução", "Compliance", "Zakończenie")
_QUESTIONS = (
    "Was the customer greeted by name?",
    "Wurde das Anliegen verstanden?",
    "O tom foi adequado?",
    "Was the data protection notice read out?",
    "Czy podsumowano ustalenia?",
    "Which steps were left out?",
    "Would the customer recommend us?",
)
_ANSWERS = (("Yes", 10), ("Teilweise", 5), ("No", 0))
_STEPS = ("Identification", "Rückfrage", "Resumo", "Farewell")


def form_versions(settings: Settings, origin: Origin) -> list[Json]:
    """Every published version of every evaluation form, oldest first, each with its questions.

    Identifiers of groups, questions and answers are a version's own; their ``contextId`` is the same in all.
    """
    return [
        _version(settings, origin, form, version)
        for form in range(settings.evaluation_forms)
        for version in range(_versions(origin, form))
    ]


def _versions(origin: Origin, form: int) -> int:
    return 1 + origin.chance("form_versions", form).randrange(4)


def _name(form: int, version: int) -> str:
    subject = _SUBJECTS[form % len(_SUBJECTS)]
    return f"{subject} {form // len(_SUBJECTS) + 1}" + (" (neu)" if version >= 2 else "")


def _version(settings: Settings, origin: Origin, form: int, version: int) -> Json:
    made = _Contents(origin, form, version)
    identifier = origin.id(f"evaluation_form {form}", version)
    division = origin.id("division", division_index(settings, origin, "evaluation_form", form))
    entity: Json = {
        "id": identifier,
        "name": _name(form, version),
        "division": {"id": division, "selfUri": f"/api/v2/authorization/divisions/{division}"},
        "modifiedDate": iso(_PUBLISHED + form * 9 * DAY + version * 61 * DAY + form * HOUR),
        "published": True,
        "contextId": origin.id("evaluation_form_context", form),
        "questionGroups": made.groups(),
        "weightMode": "OFF" if form % 5 == 4 else "SCALED",
        "latestVersionFormName": _name(form, _versions(origin, form) - 1),
        "selfUri": f"/api/v2/quality/forms/evaluations/{identifier}",
    }
    if form % 3 != 2:
        entity["evaluationSettings"] = {"revisionsEnabled": form % 2 == 0, "disputesEnabled": form % 3 == 0}
        if form % 3 == 0:
            entity["evaluationSettings"] |= {"disputesAllowedPerEvaluation": 1 + form % 2, "disputesAssignees": []}
    if form % 4:
        entity["dialect"] = ("en-US", "de-DE", "pt-PT")[form % 3]
    return entity


class _Contents:
    """What one version of a form asks: the same as the one before, and a question more."""

    def __init__(self, origin: Origin, form: int, version: int) -> None:
        self._origin = origin
        self._form = form
        self._version = version

    def groups(self) -> list[Json]:
        """The question groups; from the second on some are shown only after certain answers."""
        chance = self._origin.chance("evaluation_form", self._form)
        sizes = self._sizes(chance)
        groups: list[Json] = []
        first = 0
        for index, size in enumerate(sizes):
            group = self._named("question_group", index) | {
                "name": _GROUPS[(self._form + index) % len(_GROUPS)],
                "type": "questionGroup",
                "defaultAnswersToHighest": index == 0,
                "defaultAnswersToNA": index == 1,
                "naEnabled": index % 2 == 1,
                "weight": round(100 / len(sizes), 2),
                "manualWeight": self._form % 4 == 1,
                "questions": [self._question(first + number) for number in range(size)],
            }
            if index == 1:
                group["visibilityCondition"] = _shown_after(index - 1)
            if self._form % 2 == 0:
                names = ("highestScore", "notApplicable", "lowestScore", "userDefined")
                group["defaultAnswersTo"] = {name: number == index % 4 for number, name in enumerate(names)}
            groups.append(group)
            first += size
        return groups

    def _sizes(self, chance: Random) -> list[int]:
        """How many questions each group has: 5 to 19 together, and one more with each version."""
        groups = 2 + chance.randrange(4)
        sizes = [1] * groups
        for _ in range(5 + chance.randrange(12) - groups + self._version):
            sizes[-1 if chance.random() < 0.3 else chance.randrange(groups)] += 1
        return sizes

    def _question(self, number: int) -> Json:
        kind = number + self._form
        question = self._named("question", number) | {
            "text": _QUESTIONS[kind % len(_QUESTIONS)] + (" *" if self._version == 1 and number == 0 else ""),
            "naEnabled": number % 3 == 0,
            "commentsRequired": number % 7 == 2,
            "isKill": number % 9 == 3,
            "isCritical": number % 4 == 1,
        }
        if number % 2:
            question["helpText"] = "Zählt auch, wenn es der Kunde selbst sagt."
        if number % 6 == 4:
            question["visibilityCondition"] = _shown_after(0)
        self._answered(question, kind, number)
        return question

    def _answered(self, question: Json, kind: int, number: int) -> None:
        if kind % 7 == 5:
            question["type"] = "multipleSelectQuestion"
            question["multipleSelectOptionQuestions"] = [self._option(number, step) for step in range(2 + kind % 3)]
        elif kind % 7 == 6:
            question["type"] = ("freeTextQuestion", "npsQuestion", "readOnlyTextBlockQuestion")[kind // 7 % 3]
            if question["type"] == "npsQuestion":
                answers = [self._answer(f"{number}", rank, str(rank), rank) for rank in range(11)]
                question["answerOptions"] = answers
        else:
            question["type"] = "multipleChoiceQuestion"
            answers = [self._answer(f"{number}", rank, *answer) for rank, answer in enumerate(_ANSWERS)]
            question["answerOptions"] = answers
            if kind % 5 == 1:
                question["defaultAnswer"] = {"id": answers[0]["id"]}
            elif number % 3 == 0:
                question["defaultAnswer"] = {"notApplicable": True}
            if kind % 4 == 2:
                question["automatedScoringFocus"] = "EvaluatedAgent" if kind % 8 == 2 else "FullInteraction"
                topics = [self._origin.id("topic", topic) for topic in range(1 + kind % 2)]
                answers[0]["assistanceConditions"] = [{"operator": "EXISTS", "topicIds": topics}]

    def _option(self, number: int, step: int) -> Json:
        """One of the options of a multiple-select question: a question of its own, selected or not."""
        place = f"{number}.{step}"
        answers = [
            self._answer(place, 0, "Selected", 5) | {"builtInType": "Selected"},
            self._answer(place, 1, "Unselected", 0) | {"builtInType": "Unselected"},
        ]
        return self._named(f"option {place}", 0) | {
            "text": _STEPS[step % len(_STEPS)],
            "type": "multipleChoiceQuestion",
            "naEnabled": False,
            "commentsRequired": False,
            "isKill": False,
            "isCritical": False,
            "answerOptions": answers,
        }

    def _answer(self, place: str, rank: int, text: str, value: int) -> Json:
        return self._named(f"answer {place}", rank) | {"text": text, "value": value}

    def _named(self, kind: str, index: int) -> Json:
        """The identifiers of a part: its own in this version, and the one it has in all of them."""
        part = f"evaluation_form {self._form} {kind}"
        return {
            "id": self._origin.id(f"{part} {self._version}", index),
            "contextId": self._origin.id(f"{part} context", index),
        }


def _shown_after(group: int) -> Json:
    return {"combiningOperation": "AND", "predicates": [f"/form/questionGroup/{group}/question/0/answer/0"]}


def _listed(simulation: Simulation, call: Call) -> Sequence[Json]:
    """The newest version of each form, unless all are asked for."""
    versions = simulation.world.entities("evaluation_forms")
    if call.query.get("onlyLatestPerContext", "true").lower() == "false":
        return versions
    latest = {version["contextId"]: version["id"] for version in sorted(versions, key=lambda v: v["modifiedDate"])}
    return [version for version in versions if latest[version["contextId"]] == version["id"]]


def _without_questions(_simulation: Simulation, _call: Call, version: Json) -> Json:
    return {name: value for name, value in version.items() if name != "questionGroups"}


def _whole(_simulation: Simulation, _call: Call, version: Json) -> Json:
    return version


KINDS = {"evaluation_forms": form_versions}

SINGLES = (
    Single(
        "/api/v2/quality/forms/evaluations/{formId}",
        "evaluation_forms",
        "an evaluation form",
        _whole,
        permissions=FORM_PERMISSIONS,
    ),
)

LISTINGS = (
    Listing(
        "/api/v2/quality/publishedforms/evaluations",
        "evaluation_forms",
        filters={"name": name_contains},
        parameters=("onlyLatestPerContext",),
        permissions=FORM_PERMISSIONS,
        source=_listed,
        shape=_without_questions,
        by_name=True,
    ),
)
