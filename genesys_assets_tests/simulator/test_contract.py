"""Sign-in, paging, rate limit, faults and the life of a job: what the API promises, and what goes wrong."""

from __future__ import annotations

import httpx
import pytest

from genesys_assets.simulator import Faults, Simulator, malformation, omits_expand, serve
from genesys_assets_tests.simulator.conftest import NOW, Client, small

JOBS = "/analytics/conversations/details/jobs"
QUERY = "/analytics/conversations/details/query"
DAY = "2026-05-18T00:00:00.000Z/2026-05-19T00:00:00.000Z"


def test_only_the_right_credentials_get_a_token(simulator: Simulator) -> None:
    def sign_in(client: str, secret: str, grant: str = "client_credentials") -> int:
        form = {"grant_type": grant}
        return httpx.post(f"{simulator.url}/oauth/token", data=form, auth=(client, secret), trust_env=False).status_code

    assert sign_in(simulator.client_id, simulator.client_secret) == 200
    assert sign_in(simulator.client_id, "wrong") == 401
    assert sign_in("nobody", simulator.client_secret) == 400
    assert sign_in(simulator.client_id, simulator.client_secret, "password") == 400


def test_a_request_without_a_valid_token_is_refused(client: Client) -> None:
    client.http.headers["Authorization"] = "Bearer invented"
    assert client.get("/users").json()["code"] == "bad.credentials"
    del client.http.headers["Authorization"]
    answer = client.get("/users")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication.required")


def test_a_token_ends_with_its_lifetime() -> None:
    with serve(small(token_lifetime_s=0.0)) as simulator:
        client = Client(simulator)
        assert client.get("/organizations/me").status_code == 401
        client.close()


def test_errors_are_worded_like_those_of_the_api(client: Client) -> None:
    answer = client.get("/users", pageSize=501)
    body = answer.json()
    assert answer.status_code == body["status"] == 400
    assert body["messageWithParams"] == "The page size {size} is larger than {largest}"
    assert body["message"] == "The page size 501 is larger than 500"
    assert body["contextId"] == answer.headers["inin-correlation-id"]
    assert client.get("/no/such/thing").status_code == 404
    assert client.get("/groups/nothing/members").json()["code"] == "not.found"
    assert client.get("/users", pageSize="many").status_code == 400
    assert client.get("/users", state="asleep").status_code == 400


def test_numbered_pages_hold_everything_once(client: Client) -> None:
    first = client.get("/users", state="any").json()
    assert (len(first["entities"]), first["pageSize"], first["total"], first["pageCount"]) == (25, 25, 120, 5)
    uri, ids = first["selfUri"], []
    while uri:
        page = client.http.get(uri).json()
        ids += [user["id"] for user in page["entities"]]
        uri = page.get("nextUri")
    assert len(ids) == len(set(ids)) == 120
    assert client.get("/users", state="any", pageNumber=9).json()["entities"] == []


def test_cursors_lead_to_the_end(client: Client) -> None:
    ids, query = [], {"state": "any", "pageSize": 50}
    while True:
        page = client.get("/users/query", **query).json()
        ids += [user["id"] for user in page["entities"]]
        if "cursor" not in page:
            break
        query["cursor"] = page["cursor"]
    assert len(set(ids)) == 120
    assert "nextUri" not in page
    assert client.get("/users/query", cursor="invented").status_code == 400


def test_teams_are_paged_by_the_address_of_the_next_page(client: Client) -> None:
    uri, names = "/api/v2/teams?pageSize=5", []
    while uri:
        page = client.http.get(uri).json()
        names += [team["name"] for team in page["entities"]]
        uri = page.get("nextUri")
    assert names == sorted(names)
    assert len(names) == 12
    assert "total" not in page


def test_users_of_every_state_are_listed_only_when_asked_for(client: Client) -> None:
    def count(**query: object) -> int:
        return client.get("/users", pageSize=1, **query).json()["total"]

    active, inactive, deleted = count(), count(state="inactive"), count(state="deleted")
    assert min(active, inactive, deleted) > 0
    assert active + inactive + deleted == count(state="any") == 120


def test_offset_paging_of_users_ends_at_its_ceiling() -> None:
    with serve(small(users=10_050, groups=2, queues=2)) as simulator:
        client = Client(simulator)
        assert client.get("/users", state="any", pageSize=500, pageNumber=20).status_code == 200
        answer = client.get("/users", state="any", pageSize=500, pageNumber=21)
        assert answer.status_code == 400
        client.close()


def test_what_is_not_expanded_is_not_there(client: Client) -> None:
    plain = client.get("/users/query", pageSize=100).json()["entities"]
    assert not any({"team", "locations", "skills", "groups", "lastTokenIssued"} & user.keys() for user in plain)
    expanded = client.get("/users/query", pageSize=100, expand="team,groups,lasttokenissued").json()["entities"]
    assert all("groups" in user and "skills" not in user for user in expanded)
    assert any("team" in user for user in expanded)
    assert any("lastTokenIssued" in user for user in expanded)


def test_deactivated_presences_and_all_labels_come_only_when_asked_for(client: Client) -> None:
    active = client.get("/presence/definitions").json()["entities"]
    retired = client.get("/presence/definitions", deactivated="true").json()["entities"]
    assert {presence["deactivated"] for presence in active} == {False}
    assert {presence["deactivated"] for presence in retired} == {True}
    assert all(set(presence["languageLabels"]) <= {"en_US"} for presence in active)
    everything = client.get("/presence/definitions", localeCode="ALL").json()["entities"]
    assert any("de" in presence["languageLabels"] for presence in everything)


def test_too_large_a_page_is_clipped_where_the_api_clips(client: Client) -> None:
    assert client.get("/routing/queues", pageSize=900).json()["pageSize"] == 500
    assert client.get("/locations", pageSize=900).status_code == 400


def test_references_lead_somewhere(client: Client, simulator: Simulator) -> None:
    ids = {kind: {e["id"] for e in simulator.entities(kind)} for kind in ("users", "teams", "divisions", "locations")}
    for user in simulator.entities("users"):
        assert user["division"]["id"] in ids["divisions"]
        assert "manager" not in user or user["manager"]["id"] in ids["users"]
        assert "team" not in user or user["team"]["id"] in ids["teams"]
        assert all(place["locationDefinition"]["id"] in ids["locations"] for place in user["locations"])
    known = {kind: {e["id"] for e in simulator.entities(kind)} for kind in ("queues", "wrapup_codes", "flow_outcomes")}
    for conversation in client.day(DAY):
        for participant in conversation["participants"]:
            assert participant.get("userId", next(iter(ids["users"]))) in ids["users"]
            assert participant.get("teamId", next(iter(ids["teams"]))) in ids["teams"]
            for session in participant["sessions"]:
                for outcome in session.get("flow", {}).get("outcomes", ()):
                    assert outcome["flowOutcomeId"] in known["flow_outcomes"]
                for part in session["segments"]:
                    assert "queueId" not in part or part["queueId"] in known["queues"]
                    code = part.get("wrapUpCode", "ININ")
                    assert code.startswith("ININ") or code in known["wrapup_codes"]
        assert set(conversation["divisionIds"]) <= ids["divisions"]


def test_parameters_that_the_api_does_not_have_are_noted(client: Client, simulator: Simulator) -> None:
    client.get("/users", pagesize=5)
    assert simulator.statistics()["unknown_parameters"] == {"GET /api/v2/users": ["pagesize"]}


def test_the_rate_limit_counts_by_token_and_window() -> None:
    with serve(small(rate_limit=5, rate_window_s=60.0)) as simulator:
        client = Client(simulator)
        answers = [client.get("/organizations/me") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert answers[2].headers["inin-ratelimit-count"] == "3"
        assert answers[2].headers["inin-ratelimit-allowed"] == "5"
        assert 0 < int(answers[5].headers["Retry-After"]) <= 60
        assert answers[5].json()["code"] == "too.many.requests"
        client.sign_in()
        assert client.get("/organizations/me").status_code == 200
        statistics = simulator.statistics()
        assert statistics["rate_limited"] == 2
        assert statistics["windows"] == [5, 1]
        client.close()


def test_a_new_window_lets_requests_through_again() -> None:
    with serve(small(rate_limit=1, rate_window_s=0.0)) as simulator:
        client = Client(simulator)
        assert [client.get("/organizations/me").status_code for _ in range(3)] == [200] * 3
        client.close()


def test_a_missing_permission_is_named(client: Client, simulator: Simulator) -> None:
    simulator.deny("routing:queue:view", "analytics:conversationDetail:view")
    answer = client.get("/routing/queues")
    assert (answer.status_code, answer.json()["code"]) == (403, "missing.any.permissions")
    assert answer.json()["messageParams"]["permissions"] == "[routing:queue:view]"
    # One of several permissions is enough.
    assert client.post(QUERY, {"interval": DAY}).status_code == 200
    simulator.deny()
    assert client.get("/routing/queues").status_code == 200


def test_faults_hit_their_share_of_requests_and_the_same_ones_again() -> None:
    def statuses() -> list[int]:
        with serve(small(faults=Faults(rate_limit_storm=0.2, errors_500=0.2, retry_after_s=3))) as simulator:
            client = Client(simulator)
            answers = [client.get("/organizations/me") for _ in range(200)]
            assert all(a.headers["Retry-After"] == "3" for a in answers if a.status_code == 429)
            simulator.set_faults()
            assert client.get("/organizations/me").status_code == 200
            client.close()
            return [answer.status_code for answer in answers]

    first = statuses()
    assert 20 <= first.count(429) <= 60
    assert 15 <= first.count(500) <= 50
    assert statuses() == first


def test_a_connection_is_cut_in_the_middle_of_an_answer(client: Client, simulator: Simulator) -> None:
    simulator.set_faults(Faults(cut_connections=1.0))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/routing/queues")
    simulator.set_faults()
    assert client.get("/routing/queues").status_code == 200
    assert simulator.statistics()["faults"] == {"cut_connections": 1}


def test_tokens_can_end_early(client: Client, simulator: Simulator) -> None:
    simulator.set_faults(Faults(expire_tokens=1.0))
    assert client.get("/organizations/me").status_code == 401
    simulator.set_faults()
    assert client.get("/organizations/me").status_code == 401
    client.sign_in()
    assert client.get("/organizations/me").status_code == 200


def test_malformed_items_are_those_foretold(client: Client, simulator: Simulator) -> None:
    good = {conversation["conversationId"]: conversation for conversation in client.day(DAY)}
    simulator.set_faults(Faults(malformed_items=0.2))
    spoiled = client.day(DAY)
    foretold = {identifier: malformation(1, 0.2, identifier) for identifier in good}
    assert len(spoiled) == len(good)
    for (identifier, whole), item in zip(good.items(), spoiled, strict=True):
        assert (item == whole) == (foretold[identifier] is None)
        assert ("conversationId" not in item) == (foretold[identifier] == "missing_id")
    kinds = ("number_as_text", "bad_date", "object_for_text", "missing_id")
    assert set(foretold.values()) == {None, *kinds}
    users = client.get("/users", pageSize=100).json()["entities"]
    assert any("id" not in user for user in users)


def test_expands_are_left_out_where_foretold(client: Client, simulator: Simulator) -> None:
    simulator.set_faults(Faults(omitted_expands=0.5))
    users = client.get("/users/query", state="any", pageSize=500, expand="skills").json()["entities"]
    assert all(("skills" in user) != omits_expand(1, 0.5, user["id"], "skills") for user in users)
    assert {"skills" in user for user in users} == {True, False}


def test_a_path_can_be_made_to_fail_until_it_is_healed(client: Client, simulator: Simulator) -> None:
    group = simulator.entities("groups")[0]["id"]
    simulator.fail(f"/api/v2/groups/{group}/members", 500, times=1)
    assert client.get(f"/groups/{group}/members").status_code == 500
    assert client.get(f"/groups/{group}/members").status_code == 200
    simulator.fail(f"/api/v2/groups/{group}/members", 404)
    assert [client.get(f"/groups/{group}/members").status_code for _ in range(3)] == [404] * 3
    assert client.get("/groups").status_code == 200
    simulator.heal()
    assert client.get(f"/groups/{group}/members").status_code == 200


def test_the_world_can_be_changed(client: Client, simulator: Simulator) -> None:
    def names() -> set[str]:
        return {queue["name"] for queue in client.get("/routing/queues", pageSize=100).json()["entities"]}

    before = names()
    first, second = simulator.entities("queues")[:2]
    simulator.edit("queues", first["id"], name="Renamed")
    simulator.remove("queues", second["id"])
    added = simulator.add("queues", name="Added")
    assert names() == before - {first["name"], second["name"]} | {"Renamed", "Added"}
    assert added["selfUri"] == f"/api/v2/routing/queues/{added['id']}"
    simulator.restore("queues", second["id"])
    assert second["name"] in names()
    simulator.edit("organization", "", name="Other name")
    assert client.get("/organizations/me").json()["name"] == "Other name"


def test_members_come_and_go(client: Client, simulator: Simulator) -> None:
    group = next(g for g in simulator.entities("groups") if g["memberCount"] > 1)
    members = [m["id"] for m in client.get(f"/groups/{group['id']}/members", pageSize=100).json()["entities"]]
    assert len(members) == group["memberCount"]
    new = next(u["id"] for u in simulator.entities("users") if u["id"] not in members and u["state"] == "active")
    simulator.leave_group(group["id"], members[0])
    simulator.join_group(group["id"], new)
    now = [m["id"] for m in client.get(f"/groups/{group['id']}/members", pageSize=100).json()["entities"]]
    assert set(now) == {*members[1:], new}
    user = client.get("/users", id=new, expand="groups").json()["entities"][0]
    assert group["id"] in [each["id"] for each in user["groups"]]


def test_a_job_is_queued_and_pending_before_it_is_fulfilled() -> None:
    with serve(small(job_polls=4)) as simulator:
        client = Client(simulator)
        job = client.post(JOBS, {"interval": DAY}).json()["jobId"]
        assert client.get(f"{JOBS}/{job}/results").status_code == 400
        states = [client.get(f"{JOBS}/{job}").json()["state"] for _ in range(4)]
        assert states == ["QUEUED", "PENDING", "PENDING", "FULFILLED"]
        assert client.get(f"{JOBS}/{job}/results").json()["conversations"]
        client.close()


def test_a_job_takes_its_time() -> None:
    with serve(small(job_polls=0, job_s=3_600.0)) as simulator:
        client = Client(simulator)
        job = client.post(JOBS, {"interval": DAY}).json()["jobId"]
        assert {client.get(f"{JOBS}/{job}").json()["state"] for _ in range(4)} == {"QUEUED", "PENDING"}
        client.close()


def test_a_job_ends_cancelled_or_expired(client: Client, simulator: Simulator) -> None:
    job = client.job(DAY)
    simulator.set_clock("2026-05-21T12:00:00Z")
    assert client.get(f"{JOBS}/{job}").json()["state"] == "EXPIRED"
    assert client.get(f"{JOBS}/{job}/results").status_code == 404
    other = client.job(DAY)
    assert client.http.delete(f"/api/v2{JOBS}/{other}").status_code == 204
    assert client.get(f"{JOBS}/{other}").json()["state"] == "CANCELLED"
    assert client.get(f"{JOBS}/invented").status_code == 404


def test_the_results_of_a_job_do_not_depend_on_the_size_of_their_pages(client: Client) -> None:
    job = client.job(DAY)
    whole = client.results(job)
    assert len(whole) > 400
    assert client.results(job, page_size=97) == whole
    assert client.get(f"{JOBS}/{job}/results", pageSize=1001).status_code == 400


def test_a_job_past_the_watermark_is_cut_without_a_word(client: Client) -> None:
    job = client.job("2026-05-20T00:00:00.000Z/2026-05-21T00:00:00.000Z")
    answer = client.get(f"{JOBS}/{job}/results").json()
    assert answer["dataAvailabilityDate"] == "2026-05-20T06:00:00.000Z"
    starts = [conversation["conversationStart"] for conversation in answer["conversations"]]
    assert starts
    assert max(starts) <= "2026-05-20T06:00:00.000Z" < NOW


@pytest.mark.parametrize("interval", [None, "2026-05-18", f"{NOW}/{NOW}", "yesterday/today"])
def test_an_interval_must_be_one(client: Client, interval: str | None) -> None:
    assert client.post(JOBS, {"interval": interval}).status_code == 400
    assert client.post(QUERY, {"interval": interval}).status_code == 400


def test_the_query_has_its_limits(client: Client) -> None:
    week = "2026-05-11T00:00:00.000Z/2026-05-18T00:00:00.000Z"
    longer = "2026-05-11T00:00:00.000Z/2026-05-18T00:00:00.001Z"
    only = {"type": "and", "predicates": [{"dimension": "mediaType", "value": "email"}]}
    assert client.post(QUERY, {"interval": week}).json()["totalHits"] > 2_000
    assert client.post(QUERY, {"interval": longer}).status_code == 400
    filtered = client.post(QUERY, {"interval": longer, "segmentFilters": [only]}).json()
    assert 0 < filtered["totalHits"] < 500
    assert len(filtered["conversations"]) == 25
    paging = {"pageSize": 101, "pageNumber": 1}
    assert client.post(QUERY, {"interval": week, "paging": paging}).status_code == 400
    beyond = client.post(QUERY, {"interval": DAY, "paging": {"pageSize": 100, "pageNumber": 99}}).json()
    assert "conversations" not in beyond
    assert client.post(QUERY, {"interval": week, "surveyFilters": [only]}).status_code == 400


def test_the_query_can_go_backwards(client: Client) -> None:
    assert client.query(DAY, order="desc") == client.query(DAY)[::-1]


def test_statistics_count_by_endpoint_and_start_anew(client: Client, simulator: Simulator) -> None:
    group = simulator.entities("groups")[0]["id"]
    client.get(f"/groups/{group}/members")
    client.get("/users")
    assert simulator.statistics(reset=True)["requests"] == {
        "GET /api/v2/groups/{groupId}/members": 1,
        "GET /api/v2/users": 1,
    }
    client.get("/users")
    assert simulator.statistics()["total"] == 1
