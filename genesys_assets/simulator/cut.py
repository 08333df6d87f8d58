"""A conversation as Genesys Cloud shows it at a moment, from its whole life.

ISO texts have one width, so they are compared as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_LEFT_AT_THE_END = ("disconnectType", "errorCode", "sipResponseCodes", "q850ResponseCodes", "wrapUpCode", "wrapUpNote")
_TOLD_AT_THE_END = ("exitReason", "endingLanguage", "transferTargetName", "transferTargetAddress", "transferType")


def cut(whole: Json, moment: str, divisions: Mapping[str, str] | None = None) -> Json | None:
    """What was known at a moment; ``None`` while the conversation had not begun.

    Segments that run have no end, no code and no reason; metrics and other values appear when they are
    emitted. While no segment but after-call work runs, the conversation has ended; a later segment
    opens it again. ``divisions`` gives the division of every queue and user: those that have taken
    part so far are named.
    """
    if whole["conversationStart"] > moment:
        return None
    seen: Json = {**whole, "participants": []}
    for participant in whole["participants"]:
        known = [_session(session, moment) for session in participant.get("sessions", ())]
        sessions = [session for session in known if session is not None]
        if sessions or not known:
            seen["participants"].append({**participant, "sessions": sessions})
    _end(seen)
    for name in ("evaluations", "surveys", "resolutions"):
        _keep(seen, name, "eventTime", moment)
    if seen.get("conferenceStart", "") > moment:
        del seen["conferenceStart"]
    _line_quality(seen)
    if divisions is not None:
        _divisions(seen, divisions)
    return seen


def _end(seen: Json) -> None:
    """The end, unless something other than after-call work still runs."""
    ends: list[str] = [
        segment.get("segmentEnd", "")
        for participant in seen["participants"]
        for session in participant["sessions"]
        for segment in session["segments"]
        if segment["segmentType"] != "wrapup"
    ]
    seen.pop("conversationEnd", None)
    if ends and all(ends):
        seen["conversationEnd"] = max(ends)


def _session(session: Json, moment: str) -> Json | None:
    segments = [_segment(part, moment) for part in session.get("segments", ()) if part["segmentStart"] <= moment]
    if not segments and session.get("segments"):
        return None
    seen: Json = {**session, "segments": segments}
    if "metrics" in session:
        seen["metrics"] = [metric for metric in session["metrics"] if metric["emitDate"] <= moment]
    _keep(seen, "mediaEndpointStats", "eventTime", moment)
    flow = session.get("flow")
    if flow is not None:
        seen["flow"] = _flow(flow, moment, running=any("segmentEnd" not in part for part in segments))
    return seen


def _segment(segment: Json, moment: str) -> Json:
    if segment.get("segmentEnd", "9") <= moment:
        return segment
    return {name: value for name, value in segment.items() if name not in _LEFT_AT_THE_END and name != "segmentEnd"}


def _flow(flow: Json, moment: str, *, running: bool) -> Json:
    seen: Json = {name: value for name, value in flow.items() if not (running and name in _TOLD_AT_THE_END)}
    if "outcomes" in flow:
        seen["outcomes"] = [
            {
                name: value
                for name, value in outcome.items()
                if not (name == "flowOutcomeEndTimestamp" and value > moment)
            }
            for outcome in flow["outcomes"]
            if outcome["flowOutcomeStartTimestamp"] <= moment
        ]
    return seen


def _keep(holder: Json, name: str, at: str, moment: str) -> None:
    if name in holder:
        kept = [entry for entry in holder[name] if entry[at] <= moment]
        if kept:
            holder[name] = kept
        else:
            del holder[name]


def _line_quality(seen: Json) -> None:
    if "mediaStatsMinConversationMos" not in seen:
        return
    stats = [
        entry
        for participant in seen["participants"]
        for session in participant["sessions"]
        for entry in session.get("mediaEndpointStats", ())
    ]
    if stats:
        worst = min(stats, key=lambda entry: entry["minMos"])
        seen["mediaStatsMinConversationMos"] = worst["minMos"]
        seen["mediaStatsMinConversationRFactor"] = worst["minRFactor"]
    else:
        del seen["mediaStatsMinConversationMos"], seen["mediaStatsMinConversationRFactor"]


def _divisions(seen: Json, divisions: Mapping[str, str]) -> None:
    taken: set[str] = set()
    for participant in seen["participants"]:
        if participant.get("userId") in divisions:
            taken.add(divisions[participant["userId"]])
        for session in participant["sessions"]:
            for segment in session["segments"]:
                if segment.get("queueId") in divisions:
                    taken.add(divisions[segment["queueId"]])
    kept = [division for division in seen["divisionIds"] if division in taken]
    if kept:
        seen["divisionIds"] = kept
