"""The stories that calls tell, from the menu that nobody waits for to the conference over midnight.

Every story takes a draft and the moment at which it begins; those of this module end within
:data:`LONGEST`, but for the conference, which is told until when it lasts.
"""

from __future__ import annotations

from collections.abc import Callable

from genesys_assets.simulator import legs
from genesys_assets.simulator.cast import Queue
from genesys_assets.simulator.draft import Draft, Json, metric, segment
from genesys_assets.simulator.times import MINUTE, SECOND, iso

LONGEST = 90 * MINUTE
"""No ordinary conversation lasts longer."""

Story = Callable[[Draft, int], Json]


def told(initiator: str, direction: str, **more: object) -> Json:
    """How a conversation began."""
    return {
        "conversationInitiator": initiator,
        "originatingDirection": direction,
        "customerParticipation": True,
        **more,
    }


def _length(draft: Draft) -> int:
    return draft.span(12 * MINUTE) if draft.random() < 0.1 else draft.span(4 * MINUTE)


def _wait(draft: Draft) -> int:
    return draft.span(4 * MINUTE) if draft.random() < 0.1 else draft.span(25 * SECOND)


def menu_only(draft: Draft, start: int) -> Json:
    """A caller served by a flow, or lost in it."""
    end = start + 3 * SECOND + draft.span(55 * SECOND)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    middle = start + 400
    spans = (("ivr", start, middle), ("interact", middle, end)) if draft.random() < 0.6 else (("ivr", start, end),)
    connected = start if draft.random() < 0.3 else None
    legs.customer_call(draft, spans, direction="inbound", ani=ani, dnis=dnis, connected=connected, attributes=27)
    legs.flow_call(draft, draft.pick(draft.cast.call_flows), start, end, ani, dnis, None, hung_up=draft.random() < 0.5)
    return told("customer", "inbound", selfServed=draft.random() < 0.4)


def own_call(draft: Draft, start: int) -> Json:
    """A user who calls somebody outside."""
    agent = draft.pick(draft.cast.agents)
    ring = draft.span(9 * SECOND)
    contacting = min(900, ring // 2)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    segments = [segment("contacting", start, start + contacting), segment("dialing", start + contacting, start + ring)]
    metrics = [
        metric("nOutbound", start, 1),
        metric("tContacting", start + contacting, contacting),
        metric("tDialing", start + ring, ring - contacting),
    ]
    if draft.random() < 0.22:
        end = start + ring
        segments[-1]["disconnectType"] = "client"
        legs.customer_call(
            draft,
            (("dialing", start, end),),
            direction="outbound",
            ani=ani,
            dnis=dnis,
            connected=None,
            purpose="external",
        )
        metrics.append(metric("tHandle", end, ring))
    else:
        answered = start + ring
        end = answered + _length(draft)
        legs.customer_call(
            draft,
            (("dialing", start, answered), ("interact", answered, end)),
            direction="outbound",
            ani=ani,
            dnis=dnis,
            connected=answered,
            purpose="external",
            attributes=12,
        )
        handled = ring + legs.talk(draft, segments, metrics, answered, end, None)
        legs.wrap_up(draft, segments, metrics, end, handled, None)
        segments[-1]["disconnectType"] = "client"
    session = legs.call_session(draft, "outbound", ani, dnis, segments, metrics)
    draft.join_agent(agent, [session], "user")
    return told("user", "outbound")


def campaign_call(draft: Draft, start: int) -> Json:
    """A call that the dialler places for an agent."""
    queue = draft.pick(draft.cast.queues)
    agent = draft.pick(queue.agents)
    campaign, contact_list = draft.pick(draft.cast.campaigns)
    contact = draft.id()
    ani, dnis = legs.phone(draft), legs.phone(draft)
    dialing = draft.span(12 * SECOND)
    answered = start + dialing
    reached = draft.random() < 0.6
    end = answered + (_length(draft) if reached else 900)
    outbound: Json = {
        "outboundCampaignId": campaign,
        "outboundContactId": contact,
        "outboundContactListId": contact_list,
        "dispositionAnalyzer": "connect.analysis",
        "dispositionName": "disposition.classification.callable.person"
        if reached
        else "disposition.classification.callable.noanswer",
    }
    spans = (("dialing", start, answered), ("interact", answered, end))
    customer = legs.customer_call(
        draft,
        spans,
        direction="outbound",
        ani=ani,
        dnis=dnis,
        connected=answered if reached else None,
        attributes=21,
    )
    customer.update(outbound)
    customer["metrics"].insert(0, metric("nOutboundAttempted", start, 1))
    if reached:
        customer["metrics"].insert(1, metric("nOutboundConnected", answered, 1))
    elif start % 3 == 0:
        customer["metrics"].append(metric("nOutboundAbandoned", end, 1))
    customer["detectedSpeechStart"], customer["detectedSpeechEnd"] = (
        iso(answered),
        iso(answered + min(700, end - answered)),
    )
    segments = [{**segment("dialing", start, answered), "queueId": queue.id}]
    metrics = [metric("nOutbound", start, 1), metric("tDialing", answered, dialing)]
    handled = dialing + legs.talk(draft, segments, metrics, answered, end, queue)
    segments[-1]["disconnectType"] = "peer"
    legs.wrap_up(draft, segments, metrics, end, handled, queue)
    session = legs.call_session(draft, "outbound", ani, dnis, segments, metrics)
    session.update(outbound)
    session["scriptId"] = draft.pick(draft.cast.scripts)
    session["skipEnabled"] = True
    session["timeoutSeconds"] = 30
    draft.join_agent(agent, [session])
    draft.touch(queue.division)
    return told("dialer", "outbound")


def direct_call(draft: Draft, start: int) -> Json:
    """Somebody who calls a user's own number."""
    agent = draft.pick(draft.cast.agents)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    answered = start + draft.span(7 * SECOND)
    end = answered + _length(draft)
    legs.customer_call(
        draft,
        (("interact", start, end),),
        direction="inbound",
        ani=ani,
        dnis=dnis,
        connected=start,
        purpose="external",
        attributes=12,
    )
    segments = [segment("alert", start, answered)]
    metrics = [metric("tAlert", answered, answered - start)]
    handled = legs.talk(draft, segments, metrics, answered, end, None)
    legs.wrap_up(draft, segments, metrics, end, handled, None)
    segments[-1]["disconnectType"] = "client"
    draft.join_agent(agent, [legs.call_session(draft, "inbound", ani, dnis, segments, metrics)], "user")
    return told("external", "inbound")


def voicemail(draft: Draft, start: int) -> Json:
    """Somebody who leaves a message after the tone."""
    ani, dnis = legs.phone(draft), legs.phone(draft)
    tone = start + 4 * SECOND + draft.span(9 * SECOND)
    end = tone + draft.span(28 * SECOND)
    legs.customer_call(
        draft, (("interact", start, end),), direction="inbound", ani=ani, dnis=dnis, connected=start, purpose="external"
    )
    session = legs.call_session(
        draft,
        "inbound",
        ani,
        dnis,
        [segment("system", start, tone), {**segment("voicemail", tone, end), "disconnectType": "peer"}],
        [metric("tVoicemail", end, end - tone)],
    )
    session["recording"] = True
    draft.join("voicemail", [session])
    return told("external", "inbound")


def abandoned(draft: Draft, start: int) -> Json:
    """A caller who gives up in a queue, sometimes at once."""
    queue = draft.pick(draft.cast.queues)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    end = start + (draft.span(4 * SECOND) if draft.random() < 0.3 else _wait(draft))
    legs.customer_call(
        draft, (("interact", start, end),), direction="inbound", ani=ani, dnis=dnis, connected=start, attributes=22
    )
    legs.queue_call(draft, queue, start, end, ani, dnis, abandoned=True, after_flow=False)
    return told("customer", "inbound")


def answered_call(draft: Draft, start: int) -> Json:
    """A call through a queue to an agent."""
    return _through_queue(draft, start, start)


def menu_and_answer(draft: Draft, start: int) -> Json:
    """A call through a flow and a queue to an agent."""
    return _through_queue(draft, start, start + 2 * SECOND + draft.span(40 * SECOND))


def _through_queue(draft: Draft, start: int, entered: int) -> Json:
    queue = draft.pick(draft.cast.queues)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    answered = entered + _wait(draft)
    end = answered + _length(draft)
    spans = (("ivr", start, entered), ("interact", entered, end)) if entered > start else (("interact", start, end),)
    legs.customer_call(draft, spans, direction="inbound", ani=ani, dnis=dnis, connected=start, attributes=31)
    if entered > start:
        legs.flow_call(draft, draft.pick(draft.cast.call_flows), start, entered, ani, dnis, queue, hung_up=False)
    legs.queue_call(draft, queue, entered, answered, ani, dnis, abandoned=False, after_flow=entered > start)
    if answered - entered > 25 * SECOND and draft.random() < 0.3:
        legs.no_answer(draft, queue, draft.pick(queue.agents), entered + SECOND, entered + 12 * SECOND, ani, dnis)
    legs.agent_call(draft, queue, draft.pick(queue.agents), entered, answered, end, ani, dnis)
    return told("customer", "inbound")


def transferred(draft: Draft, start: int) -> Json:
    """A call that one agent hands blindly to another queue."""
    first, second = draft.pick(draft.cast.queues), draft.pick(draft.cast.queues)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    answered = start + _wait(draft)
    handed = answered + draft.span(3 * MINUTE)
    again = handed + _wait(draft)
    end = again + draft.span(4 * MINUTE)
    legs.customer_call(
        draft, (("interact", start, end),), direction="inbound", ani=ani, dnis=dnis, connected=start, attributes=31
    )
    legs.queue_call(draft, first, start, answered, ani, dnis, abandoned=False, after_flow=False)
    _, metrics = legs.agent_call(
        draft, first, draft.pick(first.agents), start, answered, handed, ani, dnis, leaving="transfer"
    )
    metrics.append(metric("nTransferred", handed, 1))
    metrics.append(metric("nBlindTransferred", handed, 1))
    legs.queue_call(draft, second, handed, again, ani, dnis, abandoned=False, after_flow=False)
    legs.agent_call(draft, second, draft.pick(second.agents), handed, again, end, ani, dnis)
    return told("customer", "inbound")


def consulted(draft: Draft, start: int) -> Json:
    """A call on which an agent asks a colleague, who then takes it over."""
    queue = draft.pick(draft.cast.queues)
    agent, colleague = draft.pick(queue.agents), draft.pick(draft.cast.agents)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    answered = start + _wait(draft)
    handed = answered + 40 * SECOND + draft.span(3 * MINUTE)
    asked = answered + (handed - answered) // 2
    end = handed + draft.span(3 * MINUTE)
    legs.customer_call(
        draft, (("interact", start, end),), direction="inbound", ani=ani, dnis=dnis, connected=start, attributes=31
    )
    legs.queue_call(draft, queue, start, answered, ani, dnis, abandoned=False, after_flow=False)
    segments, metrics = legs.agent_call(
        draft, queue, agent, start, answered, handed, ani, dnis, leaving="consultTransfer"
    )
    metrics.append(metric("nConsult", asked, 1))
    metrics.append(metric("nTransferred", handed, 1))
    metrics.append(metric("nConsultTransferred", handed, 1))
    other = draft.id()
    segments[1]["destinationConversationId"] = other
    segments[1]["destinationSessionId"] = draft.id()
    parts = [segment("dialing", asked, asked + SECOND)]
    values = [metric("nOutbound", asked, 1), metric("tDialing", asked + SECOND, SECOND)]
    handled = SECOND + legs.talk(draft, parts, values, asked + SECOND, end, None)
    values.append(metric("tHandle", end, handled))
    parts[-1]["disconnectType"] = "client"
    parts[-1]["sourceConversationId"] = other
    parts[-1]["sourceSessionId"] = draft.id()
    draft.join_agent(colleague, [legs.call_session(draft, "inbound", ani, dnis, parts, values)], "user")
    return told("customer", "inbound", consultationConversationIds=[other])


def conference(draft: Draft, start: int, end: int) -> Json:
    """Several customers and an agent on one line until ``end``."""
    queue: Queue = draft.pick(draft.cast.queues)
    agent = draft.pick(queue.agents)
    ani, dnis = legs.phone(draft), legs.phone(draft)
    length = end - start
    joined = start + length // 10
    for number in range(3 + int(draft.random() * 4)):
        since = start if number == 0 else joined + number * SECOND
        session = legs.customer_call(
            draft,
            (("interact", since, end - number),),
            direction="inbound" if number == 0 else "outbound",
            ani=legs.phone(draft),
            dnis=dnis,
            connected=since,
            attributes=8 if number == 0 else 0,
        )
        session["segments"][-1]["conference"] = True
    segments: list[Json] = []
    metrics = [metric("nOutbound", start, 1)]
    handled = legs.talk(draft, segments, metrics, start, end, queue)
    segments[-1]["conference"] = True
    segments[-1]["disconnectType"] = "conferenceTransfer"
    legs.wrap_up(draft, segments, metrics, end, handled, queue)
    draft.join_agent(agent, [legs.call_session(draft, "outbound", ani, dnis, segments, metrics)])
    draft.touch(queue.division)
    return told("agent", "outbound", conferenceStart=iso(joined))


ORDINARY: tuple[tuple[float, Story], ...] = (
    (0.29, menu_only),
    (0.20, own_call),
    (0.15, campaign_call),
    (0.06, direct_call),
    (0.02, voicemail),
    (0.06, abandoned),
    (0.125, answered_call),
    (0.04, menu_and_answer),
    (0.01, transferred),
    (0.01, consulted),
)
"""The stories that end soon, with their shares."""
