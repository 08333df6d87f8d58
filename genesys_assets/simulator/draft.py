"""A conversation while it is being made up: identifiers, chances, and the parts every story shares."""

from __future__ import annotations

from random import Random
from typing import Any, TypeVar

from genesys_assets.simulator.cast import Agent, Cast, Queue
from genesys_assets.simulator.times import iso

Json = dict[str, Any]
_T = TypeVar("_T")


class Draft:
    """The participants made up so far, and a source of chances that belongs to this conversation alone."""

    __slots__ = ("_digits", "_position", "attributes", "cast", "divisions", "participants", "random", "rng")

    def __init__(self, cast: Cast, attributes: tuple[dict[str, str], ...], chances: int) -> None:
        self.cast = cast
        self.attributes = attributes
        self.rng = Random(chances)
        self.random = self.rng.random
        self.participants: list[Json] = []
        self.divisions: list[str] = []
        self._digits = self.rng.randbytes(384).hex()
        self._position = 0

    def id(self) -> str:
        """A new identifier."""
        at = self._position
        if at >= 768:
            self._digits = self.rng.randbytes(384).hex()
            at = 0
        self._position = at + 32
        h = self._digits[at : at + 32]
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def pick(self, choices: tuple[_T, ...]) -> _T:
        """One of several, each as likely."""
        return choices[int(self.random() * len(choices))]

    def span(self, mean: int) -> int:
        """A duration in milliseconds: ``mean`` on average, never above three times that, never 0."""
        roll = self.random()
        return int(3 * mean * roll * roll) + 137

    def touch(self, division: str) -> None:
        """Note that a queue or user of a division took part."""
        if division not in self.divisions:
            self.divisions.append(division)

    def join(self, purpose: str, sessions: list[Json]) -> Json:
        """Add a participant with its sessions."""
        participant: Json = {"participantId": self.id(), "purpose": purpose, "sessions": sessions}
        self.participants.append(participant)
        return participant

    def join_agent(self, agent: Agent, sessions: list[Json], purpose: str = "agent") -> Json:
        """Add a user as a participant."""
        participant: Json = {
            "participantId": self.id(),
            "participantName": agent.name,
            "purpose": purpose,
            "userId": agent.id,
            "sessions": sessions,
        }
        if agent.team is not None:
            participant["teamId"] = agent.team
        if self.random() < 0.05:
            participant["screenRecording"] = True
        self.participants.append(participant)
        self.touch(agent.division)
        return participant


def metric(name: str, at: int, value: int) -> Json:
    """A metric, emitted at a moment."""
    return {"emitDate": iso(at), "name": name, "value": value}


def segment(kind: str, start: int, end: int) -> Json:
    """A segment, from one moment to another."""
    return {"conference": False, "segmentEnd": iso(end), "segmentStart": iso(start), "segmentType": kind}


def queue_segment(kind: str, start: int, end: int, queue: Queue) -> Json:
    """A segment that belongs to a queue."""
    return {
        "conference": False,
        "queueId": queue.id,
        "requestedLanguageId": queue.language,
        "requestedRoutingSkillIds": list(queue.skills),
        "segmentEnd": iso(end),
        "segmentStart": iso(start),
        "segmentType": kind,
    }
