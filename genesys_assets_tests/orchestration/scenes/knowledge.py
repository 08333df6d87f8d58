"""Knowledge bases and what they hold: the first changes, the second fails, the third vanishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from genesys_assets_tests.orchestration.changes import Json, Keys, Organisation, Scene

CHANGING, FAILING, VANISHING = range(3)
BASES = "/api/v2/knowledge/knowledgebases"
Rows = dict[str, set[tuple[object, ...]]]


def _base(organisation: Organisation, position: int) -> str:
    return organisation.made("knowledge_bases")[position]["id"]


def _held(organisation: Organisation, kind: str, position: int) -> list[Json]:
    """What a base holds of a kind, as it was made."""
    base = _base(organisation, position)
    return [each for each in organisation.made(kind) if each.get("document", each)["knowledgeBase"]["id"] == base]


def _label_ids(document: Json) -> list[str]:
    return [label["id"] for label in document["labels"]]


# A base: a new one is empty, one that vanishes takes everything with it.


def _rows_of_base(organisation: Organisation, position: int) -> Rows:
    documents = _held(organisation, "knowledge_documents", position)
    return {
        "knowledge_base": {(_base(organisation, position),)},
        "articles": {(each["id"],) for each in documents},
        "article_categories": {(each["id"], each["category"]["id"]) for each in documents if "category" in each},
        "article_labels": {(each["id"], label) for each in documents for label in _label_ids(each)},
        "categories": {(each["id"],) for each in _held(organisation, "knowledge_categories", position)},
        "labels": {(each["id"],) for each in _held(organisation, "knowledge_labels", position)},
        "article_feedback": {
            (each["id"],)
            for each in _held(organisation, "knowledge_feedback", position)
            if each["state"] == "Final" or "comment" in each
        },
    }


def _add_base(organisation: Organisation) -> Keys:
    return {"knowledge_base": {(organisation.add("knowledge_bases", name="Neu", published=False)["id"],)}}


def _rename_base(organisation: Organisation) -> Keys:
    base = _base(organisation, FAILING)
    organisation.edit("knowledge_bases", base, name="Bardzo ważne", published=False)
    return {"knowledge_base": {(base,)}}


def _remove_base(organisation: Organisation) -> Keys:
    organisation.remove("knowledge_bases", _base(organisation, VANISHING))
    return _rows_of_base(organisation, VANISHING)


def _restore_base(organisation: Organisation) -> Keys:
    organisation.restore("knowledge_bases", _base(organisation, VANISHING))
    return _rows_of_base(organisation, VANISHING)


# Articles and their links. The category and the label that vanish in scenes of their own are left alone here.


def _category(organisation: Organisation, which: str) -> str:
    places = {"renamed": 1, "vanishing": 2, "growing": 3}
    return _held(organisation, "knowledge_categories", CHANGING)[places[which]]["id"]


def _label(organisation: Organisation, which: str) -> str:
    places = {"renamed": 1, "vanishing": 2, "growing": 3, "shrinking": 4}
    return _held(organisation, "knowledge_labels", CHANGING)[places[which]]["id"]


def _bare(organisation: Organisation) -> list[Json]:
    """Articles with neither category nor labels."""
    held = _held(organisation, "knowledge_documents", CHANGING)
    return [each for each in held if "category" not in each and not each["labels"]]


def _leaving(organisation: Organisation) -> Json:
    """The article that is taken out of its category."""
    busy = {_category(organisation, "vanishing"), _category(organisation, "growing")}
    held = _held(organisation, "knowledge_documents", CHANGING)
    return next(each for each in held if "category" in each and each["category"]["id"] not in busy)


def _unlabelled(organisation: Organisation) -> Json:
    """The article that loses the label ``shrinking``."""
    label, vanishing = _label(organisation, "shrinking"), _label(organisation, "vanishing")
    held = _held(organisation, "knowledge_documents", CHANGING)
    return next(each for each in held if label in _label_ids(each) and vanishing not in _label_ids(each))


def _edit_document(organisation: Organisation, document: Json, **fields: object) -> None:
    organisation.edit("knowledge_documents", document["id"], **fields)


def _add_article(organisation: Organisation) -> Keys:
    first = organisation.made("knowledge_documents")[0]
    assert first in _bare(organisation)
    return {"articles": {(organisation.add("knowledge_documents", title="Ganz neu?")["id"],)}}


def _rename_article(organisation: Organisation) -> Keys:
    document = _bare(organisation)[1]
    _edit_document(organisation, document, title="O que mudou?", state="Draft", alternatives=[])
    return {"articles": {(document["id"],)}}


def _remove_article(organisation: Organisation) -> Keys:
    document = _bare(organisation)[2]
    organisation.remove("knowledge_documents", document["id"])
    return {"articles": {(document["id"],)}}


def _restore_article(organisation: Organisation) -> Keys:
    document = _bare(organisation)[2]
    organisation.restore("knowledge_documents", document["id"])
    return {"articles": {(document["id"],)}}


def _fail_articles(organisation: Organisation) -> None:
    organisation.fail(f"{BASES}/{_base(organisation, FAILING)}/documents")
    renamed, stripped = _troubled(organisation)
    _edit_document(organisation, renamed, title="Nobody sees this yet")
    _edit_document(organisation, stripped, category=None, labels=[])


def _troubled(organisation: Organisation) -> tuple[Json, Json]:
    held = _held(organisation, "knowledge_documents", FAILING)
    return held[0], next(each for each in held[1:] if "category" in each and each["labels"])


def _heal_articles(organisation: Organisation) -> Keys:
    renamed, stripped = _troubled(organisation)
    return {
        "articles": {(renamed["id"],), (stripped["id"],)},
        "article_categories": {(stripped["id"], stripped["category"]["id"])},
        "article_labels": {(stripped["id"], label) for label in _label_ids(stripped)},
        # What is counted follows.
        "categories": {(stripped["category"]["id"],)},
        "labels": {(label,) for label in _label_ids(stripped)},
        # The article that vanished and that which was added made up for each other; now it is back.
        "knowledge_base": {(_base(organisation, CHANGING),)},
    }


def _categorise(organisation: Organisation) -> Keys:
    document, category = _bare(organisation)[3], _category(organisation, "growing")
    _edit_document(organisation, document, category={"id": category})
    return {"article_categories": {(document["id"], category)}}


def _count_categories(organisation: Organisation) -> Keys:
    """Nothing is changed but what the other steps change beside the links."""
    document, left = _bare(organisation)[3], _leaving(organisation)
    return {
        "articles": {(document["id"],), (left["id"],)},
        "categories": {(_category(organisation, "growing"),), (left["category"]["id"],)},
    }


def _uncategorise(organisation: Organisation) -> Keys:
    document = _leaving(organisation)
    _edit_document(organisation, document, category=None)
    return {"article_categories": {(document["id"], document["category"]["id"])}}


def _recategorise(organisation: Organisation) -> Keys:
    document = _leaving(organisation)
    _edit_document(organisation, document, category=document["category"])
    return {"article_categories": {(document["id"], document["category"]["id"])}}


def _recount_categories(organisation: Organisation) -> Keys:
    document = _leaving(organisation)
    return {"articles": {(document["id"],)}, "categories": {(document["category"]["id"],)}}


def _add_label(organisation: Organisation) -> Keys:
    document, label = _bare(organisation)[3], _label(organisation, "growing")
    _edit_document(organisation, document, labels=[{"id": label}])
    return {"article_labels": {(document["id"], label)}}


def _count_labels(organisation: Organisation) -> Keys:
    return {"labels": {(_label(organisation, "growing"),), (_label(organisation, "shrinking"),)}}


def _take_label(organisation: Organisation) -> Keys:
    document, taken = _unlabelled(organisation), _label(organisation, "shrinking")
    kept = [label for label in document["labels"] if label["id"] != taken]
    _edit_document(organisation, document, labels=kept)
    return {"article_labels": {(document["id"], taken)}}


def _give_label_back(organisation: Organisation) -> Keys:
    document = _unlabelled(organisation)
    _edit_document(organisation, document, labels=document["labels"])
    return {"article_labels": {(document["id"], _label(organisation, "shrinking"))}}


def _recount_labels(organisation: Organisation) -> Keys:
    return {"labels": {(_label(organisation, "shrinking"),)}}


# Categories and labels: the articles of one that vanishes are left without it.


def _orphans(organisation: Organisation) -> Iterator[Json]:
    category = _category(organisation, "vanishing")
    for document in _held(organisation, "knowledge_documents", CHANGING):
        if document.get("category", {}).get("id") == category:
            yield document


def _add_category(organisation: Organisation) -> Keys:
    return {"categories": {(organisation.add("knowledge_categories", name="Nowość")["id"],)}}


def _rename_category(organisation: Organisation) -> Keys:
    category = _category(organisation, "renamed")
    parent = {"id": _category(organisation, "growing")}
    organisation.edit("knowledge_categories", category, name="Ümbenannt", parentCategory=parent)
    return {"categories": {(category,)}, "articles": {(each["id"],) for each in _orphans(organisation)}}


def _rows_of_category(organisation: Organisation) -> Keys:
    category = _category(organisation, "vanishing")
    links = {(each["id"], category) for each in _orphans(organisation)}
    assert links
    return {"categories": {(category,)}, "article_categories": links}


def _remove_category(organisation: Organisation) -> Keys:
    organisation.remove("knowledge_categories", _category(organisation, "vanishing"))
    return _rows_of_category(organisation)


def _restore_category(organisation: Organisation) -> Keys:
    organisation.restore("knowledge_categories", _category(organisation, "vanishing"))
    return _rows_of_category(organisation)


def _add_new_label(organisation: Organisation) -> Keys:
    return {"labels": {(organisation.add("knowledge_labels", name="neu")["id"],)}}


def _rename_label(organisation: Organisation) -> Keys:
    label = _label(organisation, "renamed")
    organisation.edit("knowledge_labels", label, color="#000000", externalId=None)
    return {"labels": {(label,)}}


def _rows_of_label(organisation: Organisation) -> Keys:
    label = _label(organisation, "vanishing")
    held = _held(organisation, "knowledge_documents", CHANGING)
    links = {(each["id"], label) for each in held if label in _label_ids(each)}
    assert links
    return {"labels": {(label,)}, "article_labels": links}


def _remove_label(organisation: Organisation) -> Keys:
    organisation.remove("knowledge_labels", _label(organisation, "vanishing"))
    return _rows_of_label(organisation)


def _restore_label(organisation: Organisation) -> Keys:
    organisation.restore("knowledge_labels", _label(organisation, "vanishing"))
    return _rows_of_label(organisation)


# Feedback: a draft with a comment is sent off, a comment vanishes.


def _feedback(organisation: Organisation, position: int = CHANGING) -> list[Json]:
    held = _held(organisation, "knowledge_feedback", position)
    return [each for each in held if each["state"] == "Final"]


def _add_feedback(organisation: Organisation) -> Keys:
    document = _feedback(organisation)[0]["document"]
    added = organisation.add("knowledge_feedback", document=document, state="Draft", comment="Więcej przykładów!")
    return {"article_feedback": {(added["id"],)}}


def _change_feedback(organisation: Organisation) -> Keys:
    feedback = _feedback(organisation)[1]["id"]
    organisation.edit("knowledge_feedback", feedback, comment="doch ganz gut", rating="Positive", state="Draft")
    return {"article_feedback": {(feedback,)}}


def _remove_feedback(organisation: Organisation) -> Keys:
    feedback = _feedback(organisation)[2]["id"]
    organisation.remove("knowledge_feedback", feedback)
    return {"article_feedback": {(feedback,)}}


def _restore_feedback(organisation: Organisation) -> Keys:
    feedback = _feedback(organisation)[2]["id"]
    organisation.restore("knowledge_feedback", feedback)
    return {"article_feedback": {(feedback,)}}


def _failing(
    kind: str, table: str, path: str, **fields: object
) -> tuple[Callable[[Organisation], None], Callable[[Organisation], Keys]]:
    """Something in the second base changes while that base cannot be read, and shows once it can."""

    def changed(organisation: Organisation) -> str:
        return _held(organisation, kind, FAILING)[0]["id"]

    def fail(organisation: Organisation) -> None:
        organisation.fail(f"{BASES}/{_base(organisation, FAILING)}/{path}")
        organisation.edit(kind, changed(organisation), **fields)

    def heal(organisation: Organisation) -> Keys:
        return {table: {(changed(organisation),)}}

    return fail, heal


_fail_categories, _heal_categories = _failing("knowledge_categories", "categories", "categories", name="Später")
_fail_labels, _heal_labels = _failing("knowledge_labels", "labels", "labels", name="później")
_fail_feedback, _heal_feedback = _failing(
    "knowledge_feedback", "article_feedback", "documents/feedback", comment="later", state="Final"
)


def _heal_category(organisation: Organisation) -> Keys:
    # The articles of the category that is back are in it again.
    return {**_heal_categories(organisation), "articles": {(each["id"],) for each in _orphans(organisation)}}


SCENES = (
    Scene(("knowledge_base",), add=_add_base, rename=_rename_base, remove=_remove_base, restore=_restore_base),
    Scene(
        ("articles", "article_categories", "article_labels"),
        add=_add_article,
        rename=_rename_article,
        remove=_remove_article,
        restore=_restore_article,
        fail=_fail_articles,
        heal=_heal_articles,
    ),
    Scene(
        ("article_categories",),
        add=_categorise,
        rename=_count_categories,
        remove=_uncategorise,
        restore=_recategorise,
        heal=_recount_categories,
    ),
    Scene(
        ("article_labels",),
        add=_add_label,
        rename=_count_labels,
        remove=_take_label,
        restore=_give_label_back,
        heal=_recount_labels,
    ),
    Scene(
        ("categories",),
        add=_add_category,
        rename=_rename_category,
        remove=_remove_category,
        restore=_restore_category,
        fail=_fail_categories,
        heal=_heal_category,
    ),
    Scene(
        ("labels",),
        add=_add_new_label,
        rename=_rename_label,
        remove=_remove_label,
        restore=_restore_label,
        fail=_fail_labels,
        heal=_heal_labels,
    ),
    Scene(
        ("article_feedback",),
        add=_add_feedback,
        rename=_change_feedback,
        remove=_remove_feedback,
        restore=_restore_feedback,
        fail=_fail_feedback,
        heal=_heal_feedback,
    ),
)
