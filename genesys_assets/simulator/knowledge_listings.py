"""The endpoints of knowledge bases: what they show, and what only on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.expands import omitted
from genesys_assets.simulator.filters import Filter, by_id, name_contains, name_starts
from genesys_assets.simulator.knowledge import BASES
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.singles import Single
from genesys_assets.simulator.times import parse, parse_interval

if TYPE_CHECKING:
    from genesys_assets.simulator.listings import Source
    from genesys_assets.simulator.simulation import Simulation

_VIEW_DOCUMENTS = ("knowledge:document:view",)
_IN_BASE = f"{BASES}/{{knowledgeBaseId}}"


def _bases(simulation: Simulation, call: Call) -> Sequence[Json]:
    """Published bases unless those that are not are asked for."""
    wanted = call.query.get("published", "true").lower() == "true"
    return [base for base in simulation.world.entities("knowledge_bases") if base["published"] == wanted]


def _base(simulation: Simulation, _call: Call, base: Json) -> Json:
    mine = [each for each in simulation.world.entities("knowledge_documents") if _base_of(each) == base["id"]]
    shown: Json = {**base, "articleCount": len(mine)}
    if mine:
        shown["dateDocumentLastModified"] = max(each["dateModified"] for each in mine)
    return shown


def _base_of(entity: Json) -> str:
    holder: Json = entity.get("document", entity)
    return holder["knowledgeBase"]["id"]


def _of_base(kind: str) -> Source:
    """The entities of a kind in the base that the path names.

    Raises:
        ApiError: 404, there is no such base.
    """

    def source(simulation: Simulation, call: Call) -> Sequence[Json]:
        base = call.path["knowledgeBaseId"]
        if not any(each["id"] == base for each in simulation.world.entities("knowledge_bases")):
            raise not_found("a knowledge base", base)
        return [each for each in simulation.world.entities(kind) if _base_of(each) == base]

    return source


def _documents(simulation: Simulation, call: Call) -> Sequence[Json]:
    """The articles of a base: drafts on demand, archived ones never."""
    shown = ("Published", "Draft") if call.query.get("includeDrafts") == "true" else ("Published",)
    found = [each for each in _of_base("knowledge_documents")(simulation, call) if each["state"] in shown]
    if interval := call.query.get("interval"):
        begin, end = parse_interval(interval)
        found = [each for each in found if begin <= parse(each["dateModified"]) < end]
    return found


def _document(simulation: Simulation, call: Call, document: Json, *, alone: bool = False) -> Json:
    """An article, with what ``expand`` asks for put in place of what is left out without it."""
    asked = call.many("expand")
    shown = {name: value for name, value in document.items() if name not in ("category", "labels")}
    for name, kind in (("category", "knowledge_categories"), ("labels", "knowledge_labels")):
        if name not in asked or omitted(simulation, document["id"], name, alone=alone):
            continue
        wanted: list[Json] = document.get(name) or [] if name == "labels" else [document.get(name) or {}]
        known = {each["id"]: each for each in simulation.world.entities(kind)}
        there = [known[each["id"]] for each in wanted if each.get("id") in known]
        if name == "labels":
            shown[name] = [_without_base(label) for label in there]
        elif there:
            shown[name] = there[0]
    return shown


def _without_base(label: Json) -> Json:
    return {name: value for name, value in label.items() if name != "knowledgeBase"}


def _counted(simulation: Simulation, call: Call, entity: Json, field: str) -> Json:
    """A category or label, with the number of its articles if that is asked for."""
    if call.query.get("includeDocumentCount") != "true":
        return entity
    counts: Counter[str] = Counter()
    for document in simulation.world.entities("knowledge_documents"):
        held: list[Json] = document.get(field) or [] if field == "labels" else [document.get(field) or {}]
        counts.update(each["id"] for each in held if each)
    return {**entity, "documentCount": counts[entity["id"]]}


def _category(simulation: Simulation, call: Call, category: Json) -> Json:
    return _counted(simulation, call, category, "category")


def _label(simulation: Simulation, call: Call, label: Json) -> Json:
    return _counted(simulation, call, _without_base(label), "labels")


def _is_root(entity: Json, values: list[str]) -> bool:
    return ("parentCategory" not in entity) == (values == ["true"])


def _by_parent(entity: Json, values: list[str]) -> bool:
    return entity.get("parentCategory", {}).get("id") in values


def _in_category(entity: Json, values: list[str]) -> bool:
    return (entity.get("category") or {}).get("id") in values


def _has_label(entity: Json, values: list[str]) -> bool:
    return any(label["id"] in values for label in entity["labels"])


def _from_outside(entity: Json, values: list[str]) -> bool:
    return entity.get("externalId") in values


def _at(*path: str) -> Filter:
    def test(entity: Json, values: list[str]) -> bool:
        found: object = entity
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType]
        return found in values

    return test


_ONLY_COMMENTED: Mapping[str, Filter] = {
    "documentVersionId": _at("document", "versionId"),
    "documentVariationId": _at("documentVariation", "id"),
    "appType": _at("application", "type"),
    "queryType": _at("queryType"),
    "userId": _at("user", "id"),
    "queueId": _at("conversationContext", "queue", "id"),
}
"""Filters of feedback that work only where nothing but comments is asked for."""


def _feedback(simulation: Simulation, call: Call) -> Sequence[Json]:
    """Feedback that was sent; drafts only where they are asked for, which takes that they have a comment."""
    commented = call.query.get("onlyCommented", "false") == "true"
    narrowed = [name for name in (*_ONLY_COMMENTED, "state") if call.query.get(name)]
    if narrowed and not commented:
        raise bad_request("{name} is supported only with onlyCommented=true", name=narrowed[0])
    state = call.query.get("state", "Final")
    return [
        each
        for each in _of_base("knowledge_feedback")(simulation, call)
        if each["state"] == state and (not commented or "comment" in each)
    ]


def _found(call: Call, document: Json) -> bool:
    """Whether the article is of the base, and has a version in the state that was asked for (or a published one)."""
    state = call.query.get("state", "Published")
    published = state == "Published" and "lastPublishedVersionNumber" in document
    return _base_of(document) == call.path["knowledgeBaseId"] and (published or state == document["state"])


def _alone(simulation: Simulation, call: Call, document: Json) -> Json:
    """One article; where no state is asked for, what was published last comes before a draft."""
    if call.query.get("state") != "Draft" and "lastPublishedVersionNumber" in document:
        document = {**document, "state": "Published"}
    return _document(simulation, call, document, alone=True)


LISTINGS = (
    Listing(
        BASES,
        "knowledge_bases",
        paging="after",
        filters={"name": name_contains, "coreLanguage": _at("coreLanguage")},
        parameters=("limit", "published", "sortBy", "sortOrder"),
        permissions=("knowledge:knowledgebase:view",),
        source=_bases,
        shape=_base,
    ),
    Listing(
        f"{_IN_BASE}/documents/feedback",
        "knowledge_feedback",
        paging="after",
        filters=_ONLY_COMMENTED,
        parameters=("onlyCommented", "state"),
        permissions=("knowledge:feedback:view",),
        largest=200,
        source=_feedback,
    ),
    Single(
        f"{_IN_BASE}/documents/{{documentId}}",
        "knowledge_documents",
        "a document",
        _alone,
        found=_found,
        parameters=("expand", "state"),
        permissions=_VIEW_DOCUMENTS,
    ),
    Listing(
        f"{_IN_BASE}/documents",
        "knowledge_documents",
        paging="after",
        filters={
            "documentId": by_id,
            "categoryId": _in_category,
            "labelIds": _has_label,
            "externalIds": _from_outside,
        },
        parameters=("interval", "includeSubcategories", "includeDrafts", "expand"),
        permissions=_VIEW_DOCUMENTS,
        largest=200,
        source=_documents,
        shape=_document,
    ),
    Listing(
        f"{_IN_BASE}/categories",
        "knowledge_categories",
        paging="after",
        filters={"parentId": _by_parent, "isRoot": _is_root, "name": name_starts},
        parameters=("sortBy", "expand", "includeDocumentCount"),
        permissions=("knowledge:category:view",),
        largest=200,
        source=_of_base("knowledge_categories"),
        shape=_category,
    ),
    Listing(
        f"{_IN_BASE}/labels",
        "knowledge_labels",
        paging="after",
        filters={"name": name_contains},
        parameters=("includeDocumentCount",),
        permissions=("knowledge:label:view",),
        largest=200,
        source=_of_base("knowledge_labels"),
        shape=_label,
    ),
)
