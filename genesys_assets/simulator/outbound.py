"""Outbound dialling: voice campaigns and the contact lists that they dial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call
from genesys_assets.simulator.errors import bad_request
from genesys_assets.simulator.filters import Filter, by_division, by_id, name_starts
from genesys_assets.simulator.listings import Listing
from genesys_assets.simulator.organization import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.people import division_index
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, iso, parse

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

_CREATED = parse("2023-02-01")
_MODES = ("power", "agentless", "preview", "predictive", "progressive")
_STATUSES = ("on", "off", "complete", "stopping", "invalid")
_PURPOSES = ("Reminders", "Umfragen", "Renewals", "Cobrança", "Call back", "Przypomnienia")


def campaigns(settings: Settings, origin: Origin) -> list[Json]:
    """The voice campaigns; each dials the contact list of its own number."""
    return [_campaign(settings, origin, index) for index in range(settings.campaigns)]


def contact_lists(settings: Settings, origin: Origin) -> list[Json]:
    """The contact lists, more than there are campaigns."""
    return [_contact_list(settings, origin, index) for index in range(max(settings.campaigns, settings.contact_lists))]


def _reference(origin: Origin, kind: str, index: int, path: str, name: str) -> Json:
    identifier = origin.id(kind, index)
    return {"id": identifier, "name": name, "selfUri": f"/api/v2/{path}/{identifier}"}


def _division(settings: Settings, origin: Origin, kind: str, index: int) -> Json:
    identifier = origin.id("division", division_index(settings, origin, kind, index))
    return {"id": identifier, "selfUri": f"/api/v2/authorization/divisions/{identifier}"}


def _campaign(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("campaign", index)
    identifier = origin.id("campaign", index)
    mode = _MODES[index % len(_MODES)]
    status = _STATUSES[index * 3 % len(_STATUSES)]
    created = _CREATED + chance.randrange(900) * DAY + chance.randrange(DAY)
    entity: Json = {
        "id": identifier,
        "name": f"{_PURPOSES[index % len(_PURPOSES)]} {index + 1}",
        "dateCreated": iso(created),
        "dateModified": iso(created + chance.randrange(1, 90) * DAY),
        "version": 1 + chance.randrange(60),
        "contactList": _reference(origin, "contact_list", index, "outbound/contactlists", _list_name(index)),
        "dialingMode": mode,
        "script": _reference(origin, "script", index % 12, "scripts", f"Script {index % 12}"),
        "campaignStatus": status,
        "phoneColumns": [{"columnName": "phone", "type": "cell"}, {"columnName": "phone2", "type": "home"}],
        "dncLists": [],
        "callableTimeSet": _reference(origin, "callable_time_set", index % 3, "outbound/callabletimesets", "Daytime"),
        "errors": [],
        "callerName": "Simulated Contact Centre",
        "callerAddress": f"+4930{5_550_000 + index}",
        "ruleSets": [],
        "skipPreviewDisabled": index % 2 == 0,
        "previewTimeOutSeconds": 30 if mode == "preview" else 0,
        "alwaysRunning": index % 4 == 1,
        "contactSorts": [],
        "noAnswerTimeout": 30,
        "priority": 1 + index % 5,
        "contactListFilters": [],
        "division": _division(settings, origin, "campaign", index),
        "dynamicContactQueueingSettings": {"sort": index % 2 == 1, "filter": False},
        "skillColumns": [],
        "callbackAutoAnswer": index % 3 == 0,
        "dynamicLineBalancingSettings": {"enabled": index % 3 == 1, "relativeWeight": 3 + index % 4},
        "preciseDialingEnabled": mode == "predictive",
        "selfUri": f"/api/v2/outbound/campaigns/{identifier}",
    }
    entity |= _agents(settings, origin, index, mode)
    entity |= _extras(origin, index, status)
    return entity


def _agents(settings: Settings, origin: Origin, index: int, mode: str) -> Json:
    """What only campaigns with agents have, and what only those without."""
    if mode == "agentless":
        response = _reference(origin, "response_set", 0, "outbound/callanalysisresponsesets", "Machines")
        return {"outboundLineCount": 12, "callAnalysisResponseSet": response, "callAnalysisLanguage": "de-DE"}
    found: Json = {
        "queue": _reference(origin, "queue", index % max(1, settings.queues), "routing/queues", f"Queue {index}"),
        "abandonRate": 3.0 + index / 4,
        "maxCallsPerAgent": 2,
        "maxCallsPerAgentDecimal": 1.5,
        "previewAutoEnd": mode == "preview",
    }
    if mode == "preview":
        found["agentOwnedColumn"] = "owner"
        found["skillColumns"] = ["skill", "Sprache"]
    return found


def _extras(origin: Origin, index: int, status: str) -> Json:
    found: Json = {}
    if index % 2:
        found["site"] = _reference(origin, "site", index % 3, "telephony/providers/edges/sites", "Berlin")
    else:
        found["edgeGroup"] = _reference(origin, "edge_group", 0, "telephony/providers/edges/edgegroups", "Edges")
    if index % 3 == 0:
        found["dncLists"] = [_reference(origin, "dnc_list", 0, "outbound/dnclists", "Do not call")]
        found["contactSorts"] = [{"fieldName": "due", "direction": "DESC", "numeric": True}]
        found["contactSort"] = found["contactSorts"][0]
    if index % 3 == 1:
        found["ruleSets"] = [_reference(origin, "rule_set", n, "outbound/rulesets", f"Rules {n}") for n in (0, 1)]
        found["contactListFilters"] = [_reference(origin, "list_filter", 0, "outbound/contactlistfilters", "Due")]
    if status == "invalid":
        found["errors"] = [
            {"error": "contact-list-required", "details": "The contact list is empty", "userParams": []},
        ]
    return found


def _list_name(index: int) -> str:
    return f"{_PURPOSES[index % len(_PURPOSES)]}, Liste {index + 1}"


def _contact_list(settings: Settings, origin: Origin, index: int) -> Json:
    chance = origin.chance("contact_list", index)
    identifier = origin.id("contact_list", index)
    created = _CREATED + chance.randrange(700) * DAY
    entity: Json = {
        "id": identifier,
        "name": _list_name(index),
        "dateCreated": iso(created),
        "dateModified": iso(created + chance.randrange(1, 200) * DAY + chance.randrange(24) * HOUR),
        "version": 1 + chance.randrange(30),
        "division": _division(settings, origin, "contact_list", index),
        "columnNames": ["phone", "phone2", "due", "owner", "skill", "Straße", "zip", "email"],
        "phoneColumns": [
            {"columnName": "phone", "type": "cell", "callableTimeColumnName": "zip", "callableTimeColumn": "zip"},
            {"columnName": "phone2", "type": "home"},
        ],
        "emailColumns": [],
        "whatsAppColumns": [],
        "previewModeAcceptedValues": [],
        "size": 0 if index == 4 else chance.randrange(100, 90_000),
        "automaticTimeZoneMapping": index % 3 == 0,
        "columnDataTypeSpecifications": [],
        "trimWhitespace": index % 2 == 0,
        "retentionType": ("Never", "RetentionDays", "Today")[index % 3],
        "selfUri": f"/api/v2/outbound/contactlists/{identifier}",
    }
    if index % 3 == 0:
        entity["zipCodeColumnName"] = "zip"
    else:
        entity["timeZone"] = ("Europe/Berlin", "America/Sao_Paulo")[index % 2]
        entity["dateExpiration"] = iso(parse("2027-06-01") + index * DAY)
    if entity["retentionType"] == "RetentionDays":
        entity["retentionDays"] = 30 * (1 + index % 4)
    if index % 4 == 1:
        entity["emailColumns"] = [{"columnName": "email", "type": "work", "contactableTimeColumnName": "zip"}]
        entity["whatsAppColumns"] = [{"columnName": "phone", "type": "cell"}]
    if index % 5 == 2:
        entity |= {"previewModeColumnName": "owner", "previewModeAcceptedValues": ["yes", "ja", "sim"]}
        entity["attemptLimits"] = _reference(origin, "attempt_limits", 0, "outbound/attemptlimits", "Three a day")
        entity["columnDataTypeSpecifications"] = [
            {"columnName": "due", "columnDataType": "NUMERIC", "min": 0, "max": 100_000},
            {"columnName": "owner", "columnDataType": "TEXT", "maxLength": 36},
        ]
    if index % 6 == 3:
        entity["importStatus"] = {
            "state": "IN_PROGRESS",
            "totalRecords": 40_000,
            "completedRecords": 10_000,
            "percentComplete": 25,
            "targetContactListIds": [],
        }
    if index % 6 == 5:
        entity["importStatus"] = {
            "state": "FAILED",
            "totalRecords": 40_000,
            "completedRecords": 17,
            "percentComplete": 0,
            "failureReason": "Zeile 18: kein gültiges Format",
        }
    return entity


def _reference_is(field: str) -> Filter:
    return lambda entity, values: entity.get(field, {}).get("id") in values


def _has_dnc_list(entity: Json, values: list[str]) -> bool:
    return any(each["id"] in values for each in entity["dncLists"])


def _expires(entity: Json, values: list[str]) -> bool:
    return entity.get("dateExpiration") in values


def _in_zone(entity: Json, values: list[str]) -> bool:
    return entity.get("timeZone") in values


def _asked_for(_simulation: Simulation, call: Call, entity: Json) -> Json:
    """A contact list without what is shown only on demand."""
    hidden = [
        field
        for field, parameter in (("size", "includeSize"), ("importStatus", "includeImportStatus"))
        if call.query.get(parameter) != "true"
    ]
    return {name: value for name, value in entity.items() if name not in hidden}


def _past_the_end(simulation: Simulation, call: Call) -> list[Json]:
    """The contact lists; a page beyond them is refused unless an empty one is allowed."""
    entities = list(simulation.world.entities("contact_lists"))
    size, number = call.number("pageSize", 25), call.number("pageNumber", 1)
    if call.query.get("allowEmptyResult") != "true" and (number - 1) * size >= len(entities):
        raise bad_request("There are no results on page {number}", number=number)
    return entities


LISTINGS = (
    Listing(
        "/api/v2/outbound/campaigns",
        "campaigns",
        filters={
            "name": name_starts,
            "id": by_id,
            "contactListId": _reference_is("contactList"),
            "dncListIds": _has_dnc_list,
            "distributionQueueId": _reference_is("queue"),
            "edgeGroupId": _reference_is("edgeGroup"),
            "callAnalysisResponseSetId": _reference_is("callAnalysisResponseSet"),
            "divisionId": by_division,
        },
        parameters=("filterType", "sortBy", "sortOrder"),
        permissions=("outbound:campaign:view",),
        oversize="clip",
        by_name=True,
    ),
    Listing(
        "/api/v2/outbound/contactlists",
        "contact_lists",
        filters={
            "name": name_starts,
            "id": by_id,
            "divisionId": by_division,
            "timeZone": _in_zone,
            "dateExpiration": _expires,
        },
        parameters=("filterType", "sortBy", "sortOrder", "includeSize", "includeImportStatus", "allowEmptyResult"),
        permissions=("outbound:contactList:view",),
        oversize="clip",
        source=_past_the_end,
        shape=_asked_for,
        by_name=True,
    ),
)
