"""Quality management: the search for evaluations, an evaluation, the surveys of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.stories import Story
from genesys_assets.simulator.times import DAY, iso, parse

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

SEARCH_DAYS = 93
"""A search spans at most three months."""
SEARCH_LARGEST = 100
_DATES = ("conversationDate", "createdDate", "submittedDate", "releaseDate")
_VIEW = ("quality:evaluation:view", "quality:evaluation:assign", "quality:evaluation:release")

Window = tuple[str, int, int]


def endpoints(simulation: Simulation) -> list[Endpoint]:
    """Every endpoint of this module."""
    quality = Quality(simulation)
    conversation = "/api/v2/quality/conversations/{conversationId}"
    return [
        Endpoint(
            "POST",
            "/api/v2/quality/evaluations/search",
            quality.search,
            permissions=("quality:evaluation:searchAny",),
            heavy=True,
        ),
        Endpoint("GET", f"{conversation}/evaluations/{{evaluationId}}", quality.evaluation, ("expand",), _VIEW),
        Endpoint("GET", f"{conversation}/surveys", quality.surveys, permissions=("quality:survey:view",)),
    ]


class Quality:
    """Evaluations and surveys as they are at the simulated moment."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def search(self, call: Call) -> Json:
        """Evaluations by dates and states; those that automated scoring submitted only when asked for."""
        body = call.body
        window, tests = _criteria(body.get("query") or [])
        size, number = body.get("pageSize", 25), body.get("pageNumber", 1)
        if not (isinstance(size, int) and 1 <= size <= SEARCH_LARGEST and isinstance(number, int) and number >= 1):
            raise bad_request("The page {number} of {size} results is not valid", number=number, size=size)
        sort_by = body.get("sortBy", "createdDate")
        if sort_by not in _DATES:
            raise bad_request("The results cannot be sorted by {field}", field=sort_by)
        wanted = bool(body.get("systemSubmitted", False))
        found = [
            (story, known)
            for story, known in self._known(window)
            if story.system_submitted == wanted and all(test(known) for test in tests)
        ]
        found.sort(key=lambda each: (each[1].get(sort_by, ""), each[0].id), reverse=body.get("sortOrder") == "DESC")
        at = iso(self._simulation.clock.now)
        page = [_as_found(story, at) for story, _ in found[(number - 1) * size : number * size]]
        return {"pageSize": size, "pageNumber": number, "results": page}

    def _known(self, window: Window) -> Iterator[tuple[Story, Json]]:
        field, begin, end = window
        now = self._simulation.clock.now
        at, since, until = iso(now), iso(begin), iso(end)
        for story in self._simulation.evaluations.book.happening(begin // DAY, min(end, now) // DAY):
            known = story.latest(at)
            if not story.is_deleted(at) and since <= known.get(field, "") < until:
                yield story, known

    def evaluation(self, call: Call) -> Json:
        """An evaluation with its answers; 404 before it exists and after it was deleted."""
        conversation, identifier = call.path["conversationId"], call.path["evaluationId"]
        at = iso(self._simulation.clock.now)
        story = self._simulation.evaluations.book.find(identifier, conversation)
        seen = story.seen(at) if story is not None else None
        if story is None or seen is None or story.is_deleted(at):
            raise not_found("an evaluation", identifier)
        return seen

    def surveys(self, call: Call) -> list[Json]:
        """The surveys of a conversation with their answers."""
        conversation, at = call.path["conversationId"], iso(self._simulation.clock.now)
        if self._simulation.conversations.find(conversation, at) is None:
            raise not_found("a conversation", conversation)
        stories = self._simulation.surveys.book.of(conversation)
        return [seen for story in stories if (seen := story.seen(at)) is not None and not story.is_deleted(at)]


def _criteria(query: list[Json]) -> tuple[Window, list[Callable[[Json], bool]]]:
    window: Window | None = None
    tests: list[Callable[[Json], bool]] = []
    for entry in query:
        kind, field = entry.get("type"), entry.get("field")
        if entry.get("operator", "AND") != "AND":
            raise bad_request("The simulator does not know the operator {operator}", operator=entry["operator"])
        if kind == "DATE_RANGE" and field in _DATES and window is None:
            window = field, parse(entry["startValue"]), parse(entry["endValue"])
        elif kind == "EXACT" and field == "evaluationStatus":
            states = entry.get("values") or [entry.get("value")]
            tests.append(lambda seen, states=states: seen["status"] in states)
        else:
            raise bad_request("The simulator does not search by {entry}", entry=entry)
    if window is None:
        raise bad_request("A range of dates is required")
    if not 0 < window[2] - window[1] <= SEARCH_DAYS * DAY:
        raise bad_request("The range of dates is longer than {days} days, or empty", days=SEARCH_DAYS)
    return window, tests


def _as_found(story: Story, at: str) -> Json:
    """An evaluation as the search shows it: without the answers to the questions, and without the form's name."""
    seen = story.seen(at) or {}
    shown = {**seen, "evaluationForm": {name: v for name, v in seen["evaluationForm"].items() if name != "name"}}
    if "answers" in seen:
        left_out = ("questionGroupScores", "transcriptTopics", "privateComments")
        shown["answers"] = {name: value for name, value in seen["answers"].items() if name not in left_out}
    return shown
