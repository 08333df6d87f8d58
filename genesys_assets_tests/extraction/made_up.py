"""Conversations as the details job tells them, made from a seed: every field now and then absent, null or empty."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from genesys_assets.catalog.conversations import TABLES
from genesys_assets.catalog.declare import Column

Json = dict[str, Any]

ODD_NAMES = ("Name", "name", "name ", " name", "na me", "na.me", "a.b[]", "", "Straße", "顧客", "🙂", 'quo"te', "tab\t")
_BEGAN = datetime(2024, 2, 28, 22, tzinfo=UTC)
_BY_NAME = {table.name: table for table in TABLES}


class MadeUp:
    """A source of conversations; ``full`` leaves nothing out."""

    def __init__(self, seed: int, *, full: bool = False) -> None:
        self.random = random.Random(seed)
        self.full = full

    def conversation(self) -> Json:
        start = _BEGAN + timedelta(milliseconds=self.random.randrange(4 * 3600 * 1000))
        made = self._fields("analytics_conversation", start)
        made |= {"conversationId": self.identifier(), "conversationStart": moment(start)}
        self._maybe(made, "divisionIds", lambda: list(dict.fromkeys(self.identifier() for _ in range(self._few()))))
        self._maybe(made, "participants", lambda: [self._participant(start) for _ in range(self._few(2))])
        self._maybe(made, "evaluations", lambda: [{"evaluationId": self.identifier(), "deleted": False}])
        return self._shuffled(made)

    def raw(self, count: int) -> list[bytes]:
        """Conversations as an answer carries them, in either spelling of non-ASCII."""
        return [json.dumps(self.conversation(), ensure_ascii=self.random.random() < 0.5).encode() for _ in range(count)]

    def identifier(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def _participant(self, start: datetime) -> Json:
        made = self._fields("analytics_participant", start)
        made |= {"participantId": self.identifier()}
        self._maybe(made, "attributes", self._attributes)
        self._maybe(made, "sessions", lambda: [self._session(start) for _ in range(self._few(1))])
        return self._shuffled(made)

    def _attributes(self) -> Json:
        names = self.random.sample(ODD_NAMES, self.random.randrange(len(ODD_NAMES)))
        return {name: self.random.choice(["", "x" * 1024, "né 🙂", " ", "null", "{}", "0"]) for name in names}

    def _session(self, start: datetime) -> Json:
        made = self._fields("analytics_session", start)
        made |= {"sessionId": self.identifier()}
        flow = self._fields("analytics_session", start, below="flow.")
        self._maybe(flow, "outcomes", lambda: [self._outcome(start) for _ in range(self._few())])
        self._maybe(made, "flow", lambda: flow)
        self._maybe(made, "metrics", lambda: [self._metric(start) for _ in range(self._few(4))])
        self._maybe(made, "segments", lambda: [self._segment(start) for _ in range(self._few(2))])
        return self._shuffled(made)

    def _outcome(self, start: datetime) -> Json:
        made = self._fields("analytics_session_flow_outcome", start)
        return made | {"flowOutcomeId": self.identifier(), "flowOutcomeStartTimestamp": moment(start)}

    def _metric(self, start: datetime) -> Json:
        value = self.random.choice([0, 1, 8173, 0.5, 2**40, 1e-7])
        return {"name": self.random.choice(["tTalk", "nOffered"]), "emitDate": moment(start), "value": value}

    def _segment(self, start: datetime) -> Json:
        made = self._fields("analytics_conversation_segment", start)
        return made | {"segmentType": self.random.choice(["interact", "wrapup"]), "segmentStart": moment(start)}

    def _fields(self, table: str, start: datetime, below: str = "") -> Json:
        """A value for every column that is a plain field of the row, straight or ``below`` an object."""
        made: Json = {}
        for column in _BY_NAME[table].columns:
            name = column.path.removeprefix(below)
            if column.path.startswith(below) and "." not in name and "@" not in name and "$" not in name:
                self._maybe(made, name, lambda column=column: self._value(column, start))
        return made

    def _value(self, column: Column, start: datetime) -> Any:
        if column.type == "json":
            return self._shaped(column.shape)
        if column.type == "timestamp":
            return moment(start + timedelta(milliseconds=self.random.randrange(10**6)))
        return self._plain(column.type)

    def _shaped(self, shape: Any) -> Any:
        if isinstance(shape, tuple):
            return [self._shaped(shape[0]) for _ in range(self._few())]
        if isinstance(shape, dict):
            made: Json = {}
            for name, inner in shape.items():
                self._maybe(made, name, lambda inner=inner: self._shaped(inner))
            return made
        return self._plain(shape)

    def _plain(self, type_: str) -> Any:
        match type_:
            case "int64":
                return self.random.choice([0, -1, 7, 486, 2**53 - 1])
            case "double":
                return self.random.choice([0, 4.88, 93.2, -0.5, 3])
            case "boolean":
                return self.random.random() < 0.5
            case _:
                return self.random.choice(["", self.identifier(), "voice", "Zürich", "😀 ja", 'a "b" \\ /'])

    def _maybe(self, made: Json, name: str, value: Any) -> None:
        chance = 1.0 if self.full else self.random.random()
        if chance > 0.3:
            made[name] = value()
        elif chance > 0.15:
            made[name] = None

    def _few(self, at_least: int = 0) -> int:
        return max(at_least, 1) if self.full else self.random.randrange(at_least + 3)

    def _shuffled(self, made: Json) -> Json:
        names = list(made)
        self.random.shuffle(names)
        return {name: made[name] for name in names}


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
