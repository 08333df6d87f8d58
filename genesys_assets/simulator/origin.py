"""Where the entities of an organisation come from: identifiers and chances by kind and index."""

from __future__ import annotations

from random import Random

from genesys_assets.simulator.identity import draw, entity_id, key


class Origin:
    """Identifiers and chances of one seed; every call with the same arguments answers the same."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ids: dict[tuple[str, int], str] = {}

    def id(self, kind: str, index: int) -> str:
        """The identifier of the entity of a kind at an index."""
        identifier = self._ids.get((kind, index))
        if identifier is None:
            identifier = self._ids[kind, index] = entity_id(self._seed, kind, index)
        return identifier

    def chance(self, kind: str, index: int) -> Random:
        """A random generator that belongs to one entity alone."""
        return Random(draw(key(self._seed, kind), index))
