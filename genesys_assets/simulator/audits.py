"""Audit trails: what people and services changed, and who touched recordings, evaluations and surveys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from genesys_assets.simulator.audit_queries import AuditQueries, Trail
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import user_name
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, iso, parse_interval

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation
    from genesys_assets.simulator.timeline import Timeline

SERVICES = (
    ("Architect", "Flow", ("Create", "Publish", "Update", "Delete")),
    ("ContactCenter", "Queue", ("Create", "Update", "MemberAdd", "MemberRemove")),
    ("Directory", "User", ("Create", "Update", "Deactivate")),
    ("Groups", "Group", ("Create", "Update", "MemberAdd")),
    ("LanguageUnderstanding", "MinerExecution", ("Create", "Delete")),
    ("Outbound", "Campaign", ("Create", "Update", "Start", "Stop")),
    ("PeoplePermissions", "Role", ("Update", "AssignRole", "RemoveRole")),
    ("Presence", "PresenceDefinition", ("Create", "Update")),
    ("Quality", "EvaluationForm", ("Create", "Publish", "Update")),
    ("Routing", "WrapUpCode", ("Create", "Update", "Delete")),
    ("SCIM", "User", ("Create", "Update")),
    ("WorkforceManagement", "Schedule", ("Create", "Publish", "Delete")),
)
"""The services with an audit trail, each with a kind of object and what is done to it."""

QUALITY_SERVICES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "RecordingService": (
        ("Recording", ("Read", "Download", "Export", "UpdateRetention", "ApplyProtection", "RevokeProtection")),
        ("ScreenRecording", ("Read", "Archive", "RestoreRequest", "RestoreComplete")),
    ),
    "RecordingPlaybackService": (("Recording", ("Read",)), ("SnippetRecording", ("Start", "Stop"))),
    "QualityService": (
        ("Evaluation", ("Create", "Update", "Delete")),
        ("Calibration", ("Create", "Update")),
        ("Survey", ("Read", "Update")),
        ("Annotation", ("Create", "Abandon")),
    ),
    "HorusService": (("ScreenMonitoring", ("Start", "Stop")),),
}
_SHARES = {"RecordingService": 5, "RecordingPlaybackService": 8, "QualityService": 6, "HorusService": 1}
_MAPPING = "/api/v2/audits/query/servicemapping"


class Audits:
    """The messages of both trails: made up, and placed by a test."""

    def __init__(self, settings: Settings, origin: Origin, timeline: Timeline) -> None:
        self._settings = settings
        self._origin = origin
        self._timeline = timeline
        self.failing: set[str] = set()
        """Services whose queries fail."""
        self.placed: dict[bool, dict[str, Json]] = {False: {}, True: {}}
        """Messages that a test has placed, by whether they are on interactions, by their id."""

    def find(self, service: str, begin: int, end: int, *, interactions: bool) -> Sequence[Json]:
        """The messages of a service from ``begin`` to before ``end`` (milliseconds since 1970), in order."""
        make = self._interaction if interactions else self._message
        since, until = iso(begin), iso(end)
        found: dict[str, Json] = {}
        for day in range(begin // DAY, (end - 1) // DAY + 1):
            for number in range(self._count(service, interactions=interactions)):
                message = make(service, day, number)
                found[message["id"]] = message
        for identifier, message in self.placed[interactions].items():
            if message["serviceName"] == service:
                found[identifier] = message
        kept = [message for message in found.values() if since <= message["eventDate"] < until]
        return sorted(kept, key=lambda message: (message["eventDate"], message["id"]))

    def _count(self, service: str, *, interactions: bool) -> int:
        if interactions:
            return max(1, self._settings.quality_audits_per_day * _SHARES[service] // sum(_SHARES.values()))
        return max(1, self._settings.audits_per_day // len(SERVICES))

    def _common(self, purpose: str, day: int, number: int) -> tuple[Random, Json]:
        """What both trails have: who, through what, from where and when."""
        origin = self._origin
        index = day * 100_000 + number
        chance = origin.chance(purpose, index)
        home = origin.id("organization", 0)
        common: Json = {
            "id": origin.id(purpose, index),
            "userHomeOrgId": home,
            "eventDate": iso(day * DAY + int(chance.random() * DAY)),
        }
        if number % 6 == 5:
            # A person of another organisation, who is no user here.
            common["userHomeOrgId"] = origin.id("foreign organization", number % 2)
            person = origin.id("foreign user", number % 7)
            common["user"] = {"id": person, "name": f"Support {number % 7}", "selfUri": f"/api/v2/users/{person}"}
        elif number % 6 != 4:
            who = chance.randrange(min(40, self._settings.users))
            person = origin.id("user", who)
            name = user_name(origin, who)
            common["user"] = {"id": person, "name": name, "selfUri": f"/api/v2/users/{person}"}
        if number % 3 == 0:
            common["client"] = {"id": "", "selfUri": ""}
        elif number % 3 == 1:
            client = origin.id("oauth_client", number % 4)
            common["client"] = {"id": client, "selfUri": f"/api/v2/oauth/clients/{client}"}
        return chance, common

    def _message(self, service: str, day: int, number: int) -> Json:
        kind, actions = next((kind, actions) for name, kind, actions in SERVICES if name == service)
        chance, message = self._common(f"audit {service}", day, number)
        entity = self._origin.id(kind.lower(), chance.randrange(20))
        action = actions[number % len(actions)]
        message |= {
            "remoteIp": _addresses(number),
            "serviceName": service,
            "level": ("USER", "USER", "USER", "SYSTEM", "GENESYS_INTERNAL")[number % 5],
            "message": _text(kind, action, entity),
            "action": action,
            "entity": {"id": entity, "name": f"{kind} {entity[:4]}", "selfUri": f"/api/v2/{kind.lower()}s/{entity}"},
            "entityType": kind,
            "status": ("SUCCESS", "SUCCESS", "SUCCESS", "WARNING", "FAILURE")[number % 5],
            "application": ("Admin UI", "Public API")[number % 2],
            "context": {"division": "Home", "ticket": f"CHG-{number:04d}"},
        }
        if action in ("Update", "MemberAdd", "AssignRole"):
            message["propertyChanges"] = _changes(number)
        if number % 4 == 1:
            transaction = self._origin.id(f"audit transaction {service}", day)
            message["initiatingAction"] = {"transactionId": transaction, "actionContext": f"{kind}:{action}"}
            message["transactionInitiator"] = number % 8 == 1
        if number % 7 == 2:
            member = self._origin.id("user", number % min(40, self._settings.users))
            message["entityChanges"] = [
                {
                    "entityId": member,
                    "entityName": "Zoë Müller",
                    "entityType": "User",
                    "oldValues": [],
                    "newValues": ["member"],
                }
            ]
        return message

    def _interaction(self, service: str, day: int, number: int) -> Json:
        kinds = QUALITY_SERVICES[service]
        chance, message = self._common(f"quality audit {service}", day, number)
        kind, actions = kinds[number % len(kinds)]
        action = actions[number // len(kinds) % len(actions)]
        entity = self._origin.id(kind, chance.randrange(1_000))
        life = self._timeline.life(day - 1, chance.randrange(self._timeline.per_day))
        conversation = life.conversation["conversationId"]
        message |= {
            "remoteIps": _addresses(number),
            "serviceName": service,
            "level": ("User", "User", "User", "System", "GENESYS_INTERNAL")[number % 5],
            "status": ("Success", "Success", "Success", "Warning", "Failure")[number % 5],
            "messageInfo": _text(kind, action, entity),
            "action": action,
            "entity": {"id": entity, "name": f"{kind} {entity[:4]}", "selfUri": f"/api/v2/quality/{entity}"},
            "entityType": kind,
            "context": {"conversationId": conversation, "mediaType": "voice"},
        }
        if number % 6 == 5:
            message["userTrusteeOrgId"] = self._origin.id("trustee organization", 0)
        if action in ("Update", "UpdateRetention"):
            message["propertyChanges"] = _changes(number)
        return message


def _addresses(number: int) -> list[str]:
    """None, one, or the chain of those that passed the request on."""
    return [f"203.0.113.{10 + number % 50}", f"198.51.100.{number % 90}", "2001:db8::17"][: number % 4]


def _text(kind: str, action: str, entity: str) -> Json:
    return {
        "localizableMessageCode": f"audit.{kind}.{action}".lower(),
        "message": f"{kind} {entity[:8]}: {action}",
        "messageWithParams": "{entityType} {entityId}: {action}",
        "messageParams": {"entityType": kind, "entityId": entity[:8], "action": action},
    }


def _changes(number: int) -> list[Json]:
    """One value to another, one to many, none to some, some to none, and a property that is listed twice."""
    shapes: tuple[list[Json], ...] = (
        [{"property": "name", "oldValues": ["alt"], "newValues": ["neu"]}],
        [{"property": "skills", "oldValues": ["Billing"], "newValues": ["Billing", "Retention", "Billing"]}],
        [{"property": "description", "oldValues": [], "newValues": ["Erste Fassung"]}],
        [{"property": "evaluator", "oldValues": ["3f1c8b1e"]}, {"property": "status", "newValues": ["Pending"]}],
        [
            {"property": "tags", "oldValues": ["a", "b"], "newValues": ["c"]},
            {"property": "weight", "oldValues": ["1"], "newValues": ["2"]},
            {"property": "tags", "oldValues": ["d"], "newValues": ["e", "f"]},
        ],
    )
    return shapes[number % len(shapes)]


def endpoints(simulation: Simulation) -> list[Endpoint]:
    """Both trails and the mapping of services; fixed paths stand before those with parameters."""

    def mapping(_call: Call) -> Json:
        names = [(name, kind, list(actions)) for name, kind, actions in SERVICES]
        return {
            "services": [
                {"name": name, "entities": [{"name": kind, "actions": actions}]} for name, kind, actions in names
            ]
        }

    def find(interactions: bool, service_of: Callable[[Json], str]) -> Callable[[Json], Sequence[Json]]:
        def found(body: Json) -> Sequence[Json]:
            begin, end = parse_interval(body["interval"])
            end = min(end, simulation.clock.now + 1)
            if begin >= end:
                return []
            return simulation.audits.find(service_of(body), begin, end, interactions=interactions)

        return found

    platform = Trail(
        "audit",
        "/api/v2/audits/query",
        "audits:audit:view",
        "startDate",
        ("allowRedirect",),
        _platform_service,
        find(False, _platform_service),
        _shown,
    )
    quality = Trail(
        "quality audit",
        "/api/v2/quality/conversations/audits/query",
        "audits:interactionDetails:view",
        "dateStart",
        (),
        _quality_service,
        find(True, _quality_service),
        _shown,
    )
    return [
        Endpoint("GET", _MAPPING, mapping, permissions=("audits:audit:view",)),
        *AuditQueries(simulation, platform).endpoints(),
        *AuditQueries(simulation, quality).endpoints(),
    ]


def _shown(message: Json, named: bool) -> Json:
    """A message as results show it; the acting user's name only where it was asked for."""
    if named or "user" not in message:
        return message
    return {**message, "user": {name: value for name, value in message["user"].items() if name != "name"}}


def _platform_service(body: Json) -> str:
    _check_interval(body, zoned=True)
    service = body.get("serviceName")
    if service not in {name for name, _, _ in SERVICES}:
        raise bad_request("The service {service} is not valid", service=service)
    return str(service)


def _quality_service(body: Json) -> str:
    _check_interval(body, zoned=False)
    services = [each.get("value") for each in body.get("filters") or () if each.get("property") == "ServiceName"]
    if len(services) != 1 or services[0] not in QUALITY_SERVICES:
        raise bad_request("A filter on one ServiceName is required, not {services}", services=services)
    return str(services[0])


def _check_interval(body: Json, *, zoned: bool) -> None:
    interval = body.get("interval")
    if not isinstance(interval, str):
        raise bad_request("An interval is required")
    try:
        parse_interval(interval)
    except ValueError as error:
        raise bad_request("The interval {interval} is not valid", interval=interval) from error
    if zoned != interval.endswith("Z"):
        raise bad_request("The interval {interval} is not valid: it has the wrong kind of zone", interval=interval)
