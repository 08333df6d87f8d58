from __future__ import annotations

import base64
import gzip
import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from genesys_assets.genesys import (
    ApiError,
    Cancelled,
    GenesysClient,
    GenesysError,
    NotFound,
    PermissionDenied,
    RateLimit,
    Retries,
    Settings,
    SignInError,
    Throttle,
    TransientError,
    Usage,
)
from genesys_assets_tests.genesys.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    QUICK,
    TOKEN,
    Asked,
    Clock,
    Reply,
    Server,
    cutting,
    settings_for,
)

ME = "/api/v2/organizations/me"


def test_it_signs_in_with_client_credentials_and_sends_the_token(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({"id": "org"}))
    answer = client.request("GET", ME)
    assert (answer.body, answer.status, answer.path) == (b'{"id": "org"}', 200, ME)
    sign_in, asked = server.asked
    assert (sign_in.method, sign_in.path, sign_in.body) == ("POST", TOKEN, b"grant_type=client_credentials")
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    assert sign_in.headers["authorization"] == f"Basic {basic}"
    assert sign_in.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["authorization"] == "Bearer token-number-1"


def test_one_token_serves_many_requests(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({}))
    for _ in range(3):
        client.request("GET", ME)
    assert server.tokens == 1


def test_a_token_is_renewed_before_it_ends(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({}))
    server.token_lifetime = 0
    client.request("GET", ME)
    server.token_lifetime = 3600
    client.request("GET", ME)
    client.request("GET", ME)
    tokens = [asked.headers["authorization"] for asked in server.requests("GET", ME)]
    assert tokens == ["Bearer token-number-1", "Bearer token-number-2", "Bearer token-number-2"]


def only_token(number: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        accepted = asked.headers["authorization"] == f"Bearer token-number-{number}"
        return Reply({"ok": True}) if accepted else Reply({"message": "Invalid login credentials."}, 401)

    return answer


def test_a_token_that_is_no_longer_accepted_is_renewed_once(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, only_token(2))
    assert client.request("GET", ME).status == 200
    assert server.calls == [f"GET {ME}"] * 2
    assert client.usage().retries == 1


def test_a_second_401_is_an_error(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, only_token(99))
    with pytest.raises(ApiError, match="401") as caught:
        client.request("GET", ME)
    assert caught.value.status == 401
    assert not caught.value.transient
    assert server.tokens == 2
    assert len(server.calls) == 2


def test_threads_that_meet_a_dead_token_share_one_renewal(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({}))
    client.request("GET", ME)
    server.on("GET", ME, only_token(2))
    together = threading.Barrier(4, timeout=10)
    answered: list[int] = []

    def work() -> None:
        together.wait()
        answered.append(client.request("GET", ME).status)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answered == [200] * 4
    assert server.tokens == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_oauth_client_is_said_plainly_and_not_asked_again(
    server: Server, client: GenesysClient, status: int
) -> None:
    server.on("POST", TOKEN, Reply({"error": "invalid_client", "description": CLIENT_SECRET}, status))
    with pytest.raises(SignInError, match=rf"{status}: OAuth client {CLIENT_ID} was refused; check its id") as caught:
        client.request("GET", ME)
    assert not caught.value.transient
    assert CLIENT_SECRET not in str(caught.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reply", [Reply({"token_type": "bearer"}), Reply([]), Reply(body=b"<html>"), Reply({"access_token": "x"})]
)
def test_a_sign_in_without_a_token_is_an_error(server: Server, client: GenesysClient, reply: Reply) -> None:
    server.on("POST", TOKEN, reply)
    with pytest.raises(SignInError, match="without a token"):
        client.request("GET", ME)


def test_a_sign_in_that_fails_for_a_moment_is_repeated(server: Server, client: GenesysClient) -> None:
    good = Reply({"access_token": "late", "expires_in": 3600})
    server.on("POST", TOKEN, Reply(status=503), Reply(status=429, headers={"retry-after": "0"}), good)
    server.on("GET", ME, Reply({}))
    assert client.request("GET", ME).status == 200
    assert len(server.requests("POST", TOKEN)) == 3


def test_parameters_are_sent_as_the_api_wants_them_and_join_a_query_that_is_there(
    server: Server, client: GenesysClient
) -> None:
    server.on("GET", ME, Reply({}))
    client.request("GET", f"{ME}?after=a%2Fb", params={"pageSize": 5, "state": "any", "flag": True})
    assert server.asked[-1].query == {"after": "a/b", "pageSize": "5", "state": "any", "flag": "true"}


def test_a_full_address_is_asked_of_the_configured_host_only(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({"here": 1}))
    answer = client.request("GET", f"https://api.elsewhere.example{ME}?x=1")
    assert answer.path == ME
    assert server.asked[-1].query == {"x": "1"}


def test_a_body_is_sent_as_json(server: Server, client: GenesysClient) -> None:
    server.on("POST", "/api/v2/things/query", Reply({}))
    client.request("POST", "/api/v2/things/query", json={"interval": "a/b", "n": 1})
    assert server.asked[-1].json == {"interval": "a/b", "n": 1}
    assert server.asked[-1].headers["content-type"] == "application/json"


def test_a_compressed_answer_is_unpacked(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply(body=gzip.compress(b'{"big": 1}'), headers={"content-encoding": "gzip"}))
    assert client.request("GET", ME).body == b'{"big": 1}'
    assert "gzip" in server.asked[-1].headers["accept-encoding"]


def test_a_429_is_waited_out_as_long_as_retry_after_asks(server: Server, paced: GenesysClient, clock: Clock) -> None:
    server.on("GET", ME, Reply(status=429, headers={"retry-after": "37"}), Reply({}))
    began = clock.now
    assert paced.request("GET", ME).status == 200
    assert clock.now - began == pytest.approx(37, abs=0.01)
    usage = paced.usage()
    assert (usage.calls, usage.retries, usage.rate_limited) == (2, 1, 1)
    assert usage.throttled_seconds == pytest.approx(37, abs=0.01)


def test_retry_after_may_be_a_date_counted_from_the_answers_own(
    server: Server, paced: GenesysClient, clock: Clock
) -> None:
    sent = datetime(2020, 1, 1, tzinfo=UTC)
    until = format_datetime(sent + timedelta(seconds=21), usegmt=True)
    headers = {"retry-after": until, "date": format_datetime(sent, usegmt=True)}
    server.on("GET", ME, Reply(status=429, headers=headers), Reply({}))
    began = clock.now
    paced.request("GET", ME)
    assert clock.now - began == pytest.approx(21, abs=0.01)


def test_retry_after_is_clamped(server: Server, paced: GenesysClient, clock: Clock) -> None:
    server.on("GET", ME, Reply(status=429, headers={"retry-after": "99999"}), Reply({}))
    began = clock.now
    paced.request("GET", ME)
    assert clock.now - began == pytest.approx(Retries().longest_retry_after, abs=0.01)


def test_without_retry_after_the_reset_of_the_window_is_waited_for(
    server: Server, paced: GenesysClient, clock: Clock
) -> None:
    server.on("GET", ME, Reply(status=429, headers={"inin-ratelimit-reset": "14"}), Reply({}))
    began = clock.now
    paced.request("GET", ME)
    assert clock.now - began == pytest.approx(14, abs=0.01)


def test_a_429_that_never_ends_is_given_up(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply(status=429, headers={"retry-after": "0"}))
    with pytest.raises(TransientError, match=r"GET /api/v2/organizations/me: given up after 30 attempts .* 429"):
        client.request("GET", ME)
    assert len(server.calls) == QUICK.rate_limited
    assert client.usage().rate_limited == QUICK.rate_limited


def test_waits_end_when_the_total_time_is_used_up(server: Server, settings: Settings) -> None:
    server.on("GET", ME, Reply(status=503, headers={"retry-after": "60"}))
    with (
        GenesysClient(settings, retries=Retries(total=59)) as client,
        pytest.raises(TransientError, match="after 1 attempts"),
    ):
        client.request("GET", ME)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_failing_server_is_asked_again(server: Server, client: GenesysClient, status: int) -> None:
    server.on("GET", ME, Reply(status=status), Reply(status=status), Reply({"id": 1}))
    assert client.request("GET", ME).body == b'{"id": 1}'
    assert (client.usage().calls, client.usage().retries) == (3, 2)


def test_a_server_that_keeps_failing_is_given_up_after_a_bounded_number_of_attempts(
    server: Server, client: GenesysClient
) -> None:
    server.on("GET", ME, Reply(status=500, headers={"inin-correlation-id": "c-0815"}))
    with pytest.raises(TransientError, match=r"8 attempts.*c-0815") as caught:
        client.request("GET", ME)
    assert caught.value.transient
    assert len(server.calls) == 8


@pytest.mark.parametrize("status", [400, 402, 405, 409, 410, 413, 415, 422, 301])
def test_a_request_that_is_wrong_is_never_repeated(server: Server, client: GenesysClient, status: int) -> None:
    body = {"message": "interval is wrong", "code": "bad.request", "status": status}
    server.on("GET", ME, Reply(body, status, {"inin-correlation-id": "c-1"}))
    with pytest.raises(ApiError) as caught:
        client.request("GET", ME, params={"cursor": "c"})
    error = caught.value
    assert (error.status, error.method, error.path, error.correlation_id) == (status, "GET", ME, "c-1")
    assert error.message == "interval is wrong [bad.request]"
    assert not error.transient
    assert len(server.calls) == 1


def test_a_404_has_its_own_kind(server: Server, client: GenesysClient) -> None:
    del server
    with pytest.raises(NotFound, match="no such path"):
        client.request("GET", "/api/v2/nothing")


def test_a_missing_permission_is_named(server: Server, client: GenesysClient) -> None:
    body = {
        "message": "Unable to perform the requested action. You are missing the following permission(s): "
        "[analytics:conversationDetail:view, directory:user:view]",
        "code": "missing.permissions",
    }
    server.on("GET", ME, Reply(body, 403))
    with pytest.raises(PermissionDenied, match="give the OAuth client a role with analytics:") as caught:
        client.request("GET", ME)
    assert caught.value.permissions == ("analytics:conversationDetail:view", "directory:user:view")
    assert len(server.calls) == 1


def test_a_permission_named_only_in_the_parameters_of_the_message_is_found(
    server: Server, client: GenesysClient
) -> None:
    body = {"message": "Missing {permissions}", "messageParams": {"permissions": "routing:queue:view"}}
    server.on("GET", ME, Reply(body, 403))
    with pytest.raises(PermissionDenied) as caught:
        client.request("GET", ME)
    assert caught.value.permissions == ("routing:queue:view",)


def test_a_403_that_names_no_permission_says_what_to_look_at(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply(body=b"<html>Forbidden</html>", status=403))
    with pytest.raises(PermissionDenied, match=r"Forbidden.*check the OAuth client's roles") as caught:
        client.request("GET", ME)
    assert caught.value.permissions == ()


WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{"id": 1}'


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id"',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"not http at all\r\n\r\n",
    ],
    ids=["at once", "in the headers", "in the body", "between chunks", "garbled gzip", "garbled"],
)
def test_a_connection_that_breaks_is_made_again(server: Server, cut: bytes) -> None:
    with (
        cutting(cut, cut, WHOLE) as url,
        GenesysClient(settings_for(server, url), retries=QUICK) as client,
    ):
        assert client.request("GET", ME).body == b'{"id": 1}'
        assert client.usage().calls == 3
        assert client.usage().retries == 2


def test_a_server_that_is_not_there_is_given_up_as_transient(server: Server) -> None:
    with cutting() as url:
        gone = url
    with (
        GenesysClient(settings_for(server, gone), retries=QUICK) as client,
        pytest.raises(TransientError, match=r"8 attempts.*ConnectError"),
    ):
        client.request("GET", ME)


def test_an_answer_that_does_not_come_is_timed_out(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = settings_for(server, f"http://127.0.0.1:{silent.getsockname()[1]}")
        with (
            GenesysClient(settings, retries=Retries(attempts=2, base=0), timeout=httpx.Timeout(5, read=0.05)) as client,
            pytest.raises(TransientError, match=r"2 attempts.*ReadTimeout"),
        ):
            client.request("GET", ME)


def test_waiting_ends_at_once_when_cancelled(server: Server, settings: Settings) -> None:
    stop = threading.Event()

    def fail(asked: Asked) -> Reply:
        del asked
        stop.set()
        return Reply(status=503, headers={"retry-after": "250"})

    server.on("GET", ME, fail)
    with GenesysClient(settings, cancelled=stop.is_set) as client, pytest.raises(Cancelled):
        client.request("GET", ME)
    assert len(server.calls) == 1


def test_waiting_for_the_rate_limit_ends_when_cancelled(server: Server, settings: Settings) -> None:
    stop = threading.Event()

    def limit(asked: Asked) -> Reply:
        del asked
        stop.set()
        return Reply(status=429, headers={"retry-after": "250"})

    server.on("GET", ME, limit)
    with GenesysClient(settings, cancelled=stop.is_set) as client, pytest.raises(Cancelled):
        client.request("GET", ME)
    assert len(server.calls) == 1


def test_nothing_is_sent_once_cancelled_but_for_cleaning_up(server: Server, settings: Settings) -> None:
    server.on("DELETE", ME, Reply(status=204, body=b""))
    with GenesysClient(settings, cancelled=lambda: True) as client:
        with pytest.raises(Cancelled):
            client.request("GET", ME)
        with pytest.raises(Cancelled):
            list(client.download(f"{server.url}/file"))
        assert client.cancelled
        assert client.request("DELETE", ME, even_if_cancelled=True).status == 204
    assert server.calls == [f"DELETE {ME}"]


def test_cleaning_up_does_not_hold_up_who_wants_to_stop(server: Server, settings: Settings) -> None:
    server.on("DELETE", ME, Reply(status=503))
    throttle = Throttle(60)
    throttle.penalise(300)
    with (
        GenesysClient(settings, throttle=throttle, cancelled=lambda: True) as client,
        pytest.raises(TransientError, match="2 attempts"),
    ):
        client.request("DELETE", ME, even_if_cancelled=True)


def test_a_closed_client_says_so(settings: Settings) -> None:
    with GenesysClient(settings) as client:
        pass
    with pytest.raises(GenesysError, match="this client is closed"):
        client.request("GET", ME)


def test_the_servers_time_is_that_of_its_last_answer(
    server: Server, client: GenesysClient, caplog: pytest.LogCaptureFixture
) -> None:
    then = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    server.on(
        "GET",
        ME,
        Reply({}, headers={"date": format_datetime(then, usegmt=True)}),
        Reply({}, headers={"date": "some day"}),
    )
    client.request("GET", ME)
    client.request("GET", ME)
    assert client.server_time() == then
    assert "no date: 'some day'" in caplog.text


def test_the_servers_time_is_heard_of_by_signing_in_without_an_api_call(server: Server, client: GenesysClient) -> None:
    before = datetime.now(UTC)
    assert abs(client.server_time() - before) < timedelta(minutes=1)
    assert client.usage().calls == 0
    assert server.tokens == 1


def test_a_download_gets_no_token_and_costs_no_call(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply({}))
    client.request("GET", ME)
    before = client.usage()
    server.on("GET", "/bucket/file", Reply(body=b"x" * 100_000))
    content = b"".join(client.download(f"{server.url}/bucket/file?X-Amz-Signature=abc"))
    assert content == b"x" * 100_000
    asked = server.asked[-1]
    assert asked.query == {"X-Amz-Signature": "abc"}
    assert "authorization" not in asked.headers
    assert client.usage() - before == Usage(bytes=100_000)


def test_a_download_follows_redirects_and_is_retried_before_its_first_piece(
    server: Server, client: GenesysClient
) -> None:
    server.on("GET", "/a", Reply(status=503), Reply(status=302, headers={"location": "/b?sig=1"}))
    server.on("GET", "/b", Reply(body=b"content"))
    assert b"".join(client.download(f"{server.url}/a")) == b"content"
    assert server.asked[-1].query == {"sig": "1"}


def test_a_download_that_breaks_in_the_middle_is_an_error_never_a_short_file(client: GenesysClient) -> None:
    with cutting(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as url:
        pieces = client.download(f"{url}/file")
        assert next(pieces) == b"half"
        with pytest.raises(TransientError, match="after 4 bytes"):
            next(pieces)


def test_an_expired_address_is_said_without_its_signature_or_the_answers_text(
    server: Server, client: GenesysClient
) -> None:
    server.on("GET", "/bucket/file", Reply(body=b"<Error>StringToSign sig-nature</Error>", status=403))
    with pytest.raises(ApiError, match=r"403.*expired; ask the API for a new one") as caught:
        list(client.download(f"{server.url}/bucket/file?X-Amz-Signature=sig-nature"))
    assert not isinstance(caught.value, PermissionDenied)
    assert "sig-nature" not in str(caught.value)


def test_no_secret_shows_in_errors_or_logs(
    server: Server, client: GenesysClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []

    def fails(method: str, path: str) -> None:
        with pytest.raises(GenesysError) as caught:
            client.request(method, path)
        error: BaseException | None = caught.value
        while error is not None:
            texts.append(f"{error} {error!r}")
            error = error.__cause__ or error.__context__

    def echo(asked: Asked) -> Reply:
        return Reply({"message": f"bad {asked.headers['authorization']} {CLIENT_SECRET}"}, 400)

    server.on("GET", "/echo", echo)
    server.on("GET", "/text", lambda asked: Reply(body=str(asked.headers).encode(), status=409))
    server.on("GET", "/failing", Reply(status=500))
    server.on("GET", "/limited", Reply(status=429, headers={"retry-after": "0"}))
    server.on("GET", "/denied", only_token(99))
    for path in ("/echo", "/text", "/failing", "/limited", "/denied"):
        fails("GET", path)
    server.on("GET", "/file", Reply(body=b"content"))
    list(client.download(f"{server.url}/file?X-Amz-Signature=sig-nature"))
    server.on("POST", TOKEN, Reply({"error": CLIENT_SECRET}, 401))
    fails("GET", "/denied")
    everything = caplog.text + " ".join(texts) + repr(client.settings)
    assert "/failing: status 500" in everything
    assert "HTTP Request: GET" in everything
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    for secret in (CLIENT_SECRET, basic, "token-number-", "sig-nature"):
        assert secret not in everything


def test_a_token_that_no_header_can_carry_is_an_error_that_does_not_quote_it(
    server: Server, client: GenesysClient
) -> None:
    server.on("POST", TOKEN, Reply({"access_token": "bad\ntoken", "expires_in": 60}))
    with pytest.raises(GenesysError, match="LocalProtocolError") as caught:
        client.request("GET", ME)
    assert "bad" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_limit_that_answers_tell_is_known_and_one_below_ours_is_reported(
    server: Server, client: GenesysClient, caplog: pytest.LogCaptureFixture
) -> None:
    told = {"inin-ratelimit-allowed": "180", "inin-ratelimit-count": "7", "inin-ratelimit-reset": "42"}
    server.on("GET", ME, Reply({}), Reply({}, headers=told), Reply({}, headers=told), Reply({}))
    assert client.rate_limit is None
    for _ in range(4):
        client.request("GET", ME)
    assert client.rate_limit == RateLimit(allowed=180, count=7, reset=42)
    assert caplog.text.count("allows 180 requests a minute, less than the 60000 configured") == 1


def test_usage_counts_calls_and_bytes_of_all_threads(server: Server, client: GenesysClient) -> None:
    server.on("GET", ME, Reply(body=b"0123456789"))
    client.request("GET", ME)
    before = client.usage()
    threads = [threading.Thread(target=client.request, args=("GET", ME)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = client.usage() - before
    assert (used.calls, used.bytes, used.retries, used.rate_limited) == (8, 80, 0, 0)
    assert before + used == client.usage()


def test_a_path_without_a_slash_is_a_mistake_of_the_caller(client: GenesysClient) -> None:
    with pytest.raises(ValueError, match="must start with a slash"):
        client.request("GET", "api/v2/users")
