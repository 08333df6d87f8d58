"""The filters of conversation queries, as far as the simulator knows them.

A filter that it does not know is refused, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from genesys_assets.simulator.errors import bad_request

Json = dict[str, Any]
Test = Callable[[Json], bool]

_CONVERSATION = ("conversationId", "conversationInitiator", "originatingDirection", "divisionId")
_SEGMENT = (
    "mediaType", "direction", "queueId", "userId", "purpose", "wrapUpCode", "disconnectType", "segmentType", "flowId",
)  # fmt: skip
_EVALUATION = (
    "evaluationId", "evaluationStatus", "formId", "contextId", "queueId", "userId", "deleted", "released", "rescored",
    "systemSubmitted",
)  # fmt: skip
_SURVEY = ("surveyId", "surveyStatus", "surveyFormId", "surveyType", "queueId", "userId", "surveyPartialResponse")
_REFUSED = ("resolutionFilters", "aggregations")


def read_filters(body: Json) -> Test | None:
    """One test for all filters of a query; ``None`` where it has none.

    Raises:
        ApiError: 400, the simulator does not know the filter.
    """
    for name in _REFUSED:
        if body.get(name):
            raise bad_request("The simulator does not know {name}", name=name)
    tests = [_filter(entry, _CONVERSATION, _of_conversation) for entry in body.get("conversationFilters") or ()]
    tests += [_filter(entry, _SEGMENT, _of_segments) for entry in body.get("segmentFilters") or ()]
    tests += [_filter(entry, _EVALUATION, _of_part("evaluations")) for entry in body.get("evaluationFilters") or ()]
    tests += [_filter(entry, _SURVEY, _of_part("surveys")) for entry in body.get("surveyFilters") or ()]
    if not tests:
        return None
    return lambda conversation: all(test(conversation) for test in tests)


def _filter(entry: Json, known: tuple[str, ...], values: Callable[[Json, str], Iterator[str]]) -> Test:
    if entry.get("clauses"):
        raise bad_request("The simulator does not know clauses in filters")
    tests = [_predicate(predicate, known, values) for predicate in entry.get("predicates") or ()]
    together = all if entry.get("type") == "and" else any
    return lambda conversation: together(test(conversation) for test in tests)


def _predicate(predicate: Json, known: tuple[str, ...], values: Callable[[Json, str], Iterator[str]]) -> Test:
    dimension, operator = predicate.get("dimension"), predicate.get("operator", "matches")
    if dimension not in known or operator not in ("matches", "exists", "notExists"):
        raise bad_request("The simulator does not filter by {predicate}", predicate=predicate)
    name: str = dimension
    if operator == "matches":
        wanted: str = predicate.get("value", "")
        return lambda conversation: wanted in values(conversation, name)
    present = operator == "exists"
    return lambda conversation: any(True for _ in values(conversation, name)) == present


def _of_conversation(conversation: Json, name: str) -> Iterator[str]:
    if name == "divisionId":
        yield from conversation.get("divisionIds", ())
    elif name in conversation:
        yield conversation[name]


def _of_part(part: str) -> Callable[[Json, str], Iterator[str]]:
    """The values of the evaluations, or the surveys, of a conversation, as a filter spells them."""

    def values(conversation: Json, name: str) -> Iterator[str]:
        for entry in conversation.get(part, ()):
            if name in entry:
                yield str(entry[name]).lower() if isinstance(entry[name], bool) else entry[name]

    return values


def _of_segments(conversation: Json, name: str) -> Iterator[str]:
    for participant in conversation["participants"]:
        for session in participant["sessions"]:
            for segment in session["segments"]:
                for holder in (segment, session, session.get("flow", {}), participant):
                    if name in holder:
                        yield holder[name]
                        break
