"""Routing and flows: queues, skills, wrap-up codes, flows and their outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index, skill_name, user_state
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, SECOND, iso, parse

_SUBJECTS = (
    "Billing",
    "Orders",
    "Technical",
    "Claims",
    "Contracts",
    "Returns",
    "VIP",
    "Collections",
    "Booking",
    "Visa",
)
_REGIONS = ("DE", "PT", "PL", "IE", "US", "PH")
_CODES = (
    "Resolved", "Call back later", "Escalated", "Wrong number", "Sale", "No sale", "Complaint", "Information",
    "Voicemail left", "Promise to pay", "Address change", "Cancellation",
)  # fmt: skip
_OUTCOMES = ("Authenticated", "Balance told", "Payment made", "Order status", "Opening hours", "Callback agreed")
_CREATED = parse("2020-03-01")


@dataclass(frozen=True, slots=True)
class Flow:
    """An Architect flow, as conversations name it."""

    id: str
    name: str
    type: str
    version: str


def queues(settings: Settings, origin: Origin) -> list[Json]:
    """The queues, each with the settings that some queue has."""
    return [_queue(settings, origin, index) for index in range(settings.queues)]


def queue_members(settings: Settings, origin: Origin, index: int) -> list[int]:
    """The users (by index) who work in a queue; never empty."""
    chance = origin.chance("queue_members", index)
    wanted = min(settings.users, 5 + chance.randrange(35))
    found = [user for user in chance.sample(range(settings.users), wanted) if user_state(origin, user) == "active"]
    return sorted(found) or [0]


def service_level_ms(origin: Origin, index: int) -> int:
    """Within which time a call in a queue should be answered."""
    return origin.chance("queue_sla", index).choice((15, 20, 20, 30, 60)) * SECOND


def wrapup_indexes(settings: Settings, origin: Origin, index: int) -> list[int]:
    """The wrap-up codes (by index) that a queue offers."""
    chance = origin.chance("queue_codes", index)
    return sorted(chance.sample(range(settings.wrapup_codes), min(settings.wrapup_codes, 12)))


def skills(settings: Settings, origin: Origin) -> list[Json]:
    """The routing skills; deleted ones are still listed."""
    found: list[Json] = []
    for index in range(settings.skills):
        chance = origin.chance("skill", index)
        identifier = origin.id("skill", index)
        state = "deleted" if index % 19 == 18 else "inactive" if index % 13 == 12 else "active"
        found.append(
            {
                "id": identifier,
                "name": skill_name(index),
                "division": _division(settings, origin, "skill", index),
                "dateModified": iso(_CREATED + chance.randrange(2_000) * DAY),
                "state": state,
                "version": str(1 + chance.randrange(9)),
                "selfUri": f"/api/v2/routing/skills/{identifier}",
            }
        )
    return found


def wrapup_codes(settings: Settings, origin: Origin) -> list[Json]:
    """The wrap-up codes."""
    found: list[Json] = []
    for index in range(settings.wrapup_codes):
        chance = origin.chance("wrapup_code", index)
        identifier = origin.id("wrapup_code", index)
        created = _CREATED + chance.randrange(1_000) * DAY
        entity: Json = {
            "id": identifier,
            "name": f"{_CODES[index % len(_CODES)]} {index // len(_CODES) + 1}",
            "division": {"id": "*"} if index % 10 == 9 else _division(settings, origin, "wrapup_code", index),
            "dateCreated": iso(created),
            "createdBy": origin.id("user", chance.randrange(settings.users)),
            "selfUri": f"/api/v2/routing/wrapupcodes/{identifier}",
        }
        if index % 2:
            entity["description"] = "Use sparingly"
        if index % 3:
            entity["dateModified"] = iso(created + 30 * DAY)
            entity["modifiedBy"] = origin.id("user", chance.randrange(settings.users))
        found.append(entity)
    return found


def flow_outcomes(settings: Settings, origin: Origin) -> list[Json]:
    """The outcomes that flows can reach."""
    found: list[Json] = []
    for index in range(settings.flow_outcomes):
        identifier = origin.id("flow_outcome", index)
        entity: Json = {
            "id": identifier,
            "name": f"{_OUTCOMES[index % len(_OUTCOMES)]} {index // len(_OUTCOMES) + 1}",
            "division": _division(settings, origin, "flow_outcome", index),
            "selfUri": f"/api/v2/flows/outcomes/{identifier}",
        }
        if index % 2 == 0:
            entity["description"] = "Reached in the main menu"
        if index % 4 == 0:
            entity["currentOperation"] = {
                "id": origin.id("flow_operation", index),
                "complete": index % 8 == 0,
                "actionName": "UPDATE",
                "actionStatus": "SUCCESS" if index % 8 == 0 else "STARTED",
            }
        found.append(entity)
    return found


def flows(settings: Settings, origin: Origin) -> list[Flow]:
    """The flows: mostly inbound calls."""
    kinds = ("INBOUNDCALL", "INBOUNDCALL", "INBOUNDCALL", "INBOUNDEMAIL", "INBOUNDSHORTMESSAGE", "INQUEUECALL")
    return [
        Flow(
            id=origin.id("flow", index),
            name=f"{_SUBJECTS[index % len(_SUBJECTS)]} {kinds[index % len(kinds)].lower()} {index}",
            type=kinds[index % len(kinds)],
            version=f"{1 + origin.chance('flow', index).randrange(60)}.0",
        )
        for index in range(settings.flows)
    ]


def _division(settings: Settings, origin: Origin, kind: str, index: int) -> Json:
    identifier = origin.id("division", division_index(settings, origin, kind, index))
    return {"id": identifier, "selfUri": f"/api/v2/authorization/divisions/{identifier}"}


def _queue(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("queue", index)
    identifier = origin.id("queue", index)
    members = len(queue_members(settings, origin, index))
    created = _CREATED + chance.randrange(1_500) * DAY
    entity: Json = {
        "id": identifier,
        "name": queue_name(index),
        "division": _division(settings, origin, "queue", index),
        "dateCreated": iso(created),
        "dateModified": iso(created + chance.randrange(1, 400) * DAY),
        "modifiedBy": origin.id("user", chance.randrange(settings.users)),
        "createdBy": origin.id("user", chance.randrange(settings.users)),
        "memberCount": members,
        "userMemberCount": members,
        "joinedMemberCount": chance.randrange(members + 1),
        "mediaSettings": _media_settings(service_level_ms(origin, index), chance),
        "routingRules": [],
        "scoringMethod": "PriorityOnly" if index % 9 == 8 else "TimestampAndPriority",
        "lastAgentRoutingMode": ("AnyAgent", "Disabled", "QueueMembersOnly")[index % 3],
        "acwSettings": {
            "wrapupPrompt": ("MANDATORY_TIMEOUT", "OPTIONAL", "MANDATORY", "AGENT_REQUESTED")[index % 4],
            "timeoutMs": 60_000,
        },
        "skillEvaluationMethod": ("ALL", "BEST", "NONE")[index % 3],
        "autoAnswerOnly": index % 2 == 0,
        "cannedResponseLibraries": {"mode": "All"},
        "enableTranscription": index % 3 == 0,
        "enableAudioMonitoring": index % 4 == 0,
        "enableManualAssignment": index % 5 == 0,
        "suppressInQueueCallRecording": index % 2 == 1,
        "defaultScripts": {},
        "memberGroups": [],
        "selfUri": f"/api/v2/routing/queues/{identifier}",
    }
    if index % 3:
        entity["description"] = f"{queue_name(index)} of every channel"
    if index % 2 == 0:
        entity["callingPartyName"] = queue_name(index)
        entity["callingPartyNumber"] = f"+4930{chance.randrange(10**6):06d}"
    _routing(settings, origin, index, entity)
    _channels(settings, origin, index, entity)
    return entity


def queue_name(index: int) -> str:
    """The name of a queue."""
    subject, region = _SUBJECTS[index % len(_SUBJECTS)], _REGIONS[index // len(_SUBJECTS) % len(_REGIONS)]
    return f"{subject} {region}" + (f" {index // 60 + 1}" if index >= 60 else "")


def _media_settings(call_ms: int, chance: Random) -> Json:
    def of(seconds: int, percentage: float, duration_ms: int) -> Json:
        return {
            "enableAutoAnswer": False,
            "alertingTimeoutSeconds": seconds,
            "serviceLevel": {"percentage": percentage, "durationMs": duration_ms},
        }

    return {
        "call": of(chance.choice((8, 15, 30)), 0.8, call_ms),
        "callback": of(30, 0.8, 20_000),
        "chat": of(30, 0.8, 20_000),
        "email": of(300, 0.8, 86_400_000),
        "message": of(30, 0.8, 20_000),
    }


def _routing(settings: Settings, origin: Origin, index: int, entity: Json) -> None:
    group = origin.id("group", index % settings.groups) if settings.groups else None
    member_group: Json = {"id": group, "name": f"Group {index}", "type": "GROUP", "memberCount": 5}
    if index % 4 == 0:
        entity["routingRules"].append({"operator": "MEETS_THRESHOLD", "threshold": 9, "waitSeconds": 2.0})
    if index % 5 == 0 and group is not None:
        entity["memberGroups"].append(member_group)
        entity["bullseye"] = {
            "rings": [
                {
                    "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 30.0}],
                    "actions": {"skillsToRemove": [{"id": origin.id("skill", 0), "name": skill_name(0)}]},
                }
            ]
        }
    if index % 10 == 3 and group is not None:
        entity["conditionalGroupRouting"] = {
            "rules": [
                {
                    "metric": "EstimatedWaitTime",
                    "operator": "GreaterThan",
                    "conditionValue": 90.0,
                    "groups": [member_group],
                    "waitSeconds": 20,
                }
            ]
        }
        condition: Json = {"simpleMetric": {"metric": "EstimatedWaitTime"}, "operator": "GreaterThan", "value": 60.0}
        entity["conditionalGroupActivation"] = {
            "pilotRule": {"conditions": [condition], "conditionExpression": "C1"},
            "rules": [{"conditions": [condition], "conditionExpression": "C1", "groups": [member_group]}],
        }
    if index % 7 == 2:
        entity["directRouting"] = {
            "callMediaSettings": {"useAgentAddressOutbound": True},
            "backupQueueId": origin.id("queue", (index + 1) % settings.queues),
            "waitForAgent": index % 2 == 0,
            "agentWaitSeconds": 60,
        }
    if index % 6 == 1:
        entity["agentOwnedRouting"] = {
            "enableAgentOwnedCallbacks": True,
            "maxOwnedCallbackHours": 24,
            "maxOwnedCallbackDelayHours": 168,
        }


def _channels(settings: Settings, origin: Origin, index: int, entity: Json) -> None:
    def reference(kind: str, number: int) -> Json:
        return {"id": origin.id(kind, number), "name": f"{kind} {number}"}

    if index % 4 == 1:
        entity["queueFlow"] = reference("flow", 5 % max(1, settings.flows))
        entity["whisperPrompt"] = reference("prompt", 0)
        entity["onHoldPrompt"] = reference("prompt", 1)
        entity["defaultMediaLanguage"] = "en-us"
        entity["peerId"] = origin.id("peer", index)
    if index % 4 == 2:
        entity["emailInQueueFlow"] = reference("flow", 3 % max(1, settings.flows))
        entity["messageInQueueFlow"] = reference("flow", 4 % max(1, settings.flows))
        entity["outboundEmailAddress"] = {
            "domain": {"id": "mail.example.com", "selfUri": "/api/v2/routing/email/domains/mail.example.com"},
            "route": {"id": origin.id("email_route", index), "pattern": "service"},
        }
        entity["outboundMessagingAddresses"] = {"smsAddress": reference("sms_address", index)}
    if index % 8 == 5:
        entity["cannedResponseLibraries"] = {"mode": "SelectedOnly", "libraryIds": [origin.id("response_library", 0)]}
        entity["defaultScripts"] = {"CALL": {"id": origin.id("script", index), "name": "Call guide"}}
