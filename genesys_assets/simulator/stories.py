"""What happens to a conversation after it has ended: evaluations and surveys, each a story told in versions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from genesys_assets.simulator.identity import draw, key
from genesys_assets.simulator.timeline import Life, Timeline
from genesys_assets.simulator.times import iso

Json = dict[str, Any]

_A_DAY = 12
_HELD = 400
"""So many days of made-up stories are kept at hand."""


@dataclass(slots=True)
class Story:
    """An evaluation or a survey with its versions, each with the moment (ISO) from which it shows.

    The ``answers`` of a version may be a function that makes them up.

    ``deleted`` is the moment from which it is gone; ``system_submitted`` is told beside the entity.
    """

    id: str
    conversation: str
    versions: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    deleted: str | None = None
    system_submitted: bool = False

    def seen(self, moment: str) -> Json | None:
        """How it looks at a moment, whether deleted or not; ``None`` before it begins."""
        shown = self.latest(moment)
        return _whole(shown) if shown else None

    def latest(self, moment: str) -> Json:
        """What is known of it at a moment, whether its answers are made up already or not."""
        shown = [version for since, version in self.versions if since <= moment]
        return shown[-1] if shown else {}

    def is_deleted(self, moment: str) -> bool:
        """Whether it is gone at a moment."""
        return self.deleted is not None and self.deleted <= moment

    def edit(self, moment: int, fields: Json) -> None:
        """Another version, from a moment (milliseconds since 1970) on."""
        at = iso(moment)
        self.versions.append((at, {**self.latest(at), **fields}))
        self.versions.sort(key=lambda version: version[0])


def _whole(version: Json) -> Json:
    """A version with its answers, which are made up when they are first looked at."""
    answers = version.get("answers")
    if callable(answers):
        version["answers"] = answers()
    return version


Maker = Callable[[int, Life], Iterable[Story]]
"""Makes up the stories of a conversation; the number counts the conversations of a day that have any."""


class Book:
    """The stories of one kind: made up for one in ``every`` conversations (0: none), or placed by a test.

    ``reach`` is how many days after the start of its conversation anything still happens in one.
    """

    def __init__(self, timeline: Timeline, purpose: str, every: int, reach: int, make: Maker) -> None:
        self.reach = reach
        self._timeline = timeline
        self._every = every
        self._make = make
        self._place = key(timeline.cast.seed, purpose)
        self._days: dict[int, dict[str, list[Story]]] = {}
        self._placed: dict[str, list[Story]] = {}
        self._lock = threading.Lock()

    def chosen(self, day: int) -> range:
        """The indexes of a day's conversations that have stories, if they are fit for them."""
        per_day = self._timeline.per_day
        if not self._every:
            return range(0)
        # In a small organisation too something is to be seen on every day.
        step = min(self._every, max(1, per_day // _A_DAY))
        return range(draw(self._place, day) % step, per_day, step)

    def of(self, conversation: str) -> list[Story]:
        """The stories of a conversation."""
        found = list(self._placed.get(conversation, ()))
        place = self._timeline.place(conversation)
        if place is not None and place[1] in self.chosen(place[0]):
            found += self._day(place[0]).get(conversation, ())
        return found

    def find(self, identifier: str, conversation: str | None = None) -> Story | None:
        """The story with an id; a made-up one is only found by its conversation."""
        stories = self.of(conversation) if conversation is not None else self._all_placed()
        return next((story for story in stories if story.id == identifier), None)

    def happening(self, first: int, last: int) -> Iterator[Story]:
        """Every story in which something may happen on the days from ``first`` to ``last``."""
        yield from self._all_placed()
        for day in range(max(first - self.reach, self._timeline.first_day), last + 1):
            for stories in self._day(day).values():
                yield from stories

    def indexes(self, day: int) -> Sequence[int]:
        """The indexes of the conversations that began on a day and have stories."""
        places = [self._timeline.place(identifier) for identifier in (*self._day(day), *self._placed)]
        return sorted({place[1] for place in places if place is not None and place[0] == day})

    def place(self, story: Story) -> None:
        """Place a story."""
        self._placed.setdefault(story.conversation, []).append(story)

    def _all_placed(self) -> list[Story]:
        return [story for stories in self._placed.values() for story in stories]

    def _day(self, day: int) -> dict[str, list[Story]]:
        with self._lock:
            if day not in self._days:
                if len(self._days) >= _HELD:
                    del self._days[min(self._days)]
                self._days[day] = self._made(day)
            return self._days[day]

    def _made(self, day: int) -> dict[str, list[Story]]:
        found: dict[str, list[Story]] = {}
        for index in self.chosen(day):
            life = self._timeline.life(day, index)
            stories = list(self._make(len(found), life))
            if stories:
                found[life.conversation["conversationId"]] = stories
        return found


def agent_legs(conversation: Json) -> list[tuple[str, str | None, str]]:
    """The agents of a conversation, each with the queue and the kind of media of the first part."""
    legs: dict[str, tuple[str, str | None, str]] = {}
    for participant in conversation["participants"]:
        if participant["purpose"] != "agent" or "userId" not in participant or not participant["sessions"]:
            continue
        session = participant["sessions"][0]
        queue = next((part["queueId"] for part in session["segments"] if "queueId" in part), None)
        legs.setdefault(participant["userId"], (participant["userId"], queue, session.get("mediaType", "voice")))
    return list(legs.values())
