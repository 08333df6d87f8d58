"""What the API calls cost, counted."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """A count of what was used; ``after - before`` is what happened in between.

    ``calls``: requests sent to the API, repeated ones included, sign-ins and downloads not.
    ``bytes``: bodies received, decompressed, of answers and downloads. ``retries``: requests sent
    again after a failure. ``throttled_seconds``: time spent waiting for the rate limit, summed over
    threads. ``rate_limited``: answers with status 429.
    """

    calls: int = 0
    bytes: int = 0
    retries: int = 0
    throttled_seconds: float = 0.0
    rate_limited: int = 0

    def __sub__(self, earlier: Usage) -> Usage:
        return Usage(
            self.calls - earlier.calls,
            self.bytes - earlier.bytes,
            self.retries - earlier.retries,
            self.throttled_seconds - earlier.throttled_seconds,
            self.rate_limited - earlier.rate_limited,
        )

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.bytes + other.bytes,
            self.retries + other.retries,
            self.throttled_seconds + other.throttled_seconds,
            self.rate_limited + other.rate_limited,
        )


class Meter:
    """A running :class:`Usage`, safe to add to from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = Usage()

    def add(self, part: Usage) -> None:
        """Count ``part``."""
        with self._lock:
            self._total += part

    @property
    def total(self) -> Usage:
        """Everything counted so far."""
        with self._lock:
            return self._total
