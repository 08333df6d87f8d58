"""Every conversation of every day, each with its whole life, made up when it is asked for.

A conversation is named by its UTC start day (counted from 1970-01-01) and its index on that day; a
higher index starts later. One in :data:`LONG_EVERY` may live for days (:meth:`Timeline.reach` says how
many at most, without telling the story), all others end within ``calls.LONGEST``.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from genesys_assets.simulator import calls, digital
from genesys_assets.simulator.attributes import templates
from genesys_assets.simulator.cast import Cast
from genesys_assets.simulator.draft import Draft, Json
from genesys_assets.simulator.identity import draw, key, uuid_text
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso, parse

LONG_EVERY = 16
LONGEST_REACH = 13
"""A conversation ends at most so many days after the day of its start."""

_HOURS = (3, 2, 1, 1, 2, 5, 14, 40, 74, 92, 96, 90, 84, 88, 92, 90, 82, 70, 52, 36, 24, 15, 9, 5)
_GRAIN = 4_096
_INDEX_BITS = 24
_ID_BITS = 48
_ID_FACTOR = 0x5851F42D4C95
_ID_INVERSE = pow(_ID_FACTOR, -1, 1 << _ID_BITS)


@dataclass(frozen=True, slots=True)
class Life:
    """A conversation as it is once everything has happened, and the moment after which nothing does."""

    conversation: Json
    settled: str


def _opening_hours() -> list[int]:
    """Moments of the day between which equal shares of its conversations start."""
    total, passed, found = sum(_HOURS), 0, [0]
    for hour, weight in enumerate(_HOURS):
        while len(found) * total <= (passed + weight) * _GRAIN:
            inside = (len(found) * total / _GRAIN - passed) / weight
            found.append(int((hour + inside) * HOUR))
        passed += weight
    return [*found[:_GRAIN], DAY]


class Timeline:
    """The conversations of an organisation."""

    def __init__(self, settings: Settings, origin: Origin) -> None:
        self.cast = Cast(settings, origin)
        self.per_day = settings.conversations_per_day
        self.first_day = parse(settings.organization_created) // DAY
        self._starts = key(settings.seed, "conversation start")
        self._reaches = key(settings.seed, "conversation reach")
        self._stories = key(settings.seed, "conversation story")
        self._ids = key(settings.seed, "conversation id") % (1 << _ID_BITS)
        self._hours = _opening_hours()
        self._attributes = templates(origin.chance("attributes", 0))
        self._late = self.index_from(0, DAY - 5 * HOUR)
        self._ordinary = _cumulate(calls.ORDINARY)

    def start(self, day: int, index: int) -> int:
        """When a conversation starts, in milliseconds since 1970 UTC."""
        jitter = (draw(self._starts, day, index) >> 11) / (1 << 53)
        place = (index + jitter) / self.per_day * _GRAIN
        grain = int(place)
        since, until = self._hours[grain], self._hours[grain + 1]
        return day * DAY + int(since + (until - since) * (place - grain))

    def index_from(self, day: int, moment: int) -> int:
        """The first index of a day that starts at a moment or later."""
        if moment <= day * DAY:
            return 0
        if moment >= (day + 1) * DAY:
            return self.per_day
        return bisect_left(range(self.per_day), moment, key=lambda index: self.start(day, index))

    def long_lived(self, day: int) -> range:
        """The indexes of a day's conversations that may live for hours or days."""
        return range(draw(self._reaches, day) % LONG_EVERY, self.per_day, LONG_EVERY)

    def reach(self, day: int, index: int) -> int:
        """How many days after its start day a long-lived conversation may still be alive."""
        roll = (draw(self._reaches, day, index) >> 11) / (1 << 53)
        if roll < 0.8:
            # What starts late in the evening may always end after midnight.
            return 0 if index < self._late else 1
        if roll < 0.92:
            return 1
        if roll < 0.96:
            return 2
        return min(LONGEST_REACH, 3 + int((roll - 0.96) / 0.04 * (LONGEST_REACH - 2)))

    def identifier(self, day: int, index: int, rest: str) -> str:
        """The id of a conversation; it holds its day and index, so that it can be found again."""
        mixed = (((day << _INDEX_BITS) | index) * _ID_FACTOR + self._ids) % (1 << _ID_BITS)
        return uuid_text(f"{mixed:012x}{rest}")

    def place(self, identifier: str) -> tuple[int, int] | None:
        """The day and the index that an id names, if it may be that of a conversation."""
        digits = identifier.replace("-", "")[:12]
        try:
            mixed = int(digits, 16)
        except ValueError:
            return None
        number = (mixed - self._ids) * _ID_INVERSE % (1 << _ID_BITS)
        day, index = number >> _INDEX_BITS, number % (1 << _INDEX_BITS)
        if index >= self.per_day or not self.first_day <= day < self.first_day + 36_500:
            return None
        return day, index

    def find(self, identifier: str) -> Life | None:
        """The conversation with an id."""
        place = self.place(identifier)
        if place is None:
            return None
        life = self.life(*place)
        return life if life.conversation["conversationId"] == identifier else None

    def life(self, day: int, index: int) -> Life:
        """The whole life of a conversation."""
        start = self.start(day, index)
        draft = Draft(self.cast, self._attributes, draw(self._stories, day, index))
        identifier = self.identifier(day, index, draft.id().replace("-", "")[:20])
        if (index - draw(self._reaches, day)) % LONG_EVERY == 0:
            told = self._long_story(draft, day, index, start)
        else:
            told = self._short_story(draft, start)
        return _finish(draft, identifier, start, told)

    def _short_story(self, draft: Draft, start: int) -> Json:
        roll = draft.random()
        for limit, story in self._ordinary:
            if roll < limit:
                return story(draft, start)
        return digital.chat(draft, start)

    def _long_story(self, draft: Draft, day: int, index: int, start: int) -> Json:
        reach = self.reach(day, index)
        end = start + 10 * MINUTE + draft.span(70 * MINUTE)
        if reach:
            end = max(end, (day + reach) * DAY + int(draft.random() * 0.9 * DAY))
        roll = draft.random()
        if roll < 0.6:
            return digital.email(draft, start, end)
        if roll < 0.84:
            return digital.message(draft, start, end)
        if roll < 0.985 or end - start > 2 * DAY:
            return digital.callback(draft, start, end)
        return calls.conference(draft, start, end)


def _cumulate(stories: tuple[tuple[float, calls.Story], ...]) -> tuple[tuple[float, calls.Story], ...]:
    """The shares as limits for one roll; what is left of it goes to another story."""
    limit = 0.0
    found: list[tuple[float, calls.Story]] = []
    for share, story in stories:
        limit += share
        found.append((limit, story))
    return tuple(found)


def _finish(draft: Draft, identifier: str, start: int, told: Json) -> Life:
    sessions: list[Json] = [session for participant in draft.participants for session in participant["sessions"]]
    segments: list[Json] = [part for session in sessions for part in session["segments"]]
    end: str = max(part["segmentEnd"] for part in segments if part["segmentType"] != "wrapup")
    settled: str = max(part["segmentEnd"] for part in segments)
    lines: list[Json] = [stats for session in sessions for stats in session.get("mediaEndpointStats", ())]
    conversation: Json = {
        "conversationEnd": end,
        "conversationId": identifier,
        "conversationStart": iso(start),
        "divisionIds": draft.divisions or ([draft.cast.home_division] if draft.random() < 0.95 else []),
        **told,
        "participants": draft.participants,
    }
    if lines:
        worst = min(lines, key=lambda stats: stats["minMos"])
        conversation["mediaStatsMinConversationMos"] = worst["minMos"]
        conversation["mediaStatsMinConversationRFactor"] = worst["minRFactor"]
    roll = draft.random()
    agent = next((each for each in draft.participants if each["purpose"] == "agent"), None) if roll < 0.01 else None
    if agent is not None:
        happened = iso(parse(end) + int(roll * 100 * DAY))
        queue = next((part["queueId"] for part in agent["sessions"][0]["segments"] if "queueId" in part), None)
        conversation["resolutions"] = [
            {"eventTime": happened, "queueId": queue, "userId": agent["userId"], "nNextContactAvoided": 1}
        ]
        settled = max(settled, happened)
    if roll > 0.997:
        conversation["knowledgeBaseIds"] = [draft.id()]
        conversation["associatedConversationId"] = draft.id()
        conversation["accessAttributes"] = ["vip"]
    return Life(conversation, settled)
