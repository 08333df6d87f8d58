"""Conversations as they happened: participants, their sessions, and the segments, metrics and data of these.

All eight tables come out of the same pages of the conversation details job and are replaced together,
a conversation at a time. Pages are large, so every ``json`` column has a shape and is parsed at full speed.
"""

from __future__ import annotations

from genesys_assets.catalog.declare import (
    Read,
    Table,
    Tree,
    boolean,
    double,
    int64,
    json,
    string,
    timestamp,
)

CONVERSATION_DETAILS = Read(
    name="conversation_details",
    path="/api/v2/analytics/conversations/details/jobs",
    method="POST",
    items="conversations",
    paging="async_job",
    page_size=1000,
    body={"interval": "{interval}", "order": "asc", "orderBy": "conversationStart"},
    permissions=("analytics:conversationDetail:view",),
    # Each of these has tables of its own, which read it from the source that tells of late changes.
    ignored=("evaluations", "surveys"),
)
"""Every conversation that was alive at any moment of the interval, also those that began before it."""

_TREE = Tree(root="conversation_id")
_START = "$.conversationStart"
_PARTICIPANT = "$.participants[].participantId"
_SESSION = "$.participants[].sessions[].sessionId"

ANALYTICS_CONVERSATION = Table(
    name="analytics_conversation",
    description=(
        "One row per conversation: an interaction of any media from its first contact to the last disconnect. "
        "A conversation without an end is still open, and one that ended may be reopened, for example by a reply to "
        "an e-mail; the row then changes again."
    ),
    read=CONVERSATION_DETAILS,
    loading=_TREE,
    partition_by="conversation_start",
    columns=(
        string("conversation_id", "Identifier of the conversation.", key=True),
        string(
            "conversation_initiator",
            "Role of the party that opened a messaging conversation, among the same roles as a participant's purpose.",
        ),
        string(
            "originating_direction",
            "Direction of the first contact, seen from the organisation; later transfers leave it as it is.",
            values=("inbound", "outbound"),
        ),
        timestamp("conversation_start", "When the conversation began; its UTC day is the partition of the whole tree."),
        timestamp("conversation_end", "When the last party left; empty while the conversation is open or reopened."),
        timestamp("conference_start", "When the call became a conference, where it did."),
        timestamp("inactivity_timeout", "When an idle messaging conversation is going to count as inactive."),
        string(
            "associated_conversation_id", "Earlier conversation to which the initiator tied this one when opening it."
        ),
        json(
            "consultation_conversation_ids",
            "Conversations that were opened to consult somebody about this one.",
            shape=("string",),
        ),
        json(
            "access_attributes",
            "Attributes by which Genesys Cloud restricts who may see the conversation.",
            shape=("string",),
        ),
        boolean("customer_participation", "Whether the customer wrote at least one message in a messaging thread."),
        boolean("self_served", "Whether every flow that ran settled the matter without an agent."),
        string("external_tag", "Reference that another system put on the conversation, such as a ticket number."),
        json("knowledge_base_ids", "Knowledge bases that were consulted during the conversation.", shape=("string",)),
        double(
            "media_stats_min_conversation_mos",
            "Worst estimated mean opinion score of any audio stream, from about 1 (bad) to 5 (excellent).",
        ),
        double(
            "media_stats_min_conversation_r_factor",
            "Worst R-factor of any audio stream, from 0 to about 93; below 70 many callers are dissatisfied.",
        ),
        boolean("originating_social_media_public", "Whether it began with a public post on a social network."),
        json(
            "resolutions",
            "Judgements on whether the contact was resolved, each with its moment, the last queue and agent, and "
            "the count of next contacts that were avoided; appended days later.",
            personal="pseudonym",
            shape=(
                {
                    "eventTime": "string",
                    "queueId": "string",
                    "userId": "string",
                    "nNextContactAvoided": "double",
                },
            ),
        ),
    ),
    note=(
        "The divisions of a conversation are the rows of conversation_division; participants, evaluations and surveys "
        "have their own tables as well."
    ),
)

ANALYTICS_PARTICIPANT = Table(
    name="analytics_participant",
    description=(
        "One row per party of a conversation: a customer, an agent, a queue, an IVR, a voicemail box and so on; "
        "the purpose tells which."
    ),
    read=CONVERSATION_DETAILS,
    rows="participants[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("participant_id", "Identifier of the party, told apart within its conversation.", key=True),
        string("conversation_id", "Conversation in which the party took part.", "$.conversationId", key=True),
        string("flagged_reason", "Why the party flagged the conversation, when it did.", values=("general",)),
        string(
            "purpose",
            "Role of the party, in lower case: acd (a queue), agent, api, botflow, campaign, customer, dialer, "
            "external, fax, group, inbound, ivr, manual, outbound, station, user, voicemail, voicesurveyflow "
            "or workflow.",
        ),
        string(
            "external_contact_id",
            "External contact that the party was recognised as; the contact may be merged or deleted since.",
            personal="pseudonym",
        ),
        string("external_organization_id", "External organisation to which the recognised contact belongs."),
        string(
            "participant_name", "Name shown for the party: of a person, a queue, a flow or a line.", personal="name"
        ),
        boolean("screen_recording", "Whether a recording of the party's screen was started."),
        string("team_id", "Team of the user at that time."),
        string("user_id", "User who was the party; empty for customers, queues and flows.", personal="pseudonym"),
    ),
)

ANALYTICS_PARTICIPANT_ATTRIBUTE = Table(
    name="analytics_participant_attribute",
    description=(
        "One row per name and value that a flow, a script or an API client attached to a participant. Names and values "
        "arrive cut at 1,024 characters, and what is set after the participant left may never arrive."
    ),
    read=CONVERSATION_DETAILS,
    rows="participants[].attributes{}",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("participant_id", "Participant that carries the attribute.", _PARTICIPANT, key=True),
        string(
            "name",
            "Name of the attribute exactly as set: case, dots and trailing blanks tell names apart.",
            "@key",
            key=True,
        ),
        string("val", "Value of the attribute; may be an empty text.", "@value", personal="content"),
        string("conversation_id", "Conversation of the participant.", "$.conversationId"),
    ),
    note=(
        "Only the details job tells attributes, the synchronous query does not: rows read from the query say nothing "
        "of them and leave known attributes as they are. The key counts on participant ids not repeating between "
        "conversations, which Genesys does not promise in writing."
    ),
)

ANALYTICS_SESSION = Table(
    name="analytics_session",
    description=(
        "One row per session of a participant, that is one leg of one media type, with its addresses, the way it was "
        "routed, the dialling campaign and the flow that it ran. A session has no queue of its own; its segments have."
    ),
    read=CONVERSATION_DETAILS,
    rows="participants[].sessions[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("session_id", "Identifier of the session.", key=True),
        string("participant_id", "Participant whose session it is.", _PARTICIPANT, key=True),
        string("conversation_id", "Conversation in which the session took place.", "$.conversationId", key=True),
        # Media, direction and addresses
        string(
            "media_type",
            "Media of the session.",
            values=(
                "callback",
                "chat",
                "cobrowse",
                "email",
                "internalmessage",
                "message",
                "screenmonitoring",
                "screenshare",
                "unknown",
                "video",
                "voice",
            ),
        ),
        string("message_type", "Messaging service of a message session, for example sms, facebook or webmessaging."),
        string(
            "direction",
            "Direction of this session, seen from the organisation.",
            values=("inbound", "outbound"),
        ),
        string("provider", "Service inside Genesys Cloud that carried the media, for example Edge."),
        string("ani", "Number or address of the calling side.", personal="contact"),
        string("dnis", "Number or address that the calling side dialled first.", personal="contact"),
        string(
            "session_dnis",
            "Number or address dialled for this session; after a transfer it differs from dnis.",
            personal="contact",
        ),
        string("address_from", "Address from which the session was started.", personal="contact"),
        string("address_to", "Address to which the session was directed.", personal="contact"),
        string("address_self", "E-mail address on this participant's side.", personal="contact"),
        string("address_other", "E-mail address on the opposite side.", personal="contact"),
        string("remote", "Name, number or e-mail address of the party at the other end.", personal="contact"),
        string("remote_name_displayable", "The other party in the form that is shown to people.", personal="name"),
        json("cc", "E-mail addresses in copy.", personal="contact", shape=("string",)),
        json("bcc", "E-mail addresses in hidden copy.", personal="contact", shape=("string",)),
        json(
            "destination_addresses",
            "Addresses to which the session was transferred or which were consulted.",
            personal="contact",
            shape=("string",),
        ),
        string("peer_id", "Session at the other end of this one, by which two legs of a call are paired."),
        string("protocol_call_id", "Identifier of the call in its signalling protocol, such as the SIP Call-ID."),
        string("edge_id", "Edge appliance that carried the call."),
        string("room_id", "Room in which a chat or conference took place."),
        string("media_bridge_id", "Bridge of a conference, the same for all who were joined on it."),
        int64("media_count", "Pictures, files and other media exchanged in the session.", unit="count"),
        # Who watched, coached, barged in
        string("monitored_participant_id", "Participant to whom the holder of the session listened in."),
        string("coached_participant_id", "Participant whom the holder of the session coached."),
        string("barged_participant_id", "Participant on whose talk the holder of the session barged in."),
        string("screen_monitored_user_id", "User whose screen was watched in the session.", personal="pseudonym"),
        # Routing
        string("assigner_id", "User who assigned the conversation by hand.", personal="pseudonym"),
        string("agent_assistant_id", "Virtual assistant that supported the agent."),
        json("active_skill_ids", "Routing skills still required when an agent was sought.", shape=("string",)),
        json("removed_skill_ids", "Routing skills that bullseye routing gave up, ring by ring.", shape=("string",)),
        json("requested_routings", "Routing methods that were tried, in their order.", shape=("string",)),
        string(
            "used_routing",
            "Routing method that found the agent.",
            values=(
                "Bullseye",
                "Conditional",
                "Direct",
                "Last",
                "Manual",
                "Predictive",
                "Preferred",
                "Standard",
                "Vip",
            ),
        ),
        int64("agent_bullseye_ring", "Bullseye ring in which the targeted agent stood."),
        int64("routing_ring", "Ring reached by bullseye or preferred-agent routing."),
        string("routing_rule", "Rule that preferred, conditional or predictive routing applied."),
        string(
            "routing_rule_type",
            "Kind of the applied rule.",
            values=("Bullseye", "Conditional", "Predictive", "Preferred"),
        ),
        string("selected_agent_id", "Agent whom predictive routing chose.", personal="pseudonym"),
        int64("selected_agent_rank", "Rank of the chosen agent in predictive routing; 1 is the best match."),
        string("skill_expression_id", "Skill expression that the interaction asked for."),
        json(
            "eligible_agent_counts",
            "Agents who came into question, one number per attempt of predictive routing.",
            unit="count",
            shape=("int64",),
        ),
        json(
            "waiting_interaction_counts",
            "Interactions that were waiting, one number per attempt of predictive routing.",
            unit="count",
            shape=("int64",),
        ),
        json(
            "agent_groups",
            "Groups of agents that conditional group routing used: identifier and kind of each.",
            shape=({"agentGroupId": "string", "agentGroupType": "string"},),
        ),
        json(
            "proposed_agents",
            "Agents whom predictive routing proposed, with their rank (lower is better).",
            personal="pseudonym",
            shape=({"proposedAgentId": "string", "agentRank": "int64"},),
        ),
        string("flow_in_type", "Kind of event that brought the interaction into the queue."),
        string("flow_out_type", "Kind of event that took the interaction out of the queue unanswered."),
        boolean("acw_skipped", "Whether the agent skipped the after-call work."),
        string("script_id", "Agent script that was shown."),
        # Callbacks and dialling
        boolean("agent_owned", "Whether a callback was reserved for one agent."),
        json("callback_numbers", "Numbers to call back.", personal="contact", shape=("string",)),
        timestamp("callback_scheduled_time", "When the callback was planned to take place."),
        string("callback_user_name", "Name of the person who wished to be called back.", personal="name"),
        boolean("skip_enabled", "Whether the agent was allowed to skip the contact in a preview campaign."),
        int64(
            "timeout_seconds",
            "Time until a callback is dialled by itself; 0 means never by itself.",
            unit="s",
        ),
        string("outbound_campaign_id", "Campaign that dialled."),
        string("outbound_contact_list_id", "Contact list from which the dialled contact came."),
        string(
            "outbound_contact_id",
            "Row of the dialled contact inside its contact list, hence seldom an external contact.",
            personal="pseudonym",
        ),
        string("disposition_analyzer", "What the dialler's call analysis detected, for example speech.person."),
        string("disposition_name", "Disposition that call analysis gave the dialled call."),
        timestamp("detected_speech_start", "When call analysis first heard speech."),
        timestamp("detected_speech_end", "When the speech that call analysis heard ended."),
        # Messages
        boolean("authenticated", "Whether the messaging provider vouched for the customer's identity."),
        boolean("cleared", "Whether the customer cleared the messaging thread."),
        boolean("delivery_pushed", "Whether the message was delivered by push."),
        string(
            "delivery_status",
            "How far an e-mail or text message got.",
            values=(
                "DeliveryFailed",
                "DeliveryPushed",
                "DeliverySuccess",
                "Failed",
                "Published",
                "Queued",
                "Read",
                "Received",
                "Sent",
            ),
        ),
        timestamp("delivery_status_change_date", "When the delivery status last changed."),
        string("extended_delivery_status", "Finer delivery status in the words of the provider."),
        string("engagement_source", "Channel behind an open-messaging session, for example WhatsApp or WebChat."),
        # Journey
        string("journey_action_id", "Journey action that led to the session."),
        string("journey_action_map_id", "Action map that triggered the journey action."),
        int64("journey_action_map_version", "Version of that action map."),
        string(
            "journey_customer_id",
            "How the journey knows the customer: a cookie, an e-mail address or a number.",
            personal="contact",
        ),
        string("journey_customer_id_type", "Kind of the journey customer identifier, for example cookie."),
        string("journey_customer_session_id", "Visit on the website or other journey session.", personal="pseudonym"),
        string("journey_customer_session_id_type", "Kind of the journey session, for example web or ticket."),
        # Screen, video, cobrowse
        string("cobrowse_role", "Whether the participant shared the page or looked on."),
        string("cobrowse_room_id", "Room of the shared browsing."),
        string("screen_share_address_self", "Address of the participant for screen sharing.", personal="contact"),
        string("screen_share_room_id", "Room of the screen sharing."),
        boolean("sharing_screen", "Whether screen sharing was started."),
        string("video_address_self", "Address of the participant for video.", personal="contact"),
        string("video_room_id", "Room of the video call."),
        # Recording, quality, errors
        boolean(
            "recording",
            "Whether an audio recording was started, which does not prove that one was kept.",
        ),
        boolean("snippet_recording", "Whether an agent recorded a part of the conversation on demand."),
        json(
            "media_endpoint_stats",
            "Quality of the audio as each endpoint of the session measured it: codecs, packets, latency (ms), lowest "
            "mean opinion score and R-factor.",
            shape=(
                {
                    "codecs": ("string",),
                    "discardedPackets": "int64",
                    "duplicatePackets": "int64",
                    "eventTime": "string",
                    "invalidPackets": "int64",
                    "maxLatencyMs": "double",
                    "minMos": "double",
                    "minRFactor": "double",
                    "overrunPackets": "int64",
                    "receivedPackets": "int64",
                    "underrunPackets": "int64",
                },
            ),
        ),
        string("error_code_description", "Text of the error behind the first disconnect, where there was one."),
        # The flow that the session ran
        string("flow_id", "Flow that the session ran.", "flow.flowId"),
        string("flow_name", "Name of the flow when it ran.", "flow.flowName"),
        string(
            "flow_type",
            "Kind of the flow in capitals, for example INBOUNDCALL, INQUEUECALL, DIGITALBOT or VOICESURVEY.",
            "flow.flowType",
        ),
        string("flow_version", "Version of the flow that ran.", "flow.flowVersion"),
        string(
            "flow_entry_type",
            "What led into the flow.",
            "flow.entryType",
            values=("agent", "direct", "dnis", "flow", "outbound"),
        ),
        string(
            "flow_entry_reason",
            "The address, user or flow that led into the flow, according to the entry type.",
            "flow.entryReason",
            personal="contact",
        ),
        string("flow_exit_reason", "How the flow ended, for example DISCONNECT or TRANSFER.", "flow.exitReason"),
        string("flow_transfer_type", "Kind of transfer with which the flow ended.", "flow.transferType"),
        string(
            "flow_transfer_target_address",
            "Number, e-mail address or queue to which the flow transferred.",
            "flow.transferTargetAddress",
            personal="contact",
        ),
        string(
            "flow_transfer_target_name",
            "Name of the queue, user or line to which the flow transferred.",
            "flow.transferTargetName",
            personal="name",
        ),
        string(
            "flow_starting_language", "Language in which the flow began, for example en-us.", "flow.startingLanguage"
        ),
        string("flow_ending_language", "Language in which the flow ended, for example en-us.", "flow.endingLanguage"),
        boolean("flow_issued_callback", "Whether the flow created a callback.", "flow.issuedCallback"),
        string(
            "flow_recognition_failure_reason",
            "Why speech or text was not understood, when that ended the flow.",
            "flow.recognitionFailureReason",
        ),
    ),
    confidence="medium",
    note="The column names, above all the prefix flow_ for the fields of the flow, are ours.",
)

ANALYTICS_SESSION_FLOW_OUTCOME = Table(
    name="analytics_session_flow_outcome",
    description="One row per flow outcome that began while a session ran a flow, with its result.",
    read=CONVERSATION_DETAILS,
    rows="participants[].sessions[].flow.outcomes[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("conversation_id", "Conversation of the session.", "$.conversationId", key=True),
        string("participant_id", "Participant whose session it is.", _PARTICIPANT, key=True),
        string("session_id", "Session that ran the flow.", _SESSION, key=True),
        string("flow_outcome_id", "Outcome that was pursued.", key=True),
        timestamp("flow_outcome_start_timestamp", "When the outcome began; it may begin again later.", key=True),
        timestamp("flow_outcome_end_timestamp", "When the outcome was reached; empty unless it succeeded."),
        string("flow_outcome_value", "Result of the outcome, for example SUCCESS or FAILURE."),
        string("flow_outcome", "Outcome and result in one text, joined by a colon."),
        string("flow_id", "Flow that pursued the outcome.", "$.participants[].sessions[].flow.flowId"),
        int64("ordinal", "Position among the outcomes of the session, from 0.", "@index", key=True),
    ),
    note=(
        "A session may pursue one outcome several times, hence the start in the key; the position settles what begins "
        "at one moment."
    ),
)

ANALYTICS_SESSION_METRIC = Table(
    name="analytics_session_metric",
    description=(
        "One row per metric that a session emitted. Names repeat within a session: tTalk and tHeld are pieces, "
        "tTalkComplete and tHeldComplete their totals, which must not be added to them."
    ),
    read=CONVERSATION_DETAILS,
    rows="participants[].sessions[].metrics[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("conversation_id", "Conversation of the session.", "$.conversationId", key=True),
        string("participant_id", "Participant whose session it is.", _PARTICIPANT, key=True),
        string("session_id", "Session that emitted the metric.", _SESSION, key=True),
        string(
            "name",
            "Name of the metric: a duration (t...), a count (n...) or an observation (o...).",
            key=True,
        ),
        timestamp(
            "emit_date",
            "When the metric was emitted: the moment by which interval reports count it.",
            key=True,
        ),
        int64("ordinal", "Position among the metrics of the session, from 0.", "@index", key=True),
        double("value", "Amount of the metric: milliseconds for names with t, a count for names with n or o."),
    ),
    note=(
        "Name and emit date nearly always suffice to tell the metrics of a session apart; the position settles the "
        "rest. Values are kept as decimals, as Genesys does not always send whole numbers."
    ),
)

ANALYTICS_CONVERSATION_SEGMENT = Table(
    name="analytics_conversation_segment",
    description=(
        "One row per unbroken phase of a session, such as alerting, talking, being on hold or wrapping up, with the "
        "queue in which it happened, how it ended and the wrap-up that the agent chose."
    ),
    read=CONVERSATION_DETAILS,
    rows="participants[].sessions[].segments[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string(
            "segment_type",
            "What went on: alert, barging, callback, coaching, contacting, converting, delay, dialing, hold, interact, "
            "ivr, monitoring, parked, scheduled, screenmonitoring, sharing, system, transmitting, unknown, uploading, "
            "voicemail or wrapup.",
            key=True,
        ),
        string("session_id", "Session of which this is a phase.", _SESSION, key=True),
        timestamp("segment_start", "When the phase began.", key=True),
        string("conversation_id", "Conversation of the session.", "$.conversationId", key=True),
        string("participant_id", "Participant whose session it is.", _PARTICIPANT, key=True),
        string(
            "disconnect_type",
            "How the phase was cut off, in the spelling of the API: client (the customer's side hung up), endpoint, "
            "peer, system, timeout, error, transfer and the other kinds of transfer, spam, inactivity and more.",
        ),
        boolean("audio_muted", "Whether the participant's audio was muted."),
        boolean("conference", "Whether the phase belonged to a conference."),
        string("destination_conversation_id", "Conversation in which this one goes on after joining a conference."),
        string("destination_session_id", "Session in which this one goes on after joining a conference."),
        string("error_code", "Code of the error that struck the phase."),
        string("group_id", "Group that was called."),
        string("queue_id", "Queue in which or for which the phase took place."),
        string("requested_language_id", "Language that the interaction asked for."),
        timestamp("segment_end", "When the phase ended; empty for the last phase of an open conversation."),
        json("requested_routing_skill_ids", "Routing skills that the interaction asked for.", shape=("string",)),
        json(
            "requested_routing_user_ids",
            "Agents for whom the interaction asked.",
            personal="pseudonym",
            shape=("string",),
        ),
        string("source_conversation_id", "Conversation from which this one was split off or joined to a conference."),
        string("source_session_id", "Session from which this one was split off or joined to a conference."),
        string("subject", "Subject line of the e-mail that opened the conversation.", personal="content"),
        boolean("video_muted", "Whether the participant's video was paused."),
        string(
            "wrap_up_code",
            "Wrap-up code that was chosen, or a code of the system that is no row of wrapup_code, as after a timeout.",
        ),
        string("wrap_up_note", "Note that the agent wrote while wrapping up.", personal="content"),
        json("wrap_up_tags", "Tags that were put on while wrapping up.", shape=("string",)),
        json("sip_response_codes", "SIP status codes that were received, such as 486 for busy.", shape=("int64",)),
        json(
            "q850_response_codes",
            "Q.850 cause codes of the telephone network, such as 17 for busy.",
            shape=("int64",),
        ),
        json(
            "scored_agents",
            "Agents whom predictive routing scored, with the score from 0 to 100 (higher is better).",
            personal="pseudonym",
            shape=({"scoredAgentId": "string", "agentScore": "double"},),
        ),
        json(
            "properties",
            "Further properties that components or API clients attached: name, kind and value of each.",
            personal="content",
            shape=({"property": "string", "propertyType": "string", "value": "string"},),
        ),
        int64("ordinal", "Position among the segments of the session, from 0.", "@index", key=True),
    ),
    note=(
        "Segments have no identifier. Two segments of no length may share type and start, so the position completes "
        "the key and none is lost. Types and disconnect types keep the API's spelling (consultTransfer). Wrap-up "
        "segments arrive late."
    ),
)

CONVERSATION_DIVISION = Table(
    name="conversation_division",
    description=(
        "Which divisions a conversation belongs to, by the users, queues and flows that took part in it. The set grows "
        "while the conversation lives and may be empty."
    ),
    read=CONVERSATION_DETAILS,
    rows="divisionIds[]",
    loading=_TREE,
    partition_by=_START,
    columns=(
        string("conversation_id", "Conversation that belongs to the division.", "$.conversationId", key=True),
        string("division_id", "Division to which the conversation belongs.", "@", key=True),
    ),
)

TABLES = (
    ANALYTICS_CONVERSATION,
    ANALYTICS_PARTICIPANT,
    ANALYTICS_PARTICIPANT_ATTRIBUTE,
    ANALYTICS_SESSION,
    ANALYTICS_SESSION_FLOW_OUTCOME,
    ANALYTICS_SESSION_METRIC,
    ANALYTICS_CONVERSATION_SEGMENT,
    CONVERSATION_DIVISION,
)
