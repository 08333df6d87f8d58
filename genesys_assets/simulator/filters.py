"""Tests by which the parameters of a listing narrow it."""

from __future__ import annotations

from collections.abc import Callable

from genesys_assets.simulator.endpoint import Json

Filter = Callable[[Json, list[str]], bool]
"""Whether an entity is among the values of a parameter."""


def by_id(entity: Json, values: list[str]) -> bool:
    """Whether the id is one of the values."""
    return entity["id"] in values


def by_division(entity: Json, values: list[str]) -> bool:
    """Whether the division is one of the values."""
    return entity.get("division", {}).get("id") in values


def name_starts(entity: Json, values: list[str]) -> bool:
    """Whether the name begins so, whatever the case."""
    return entity["name"].lower().startswith(",".join(values).lower())


def name_contains(entity: Json, values: list[str]) -> bool:
    """Whether the name has the text in it, whatever the case."""
    return ",".join(values).lower() in entity["name"].lower()


def name_pattern(entity: Json, values: list[str]) -> bool:
    """Whether the name fits a text with stars at its ends; without a star it must be the name."""
    wanted, name = ",".join(values).lower(), entity["name"].lower()
    bare = wanted.strip("*")
    if wanted.startswith("*"):
        return bare in name if wanted.endswith("*") else name.endswith(bare)
    return name.startswith(bare) if wanted.endswith("*") else name == bare


def has_peer(entity: Json, values: list[str]) -> bool:
    """Whether there is a peer, or none, as asked for."""
    return ("peerId" in entity) == (values == ["true"])


def by_peer(entity: Json, values: list[str]) -> bool:
    """Whether the peer is one of the values."""
    return entity.get("peerId") in values
