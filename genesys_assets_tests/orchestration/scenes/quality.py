"""Evaluation forms: versions come and go, with all that they ask, and never change but for what is told beside them."""

from __future__ import annotations

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene

_ADDED, _TROUBLED = "00000000-f0f0-4000-a000-000000000001", "00000000-f0f0-4000-a000-000000000002"


def _questions(form: Json) -> Keys:
    """The rows of everything that a version asks."""
    rows: dict[str, set[tuple[object, ...]]] = {
        "evaluation_question_group": set(),
        "evaluation_question": set(),
        "answer_option": set(),
    }
    for group in form["questionGroups"]:
        rows["evaluation_question_group"].add((form["id"], group["id"]))
        for question in group["questions"]:
            asked = [question, *question.get("multipleSelectOptionQuestions", ())]
            rows["evaluation_question"] |= {(form["id"], group["id"], each["id"]) for each in asked}
            answers = [answer["id"] for each in asked for answer in each.get("answerOptions", ())]
            rows["answer_option"] |= {(form["id"], question["id"], answer) for answer in answers}
    return rows


def _add(organisation: Organisation) -> Keys:
    """Two new versions; what one of them asks cannot be read at first."""
    added = organisation.add("evaluation_forms", id=_ADDED, name="Novo formulário")
    organisation.add("evaluation_forms", id=_TROUBLED, name="Zwei")
    return {"evaluation_form": {(_ADDED,), (_TROUBLED,)}, **_questions(added)}


def _rename(organisation: Organisation) -> Keys:
    """A newer version has another name. Questions of a published version never change: nobody looks again."""
    form = organisation.made("evaluation_forms")[1]["id"]
    organisation.edit("evaluation_forms", form, latestVersionFormName="Ťažký", questionGroups=[])
    return {"evaluation_form": {(form,)}}


def _removed(organisation: Organisation) -> Keys:
    form = organisation.made("evaluation_forms")[2]
    return {"evaluation_form": {(form["id"],)}, **_questions(form)}


def _remove(organisation: Organisation) -> Keys:
    organisation.remove("evaluation_forms", organisation.made("evaluation_forms")[2]["id"])
    return _removed(organisation)


def _restore(organisation: Organisation) -> Keys:
    organisation.restore("evaluation_forms", organisation.made("evaluation_forms")[2]["id"])
    return _removed(organisation)


def _fail(organisation: Organisation) -> None:
    organisation.fail(f"/api/v2/quality/forms/evaluations/{_TROUBLED}")


def _heal(organisation: Organisation) -> Keys:
    return _questions({**organisation.made("evaluation_forms")[0], "id": _TROUBLED})


SCENES = (
    Scene(
        ("evaluation_form", "evaluation_question_group", "evaluation_question", "answer_option"),
        add=_add,
        rename=_rename,
        remove=_remove,
        restore=_restore,
        fail=_fail,
        heal=_heal,
    ),
)
