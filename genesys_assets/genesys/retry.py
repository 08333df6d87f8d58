"""When a failed request is sent again, and after how long."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from genesys_assets.genesys.errors import TransientError

DROPPED = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.DecodingError,
)
"""What httpx raises where the connection, not the request, is at fault."""


@dataclass(frozen=True, slots=True)
class Retries:
    """Bounds for one request; all times in seconds.

    ``attempts`` failures (408, 5xx, dropped connections) or ``rate_limited`` answers with 429 end it,
    and so does a wait that would end later than ``total`` after the first failure. Waits grow from
    ``base`` to ``longest`` with full jitter; what ``Retry-After`` asks for is waited up to
    ``longest_retry_after``.
    """

    attempts: int = 8
    rate_limited: int = 30
    total: float = 900.0
    base: float = 0.5
    longest: float = 30.0
    longest_retry_after: float = 300.0


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt that may be repeated; ``retry_after`` is what the answer asked for."""

    reason: str
    limited: bool = False
    retry_after: float | None = None


class Failures:
    """The failures of one request so far; ``what`` names it in the error."""

    def __init__(self, retries: Retries, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._retries = retries
        self._what = what
        self._clock = clock
        self._first: float | None = None
        self._limited = 0
        self._failed = 0

    def wait_after(self, failure: Failure) -> float:
        """Count a failure.

        Returns:
            The seconds to wait before the request is sent again.

        Raises:
            TransientError: a bound of the retries is reached.
        """
        now = self._clock()
        self._first = now if self._first is None else self._first
        if failure.limited:
            self._limited += 1
        else:
            self._failed += 1
        wait = self._wait(failure)
        attempts = self._limited + self._failed
        spent = now - self._first
        if (
            self._failed >= self._retries.attempts
            or self._limited >= self._retries.rate_limited
            or spent + wait > self._retries.total
        ):
            raise TransientError(f"{self._what}: given up after {attempts} attempts in {spent:.0f} s: {failure.reason}")
        return wait

    def _wait(self, failure: Failure) -> float:
        r = self._retries
        count = self._limited if failure.limited else self._failed
        backoff = random.uniform(0, min(r.longest, r.base * 2 ** min(count - 1, 30)))
        if failure.retry_after is None:
            return backoff
        asked = min(failure.retry_after, r.longest_retry_after)
        # A server that fails may ask for less than the backoff; one that limits knows its window.
        return asked if failure.limited and asked > 0 else max(asked, backoff)


def failure_of(response: httpx.Response) -> Failure | None:
    """Why an answer is worth another attempt: 408, 429 and 5xx; ``None`` for every other status."""
    status = response.status_code
    if status not in (408, 429) and status < 500:
        return None
    limited = status == 429
    asked = retry_after(response.headers)
    if asked is None and limited:
        asked = _seconds(response.headers.get("inin-ratelimit-reset"))
    correlation = response.headers.get("inin-correlation-id")
    reason = f"status {status}" + (f" (correlation id {correlation})" if correlation else "")
    return Failure(reason, limited, asked)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that ``Retry-After`` asks for, given as a number or as a date; ``None`` without a usable one.

    A date counts from the answer's own ``Date``, so that a clock that is off here does no harm.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    until = _moment(value)
    if until is None:
        return None
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
