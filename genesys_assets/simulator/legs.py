"""What the participants of a conversation do: each leg is a session with its segments and metrics.

A metric is emitted at the moment from which its value is known, so that a conversation cut at any
moment shows what Genesys would have shown then. ``tHandle`` is the sum of the session's
``tDialing``, ``tContacting``, ``tTalkComplete``, ``tHeldComplete`` and ``tAcw``.
"""

from __future__ import annotations

from genesys_assets.simulator.cast import Agent, Queue
from genesys_assets.simulator.draft import Draft, Json, metric, queue_segment, segment
from genesys_assets.simulator.routing import Flow
from genesys_assets.simulator.times import HOUR, MINUTE, SECOND, iso, parse

_CITIES = ("Berlin", "Porto", "Gdańsk", "Cork", "Mobile number", "Anonymous")
_CODECS = (["audio/opus"], ["audio/PCMU"], ["audio/PCMA", "audio/opus"])
_NOTES = ("Customer will call again", "Sent the form by post", "ok", "Rückruf vereinbart, siehe Vertrag")
_SYSTEM_CODES = ("ININ-WRAP-UP-TIMEOUT", "ININ-WRAP-UP-SKIPPED")
_UNUSUAL: tuple[Json, ...] = (
    {"usedRouting": "Bullseye", "routingRule": "ring", "routingRuleType": "Bullseye", "agentBullseyeRing": 2},
    {"usedRouting": "Bullseye", "routingRing": 3},
    {"usedRouting": "Preferred", "routingRuleType": "Preferred", "selectedAgentRank": 2},
    {"usedRouting": "Last", "agentOwned": True},
    {"sharingScreen": True, "screenShareAddressSelf": "sip:screen@example.com", "screenShareRoomId": "room-7"},
    {"cobrowseRole": "listener", "cobrowseRoomId": "cobrowse-3"},
    {"videoAddressSelf": "sip:video@example.com", "videoRoomId": "video-9"},
    {"acwSkipped": True},
    {"agentAssistantId": "5f0c1f7e-3a52-4a25-a1a0-0c8d9e7f6a54"},
    {"errorCodeDescription": "media timeout"},
    {"flowOutType": "QUEUE"},
    {"mediaBridgeId": "b4c1a0f2-7d0e-4a53-a6a5-2f6f4a1f0c11", "snippetRecording": True, "cleared": True},
    {"skillExpressionId": "d6a9c3f4-1b2c-4d3e-af50-617283940a1b", "extendedDeliveryStatus": "none"},
    {
        "journeyActionId": "e7bad405-2c3d-4e4f-a061-728394a5b6c7",
        "journeyActionMapId": "f8cbe516-3d4e-4f50-a172-8394a5b6c7d8",
        "journeyActionMapVersion": 3,
    },
)
_WATCHED = {
    "bargedParticipantId": "tBarging",
    "coachedParticipantId": "tCoaching",
    "monitoredParticipantId": "tMonitoring",
}


def phone(draft: Draft) -> str:
    """A telephone address."""
    return f"tel:+49{int(draft.random() * 1e9):09d}"


def call_session(draft: Draft, direction: str, ani: str, dnis: str, segments: list[Json], metrics: list[Json]) -> Json:
    """A voice session, of whomever; all but the first name the first as their peer."""
    session: Json = {
        "addressFrom": ani,
        "addressSelf": f"sip:{draft.id()}@edge.example.com",
        "addressTo": dnis,
        "ani": ani,
        "direction": direction,
        "dnis": dnis,
        "edgeId": draft.pick(draft.cast.edges),
        "mediaType": "voice",
        "protocolCallId": draft.id(),
        "provider": "Edge",
        "remoteNameDisplayable": draft.pick(_CITIES),
        "sessionDnis": dnis,
        "sessionId": draft.id(),
        "metrics": metrics,
        "segments": segments,
    }
    if direction == "outbound":
        session["destinationAddresses"] = [dnis]
        session["addressOther"] = dnis
    if draft.participants:
        session["peerId"] = draft.participants[0]["sessions"][0]["sessionId"]
    return session


def quality(draft: Draft, session: Json, at: int) -> None:
    """Note what the line was like."""
    roll = draft.random()
    session["mediaEndpointStats"] = [
        {
            "codecs": draft.pick(_CODECS),
            "discardedPackets": int(roll * 40),
            "eventTime": iso(at),
            "maxLatencyMs": 20 + int(roll * 300),
            "minMos": round(4.9 - roll * roll, 4),
            "minRFactor": round(92.5 - 20 * roll, 2),
            "receivedPackets": 800 + int(roll * 90_000),
        }
    ]
    if roll > 0.9:
        session["mediaEndpointStats"][0] |= {
            "duplicatePackets": 3,
            "invalidPackets": 1,
            "overrunPackets": 2,
            "underrunPackets": 4,
        }


def customer_call(
    draft: Draft,
    spans: tuple[tuple[str, int, int], ...],
    *,
    direction: str,
    ani: str,
    dnis: str,
    connected: int | None,
    purpose: str = "customer",
    attributes: int = 0,
) -> Json:
    """The other end of the line: ``spans`` are its segments, ``connected`` since when it was heard.

    ``attributes`` says how many attributes are left on it at most.
    """
    end = spans[-1][2]
    kind, since, until = spans[0]
    if draft.random() < 0.55:
        spans = (("system", since, since + 60), (kind, since + 60, until), *spans[1:])
    segments = [segment(*span) for span in spans]
    segments[-1]["disconnectType"] = "endpoint" if draft.random() < 0.55 else "peer"
    metrics: list[Json] = []
    if connected is not None:
        metrics = [metric("nConnected", connected, 1), metric("tConnected", end, end - connected)]
    session = call_session(draft, direction, ani, dnis, segments, metrics)
    if draft.random() < 0.7:
        quality(draft, session, end)
    if draft.random() < 0.01:
        segments[-1]["disconnectType"] = "error"
        segments[-1]["errorCode"] = "error.ininedgecontrol.connection.call.terminated"
        segments[-1]["sipResponseCodes"] = [503]
        segments[-1]["q850ResponseCodes"] = [41]
        metrics.append(metric("nError", end, 1))
    session["recording"] = draft.random() < 0.5
    participant = draft.join(purpose, [session])
    know_customer(draft, participant)
    if attributes:
        left_on(draft, participant, ani, dnis, attributes)
    return session


def know_customer(draft: Draft, participant: Json) -> None:
    """Name a customer whom the organisation knows."""
    roll = draft.random()
    if roll < 0.35:
        participant["externalContactId"] = draft.pick(draft.cast.contacts)
        participant["participantName"] = "Customer"
        if roll < 0.08:
            participant["externalOrganizationId"] = draft.pick(draft.cast.organizations)
    if roll > 0.992:
        participant["flaggedReason"] = "general"


def left_on(draft: Draft, participant: Json, ani: str, dnis: str, limit: int) -> None:
    """Leave attributes on a participant."""
    attributes = dict(draft.pick(draft.attributes))
    if len(attributes) > limit:
        for name in list(attributes)[limit:]:
            del attributes[name]
    attributes["ANI"] = attributes["ANI string"] = ani
    attributes["ANI "] = ani + " "
    attributes["DNIS"] = dnis
    attributes["Contract No."] = f"{int(draft.random() * 1e8):08d}"
    participant["attributes"] = attributes


def flow_call(
    draft: Draft, flow: Flow, start: int, end: int, ani: str, dnis: str, queue: Queue | None, *, hung_up: bool
) -> None:
    """An IVR flow from start to end, which hands over to a queue or lets the caller go."""
    length = end - start
    menu = start + min(900, length // 4)
    outcomes: list[Json] = []
    metrics = [metric("nFlow", start, 1)]
    chosen = int(draft.random() * 1.7)
    for number in range(chosen):
        outcome = draft.pick(draft.cast.outcomes)
        begun = menu + length * (number + 1) // 8
        done = begun + length // 9 + 1
        failed = draft.random() < 0.3
        value = "FAILURE" if failed else "SUCCESS"
        entry: Json = {
            "flowOutcome": f"{outcome}:{value}",
            "flowOutcomeId": outcome,
            "flowOutcomeStartTimestamp": iso(begun),
            "flowOutcomeValue": value,
        }
        metrics.append(metric("nFlowOutcome", begun, 1))
        if failed:
            metrics.append(metric("nFlowOutcomeFailed", done, 1))
        else:
            entry["flowOutcomeEndTimestamp"] = iso(done)
            metrics.append(metric("tFlowOutcome", done, done - begun))
        outcomes.append(entry)
    metrics.append(metric("tFlow", end, length))
    metrics.append(metric("tIvr", end, end - menu))
    metrics.append(metric("tFlowDisconnect" if queue is None else "tFlowExit", end, length))
    told: Json = {
        "endingLanguage": "en-us",
        "entryReason": dnis,
        "entryType": "dnis",
        "exitReason": "TRANSFER" if queue is not None else "DISCONNECT",
        "flowId": flow.id,
        "flowName": flow.name,
        "flowType": flow.type,
        "flowVersion": flow.version,
        "issuedCallback": False,
        "startingLanguage": "en-us",
    }
    if queue is not None:
        told["transferTargetName"] = queue.name
        told["transferTargetAddress"] = queue.id
        told["transferType"] = "ACD"
    elif draft.random() < 0.03:
        told["recognitionFailureReason"] = "noinput"
    if outcomes:
        told["outcomes"] = outcomes
    segments = [segment("system", start, menu), segment("ivr", menu, end)]
    leaving = "transfer" if queue is not None else "peer" if hung_up else "endpoint"
    segments[-1]["disconnectType"] = leaving
    session = call_session(draft, "inbound", ani, dnis, segments, metrics)
    session["flow"] = told
    participant = draft.join("ivr", [session])
    participant["participantName"] = flow.name


def queue_call(
    draft: Draft, queue: Queue, start: int, end: int, ani: str, dnis: str, *, abandoned: bool, after_flow: bool
) -> Json:
    """The wait in a queue, which ends with an answer or with the caller giving up."""
    # One in nine callers who wait too long is led to the voicemail of the queue instead of giving up.
    led_away = abandoned and start % 9 == 0
    part = queue_segment("interact", start, end, queue)
    part["disconnectType"] = "peer" if abandoned and not led_away else "transfer"
    metrics = [metric("nOffered", start, 1), metric("tAcd", end, end - start)]
    if led_away:
        metrics.append(metric("tFlowOut", end, end - start))
    elif abandoned:
        metrics.append(metric("tAbandon", end, end - start))
        if end - start < 10 * SECOND:
            metrics.append(metric("tShortAbandon", end, end - start))
    session = call_session(draft, "inbound", ani, dnis, [part], metrics)
    session["requestedRoutings"] = ["Standard"]
    session["eligibleAgentCounts"] = [len(queue.agents)]
    session["waitingInteractionCounts"] = [int(draft.random() * 9)]
    session["activeSkillIds"] = list(queue.skills)
    if draft.random() < 0.2:
        session["removedSkillIds"] = [queue.skills[0]]
    if after_flow:
        session["flowInType"] = "ivr"
    if led_away:
        session["flowOutType"] = "VOICEMAIL"
    draft.join("acd", [session])["participantName"] = queue.name
    draft.touch(queue.division)
    return session


def no_answer(draft: Draft, queue: Queue, agent: Agent, start: int, end: int, ani: str, dnis: str) -> None:
    """A call that an agent lets ring."""
    part = queue_segment("alert", start, end, queue)
    part["disconnectType"] = "system"
    length = end - start
    metrics = [metric("tAlert", end, length)]
    if start % 4:
        metrics += [metric("tNotResponding", end, length), metric("nAlertExpired", end, 1)]
    else:
        metrics.append(metric("nAgentDeclined", end, 1))
    draft.join_agent(agent, [call_session(draft, "inbound", ani, dnis, [part], metrics)])


def talk(draft: Draft, segments: list[Json], metrics: list[Json], start: int, end: int, queue: Queue | None) -> int:
    """Talk from start to end, perhaps with the customer on hold in between; answers the time handled."""

    def part(kind: str, since: int, until: int) -> Json:
        return segment(kind, since, until) if queue is None else queue_segment(kind, since, until, queue)

    length = end - start
    if length < 30 * SECOND or draft.random() > 0.3:
        segments.append(part("interact", start, end))
        metrics.append(metric("tTalk", end, length))
        metrics.append(metric("tTalkComplete", end, length))
        return length
    away, back = start + length * 2 // 5, start + length * 3 // 5
    segments.append(part("interact", start, away))
    segments.append(part("hold", away, back))
    segments.append(part("interact", back, end))
    metrics.append(metric("tTalk", away, away - start))
    metrics.append(metric("tHeld", back, back - away))
    if draft.random() < 0.3:
        middle = (away + back) // 2
        metrics[-1] = metric("tHeld", middle, middle - away)
        metrics.append(metric("tHeld", back, back - middle))
    metrics.append(metric("tTalk", end, end - back))
    metrics.append(metric("tTalkComplete", end, length - (back - away)))
    metrics.append(metric("tHeldComplete", end, back - away))
    return length


def wrap_up(
    draft: Draft, segments: list[Json], metrics: list[Json], end: int, handled: int, queue: Queue | None
) -> None:
    """After-call work, which sometimes is done hours after the customer has gone."""
    roll = draft.random()
    if queue is None or roll < 0.16:
        metrics.append(metric("tHandle", end, handled))
        return
    length = draft.span(22 * SECOND)
    if roll < 0.21:
        length = 30 * MINUTE + draft.span(50 * MINUTE)
    elif roll < 0.22:
        length = 8 * HOUR + draft.span(4 * HOUR)
    done = end + length
    part = queue_segment("wrapup", end, done, queue)
    part["wrapUpCode"] = draft.pick(queue.codes) if roll < 0.98 else draft.pick(_SYSTEM_CODES)
    if roll > 0.9:
        part["wrapUpNote"] = draft.pick(_NOTES)
        part["wrapUpTags"] = ["follow-up"]
    segments.append(part)
    metrics.append(metric("tAcw", done, length))
    metrics.append(metric("tHandle", done, handled + length))


def agent_call(
    draft: Draft,
    queue: Queue,
    agent: Agent,
    entered: int,
    answered: int,
    end: int,
    ani: str,
    dnis: str,
    *,
    leaving: str = "",
) -> tuple[list[Json], list[Json]]:
    """An agent who takes a call that waited since ``entered``; answers the session's segments and metrics."""
    wait = answered - entered
    ring = min(wait, draft.span(3 * SECOND))
    part = queue_segment("alert", answered - ring, answered, queue)
    segments = [part]
    metrics = [metric("tAlert", answered, ring), metric("tAnswered", answered, wait)]
    if wait > queue.service_level_ms:
        metrics.append(metric("nOverSla", answered, 1))
    handled = talk(draft, segments, metrics, answered, end, queue)
    segments[-1]["disconnectType"] = leaving or ("peer" if draft.random() < 0.5 else "client")
    wrap_up(draft, segments, metrics, end, handled, queue)
    session = call_session(draft, "inbound", ani, dnis, segments, metrics)
    selected(draft, session, queue, agent)
    if draft.random() < 0.5:
        quality(draft, session, end)
    draft.join_agent(agent, [session])
    return segments, metrics


def watch(session: Json, name: str) -> None:
    """Measure how long a session watched another: as long as its first segment after the alert."""
    part: Json = session["segments"][1]
    start, end = parse(part["segmentStart"]), parse(part["segmentEnd"])
    session["metrics"].append(metric(name, end, end - start))


def selected(draft: Draft, session: Json, queue: Queue, agent: Agent) -> None:
    """Note how routing found an agent."""
    session["requestedRoutings"] = ["Standard"]
    session["usedRouting"] = "Standard"
    session["selectedAgentId"] = agent.id
    session["selectedAgentRank"] = 1
    session["remote"] = "Berlin, Germany"
    session["activeSkillIds"] = list(queue.skills)
    roll = draft.random()
    if roll < 0.25:
        session["scriptId"] = draft.pick(draft.cast.scripts)
    if roll > 0.98:
        session.update(draft.pick(_UNUSUAL))
    if roll > 0.99 and draft.cast.groups:
        watched = draft.pick(tuple(_WATCHED))
        session[watched] = draft.participants[0]["participantId"]
        watch(session, _WATCHED[watched])
        session["screenMonitoredUserId"] = session["assignerId"] = agent.id
        part = session["segments"][-1]
        part["audioMuted"] = part["videoMuted"] = True
        part["groupId"] = draft.pick(draft.cast.groups)
        part["requestedRoutingUserIds"] = [agent.id]
        part["scoredAgents"] = [{"agentScore": int(roll * 90), "scoredAgentId": agent.id}]
        part["properties"] = [{"propertyType": "integer", "property": "attempt", "value": "2"}]
    if roll > 0.995 and draft.cast.groups:
        session["proposedAgents"] = [{"agentRank": 1, "proposedAgentId": agent.id}]
        session["agentGroups"] = [{"agentGroupId": draft.pick(draft.cast.groups), "agentGroupType": "Group"}]
