"""What routing works with: queues, skills, wrap-up codes and flow outcomes."""

from __future__ import annotations

from genesys_assets.catalog.declare import (
    Column,
    Read,
    Snapshot,
    Table,
    boolean,
    double,
    int64,
    json,
    string,
    timestamp,
)

_DIVISION = ("division.name", "division.selfUri")

_MEDIA = ("call", "callback", "chat", "email", "message")

QUEUES = Read(
    name="queues",
    path="/api/v2/routing/queues",
    page_size=500,
    permissions=("routing:queue:view",),
    ignored=(
        *_DIVISION,
        *(
            f"{reference}.{rest}"
            for reference in ("queueFlow", "emailInQueueFlow", "messageInQueueFlow", "whisperPrompt", "onHoldPrompt")
            for rest in ("name", "selfUri")
        ),
        *(
            f"mediaSettings.{medium}.{rest}"
            for medium in _MEDIA
            for rest in ("enableAutoAnswer", "autoAnswerAlertToneSeconds", "manualAnswerAlertToneSeconds")
        ),
        "mediaSettings.callback.mode",
        "mediaSettings.callback.enableAutoDialAndEnd",
        "mediaSettings.callback.autoDialDelaySeconds",
        "mediaSettings.callback.autoEndDelaySeconds",
        "mediaSettings.callback.pacingModifier",
        "mediaSettings.callback.maxRetryCount",
        "mediaSettings.callback.retryDelaySeconds",
        "mediaSettings.callback.liveVoiceReactionType",
        "mediaSettings.callback.liveVoiceFlow",
        "mediaSettings.callback.answeringMachineReactionType",
        "mediaSettings.callback.answeringMachineFlow",
        "mediaSettings.callback.edgeGroup",
        "mediaSettings.callback.site",
        "mediaSettings.email.allOutboundEmailAddresses",
        "mediaSettings.message.subTypeSettings",
        "mediaSettings.message.enableInactivityTimeout",
        "mediaSettings.message.inactivityTimeoutSettings",
        "directRouting.callMediaSettings",
        "directRouting.emailMediaSettings",
        "directRouting.messageMediaSettings",
        "outboundMessagingAddresses.smsAddress.name",
        "outboundMessagingAddresses.smsAddress.selfUri",
        "outboundMessagingAddresses.openMessagingRecipient",
        "outboundMessagingAddresses.whatsAppRecipient",
        "outboundEmailAddress.domain.name",
        "outboundEmailAddress.domain.selfUri",
        "outboundEmailAddress.route",
    ),
)

ROUTING_SKILLS = Read(
    name="routing_skills",
    path="/api/v2/routing/skills",
    page_size=500,
    permissions=("routing:skill:view",),
    ignored=_DIVISION,
)

WRAPUP_CODES = Read(
    name="wrapup_codes",
    path="/api/v2/routing/wrapupcodes",
    page_size=100,
    permissions=("routing:wrapupCode:view",),
    ignored=_DIVISION,
)

# Sorted by id, so that an outcome renamed during the load cannot slip from one page to another.
FLOW_OUTCOMES = Read(
    name="flow_outcomes",
    path="/api/v2/flows/outcomes",
    page_size=100,
    parameters={"sortBy": "id"},
    permissions=("architect:flowOutcome:view",),
    ignored=(
        *_DIVISION,
        "currentOperation.user",
        "currentOperation.client",
        "currentOperation.errorMessage",
        "currentOperation.errorCode",
        "currentOperation.errorDetails",
        "currentOperation.errorMessageParams",
    ),
)


def _media_columns(medium: str, plural: str) -> tuple[Column, ...]:
    """How a queue alerts agents, and the service level it aims at, for one medium."""
    settings = f"mediaSettings.{medium}"
    return (
        int64(
            f"{medium}_alerting_timeout_seconds",
            f"How long {plural} alert an agent before they go back to waiting.",
            f"{settings}.alertingTimeoutSeconds",
            unit="s",
        ),
        double(
            f"{medium}_service_level_percentage",
            f"Share of {plural} that should be answered within the target time, from 0 to 1.",
            f"{settings}.serviceLevel.percentage",
            unit="ratio",
        ),
        int64(
            f"{medium}_service_level_duration_ms",
            f"Target time within which that share of {plural} should be answered.",
            f"{settings}.serviceLevel.durationMs",
            unit="ms",
        ),
    )


TABLES = (
    Table(
        name="queue",
        description="Queues in which conversations wait for agents, with their settings for routing, alerting, service "
        "level and after-call work.",
        read=QUEUES,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the queue.", key=True),
            string("name", "Name of the queue."),
            string("division_id", "Division that the queue belongs to.", "division.id"),
            string("description", "What the queue is for, as its administrators wrote it."),
            timestamp("date_created", "When the queue was set up."),
            timestamp("date_modified", "When the settings of the queue were last changed."),
            string("modified_by", "User who last changed the queue.", personal="pseudonym"),
            string("created_by", "User who set up the queue.", personal="pseudonym"),
            int64("member_count", "Number of members, whether by themselves or through a group.", unit="count"),
            int64("user_member_count", "Number of members who are in the queue by themselves.", unit="count"),
            int64("joined_member_count", "Number of members who have joined, so that they get work.", unit="count"),
            string(
                "scoring_method",
                "What decides which waiting conversation goes first: priority together with waiting time, or priority "
                "alone.",
                values=("TimestampAndPriority", "PriorityOnly"),
            ),
            string(
                "last_agent_routing_mode",
                "Whether a conversation is first offered to the agent who had it last, and to whom that applies.",
                values=("Disabled", "QueueMembersOnly", "AnyAgent"),
            ),
            string(
                "acw_settings_wrapup_prompt",
                "How an agent is led through after-call work.",
                "acwSettings.wrapupPrompt",
                values=("MANDATORY", "OPTIONAL", "MANDATORY_TIMEOUT", "MANDATORY_FORCED_TIMEOUT", "AGENT_REQUESTED"),
            ),
            int64(
                "acw_settings_timeout_ms",
                "How long after-call work may take where it is limited.",
                "acwSettings.timeoutMs",
                unit="ms",
            ),
            string(
                "skill_evaluation_method",
                "How required skills choose agents: not at all, the best match, or all who have every skill.",
                values=("NONE", "BEST", "ALL"),
            ),
            string("queue_flow_id", "Flow that callers go through while they wait.", "queueFlow.id"),
            string("email_in_queue_flow_id", "Flow that e-mails go through while they wait.", "emailInQueueFlow.id"),
            string(
                "message_in_queue_flow_id", "Flow that messages go through while they wait.", "messageInQueueFlow.id"
            ),
            string("whisper_prompt_id", "Prompt that only the agent hears on being connected.", "whisperPrompt.id"),
            string("on_hold_prompt_id", "Prompt that callers hear while on hold.", "onHoldPrompt.id"),
            string("default_media_language", "Language of prompts where no other is set, as a code such as en-US."),
            boolean(
                "auto_answer_only", "Whether the whisper prompt plays only on conversations that connect by themselves."
            ),
            boolean("enable_transcription", "Whether voice conversations of the queue are transcribed."),
            boolean("enable_audio_monitoring", "Whether the audio of the queue's conversations is watched for faults."),
            boolean("enable_manual_assignment", "Whether waiting conversations can be given to an agent by hand."),
            boolean("suppress_in_queue_call_recording", "Whether recording stops while a caller waits in the queue."),
            string("calling_party_name", "Caller name shown on outbound calls made for the queue."),
            string("calling_party_number", "Caller number shown on outbound calls made for the queue."),
            string("peer_id", "Queue outside Genesys Cloud that this one is paired with."),
            string(
                "direct_routing_backup_queue_id",
                "Queue that takes conversations which the directly addressed agent did not.",
                "directRouting.backupQueueId",
            ),
            boolean(
                "direct_routing_wait_for_agent",
                "Whether a directly routed conversation waits for its agent before it goes to the backup.",
                "directRouting.waitForAgent",
            ),
            int64(
                "direct_routing_agent_wait_seconds",
                "How long a directly routed conversation waits for its agent.",
                "directRouting.agentWaitSeconds",
                unit="s",
            ),
            boolean(
                "agent_owned_routing_enable_agent_owned_callbacks",
                "Whether a callback can belong to one agent.",
                "agentOwnedRouting.enableAgentOwnedCallbacks",
            ),
            int64(
                "agent_owned_routing_max_owned_callback_hours",
                "How long a callback can belong to its agent.",
                "agentOwnedRouting.maxOwnedCallbackHours",
                unit="h",
            ),
            int64(
                "agent_owned_routing_max_owned_callback_delay_hours",
                "How far ahead a callback that belongs to an agent can be planned.",
                "agentOwnedRouting.maxOwnedCallbackDelayHours",
                unit="h",
            ),
            *_media_columns("call", "calls"),
            *_media_columns("callback", "callbacks"),
            *_media_columns("chat", "chats"),
            *_media_columns("email", "e-mails"),
            *_media_columns("message", "messages"),
            string(
                "outbound_email_domain_id",
                "Domain of the address from which the queue's e-mails are sent.",
                "outboundEmailAddress.domain.id",
            ),
            string(
                "outbound_sms_address_id",
                "Number from which the queue's text messages are sent.",
                "outboundMessagingAddresses.smsAddress.id",
            ),
            string(
                "canned_response_libraries_mode",
                "Which libraries of prepared responses agents of the queue can use.",
                "cannedResponseLibraries.mode",
                values=("All", "SelectedOnly", "None"),
            ),
            json(
                "canned_response_library_ids",
                "Libraries of prepared responses selected for the queue, as an array of identifiers.",
                "cannedResponseLibraries.libraryIds",
                shape=("string",),
            ),
            json("member_groups", "Groups whose members are members of the queue, as an array of objects."),
            json("routing_rules", "Steps by which preferred agents are tried, as an array of objects."),
            json("bullseye", "Rings by which the circle of eligible agents widens with waiting time, as an object."),
            json("conditional_group_routing", "Rules that bring in further groups under load, as an object."),
            json("conditional_group_activation", "Rules that switch groups of the queue on and off, as an object."),
            json("default_scripts", "Script shown to agents, as an object from medium to script."),
            string("self_uri", "Address of the queue in the API."),
        ),
        note="Only queues of divisions in which the client may view queues are listed. A deleted queue vanishes from "
        "the list and keeps its row here.",
    ),
    Table(
        name="routing_skill",
        description="Skills that conversations can ask for and users can have.",
        read=ROUTING_SKILLS,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the skill.", key=True),
            string("name", "Name of the skill."),
            string("division_id", "Division that the skill belongs to.", "division.id"),
            timestamp("date_modified", "When the skill was last changed."),
            string(
                "state", "Whether the skill is in use, set aside or deleted.", values=("active", "inactive", "deleted")
            ),
            string("version", "Revision of the skill, which Genesys gives as text."),
            string("self_uri", "Address of the skill in the API."),
        ),
        note="Deleted skills may be listed: look at state.",
    ),
    Table(
        name="wrapup_code",
        description="Wrap-up codes with which agents say how a conversation ended.",
        read=WRAPUP_CODES,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the wrap-up code.", key=True),
            string("name", "Name of the wrap-up code."),
            string("division_id", "Division that the code belongs to; * stands for every division.", "division.id"),
            string("description", "When to use the code, as its administrators wrote it."),
            timestamp("date_created", "When the code was set up."),
            timestamp("date_modified", "When the code was last changed."),
            string("created_by", "User who set up the code.", personal="pseudonym"),
            string("modified_by", "User who last changed the code.", personal="pseudonym"),
            string("self_uri", "Address of the wrap-up code in the API."),
        ),
        note="A deleted code vanishes from the list and keeps its row here. Segments also carry codes that Genesys "
        "sets itself, such as for a timeout, and these have no row. Only codes of divisions that the client may see "
        "are listed.",
    ),
    Table(
        name="flow_outcome",
        description="Outcomes that Architect flows can report of what a customer wanted and achieved.",
        read=FLOW_OUTCOMES,
        loading=Snapshot(),
        columns=(
            string("id", "Identifier of the flow outcome.", key=True),
            string("name", "Name of the outcome."),
            string("division_id", "Division that the outcome belongs to.", "division.id"),
            string("description", "What the outcome stands for, as its administrators wrote it."),
            string(
                "current_operation_id", "Latest editing operation on the outcome in Architect.", "currentOperation.id"
            ),
            boolean("current_operation_complete", "Whether that operation is finished.", "currentOperation.complete"),
            string(
                "current_operation_action_name",
                "What that operation does.",
                "currentOperation.actionName",
                values=(
                    "CREATE",
                    "CHECKIN",
                    "CHECKOUT",
                    "DEBUG",
                    "DELETE",
                    "HISTORY",
                    "PUBLISH",
                    "REVERT",
                    "SAVE",
                    "STATE_CHANGE",
                    "UPDATE",
                    "VALIDATE",
                ),
            ),
            string(
                "current_operation_action_status",
                "How far that operation has come.",
                "currentOperation.actionStatus",
                values=(
                    "LOCKED",
                    "UNLOCKED",
                    "STARTED",
                    "PENDING_GENERATION",
                    "PENDING_BACKEND_NOTIFICATION",
                    "SUCCESS",
                    "FAILURE",
                ),
            ),
            string("self_uri", "Address of the outcome in the API."),
        ),
        note="Outcomes carry neither dates nor a state: a change shows only between two loads. Only outcomes of "
        "divisions that the client may see are listed.",
    ),
)
