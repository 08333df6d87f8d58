"""The official client reads every endpoint, and nothing in an answer is unknown to its models."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from PureCloudPlatformClientV2 import models
from PureCloudPlatformClientV2.api_client import ApiClient
from PureCloudPlatformClientV2.apis.analytics_api import AnalyticsApi
from PureCloudPlatformClientV2.apis.architect_api import ArchitectApi
from PureCloudPlatformClientV2.apis.audit_api import AuditApi
from PureCloudPlatformClientV2.apis.authorization_api import AuthorizationApi
from PureCloudPlatformClientV2.apis.external_contacts_api import ExternalContactsApi
from PureCloudPlatformClientV2.apis.groups_api import GroupsApi
from PureCloudPlatformClientV2.apis.knowledge_api import KnowledgeApi
from PureCloudPlatformClientV2.apis.locations_api import LocationsApi
from PureCloudPlatformClientV2.apis.o_auth_api import OAuthApi
from PureCloudPlatformClientV2.apis.organization_api import OrganizationApi
from PureCloudPlatformClientV2.apis.outbound_api import OutboundApi
from PureCloudPlatformClientV2.apis.presence_api import PresenceApi
from PureCloudPlatformClientV2.apis.quality_api import QualityApi
from PureCloudPlatformClientV2.apis.response_management_api import ResponseManagementApi
from PureCloudPlatformClientV2.apis.routing_api import RoutingApi
from PureCloudPlatformClientV2.apis.teams_api import TeamsApi
from PureCloudPlatformClientV2.apis.tokens_api import TokensApi
from PureCloudPlatformClientV2.apis.users_api import UsersApi
from PureCloudPlatformClientV2.apis.workforce_management_api import WorkforceManagementApi

from genesys_assets.catalog import load_catalog
from genesys_assets.extraction.intervals import filled
from genesys_assets.simulator import Settings, Simulator, serve
from genesys_assets.simulator.app import endpoints
from genesys_assets.simulator.simulation import Simulation

DAY = "2026-05-18T00:00:00.000Z/2026-05-19T00:00:00.000Z"
EXPAND = [
    "authorization", "team", "locations", "employerInfo", "profileSkills", "certifications", "biography",
    "languagePreference", "dateLastLogin", "dateWelcomeSent", "lasttokenissued", "groups", "skills", "languages",
]  # fmt: skip
CALLS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (OrganizationApi.get_organizations_me, {}),
    (TokensApi.get_tokens_me, {}),
    (OAuthApi.get_oauth_client, {"client_id": Settings().client_id}),
    (PresenceApi.get_presence_definitions, {"locale_code": "ALL"}),
    (PresenceApi.get_presence_definitions, {"locale_code": "ALL", "deactivated": "TRUE"}),
    (AuthorizationApi.get_authorization_divisions, {"page_size": 100, "object_count": True}),
    (LocationsApi.get_locations, {"page_size": 100}),
    (GroupsApi.get_groups, {"page_size": 500}),
    (TeamsApi.get_teams, {"page_size": 100, "expand": "entities.division"}),
    (UsersApi.get_users, {"page_size": 500, "state": "any", "expand": EXPAND}),
    (UsersApi.get_users_query, {"page_size": 500, "state": "any", "expand": EXPAND}),
    (RoutingApi.get_routing_queues, {"page_size": 500}),
    (RoutingApi.get_routing_skills, {"page_size": 500}),
    (RoutingApi.get_routing_wrapupcodes, {"page_size": 100}),
    (ArchitectApi.get_flows_outcomes, {"page_size": 100}),
    (ArchitectApi.get_architect_schedules, {"page_size": 100}),
    (ArchitectApi.get_architect_schedulegroups, {"page_size": 100}),
    (ArchitectApi.get_architect_emergencygroups, {"page_size": 100}),
    (OutboundApi.get_outbound_campaigns, {"page_size": 100}),
    (OutboundApi.get_outbound_contactlists, {"page_size": 100, "include_size": True, "include_import_status": True}),
    (ExternalContactsApi.get_externalcontacts_scan_contacts, {"limit": 200, "division_id": "*"}),
    (ExternalContactsApi.get_externalcontacts_scan_organizations, {"limit": 200, "division_id": "*"}),
    (ExternalContactsApi.get_externalcontacts_contacts, {"page_size": 100, "expand": ["externalOrganization"]}),
    (ResponseManagementApi.post_responsemanagement_responses_query, {"body": {"pageSize": 500, "pageNumber": 2}}),
    (KnowledgeApi.get_knowledge_knowledgebases, {"page_size": "100"}),
    (KnowledgeApi.get_knowledge_knowledgebases, {"page_size": "100", "published": False}),
    (QualityApi.get_quality_publishedforms_evaluations, {"page_size": 100, "only_latest_per_context": False}),
    (WorkforceManagementApi.get_workforcemanagement_businessunits, {}),
    (WorkforceManagementApi.get_workforcemanagement_managementunits, {}),
    (AnalyticsApi.get_analytics_conversations_details_jobs_availability, {}),
    (AnalyticsApi.get_analytics_users_details_jobs_availability, {}),
    (AnalyticsApi.get_analytics_dataretention_settings, {}),
    (AuditApi.get_audits_query_servicemapping, {}),
]
AUDITS: list[tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
    (
        AuditApi.post_audits_query,
        AuditApi.get_audits_query_transaction_id,
        AuditApi.get_audits_query_transaction_id_results,
        {"interval": "2026-05-18T00:00:00Z/2026-05-19T00:00:00Z", "serviceName": "ContactCenter"},
    ),
    (
        QualityApi.post_quality_conversations_audits_query,
        QualityApi.get_quality_conversations_audits_query_transaction_id,
        QualityApi.get_quality_conversations_audits_query_transaction_id_results,
        {
            "interval": "2026-05-18T00:00:00/2026-05-19T00:00:00",
            "filters": [{"property": "ServiceName", "value": "QualityService"}],
        },
    ),
]
KNOWLEDGE: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (KnowledgeApi.get_knowledge_knowledgebase_documents, {"include_drafts": True, "expand": ["category", "labels"]}),
    (KnowledgeApi.get_knowledge_knowledgebase_categories, {"include_document_count": True}),
    (KnowledgeApi.get_knowledge_knowledgebase_labels, {"include_document_count": True}),
    (KnowledgeApi.get_knowledge_knowledgebase_documents_feedback, {"only_commented": False}),
    (KnowledgeApi.get_knowledge_knowledgebase_documents_feedback, {"only_commented": True, "state": "Draft"}),
]
OF_BUSINESS_UNITS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (WorkforceManagementApi.get_workforcemanagement_businessunit, {"expand": ["settings"]}),
    (WorkforceManagementApi.get_workforcemanagement_businessunit_activitycodes, {}),
    (WorkforceManagementApi.get_workforcemanagement_businessunit_planninggroups, {}),
]
OF_MANAGEMENT_UNITS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (WorkforceManagementApi.get_workforcemanagement_managementunit, {"expand": ["settings"]}),
    (WorkforceManagementApi.get_workforcemanagement_managementunit_users, {}),
]
ELSEWHERE: list[Callable[..., Any]] = [
    *(call for call, _ in KNOWLEDGE),
    KnowledgeApi.get_knowledge_knowledgebase_document,
    *(call for call, _ in (*OF_BUSINESS_UNITS, *OF_MANAGEMENT_UNITS)),
    *(call for calls in AUDITS for call in calls[:3]),
    # Read in test_official_workforce.py.
    WorkforceManagementApi.get_workforcemanagement_businessunit_week_schedules,
    WorkforceManagementApi.get_workforcemanagement_businessunit_week_shorttermforecasts,
    WorkforceManagementApi.get_workforcemanagement_businessunit_week_shorttermforecast,
    WorkforceManagementApi.get_workforcemanagement_businessunit_week_shorttermforecast_data,
    WorkforceManagementApi.post_workforcemanagement_managementunit_agentschedules_search,
    WorkforceManagementApi.post_workforcemanagement_managementunit_timeoffrequests_query,
    QualityApi.get_quality_forms_evaluation,
    QualityApi.post_quality_evaluations_search,
    QualityApi.get_quality_conversation_evaluation,
    QualityApi.get_quality_conversation_surveys,
    GroupsApi.get_group_members,
    UsersApi.get_user,
    AnalyticsApi.post_analytics_conversations_details_jobs,
    AnalyticsApi.get_analytics_conversations_details_job,
    AnalyticsApi.get_analytics_conversations_details_job_results,
    AnalyticsApi.delete_analytics_conversations_details_job,
    AnalyticsApi.post_analytics_conversations_details_query,
    AnalyticsApi.get_analytics_conversations_details,
    AnalyticsApi.post_analytics_conversations_aggregates_query,
    AnalyticsApi.post_analytics_users_details_jobs,
    AnalyticsApi.get_analytics_users_details_job,
    AnalyticsApi.get_analytics_users_details_job_results,
    AnalyticsApi.delete_analytics_users_details_job,
    AnalyticsApi.post_analytics_users_details_query,
]
PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool}
LOST = "outdated_sdk_version"
DATE = re.compile(r"\d{4}-\d\d-\d\d")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    # Many are evaluated and surveyed, so that every kind of story appears.
    with serve(
        Settings(
            now="2026-05-20T12:00:00Z", conversations_per_day=1_200, rate_limit=0, evaluation_every=20, survey_every=20
        )
    ) as running:
        yield running


@pytest.fixture(scope="module")
def api(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    with pytest.MonkeyPatch.context() as patch:
        # The client watches the home directory for its configuration.
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        api = ApiClient(host=simulator.url)
        api.get_client_credentials_token(simulator.client_id, simulator.client_secret)
        yield api


def faults(value: object, kind: str, where: str) -> Iterator[str]:
    """What in a JSON value does not fit a type of the official models."""
    if value is None or kind == "object":
        return
    if kind.startswith("list["):
        entries = enumerate(value) if isinstance(value, list) else []
        inner = kind[5:-1]
    elif kind.startswith("dict("):
        entries = value.items() if isinstance(value, dict) else []
        inner = kind[5:-1].split(", ", 1)[1]
    else:
        yield from plain_faults(value, kind, where)
        return
    if not isinstance(value, list if kind.startswith("list[") else dict):
        yield f"{where}: {value!r} is no {kind}"
    for name, entry in entries:
        yield from faults(entry, inner, f"{where}[{name}]")


def plain_faults(value: object, kind: str, where: str) -> Iterator[str]:
    if kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (isinstance(value, bool) and kind != "bool"):
            yield f"{where}: {value!r} is no {kind}"
    elif kind == "LocalDateTime":
        if not LOCAL.fullmatch(str(value)):
            yield f"{where}: {value!r} is no wall-clock time without a zone"
    elif kind == "date":
        if not DATE.fullmatch(str(value)):
            yield f"{where}: {value!r} is no date"
    elif kind == "datetime":
        try:
            datetime.fromisoformat(str(value))
        except ValueError:
            yield f"{where}: {value!r} is no moment"
        if not str(value).endswith("Z"):
            yield f"{where}: {value!r} is not in UTC"
    else:
        yield from model_faults(value, kind, where)


def model_faults(value: object, kind: str, where: str) -> Iterator[str]:
    model = getattr(models, kind)()
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {kind}"
        return
    for name, entry in value.items():
        if name not in names:
            yield f"{where}.{name}: {kind} has no such field"
        else:
            yield from faults(entry, model.swagger_types[names[name]], f"{where}.{name}")


def lost(model: Any, where: str = "") -> Iterator[str]:
    """Where the client dropped a value that it did not know."""
    if isinstance(model, list):
        for index, entry in enumerate(model):
            yield from lost(entry, f"{where}[{index}]")
    elif isinstance(model, dict):
        for name, entry in model.items():
            yield from lost(entry, f"{where}.{name}")
    elif hasattr(model, "swagger_types"):
        for attribute in model.swagger_types:
            yield from lost(getattr(model, attribute), f"{where}.{attribute}")
    elif model == LOST:
        yield where


def answered_model(call: Callable[..., Any]) -> str:
    found = re.search(r"response_type='([\w\[\]]+)'", inspect.getsource(call))
    assert found is not None
    return found[1]


def answered(api: ApiClient) -> Any:
    """The last answer, as it came."""
    response: Any = api.last_response
    return json.loads(response.data)


def read(api: ApiClient, call: Callable[..., Any], **arguments: object) -> Any:
    """Call the official method; its answer must fit its model to the last field."""
    api_class = getattr(inspect.getmodule(call), call.__qualname__.split(".")[0])
    answer = call(api_class(api), **arguments)
    raw = answered(api)
    kind = answered_model(call)
    assert list(faults(raw, kind, kind))[:5] == []
    assert list(lost(answer))[:5] == []
    return answer


@pytest.mark.parametrize(("call", "arguments"), CALLS, ids=[f"{c.__name__}-{i}" for i, (c, _) in enumerate(CALLS)])
def test_the_official_client_reads_the_endpoint(
    api: ApiClient, call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    answer = read(api, call, **arguments)
    assert not hasattr(answer, "entities") or answer.entities


def test_the_official_client_reads_the_members_of_a_group(api: ApiClient) -> None:
    group = max(read(api, GroupsApi.get_groups).entities, key=lambda group: group.member_count)
    members = read(api, GroupsApi.get_group_members, group_id=group.id, page_size=100)
    assert members.total == group.member_count == len(members.entities)


@pytest.mark.parametrize(
    ("call", "arguments"), KNOWLEDGE, ids=[f"{c.__name__}-{i}" for i, (c, _) in enumerate(KNOWLEDGE)]
)
def test_the_official_client_reads_what_a_knowledge_base_holds(
    api: ApiClient, call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    base = read(api, KnowledgeApi.get_knowledge_knowledgebases).entities[0].id
    assert len(read(api, call, knowledge_base_id=base, page_size="200", **arguments).entities) > 3


def test_the_official_client_reads_one_article_as_the_listing_shows_it(api: ApiClient) -> None:
    base = read(api, KnowledgeApi.get_knowledge_knowledgebases).entities[0].id
    expand = ["category", "labels"]
    listed = read(api, KnowledgeApi.get_knowledge_knowledgebase_documents, knowledge_base_id=base, expand=expand)
    article = next(each for each in listed.entities if each.category and each.labels)
    one = read(
        api,
        KnowledgeApi.get_knowledge_knowledgebase_document,
        knowledge_base_id=base,
        document_id=article.id,
        expand=expand,
    )
    assert one == article


def test_the_official_client_reads_a_user_in_the_state_that_it_is_in(api: ApiClient) -> None:
    users = read(api, UsersApi.get_users_query, page_size=500, state="any").entities
    for state in ("active", "inactive", "deleted"):
        listed = next(user for user in users if user.state == state)
        single = read(api, UsersApi.get_user, user_id=listed.id, state=state, expand=EXPAND)
        assert (single.id, single.state) == (listed.id, state)
        assert single.authorization.roles


def test_the_official_client_reads_every_version_of_every_form_with_its_questions(api: ApiClient) -> None:
    listed = read(api, QualityApi.get_quality_publishedforms_evaluations, page_size=100, only_latest_per_context=False)
    latest = read(api, QualityApi.get_quality_publishedforms_evaluations, page_size=100)
    assert len(latest.entities) == len({version.context_id for version in listed.entities}) < len(listed.entities)
    assert not any(version.question_groups for version in listed.entities)
    forms = [read(api, QualityApi.get_quality_forms_evaluation, form_id=version.id) for version in listed.entities]
    asked = [question for form in forms for group in form.question_groups for question in group.questions]
    assert {question.type for question in asked} == {
        *("multipleChoiceQuestion", "multipleSelectQuestion"),
        *("freeTextQuestion", "npsQuestion", "readOnlyTextBlockQuestion"),
    }


@pytest.mark.parametrize(("call", "arguments"), OF_BUSINESS_UNITS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_official_client_reads_every_business_unit(
    api: ApiClient, call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    for unit in read(api, WorkforceManagementApi.get_workforcemanagement_businessunits).entities:
        answer = read(api, call, business_unit_id=unit.id, **arguments)
        assert answer.settings if arguments else answer.entities


@pytest.mark.parametrize(("call", "arguments"), OF_MANAGEMENT_UNITS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_official_client_reads_every_management_unit(
    api: ApiClient, call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    found: list[str] = []
    for unit in read(api, WorkforceManagementApi.get_workforcemanagement_managementunits).entities:
        assert unit.settings is None
        answer = read(api, call, management_unit_id=unit.id, **arguments)
        assert not arguments or answer.settings.metadata.version
        found += [] if arguments else [user.id for user in answer.entities]
    assert len(found) == len(set(found)), "a user is an agent of one unit"


def test_codes_that_have_to_be_downloaded_are_those_of_the_answer(simulator: Simulator, api: ApiClient) -> None:
    unit = simulator.entities("business_units")[0]["id"]
    codes = WorkforceManagementApi.get_workforcemanagement_businessunit_activitycodes
    answer = read(api, codes, business_unit_id=unit, force_download_service=True)
    assert answer.entities == []
    whole = httpx.get(answer.download_url)
    read(api, codes, business_unit_id=unit)
    assert whole.json() == answered(api)
    assert httpx.get(answer.download_url, headers={"Authorization": "Bearer x"}).status_code == 400
    assert httpx.get(answer.download_url + "x").status_code == 403


def test_the_official_client_takes_a_job_through_its_life(api: ApiClient) -> None:
    submitted = read(api, AnalyticsApi.post_analytics_conversations_details_jobs, body={"interval": DAY})
    job = submitted.job_id
    states = []
    while states[-1:] != ["FULFILLED"]:
        states.append(read(api, AnalyticsApi.get_analytics_conversations_details_job, job_id=job).state)
    conversations, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = read(
            api, AnalyticsApi.get_analytics_conversations_details_job_results, job_id=job, page_size=1000, **more
        )
        conversations += page.conversations
        cursor = page.cursor
        if cursor is None:
            break
    assert len(conversations) > 1_200
    assert any(participant.attributes for participant in conversations[0].participants + conversations[1].participants)
    AnalyticsApi(api).delete_analytics_conversations_details_job(job)
    assert read(api, AnalyticsApi.get_analytics_conversations_details_job, job_id=job).state == "CANCELLED"


def test_the_official_client_queries_and_reads_by_id(api: ApiClient) -> None:
    body = {"interval": DAY, "paging": {"pageSize": 100, "pageNumber": 2}}
    found = read(api, AnalyticsApi.post_analytics_conversations_details_query, body=body).conversations
    assert len(found) == 100
    ids = [conversation.conversation_id for conversation in found[:10]]
    again = read(api, AnalyticsApi.get_analytics_conversations_details, id=ids)
    assert [conversation.conversation_id for conversation in again.conversations] == ids


@pytest.mark.parametrize(("submit", "status", "results", "body"), AUDITS, ids=["services", "interactions"])
def test_the_official_client_takes_an_audit_query_through_its_life(
    api: ApiClient, submit: Callable[..., Any], status: Callable[..., Any], results: Callable[..., Any], body: Any
) -> None:
    query = read(api, submit, body=body).id
    while read(api, status, transaction_id=query).state != "Succeeded":
        pass
    page = read(api, results, transaction_id=query, page_size=10, expand=["user"])
    rest = read(api, results, transaction_id=query, page_size=10, cursor=page.cursor)
    assert len(page.entities) == 10
    assert not {message.id for message in page.entities} & {message.id for message in rest.entities}
    assert any(message.user and message.user.name for message in page.entities)
    assert not any(message.user and message.user.name for message in rest.entities if message.user_home_org_id)


def test_the_official_client_finds_and_reads_evaluations_and_surveys(api: ApiClient) -> None:
    between = {"startValue": "2026-04-20T00:00:00.000Z", "endValue": "2026-05-20T00:00:00.000Z"}
    query = [{"type": "DATE_RANGE", "field": "createdDate", **between}]
    found = []
    for automatic in (False, True):
        body = {"query": query, "pageSize": 50, "sortOrder": "DESC", "systemSubmitted": automatic}
        found += read(api, QualityApi.post_quality_evaluations_search, body=body).results
    assert {evaluation.status for evaluation in found} >= {"FINISHED", "RETRACTED", "PENDING"}
    for evaluation in found[::3]:
        read(
            api,
            QualityApi.get_quality_conversation_evaluation,
            conversation_id=evaluation.conversation.id,
            evaluation_id=evaluation.id,
        )
    filters = {"surveyFilters": [{"type": "and", "predicates": [{"dimension": "surveyStatus", "operator": "exists"}]}]}
    body = {"interval": DAY, "paging": {"pageSize": 100, "pageNumber": 1}, **filters}
    surveyed = read(api, AnalyticsApi.post_analytics_conversations_details_query, body=body).conversations
    assert surveyed
    for conversation in surveyed:
        surveys = read(api, QualityApi.get_quality_conversation_surveys, conversation_id=conversation.conversation_id)
        assert {survey.id for survey in surveys} == {survey.survey_id for survey in conversation.surveys}
    ids = [evaluation.conversation.id for evaluation in found[:10]]
    details = read(api, AnalyticsApi.get_analytics_conversations_details, id=ids).conversations
    whole = {evaluation.evaluation_id for conversation in details for evaluation in conversation.evaluations}
    assert {evaluation.id for evaluation in found[:10]} <= whole


def test_the_official_client_reads_what_agents_did(api: ApiClient) -> None:
    job = read(api, AnalyticsApi.post_analytics_users_details_jobs, body={"interval": DAY, "order": "asc"}).job_id
    while read(api, AnalyticsApi.get_analytics_users_details_job, job_id=job).state != "FULFILLED":
        pass
    page = read(api, AnalyticsApi.get_analytics_users_details_job_results, job_id=job, page_size=500)
    more = read(
        api, AnalyticsApi.get_analytics_users_details_job_results, job_id=job, page_size=500, cursor=page.cursor
    )
    assert len(page.user_details) == 500 and more.cursor is None
    presences = {each.system_presence for user in page.user_details for each in user.primary_presence}
    statuses = {each.routing_status for user in page.user_details for each in user.routing_status}
    assert presences >= {"ON_QUEUE", "OFFLINE", "AVAILABLE", "BREAK", "MEAL", "MEETING", "TRAINING", "BUSY"}
    assert statuses == {"OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING"}
    AnalyticsApi(api).delete_analytics_users_details_job(job)
    assert read(api, AnalyticsApi.get_analytics_users_details_job, job_id=job).state == "CANCELLED"
    body = {"interval": DAY, "paging": {"pageSize": 100, "pageNumber": 1}}
    assert read(api, AnalyticsApi.post_analytics_users_details_query, body=body).user_details


@pytest.mark.parametrize("name", ["queue_aggregation3", "user_aggregation3"])
def test_the_official_client_reads_aggregates_as_the_declarations_ask_for_them(api: ApiClient, name: str) -> None:
    body = filled(load_catalog()[name].read.body, interval=DAY, granularity="PT30M")
    answer = read(api, AnalyticsApi.post_analytics_conversations_aggregates_query, body=body)
    told = {metric.metric for result in answer.results for data in result.data for metric in data.metrics}
    assert told <= set(body["metrics"])
    assert len(told) > len(body["metrics"]) - 6


def test_every_endpoint_is_an_official_one_with_its_parameters_and_is_read_here() -> None:
    official: dict[tuple[str, str], set[str]] = {}
    for call in [call for call, _ in CALLS] + ELSEWHERE:
        source = inspect.getsource(call)
        path = re.search(r"resource_path = '(.*?)'", source)
        method = re.search(r"call_api\(resource_path, '(\w+)'", source)
        assert path is not None
        assert method is not None
        official[method[1], path[1]] = set(re.findall(r"query_params\['(.*?)'\]", source))
    offered = {(e.method, e.path): set(e.parameters) for e in endpoints(Simulation(Settings(conversations_per_day=10)))}
    assert offered == official


def test_values_unknown_to_the_official_client_appear_only_when_asked_for() -> None:
    with serve(Settings(now="2026-05-20T12:00:00Z", conversations_per_day=500, unknown_enums=True)) as simulator:
        api = ApiClient(host=simulator.url)
        api.get_client_credentials_token(simulator.client_id, simulator.client_secret)
        body = {"interval": DAY, "paging": {"pageSize": 100, "pageNumber": 2}}
        assert list(lost(AnalyticsApi(api).post_analytics_conversations_details_query(body=body)))
        assert list(lost(RoutingApi(api).get_routing_queues(page_size=500)))
