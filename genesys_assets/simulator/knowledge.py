"""Knowledge bases: articles, the categories and labels that order them, and what readers thought."""

from __future__ import annotations

from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.timeline import Timeline
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso, parse

BASES = "/api/v2/knowledge/knowledgebases"
_CREATED = parse("2023-06-01")
_FEEDBACK_FROM = parse("2025-09-01")
_NAMES = (("Service handbook", "en-US"), ("Wissensdatenbank", "de-DE"), ("Procedury wewnętrzne", "pl-PL"))
_TOPICS = ("Invoices", "Versand", "Zwroty", "Passwords", "Tariffs", "Umzug", "Cobrança", "Complaints")
_QUESTIONS = ("How do I", "Wie kann ich", "Jak mogę", "Como posso", "Where can I")
_LABELS = ("new", "intern", "pilne", "revisão", "VIP", "legal")
_APPLICATIONS = ("SupportCenter", "MessengerKnowledgeApp", "BotFlow", "Assistant", "SmartAdvisor")
_QUERIES = ("ManualSearch", "AutoSearch", "Category", "Recommendation", "Suggestion", "Article", "ExpandedArticle")
_SURFACES = ("Article", "Snippet", "Highlight", "Generative")
_MEDIA = {"voice": "Voice", "email": "Email", "message": "Message", "callback": "Callback", "chat": "Chat"}


def bases(settings: Settings, origin: Origin) -> list[Json]:
    """The knowledge bases; the last of several is not published. What they count follows their articles."""
    found: list[Json] = []
    for index in range(settings.knowledge_bases):
        identifier = origin.id("knowledge_base", index)
        name, language = _NAMES[index % len(_NAMES)]
        entity: Json = {
            "id": identifier,
            "name": name if index < len(_NAMES) else f"{name} {index}",
            "coreLanguage": language,
            "dateCreated": iso(_CREATED + index * 40 * DAY),
            "dateModified": iso(_CREATED + index * 41 * DAY + HOUR),
            "faqCount": 12 * index,
            "published": index == 0 or index < settings.knowledge_bases - 1,
            "contentSearchEnabled": index % 2 == 0,
            "selfUri": f"{BASES}/{identifier}",
        }
        if index % 2 == 0:
            entity["description"] = "Für Kunden und Agenten"
        found.append(entity)
    return found


def base_of(settings: Settings, index: int) -> int:
    """The base of an article, by index: the first has more than all others."""
    return 0 if index % 2 else index // 2 % max(1, settings.knowledge_bases)


def categories(settings: Settings, origin: Origin) -> list[Json]:
    """The categories of every base, a tree three levels deep."""
    found: list[Json] = []
    per_base = settings.knowledge_categories
    for index in range(settings.knowledge_bases * per_base):
        base, place = divmod(index, per_base)
        identifier = origin.id("knowledge_category", index)
        uri = f"{_base(origin, base)}/categories"
        created = _CREATED + index * 3 * DAY
        entity: Json = {
            "id": identifier,
            "name": _TOPICS[place % len(_TOPICS)] + (f" {place // len(_TOPICS) + 1}" if place >= len(_TOPICS) else ""),
            "dateCreated": iso(created),
            "dateModified": iso(created + 5 * DAY),
            "knowledgeBase": _reference(settings, origin, base),
            "selfUri": f"{uri}/{identifier}",
        }
        if place % 3 == 0:
            entity["description"] = "Alles rund ums Thema"
        if place % 4 == 1:
            entity["externalId"] = f"cat-{index}"
        if place >= 3:
            parent = base * per_base + (place - 3) // 2
            parent_id = origin.id("knowledge_category", parent)
            entity["parentCategory"] = {"id": parent_id, "name": _TOPICS[parent % per_base % len(_TOPICS)]}
            entity["parentCategory"]["selfUri"] = f"{uri}/{parent_id}"
        found.append(entity)
    return found


def labels(settings: Settings, origin: Origin) -> list[Json]:
    """The labels of every base. The answer does not say which base that is; the simulator keeps it beside."""
    found: list[Json] = []
    per_base = settings.knowledge_labels
    for index in range(settings.knowledge_bases * per_base):
        base, place = divmod(index, per_base)
        identifier = origin.id("knowledge_label", index)
        created = _CREATED + index * DAY
        name = _LABELS[place % len(_LABELS)]
        entity: Json = {
            "id": identifier,
            "name": name if place < len(_LABELS) else f"{name} {place // len(_LABELS) + 1}",
            "color": f"#{index * 2_654_435 % 0x1000000:06X}",
            "dateCreated": iso(created),
            "dateModified": iso(created + 2 * DAY),
            "knowledgeBase": _reference(settings, origin, base),
            "selfUri": f"{_base(origin, base)}/labels/{identifier}",
        }
        if place % 3 == 1:
            entity["externalId"] = f"lab-{index}"
        found.append(entity)
    return found


def documents(settings: Settings, origin: Origin) -> list[Json]:
    """The articles; drafts, and published ones with a draft over them, among them."""
    return [_document(settings, origin, index) for index in range(settings.articles)]


def feedback(settings: Settings, origin: Origin) -> list[Json]:
    """What readers thought, customers and agents, some of it in a conversation that there was."""
    timeline = Timeline(settings, origin)
    return [_feedback(settings, origin, index, timeline) for index in range(settings.article_feedback)]


def _base(origin: Origin, base: int) -> str:
    return f"{BASES}/{origin.id('knowledge_base', base)}"


def _reference(settings: Settings, origin: Origin, base: int) -> Json:
    return {
        "id": origin.id("knowledge_base", base),
        "languageCode": _NAMES[base % len(_NAMES)][1],
        "selfUri": _base(origin, base),
    }


def _user(settings: Settings, origin: Origin, index: int) -> Json:
    identifier = origin.id("user", index % settings.users)
    return {"id": identifier, "selfUri": f"/api/v2/users/{identifier}"}


def _document(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("knowledge_document", index)
    base = base_of(settings, index)
    identifier = origin.id("knowledge_document", index)
    uri = f"{_base(origin, base)}/documents/{identifier}"
    created = _CREATED + chance.randrange(700) * DAY + chance.randrange(DAY)
    modified = created + chance.randrange(1, 120) * DAY
    topic = _TOPICS[chance.randrange(len(_TOPICS))]
    version = origin.id("knowledge_version", index)
    entity: Json = {
        "id": identifier,
        "title": f"{_QUESTIONS[index % len(_QUESTIONS)]} … {topic} ({index})?",
        "visible": index % 10 != 9,
        "alternatives": [],
        "state": "Draft" if index % 6 == 5 else "Published",
        "dateCreated": iso(created),
        "dateModified": iso(modified),
        "createdBy": _user(settings, origin, chance.randrange(settings.users)),
        "documentVersion": {"id": version, "selfUri": f"{uri}/versions/{version}"},
        "labels": [],
        "knowledgeBase": _reference(settings, origin, base),
        "readonly": index % 20 == 7,
        "selfUri": uri,
    }
    if index % 8:
        entity["modifiedBy"] = _user(settings, origin, chance.randrange(settings.users))
    if index % 4 == 0:
        entity["alternatives"] = [
            {"phrase": f"{topic}?", "autocomplete": True},
            {"phrase": topic, "autocomplete": False},
        ]
    if entity["state"] == "Published" or index % 12 == 5:
        entity |= {"lastPublishedVersionNumber": 1 + index % 9, "datePublished": iso(modified + HOUR)}
    if index % 20 == 7:
        source = origin.id("knowledge_source", 0)
        entity |= {
            "dateImported": iso(created),
            "externalId": f"ka0{index:06d}",
            "externalUrl": f"https://crm.example.com/articles/{index}",
            "source": {"id": source, "selfUri": f"{_base(origin, base)}/sources/{source}"},
        }
    entity |= _order(settings, origin, index, base)
    return entity


def _order(settings: Settings, origin: Origin, index: int, base: int) -> Json:
    """Category and labels of an article, as references: most have one, some none, some several."""
    chance = origin.chance("knowledge_order", index)
    found: Json = {}
    if index % 9 and settings.knowledge_categories:
        category = base * settings.knowledge_categories + chance.randrange(settings.knowledge_categories)
        found["category"] = {"id": origin.id("knowledge_category", category)}
    count = min(index % 4, settings.knowledge_labels)
    chosen = chance.sample(range(settings.knowledge_labels), count)
    first = base * settings.knowledge_labels
    found["labels"] = [{"id": origin.id("knowledge_label", first + label)} for label in chosen]
    return found


def _feedback(settings: Settings, origin: Origin, index: int, timeline: Timeline) -> Json:
    chance = origin.chance("knowledge_feedback", index)
    article = chance.randrange(settings.articles)
    base, version = base_of(settings, article), origin.id("knowledge_version", article)
    identifier = origin.id("knowledge_feedback", index)
    document = origin.id("knowledge_document", article)
    moment = _FEEDBACK_FROM + chance.randrange(90) * DAY + chance.randrange(DAY)
    application = _APPLICATIONS[index % len(_APPLICATIONS)]
    entity: Json = {
        "id": identifier,
        "documentVariation": {"id": origin.id("knowledge_variation", article)},
        "rating": "Negative" if index % 3 == 0 else "Positive",
        "search": {"id": origin.id("knowledge_search", index)},
        "sessionId": origin.id("knowledge_session", index),
        "dateCreated": iso(moment),
        "queryType": _QUERIES[index % len(_QUERIES)],
        "surfacingMethod": _SURFACES[index % len(_SURFACES)],
        "state": "Draft" if index % 10 == 4 else "Final",
        "document": {
            "id": document,
            "versionId": version,
            "knowledgeBase": _reference(settings, origin, base),
            "selfUri": f"{_base(origin, base)}/documents/{document}",
        },
        "application": _application(origin, application),
        "selfUri": f"{_base(origin, base)}/documents/{document}/feedback/{identifier}",
    }
    if entity["rating"] == "Negative":
        entity["reason"] = "DocumentContent" if index % 2 else "SearchResults"
    if index % 4 == 0:
        entity["comment"] = "Não encontrei o preço 😕" if index % 8 else "outdated,\nseit 2024 falsch"
    if application in ("Assistant", "SmartAdvisor"):
        entity |= _in_conversation(timeline, moment)
    return entity


def _application(origin: Origin, kind: str) -> Json:
    found: Json = {"type": kind}
    if kind in ("SupportCenter", "MessengerKnowledgeApp"):
        identifier = origin.id("deployment", 0)
        found["deployment"] = {"id": identifier, "selfUri": f"/api/v2/webdeployments/deployments/{identifier}"}
    elif kind == "BotFlow":
        identifier = origin.id("flow", 0)
        found["botFlow"] = {"id": identifier, "selfUri": f"/api/v2/flows/{identifier}"}
    else:
        identifier = origin.id("assistant", 0)
        found["assistant"] = {"id": identifier, "selfUri": f"/api/v2/assistants/{identifier}"}
    return found


def _in_conversation(timeline: Timeline, moment: int) -> Json:
    """The agent and the conversation that an agent's feedback was given in."""
    index = max(0, timeline.index_from(moment // DAY, moment - 5 * MINUTE) - 1)
    conversation = timeline.life(moment // DAY, index).conversation
    identifier = conversation["conversationId"]
    context: Json = {"conversation": {"id": identifier, "selfUri": f"/api/v2/conversations/{identifier}"}}
    found: Json = {"conversationContext": context}
    for participant in conversation["participants"]:
        if contact := participant.get("externalContactId"):
            uri = f"/api/v2/externalcontacts/contacts/{contact}"
            context["externalContact"] = {"id": contact, "selfUri": uri}
        if user := participant.get("userId"):
            found["user"] = {"id": user, "selfUri": f"/api/v2/users/{user}"}
        for session in participant["sessions"]:
            context["mediaType"] = _MEDIA.get(session["mediaType"], "Unknown")
            for segment in session["segments"]:
                if queue := segment.get("queueId"):
                    context["queue"] = {"id": queue, "selfUri": f"/api/v2/routing/queues/{queue}"}
    return found
