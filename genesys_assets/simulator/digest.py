"""What of the conversations is counted: their metrics with the dimensions they carry, and the agents at work.

A metric belongs to the moment of its emission. It carries the queue of its session's segment at that
moment, the user of its participant, media and direction of its session, the direction in which the
conversation began and, once after-call work has ended, its code.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from genesys_assets.simulator.draft import Json
from genesys_assets.simulator.selection import Conversations
from genesys_assets.simulator.timeline import LONG_EVERY, LONGEST_REACH
from genesys_assets.simulator.times import DAY, MINUTE, SECOND, iso, parse

_HELD = 1_000_000
"""So many metrics are held in memory; what was counted longest ago is forgotten first."""
_WAITS = ("tAnswered", "tAbandon", "tFlowOut")
"""Each ends a wait, which aggregates count as ``tWait``; conversations do not show that."""
_AT_WORK = ("voice", "chat")
_SHORT_WRAP_UP = 5 * MINUTE


class Event(NamedTuple):
    """A metric; a dimension that it does not carry is ``None``."""

    emitted: int
    metric: str
    value: float
    queueId: str | None
    userId: str | None
    mediaType: str | None
    direction: str | None
    originatingDirection: str | None
    wrapUpCode: str | None


class Work(NamedTuple):
    """A user's part in a call or chat; ``status`` is the routing status it means."""

    user: str
    start: int
    end: int
    status: str


@dataclass(slots=True)
class Digest:
    """Events by the day (counted from 1970) of their emission, work by that of its start."""

    events: dict[int, list[Event]] = field(default_factory=dict[int, list[Event]])
    work: dict[int, list[Work]] = field(default_factory=dict[int, list[Work]])
    size: int = 0

    def add(self, conversation: Json) -> None:
        """Count a conversation, too."""
        for event in events_of(conversation):
            self.events.setdefault(event.emitted // DAY, []).append(event)
            self.size += 1
        for work in work_of(conversation):
            self.work.setdefault(work.start // DAY, []).append(work)


def events_of(conversation: Json) -> Iterator[Event]:
    """The metrics of a conversation."""
    began: str | None = conversation.get("originatingDirection")
    waited: list[tuple[str, str]] = []
    for participant in conversation["participants"]:
        user, purpose = participant.get("userId"), participant.get("purpose")
        for session in participant.get("sessions", ()):
            parts: list[Json] = session.get("segments", ())
            queued = [part for part in parts if "queueId" in part]
            if purpose == "acd":
                waited += [(part["segmentStart"], part["queueId"]) for part in queued]
            coded = [part for part in parts if part.get("wrapUpCode") and part.get("segmentEnd")]
            media, direction = session.get("mediaType"), session.get("direction")
            for metric in session.get("metrics", ()):
                at: str = metric["emitDate"]
                queue = _queue(queued, at) if queued else _waited(waited, at) if purpose == "agent" else None
                code = next((part["wrapUpCode"] for part in reversed(coded) if part["segmentEnd"] <= at), None)
                name, value = metric["name"], metric["value"]
                moment = _moment(at)
                yield Event(moment, name, value, queue, user, media, direction, began, code)
                if name in _WAITS:
                    yield Event(moment, "tWait", value, queue, user, media, direction, began, code)


def _queue(queued: list[Json], at: str) -> str:
    """The queue of the first segment that holds a moment, or else of the first."""
    within = (p["queueId"] for p in queued if p["segmentStart"] <= at <= p.get("segmentEnd", "9"))
    return next(within, queued[0]["queueId"])


def _waited(waited: list[tuple[str, str]], at: str) -> str | None:
    """The queue in which the conversation was last before a moment."""
    before = [each for each in waited if each[0] <= at]
    return max(before)[1] if before else None


def work_of(conversation: Json) -> Iterator[Work]:
    """What users did in a conversation on the telephone or in a chat."""
    for participant in conversation["participants"]:
        user = participant.get("userId")
        if user is None:
            continue
        for session in participant["sessions"]:
            if session.get("mediaType") not in _AT_WORK:
                continue
            parts = [part for part in session["segments"] if part["segmentType"] != "wrapup"]
            start = _moment(min(part["segmentStart"] for part in parts))
            end = _moment(max(part.get("segmentEnd", part["segmentStart"]) for part in parts))
            if any(metric["name"] == "tNotResponding" for metric in session["metrics"]):
                yield Work(user, end, end + 45 * SECOND, "NOT_RESPONDING")
                continue
            for part in session["segments"]:
                if part["segmentType"] == "wrapup" and "segmentEnd" in part:
                    done = _moment(part["segmentEnd"])
                    end = done if done - end <= _SHORT_WRAP_UP else end
            yield Work(user, start, end, "INTERACTING" if participant["purpose"] == "agent" else "COMMUNICATING")


_DAYS: dict[str, int] = {}


def _moment(text: str) -> int:
    day = _DAYS.get(text[:10])
    if day is None:
        day = _DAYS[text[:10]] = parse(text[:10])
    return day + int(text[11:13]) * 3_600_000 + int(text[14:16]) * 60_000 + int(text[17:19]) * 1_000 + int(text[20:23])


class Happenings:
    """What happened on a day, over all conversations."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._held: OrderedDict[tuple[int, bool], Digest] = OrderedDict()
        self._lock = threading.Lock()

    def events(self, day: int, moment: int) -> Iterator[Event]:
        """The metrics emitted on a day, as far as they are known at a moment."""
        for digest in (*self._digests(day), self._scripted(moment)):
            for event in digest.events.get(day, ()):
                if event.emitted <= moment:
                    yield event

    def work(self, day: int) -> Iterator[Work]:
        """What users began on a day; of conversations that tests have placed nothing."""
        for digest in self._digests(day):
            yield from digest.work.get(day, ())

    def _digests(self, day: int) -> list[Digest]:
        # Whatever is not long-lived has ended, after-call work included, on the day after its start.
        wanted = [(day - 1, False), (day, False)]
        wanted += [(began, True) for began in range(day - LONGEST_REACH - 2, day + 1)]
        with self._lock:
            found = [self._digest(*each) for each in wanted]
            while sum(digest.size for digest in self._held.values()) > _HELD and len(self._held) > len(wanted):
                self._held.popitem(last=False)
        return found

    def _digest(self, day: int, long_lived: bool) -> Digest:
        digest = self._held.get((day, long_lived))
        if digest is None:
            digest = self._held[day, long_lived] = Digest()
            for conversation in self._started(day, long_lived=long_lived):
                digest.add(conversation)
        self._held.move_to_end((day, long_lived))
        return digest

    def _started(self, day: int, *, long_lived: bool) -> Iterator[Json]:
        timeline = self._conversations.timeline
        if day < timeline.first_day:
            return
        lasting = timeline.long_lived(day)
        indexes: Iterable[int] = lasting
        if not long_lived:
            indexes = (index for index in range(timeline.per_day) if (index - lasting.start) % LONG_EVERY)
        for index in indexes:
            yield timeline.life(day, index).conversation

    def _scripted(self, moment: int) -> Digest:
        digest = Digest()
        for placed in self._conversations.scripted.values():
            seen = placed.seen(iso(moment))
            if seen is not None:
                digest.add(seen)
        return digest
