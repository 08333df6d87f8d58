"""The Genesys Cloud API over HTTP: one request at a time, signed in, throttled, retried, counted."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Self, cast

import httpx
import msgspec

from genesys_assets.genesys.errors import ApiError, Cancelled, GenesysError, NotFound, PermissionDenied, TransientError
from genesys_assets.genesys.retry import DROPPED, Failure, Failures, Retries, failure_of
from genesys_assets.genesys.settings import Settings
from genesys_assets.genesys.signin import SignIn
from genesys_assets.genesys.throttle import Throttle
from genesys_assets.genesys.usage import Meter, Usage

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=30.0, pool=120.0)
"""Seconds. Results of a job can take long to start; a pool slot as long as the answer before it."""

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30.0)
_NAP = 0.2
_CLEANING_UP = Retries(attempts=2, rate_limited=1, total=5.0)

Parameter = str | int | float | bool
Parameters = Mapping[str, Parameter | Sequence[Parameter]]


class _WithoutQuery(logging.Filter):
    """httpx logs whole addresses; the query of a pre-signed one is a credential."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                a.copy_with(query=None, fragment=None) if isinstance(a, httpx.URL) else a for a in record.args
            )
        return True


_WITHOUT_QUERY = _WithoutQuery()


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; ``path`` is the request's, without query."""

    body: bytes
    status: int
    headers: Mapping[str, str] = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the last answer told of the organisation's limit (``inin-ratelimit-*``).

    ``allowed`` requests a window, ``count`` of them used, ``reset`` seconds until a new window.
    """

    allowed: int
    count: int
    reset: int


class GenesysClient:
    """Reads from one organisation; a context manager, safe to use from several threads.

    ``throttle`` is shared between clients that use the same OAuth client; by default each has its own.
    ``cancelled`` is asked before every request and several times a second while waiting; once it is
    true, everything raises :class:`Cancelled`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        throttle: Throttle | None = None,
        transport: httpx.BaseTransport | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        user_agent: str = "genesys-assets",
        retries: Retries | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        logging.getLogger("httpx").addFilter(_WITHOUT_QUERY)
        self._settings = settings
        self._throttle = throttle or Throttle(settings.requests_per_minute)
        self._told_to_stop = cancelled
        self._stopped = threading.Event()
        self._retries = retries or Retries()
        self._meter = Meter()
        self._rate_limit: RateLimit | None = None
        self._server_time: datetime | None = None
        # One pool, but nothing that signs in by default: the token is put on API requests alone.
        self._http = httpx.Client(
            transport=transport,
            verify=_certificates(),
            timeout=timeout,
            limits=_LIMITS,
            headers={"User-Agent": user_agent},
        )
        self._sign_in = SignIn(settings, self._http, self._retries, self._note_time)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    @property
    def settings(self) -> Settings:
        """Whom this client talks to."""
        return self._settings

    @property
    def cancelled(self) -> bool:
        """Whether the caller wants everything to stop."""
        return self._stopped.is_set() or self._told_to_stop()

    def cancel(self) -> None:
        """Make everything under way, and all that comes after, raise :class:`Cancelled`."""
        self._stopped.set()

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit as the last answer told it; ``None`` before the first that did."""
        return self._rate_limit

    def server_time(self) -> datetime:
        """The organisation's present (UTC, whole seconds), from the ``Date`` of the last answer.

        Before the first answer the client signs in to hear of it, which is no API call; where no answer carries a
        date, it is this machine's.

        Raises:
            SignInError: the OAuth client is refused.
            TransientError: the sign-in cannot be reached.
        """
        if self._server_time is None:
            self._sign_in.token(self.pause)
        return self._server_time or datetime.now(UTC).replace(microsecond=0)

    def usage(self) -> Usage:
        """What was used since this client exists."""
        return self._meter.total

    def pause(self, seconds: float) -> None:
        """Sleep.

        Raises:
            Cancelled: as soon as the caller says so.
        """
        self._pause(seconds, heed=True)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        json: object = None,
        even_if_cancelled: bool = False,
    ) -> Answer:
        """Send a request to ``{api_url}{path}`` and return its successful answer.

        ``path`` may carry a query, as ``nextUri`` does; ``params`` are added to it. A full address is
        reduced to its path and query, so that the token goes to no other host.

        Requests are repeated after a 429 (as ``Retry-After`` asks), after 408, 5xx and dropped
        connections (backoff with jitter), and once after a 401 with a new token. That holds for POST
        too: every POST sent here asks a question. Repeating the one that submits an async job leaves at
        worst a second job that nobody reads and that expires; its results cannot mix with those of the
        first, as they are read by the id that was answered.

        Raises:
            PermissionDenied: 403.
            NotFound: 404.
            ApiError: another 4xx (or a redirect); never repeated.
            SignInError: the OAuth client is refused.
            TransientError: the retries are used up.
            Cancelled: the caller wants to stop; not with ``even_if_cancelled``. That is for cleaning up: such
                a request does not line up for the rate limit and is given up after seconds.
        """
        url = self._address(path, params)
        where = f"{method} {url.path}"
        content = None if json is None else msgspec.json.encode(json)
        renewed = False
        heed = not even_if_cancelled
        failures = Failures(self._retries if heed else _CLEANING_UP, where)
        if self._http.is_closed:
            raise GenesysError(f"{where}: this client is closed")
        while True:
            token = self._sign_in.token(lambda seconds: self._pause(seconds, heed))
            if heed:
                self._take_turn()
            outcome = self._send(method, url, token, content)
            if isinstance(outcome, httpx.Response):
                if outcome.is_success:
                    return Answer(outcome.content, outcome.status_code, outcome.headers, url.path)
                if outcome.status_code != 401 or renewed:
                    raise self._error(method, url, outcome)
                log.info("%s: the token is no longer accepted, signing in again", where)
                renewed = True
                self._sign_in.discard(token)
            else:
                self._wait_after(failures, outcome, where, heed)
            self._meter.add(Usage(retries=1))

    def download(self, url: str) -> Iterator[bytes]:
        """The content behind a pre-signed address, in pieces.

        No token is sent, and the API's rate limit does not apply. A failure before the first piece is
        retried; one in the middle is not, as pieces were already handed out.

        Raises:
            ApiError: the address is refused, as it is once it has expired: ask the API for a new one.
            TransientError: the retries are used up, or the connection dropped in the middle.
            Cancelled: the caller wants to stop.
        """
        address = httpx.URL(url)
        where = f"GET {address.host}{address.path}"
        failures = Failures(self._retries, where)
        while True:
            self._raise_if_cancelled()
            received = 0
            try:
                with self._http.stream("GET", address, follow_redirects=True) as response:
                    failure = failure_of(response)
                    if failure is None:
                        if not response.is_success:
                            # The body is left out: storage services repeat the signature in it.
                            message = "the address was refused or has expired; ask the API for a new one"
                            raise ApiError(response.status_code, "GET", address.host + address.path, message)
                        for piece in response.iter_bytes():
                            received += len(piece)
                            self._meter.add(Usage(bytes=len(piece)))
                            yield piece
                            self._raise_if_cancelled()
                        return
            except DROPPED as error:
                failure = Failure(type(error).__name__)
                if received:
                    raise TransientError(f"{where}: {failure.reason} after {received} bytes") from None
            except httpx.HTTPError as error:
                raise GenesysError(f"{where}: {type(error).__name__}") from None
            self._pause(failures.wait_after(failure), heed=True)
            self._meter.add(Usage(retries=1))

    def _address(self, path: str, params: Parameters | None) -> httpx.URL:
        given = httpx.URL(path)
        if not given.path.startswith("/"):
            raise ValueError(f"path {path!r} must start with a slash")
        url = httpx.URL(self._settings.api_url + given.raw_path.decode("ascii"))
        return url.copy_merge_params(dict(params)) if params else url

    def _take_turn(self) -> None:
        self._raise_if_cancelled()
        waited = self._throttle.acquire(self._raise_if_cancelled)
        self._meter.add(Usage(throttled_seconds=waited))

    def _send(self, method: str, url: httpx.URL, token: str, content: bytes | None) -> httpx.Response | Failure:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        self._meter.add(Usage(calls=1))
        try:
            response = self._http.request(method, url, content=content, headers=headers)
        except DROPPED as error:
            return Failure(self._scrubbed(f"{type(error).__name__}: {error}"))
        except httpx.HTTPError as error:
            # Not chained: httpx quotes the headers that it finds illegal.
            raise GenesysError(f"{method} {url.path}: {type(error).__name__}") from None
        limited = response.status_code == 429
        self._meter.add(Usage(bytes=len(response.content), rate_limited=int(limited)))
        self._note_time(response.headers)
        self._note_rate_limit(response.headers)
        return failure_of(response) or response

    def _wait_after(self, failures: Failures, failure: Failure, where: str, heed: bool) -> None:
        wait = failures.wait_after(failure)
        log.warning("%s: %s, next attempt in %.1f s", where, failure.reason, wait)
        if failure.limited:
            # All who share the throttle wait, not only this request; its next turn comes after that.
            self._throttle.penalise(wait)
        else:
            self._pause(wait, heed)

    def _note_time(self, headers: httpx.Headers) -> None:
        if (told := headers.get("date")) is not None:
            try:
                self._server_time = parsedate_to_datetime(told).astimezone(UTC)
            except ValueError:
                log.warning("an answer carries a Date that is no date: %r", told)

    def _note_rate_limit(self, headers: httpx.Headers) -> None:
        try:
            told = RateLimit(*(int(headers[f"inin-ratelimit-{name}"]) for name in ("allowed", "count", "reset")))
        except (KeyError, ValueError):
            # Not every answer tells it; the last one that did stands.
            return
        known, self._rate_limit = self._rate_limit, told
        if told.allowed < self._settings.requests_per_minute and (known is None or known.allowed != told.allowed):
            log.warning(
                "the organisation allows %d requests a minute, less than the %d configured",
                told.allowed,
                self._settings.requests_per_minute,
            )

    def _error(self, method: str, url: httpx.URL, response: httpx.Response) -> ApiError:
        kind = {403: PermissionDenied, 404: NotFound}.get(response.status_code, ApiError)
        message = self._scrubbed(_message(response))
        return kind(response.status_code, method, url.path, message, response.headers.get("inin-correlation-id"))

    def _scrubbed(self, text: str) -> str:
        for secret in self._sign_in.secrets():
            text = text.replace(secret, "***")
        return text

    def _raise_if_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled("cancelled by the caller")

    def _pause(self, seconds: float, heed: bool) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if heed:
                self._raise_if_cancelled()
            time.sleep(min(left, _NAP))


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted; to read them takes longer than most requests, so all clients share them."""
    return httpx.create_ssl_context()


def _message(response: httpx.Response) -> str:
    """What the body of an error says: Genesys's ``message`` and ``code``, or the beginning of the text."""
    try:
        decoded = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return " ".join(response.text.split())[:300] or response.reason_phrase
    body = cast("dict[str, Any]", decoded) if isinstance(decoded, dict) else {}
    texts = [body.get(name) for name in ("message", "description", "error_description", "error")]
    said = next((text for text in texts if isinstance(text, str) and text), response.reason_phrase)
    code, params = body.get("code"), body.get("messageParams")
    if isinstance(code, str) and code:
        said += f" [{code}]"
    needed = cast("dict[str, Any]", params).get("permissions") if isinstance(params, dict) else None
    if needed and str(needed) not in said:
        said += f" (permissions: {needed})"
    return said
