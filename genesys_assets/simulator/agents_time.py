"""The time of users: when they were logged in, in which presence, and in which routing status.

Each active user has shifts, some over midnight, with pauses; who takes part in a call outside a shift is
logged in for it. Whoever is on an interaction of a queue is on queue, and interacting. Everything follows
from the seed and the conversations, so that any day tells the same of a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from random import Random
from typing import NamedTuple

from genesys_assets.simulator.cast import Agent, Cast
from genesys_assets.simulator.digest import Happenings, Work
from genesys_assets.simulator.identity import draw, key
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, SECOND

AROUND = 2
"""Within so many days before and after any day each user has a shift."""

_PAUSES = ("BREAK", "MEAL", "MEETING", "TRAINING", "AWAY", "BUSY", "IDLE", "AVAILABLE")
_BEFORE, _AFTER, _GAP = 2 * MINUTE, 3 * MINUTE, 10 * MINUTE
_URGENCY = ("INTERACTING", "COMMUNICATING", "NOT_RESPONDING")


class Record(NamedTuple):
    """Something that lasted: a presence or a routing status. ``roll`` is a chance that belongs to it."""

    start: int
    end: int
    what: str
    roll: float = 0.0


class Times(NamedTuple):
    """The records of a user, in order and without gaps; the first and the last are cut off."""

    presences: list[Record]
    statuses: list[Record]


class AgentsTime:
    """What every active user did over some days, as it is once everything has happened."""

    def __init__(self, cast: Cast, happenings: Happenings) -> None:
        self._cast, self._happenings = cast, happenings
        self._shifts = key(cast.seed, "shift")

    def over(self, first: int, last: int) -> Iterator[tuple[Agent, Times]]:
        """The times of each user from one day (counted from 1970) to another, inclusive."""
        works: dict[str, list[Work]] = {}
        for day in range(first, last + 1):
            for work in self._happenings.work(day):
                works.setdefault(work.user, []).append(work)
        for index, agent in enumerate(self._cast.agents):
            yield agent, self._times(index, works.get(agent.id, []), first, last)

    def shift(self, index: int, day: int) -> tuple[int, int] | None:
        """When the user at a place of the cast works on a day; nobody is off for two days in a row."""
        chance = Random(draw(self._shifts, index, day))
        weekday = (day + index) % 7
        if weekday in (2, 5) or (weekday == 0 and chance.random() < 0.05):
            return None
        # One in twelve works at night.
        begins = 21 * HOUR if index % 12 == 11 else (6 + index % 5) * HOUR
        start = day * DAY + begins + chance.randrange(20 * MINUTE)
        return start, start + 7 * HOUR + chance.randrange(90 * MINUTE)

    def _times(self, index: int, works: list[Work], first: int, last: int) -> Times:
        shifts = [(day, shift) for day in range(first, last + 1) if (shift := self.shift(index, day)) is not None]
        logged_in = _merged([shift for _, shift in shifts] + [(w.start - _BEFORE, w.end + _AFTER) for w in works], _GAP)
        busy = _merged([(w.start, w.end) for w in works if w.status != "COMMUNICATING"], 0)
        pauses = [pause for day, shift in shifts for pause in self._pauses(index, day, shift, busy)]
        presences = list(_presences(logged_in, pauses, (first - 1) * DAY, (last + AROUND) * DAY))
        return Times(presences, list(_statuses(presences, works)))

    def _pauses(self, index: int, day: int, shift: tuple[int, int], busy: list[tuple[int, int]]) -> Iterator[Record]:
        """What interrupts a shift; whoever is on an interaction forgoes it."""
        chance = Random(draw(self._shifts, index, -day))
        start, end = shift
        for number in range(1, 6):
            at = start + (end - start) * number // 6 + chance.randrange(10 * MINUTE)
            until = at + 5 * MINUTE + chance.randrange(30 * MINUTE)
            what, roll = chance.choice(_PAUSES), chance.random()
            if not any(since < until + SECOND and at - SECOND < to for since, to in busy):
                yield Record(at, until, what, roll)


def _merged(spans: Iterable[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """The spans in order, those with no more than a gap between them as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _presences(logged_in: list[tuple[int, int]], pauses: list[Record], begin: int, end: int) -> Iterator[Record]:
    at = begin
    for since, until in logged_in:
        if since > at:
            yield Record(at, since, "OFFLINE")
        ready = since + 40 * SECOND
        yield Record(since, ready, "AVAILABLE")
        at = ready
        for pause in pauses:
            if at <= pause.start and pause.end < until:
                if pause.start > at:
                    yield Record(at, pause.start, "ON_QUEUE")
                yield pause
                at = pause.end
        yield Record(at, until, "ON_QUEUE")
        at = until
    if at < end:
        yield Record(at, end, "OFFLINE")


def _statuses(presences: list[Record], works: list[Work]) -> Iterator[Record]:
    """The routing statuses: off queue outside the presence, and there what the most urgent work makes it."""
    turns = [(p.start, "ON_QUEUE", 1) for p in presences if p.what == "ON_QUEUE"]
    turns += [(p.end, "ON_QUEUE", -1) for p in presences if p.what == "ON_QUEUE"]
    turns += [(w.start, w.status, 1) for w in works] + [(w.end, w.status, -1) for w in works]
    running: dict[str, int] = {name: 0 for name in ("ON_QUEUE", *_URGENCY)}
    since, status = presences[0].start, "OFF_QUEUE"
    for at, together in groupby(sorted(turns), key=itemgetter(0)):
        for _, what, change in together:
            running[what] += change
        now = _status(running)
        if now != status:
            if at > since:
                yield Record(since, at, status)
            since, status = max(at, since), now
    if presences[-1].end > since:
        yield Record(since, presences[-1].end, status)


def _status(running: dict[str, int]) -> str:
    if not running["ON_QUEUE"]:
        return "OFF_QUEUE"
    return next((name for name in _URGENCY if running[name]), "IDLE")
