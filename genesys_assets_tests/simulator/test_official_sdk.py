"""The official client reads every endpoint, and nothing in an answer is unknown to its models."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from PureCloudPlatformClientV2 import models
from PureCloudPlatformClientV2.api_client import ApiClient
from PureCloudPlatformClientV2.apis.analytics_api import AnalyticsApi
from PureCloudPlatformClientV2.apis.architect_api import ArchitectApi
from PureCloudPlatformClientV2.apis.authorization_api import AuthorizationApi
from PureCloudPlatformClientV2.apis.groups_api import GroupsApi
from PureCloudPlatformClientV2.apis.locations_api import LocationsApi
from PureCloudPlatformClientV2.apis.o_auth_api import OAuthApi
from PureCloudPlatformClientV2.apis.organization_api import OrganizationApi
from PureCloudPlatformClientV2.apis.presence_api import PresenceApi
from PureCloudPlatformClientV2.apis.routing_api import RoutingApi
from PureCloudPlatformClientV2.apis.teams_api import TeamsApi
from PureCloudPlatformClientV2.apis.tokens_api import TokensApi
from PureCloudPlatformClientV2.apis.users_api import UsersApi

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
    (AnalyticsApi.get_analytics_conversations_details_jobs_availability, {}),
    (AnalyticsApi.get_analytics_dataretention_settings, {}),
]
ELSEWHERE: list[Callable[..., Any]] = [
    GroupsApi.get_group_members,
    AnalyticsApi.post_analytics_conversations_details_jobs,
    AnalyticsApi.get_analytics_conversations_details_job,
    AnalyticsApi.get_analytics_conversations_details_job_results,
    AnalyticsApi.delete_analytics_conversations_details_job,
    AnalyticsApi.post_analytics_conversations_details_query,
    AnalyticsApi.get_analytics_conversations_details,
]
PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool}
LOST = "outdated_sdk_version"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(Settings(now="2026-05-20T12:00:00Z", conversations_per_day=1_200, rate_limit=0)) as running:
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


def lost(model: object, where: str = "") -> Iterator[str]:
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
    found = re.search(r"response_type='(\w+)'", inspect.getsource(call))
    assert found is not None
    return found[1]


def read(api: ApiClient, call: Callable[..., Any], **arguments: object) -> Any:
    """Call the official method; its answer must fit its model to the last field."""
    api_class = getattr(inspect.getmodule(call), call.__qualname__.split(".")[0])
    answer = call(api_class(api), **arguments)
    raw = json.loads(api.last_response.data)
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
