"""A pace that keeps just under the rate limit, shared by threads and, through a file, by processes.

The generic cell rate algorithm: a theoretical arrival time moves on by one interval with each request,
and a request may go when that time is at most a small burst ahead. Burst and rate together stay below
the limit, so that no 60 seconds, wherever they begin, hold more requests than allowed; 2 % are left
free for requests that take unequally long to arrive.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from genesys_assets.genesys.errors import TransientError

log = logging.getLogger(__name__)

_WINDOW = 60.0
_HEADROOM = 0.98
_NAP = 0.2
_LOCK_TIMEOUT = 60.0
# Waits are never planned this far ahead; a state that says so was written by a clock that was wrong.
_IMPLAUSIBLE = 3600.0


@dataclass(slots=True)
class _State:
    """``arrival``: the theoretical arrival time; ``not_before``: the end of a penalty. Epoch seconds."""

    arrival: float = 0.0
    not_before: float = 0.0


class Throttle:
    """Lets at most ``requests_per_minute`` requests pass in any 60 seconds.

    With ``state`` (a path; beside it lies a ``.lock`` file) all processes that name the same file share
    one budget: give each OAuth client its own file, as the limit is per client. ``clock`` gives epoch
    seconds, as processes must agree on it. Safe to use from several threads.
    """

    def __init__(
        self,
        requests_per_minute: int,
        state: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if requests_per_minute < 1:
            raise ValueError(f"requests_per_minute is {requests_per_minute}; it must be at least 1")
        burst = max(1, requests_per_minute // 60)
        self._interval = _WINDOW / ((requests_per_minute - burst + 1) * _HEADROOM)
        self._ahead = (burst - 1) * self._interval
        self._clock = clock
        self._sleep = sleep
        self._path = state
        self._own = _State()
        self._guard = threading.Lock()
        self._file_guard: FileLock | None = None
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True)
            self._file_guard = FileLock(state.with_name(state.name + ".lock"), timeout=_LOCK_TIMEOUT)

    def acquire(self, check: Callable[[], object] | None = None) -> float:
        """Wait until a request may be sent; ``check`` is called several times a second and may raise.

        A turn is taken before the wait, so that nobody holds a lock while sleeping; a turn whose waiter
        gives up or dies is lost, which only errs on the slow side.

        Returns:
            The seconds waited.

        Raises:
            TransientError: another process holds the state file's lock for a minute.
        """
        waited = 0.0
        while True:
            turn = self._take_turn()
            while (wait := turn - self._clock()) > 0:
                if check is not None:
                    check()
                nap = min(wait, _NAP)
                self._sleep(nap)
                waited += nap
            with self._locked() as state:
                if state.not_before <= max(turn, self._clock()):
                    return waited
            # A penalty came while this one slept: all who slept line up anew.

    def penalise(self, seconds: float) -> None:
        """Let nobody pass for ``seconds``: the server said that the limit is reached."""
        with self._locked() as state:
            state.not_before = max(state.not_before, self._clock() + seconds)
            # After it, go on at the plain pace: the burst is spent.
            state.arrival = max(state.arrival, state.not_before + self._ahead)

    def _take_turn(self) -> float:
        with self._locked() as state:
            now = self._clock()
            turn = max(now, state.arrival - self._ahead, state.not_before)
            state.arrival = max(state.arrival, turn) + self._interval
            return turn

    @contextmanager
    def _locked(self) -> Generator[_State]:
        with self._guard:
            if self._path is None or self._file_guard is None:
                yield self._sound(self._own)
                return
            try:
                self._file_guard.acquire()
            except Timeout:
                raise TransientError(
                    f"the rate limit's state {self._path} has been locked by another process for "
                    f"{_LOCK_TIMEOUT:.0f} s; look for a process that hangs with {self._file_guard.lock_file} open"
                ) from None
            try:
                state = self._sound(self._read(self._path))
                before = (state.arrival, state.not_before)
                yield state
                if (state.arrival, state.not_before) != before:
                    self._write(self._path, state)
            finally:
                self._file_guard.release()

    def _sound(self, state: _State) -> _State:
        now = self._clock()
        if max(state.arrival, state.not_before) > now + _IMPLAUSIBLE:
            log.warning("the rate limit's state lies more than an hour ahead (was the clock set back?): starting anew")
            state.arrival, state.not_before = now + self._ahead, 0.0
        return state

    def _read(self, path: Path) -> _State:
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return _State()
        try:
            value = cast("dict[str, Any]", json.loads(text))
            return _State(float(value["arrival"]), float(value["not_before"]))
        except (ValueError, KeyError, TypeError):
            log.warning("the rate limit's state %s is not readable: starting anew, without a burst", path)
            return _State(arrival=self._clock() + self._ahead)

    @staticmethod
    def _write(path: Path, state: _State) -> None:
        # Replaced, not overwritten: a process that dies here leaves the old state or the new one.
        fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        fresh.write_text(json.dumps({"arrival": state.arrival, "not_before": state.not_before}), "utf-8")
        fresh.replace(path)
