"""What tests do to evaluations, surveys and audit trails, by the control interface."""

from __future__ import annotations

from typing import Any

from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.stories import Book, Story
from genesys_assets.simulator.times import iso, parse

Json = dict[str, Any]


def change_story(simulation: Simulation, kind: str, wanted: Json) -> Json:
    """Carry out an ``action`` on an evaluation or a survey, at a moment (``at``, else now).

    ``add`` places one on a ``conversation``; ``edit`` changes ``fields``; ``submit`` (or ``answer``) fills it
    in; ``release`` shows it to the agent; ``retract`` replaces it by another version; ``delete`` removes it.

    Raises:
        KeyError: there is no such action, conversation, evaluation or survey.
    """
    at = parse(wanted["at"]) if "at" in wanted else simulation.clock.now
    fields: Json = wanted.get("fields", {})
    simulation.conversations.edition += 1
    book = {"evaluations": simulation.evaluations.book, "surveys": simulation.surveys.book}[kind]
    if wanted["action"] == "add":
        return _added(simulation, kind, book, wanted, at)
    story = book.find(wanted["id"], wanted.get("conversation"))
    if story is None:
        raise KeyError(f"no {kind} with the id {wanted['id']}")
    _carry_out(simulation, kind, book, story, wanted["action"], at, fields)
    return story.seen(iso(at)) or {}


def _added(simulation: Simulation, kind: str, book: Book, wanted: Json, at: int) -> Json:
    conversation = simulation.conversations.find(wanted["conversation"], iso(at))
    if conversation is None:
        raise KeyError(f"no conversation with the id {wanted['conversation']}")
    fields: Json = wanted.get("fields", {})
    identifier = fields.get("id") or simulation.world.origin.id(
        f"added {kind} {wanted['conversation']}", len(book.of(wanted["conversation"]))
    )
    if kind == "evaluations":
        made = simulation.evaluations.begun(conversation, identifier, at)
    else:
        made = simulation.surveys.begun(conversation, identifier)
    automatic = wanted.get("system_submitted", False)
    story = Story(identifier, wanted["conversation"], [(iso(at), {**made, **fields})], system_submitted=automatic)
    book.place(story)
    return story.versions[0][1]


def _carry_out(simulation: Simulation, kind: str, book: Book, story: Story, action: str, at: int, fields: Json) -> None:
    seen, now = story.seen(iso(at)) or {}, iso(at)
    changed: Json = {"changedDate": now} if kind == "evaluations" else {}
    if action == "edit":
        story.edit(at, {**changed, **fields})
    elif action == "submit":
        answers = simulation.evaluations.filled_in(seen, automatic=story.system_submitted)
        story.edit(at, {**changed, "status": "FINISHED", "submittedDate": now, "answers": answers, **fields})
    elif action == "answer":
        story.edit(at, {**simulation.surveys.answered(seen, at), **fields})
    elif action == "release":
        story.edit(at, {**changed, "releaseDate": now, **fields})
    elif action == "retract":
        book.place(simulation.evaluations.scored_anew(story, at))
    elif action == "delete":
        story.deleted = now
    else:
        raise KeyError(f"no action {action}")


def place_audit(simulation: Simulation, wanted: Json) -> Json:
    """Place a message (``message``, over one like it) in a trail, or let the queries of services fail."""
    audits = simulation.audits
    if "failing" in wanted:
        audits.failing = set(wanted["failing"])
        return {}
    message: Json = wanted["message"]
    audits.placed[bool(wanted.get("interactions"))][message["id"]] = message
    return message
