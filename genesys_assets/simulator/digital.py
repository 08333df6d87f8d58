"""The stories that e-mails, messages, chats and callbacks tell; most of them live for hours or days."""

from __future__ import annotations

from genesys_assets.simulator import legs
from genesys_assets.simulator.calls import told
from genesys_assets.simulator.cast import Agent, Queue
from genesys_assets.simulator.draft import Draft, Json, metric, queue_segment, segment
from genesys_assets.simulator.times import MINUTE, SECOND, iso

_CHANNELS = (
    ("webmessaging", "WebChat"),
    ("whatsapp", "WhatsApp"),
    ("open", "OpenMessaging"),
    ("facebook", "FacebookMessenger"),
)
_SUBJECTS = ("Re: invoice 4711", "Kündigung", "Order not arrived", "AW: AW: Vertrag", "")


def chat(draft: Draft, start: int) -> Json:
    """A web chat, over within minutes."""
    queue = draft.pick(draft.cast.queues)
    answered = start + draft.span(20 * SECOND)
    end = answered + draft.span(6 * MINUTE)
    _customer(draft, "chat", start, end, {"roomId": draft.id(), "provider": "PureCloud Webchat v2"})
    _wait(draft, "chat", queue, start, answered, {})
    _agent(draft, "chat", queue, draft.pick(queue.agents), start, answered, end, {})
    return told("customer", "inbound")


def email(draft: Draft, start: int, end: int) -> Json:
    """An e-mail; given two days or more it may be answered, closed and opened again by a reply."""
    queue = draft.pick(draft.cast.queues)
    agent = draft.pick(queue.agents)
    subject = draft.pick(_SUBJECTS)
    more: Json = {
        "provider": "PureCloud Email",
        "addressFrom": f"customer{int(draft.random() * 1e5)}@example.org",
        "addressTo": "service@example.com",
        "cc": ["partner@example.org"] if draft.random() < 0.1 else [],
        "bcc": [],
    }
    length = end - start
    reopened = length > 40 * 60 * MINUTE and draft.random() < 0.6
    closed = start + int(length * (0.1 + 0.3 * draft.random())) if reopened else end
    customer = _customer(draft, "email", start, closed, more)
    answered = _serve_email(draft, queue, agent, start, closed, more, subject)
    customer["segments"][0]["subject"] = subject
    if reopened:
        again = closed + int((end - closed) * (0.3 + 0.5 * draft.random()))
        session = _session(draft, "email", more, [{**segment("interact", again, end), "subject": subject}], [])
        draft.participants[0]["sessions"].append(session)
        answered = _serve_email(draft, queue, draft.pick(queue.agents), again, end, more, subject)
    return told("customer", "inbound", externalTag=f"case-{answered % 10_000}")


def message(draft: Draft, start: int, end: int) -> Json:
    """An asynchronous message thread."""
    queue = draft.pick(draft.cast.queues)
    kind, source = draft.pick(_CHANNELS)
    more: Json = {
        "provider": "PureCloud Messaging",
        "messageType": kind,
        "engagementSource": source,
        "addressFrom": f"{int(draft.random() * 1e9):09d}",
        "addressTo": "care",
        "authenticated": draft.random() < 0.5,
        "mediaCount": int(draft.random() * 3),
        "deliveryStatus": "Read",
        "deliveryStatusChangeDate": iso(start),
        "deliveryPushed": True,
    }
    answered = start + max(1, min((end - start) // 3, draft.span(12 * MINUTE)))
    customer = _customer(draft, "message", start, end, more)
    _wait(draft, "message", queue, start, answered, more)
    agent = _agent(draft, "message", queue, draft.pick(queue.agents), start, answered, end, more)
    turns = 1 + int(draft.random() * 4)
    step = (end - answered) // (turns * 2 + 1)
    for turn in range(turns):
        at = answered + step * (2 * turn + 1)
        agent["metrics"].insert(2, metric("tAgentResponseTime", at, step))
        if turn == 0:
            agent["metrics"].append(metric("tFirstResponse", at, at - start))
        customer["metrics"].append(metric("tUserResponseTime", at + step, step))
    if draft.random() < 0.3:
        customer["segments"][-1]["disconnectType"] = "inactivity"
    return told("customer", "inbound", inactivityTimeout=iso(end), originatingSocialMediaPublic=False)


def callback(draft: Draft, start: int, end: int) -> Json:
    """A callback that the customer asked for at a later time, and its call."""
    queue = draft.pick(draft.cast.queues)
    agent = draft.pick(queue.agents)
    number, dnis = legs.phone(draft), legs.phone(draft)
    length = min((end - start) // 2, draft.span(5 * MINUTE))
    answered = end - length
    due = answered - min((answered - start) // 2, draft.span(40 * SECOND))
    more: Json = {
        "provider": "PureCloud Callback",
        "callbackNumbers": [number],
        "callbackScheduledTime": iso(due),
        "callbackUserName": "Customer",
    }
    _customer(draft, "callback", start, end, more)
    waiting = _wait(draft, "callback", queue, due, answered, more)
    waiting["segments"].insert(0, queue_segment("scheduled", start, due, queue))
    waiting["metrics"].insert(0, metric("nCallbackScheduled", start, 1))
    waiting["metrics"].append(metric("tCallbackVirtualWait", answered, answered - start))
    session = _agent(draft, "callback", queue, agent, due, answered, end, more)
    session["segments"][1]["segmentType"] = "callback"
    dialled = answered + min(4 * SECOND, length // 2)
    parts = [queue_segment("dialing", answered, dialled, queue), queue_segment("interact", dialled, end, queue)]
    parts[-1]["disconnectType"] = "client"
    call = legs.call_session(
        draft, "outbound", dnis, number, parts, [metric("tFirstDial", dialled, dialled - answered)]
    )
    draft.participants[-1]["sessions"].append(call)
    legs.quality(draft, call, end)
    return told("customer", "inbound")


def _session(draft: Draft, media: str, more: Json, segments: list[Json], metrics: list[Json]) -> Json:
    return {
        "direction": "inbound",
        "mediaType": media,
        "sessionId": draft.id(),
        **more,
        "metrics": metrics,
        "segments": segments,
    }


def _customer(draft: Draft, media: str, start: int, end: int, more: Json) -> Json:
    part = segment("interact", start, end)
    part["disconnectType"] = "peer"
    metrics = [metric("nConnected", start, 1), metric("tConnected", end, end - start)]
    session = _session(draft, media, more, [part], metrics)
    if draft.random() < 0.2:
        session["journeyCustomerId"] = draft.id()
        session["journeyCustomerIdType"] = "cookie"
        session["journeyCustomerSessionId"] = draft.id()
        session["journeyCustomerSessionIdType"] = "web"
    participant = draft.join("customer", [session])
    legs.know_customer(draft, participant)
    legs.left_on(draft, participant, "", "", 20)
    return session


def _wait(draft: Draft, media: str, queue: Queue, start: int, end: int, more: Json) -> Json:
    part = queue_segment("interact", start, end, queue)
    part["disconnectType"] = "transfer"
    metrics = [metric("nOffered", start, 1), metric("tAcd", end, end - start)]
    session = _session(draft, media, more, [part], metrics)
    session["requestedRoutings"] = ["Standard"]
    draft.join("acd", [session])["participantName"] = queue.name
    draft.touch(queue.division)
    return session


def _agent(
    draft: Draft, media: str, queue: Queue, agent: Agent, entered: int, answered: int, end: int, more: Json
) -> Json:
    wait, length = answered - entered, end - answered
    ring = min(wait, draft.span(6 * SECOND))
    segments = [
        queue_segment("alert", answered - ring, answered, queue),
        queue_segment("interact", answered, end, queue),
    ]
    segments[-1]["disconnectType"] = "client"
    metrics = [metric("tAlert", answered, ring), metric("tAnswered", answered, wait)]
    metrics += [metric("tTalk", end, length), metric("tTalkComplete", end, length)]
    legs.wrap_up(draft, segments, metrics, end, length, queue)
    session = _session(draft, media, more, segments, metrics)
    legs.selected(draft, session, queue, agent)
    draft.join_agent(agent, [session])
    return session


def _park(session: Json, answered: int, end: int) -> None:
    """Let an e-mail lie parked in the middle of its handling, twice."""
    length = (end - answered) // 8
    for number in (3, 5):
        session["metrics"].append(metric("tPark", answered + length * number, length))
    session["metrics"].append(metric("tParkComplete", end, 2 * length))


def _serve_email(draft: Draft, queue: Queue, agent: Agent, start: int, end: int, more: Json, subject: str) -> int:
    answered = start + max(1, int((end - start) * (0.1 + 0.6 * draft.random())))
    _wait(draft, "email", queue, start, answered, more)["segments"][0]["subject"] = subject
    session = _agent(draft, "email", queue, agent, start, answered, end, more)
    for part in session["segments"]:
        part["subject"] = subject
    if (end - answered) % 3 == 0:
        _park(session, answered, end)
    return answered
