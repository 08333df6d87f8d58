"""Chance without state: every value is a function of the seed and of what it belongs to."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """64 well-stirred bits (the finaliser of splitmix64)."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


@cache
def key(seed: int, name: str) -> int:
    """A 64-bit key for a purpose, so that two purposes never share their chances."""
    return int.from_bytes(blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "big")


def draw(key: int, first: int, second: int = 0) -> int:
    """64 bits for two numbers under a key."""
    return mix(key + first * _GOLDEN + second * 0xD1B54A32D192ED03)


def share(seed: int, name: str, item: str) -> float:
    """A number from 0 to 1 that belongs to an item and a purpose."""
    return int.from_bytes(blake2b(f"{seed}:{name}:{item}".encode(), digest_size=7).digest(), "big") / (1 << 56)


def uuid_text(digits: str) -> str:
    """32 hexadecimal digits as the text of a random (version 4) UUID."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def entity_id(seed: int, kind: str, index: int) -> str:
    """The identifier of the entity of a kind at an index."""
    return uuid_text(blake2b(f"{seed}:{kind}:{index}".encode(), digest_size=16).hexdigest())
