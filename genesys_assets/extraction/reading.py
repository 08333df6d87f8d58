"""Raw JSON items into one polars frame, and those that do not fit, each with the reason.

A page is parsed in pieces, several at a time: small ones stay in the processor's caches. A piece that
does not parse is halved until the items that are to blame stand alone, so that what fits never depends
on the company it came in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import msgspec
import polars as pl

from genesys_assets.extraction.paths import Steps
from genesys_assets.extraction.plan import ITEM, SELF, SEPARATOR
from genesys_assets.extraction.shape import TEXT_SUFFIX, Node, strict_type

_PIECE = 1024 * 1024
_AT = re.compile(r" - at `\$([^`]*)`")


@dataclass(frozen=True, slots=True)
class Misfit:
    """An item that cannot be parsed: which one, why, and the path (names without marks) to the fault."""

    item: int
    reason: str
    path: tuple[str, ...]


class Reader:
    """Reads items as the trie of the declared paths wants them; ``texts`` leads to subtrees to keep as text."""

    def __init__(self, trie: Node, texts: Sequence[Steps]) -> None:
        dtype = cast("pl.Struct", trie.dtype())
        self._schema = {part.name: part.dtype for part in dtype.fields}
        self._names = [f"{SELF}{SEPARATOR}{name}" for name in self._schema]
        self._strict = msgspec.json.Decoder(strict_type(dtype, optional=False))
        self._texts = tuple(texts)

    def read(self, items: Sequence[bytes]) -> tuple[pl.DataFrame, list[Misfit]]:
        """A row for each item that fits, its fields named by place, with its number in :data:`ITEM`."""
        pieces = list(_pieces(items))
        if len(pieces) > 1 and pl.thread_pool_size() > 1:
            with ThreadPoolExecutor(min(len(pieces), pl.thread_pool_size())) as pool:
                parts = list(pool.map(partial(self._read, items), pieces))
        else:
            parts = [self._read(items, piece) for piece in pieces]
        read = [part for piece in parts for part in piece]
        misfits = [part for part in read if isinstance(part, Misfit)]
        frames = [part for part in read if not isinstance(part, Misfit)]
        frame = pl.concat(frames, rechunk=True) if frames else self._frame([])
        bad = {misfit.item for misfit in misfits}
        numbers = [n for n in range(len(items)) if n not in bad] if bad else range(len(items))
        frame.columns = self._names
        return frame.with_columns(pl.Series(ITEM, numbers, dtype=pl.UInt32)), misfits

    def _read(self, items: Sequence[bytes], piece: range) -> list[pl.DataFrame | Misfit]:
        start, end = piece.start, piece.stop
        try:
            return [self._frame(items[start:end])]
        except (pl.exceptions.PolarsError, msgspec.DecodeError, UnicodeDecodeError) as error:
            if end - start == 1:
                return [self._misfit(start, items[start], error)]
            middle = (start + end) // 2
            return self._read(items, range(start, middle)) + self._read(items, range(middle, end))

    def _frame(self, items: Sequence[bytes]) -> pl.DataFrame:
        if self._texts:
            items = [self._texted(item) for item in items]
        return pl.read_json(b"[" + b",".join(items) + b"]", schema=self._schema)

    def _misfit(self, number: int, item: bytes, error: Exception) -> Misfit:
        """Say why; the strict parser knows better where, if it stumbles over the same thing."""
        try:
            self._strict.decode(item)
        except (msgspec.DecodeError, UnicodeDecodeError) as better:
            error = better
        reason = str(error).strip().split("\n", 1)[0]
        found = _AT.search(reason)
        names = re.sub(r"\[(\d+|\.\.\.)\]", "", found[1]).split(".") if found is not None else []
        return Misfit(number, reason, tuple(name for name in names if name))

    def _texted(self, item: bytes) -> bytes:
        """The item with the subtrees of json columns without a shape turned into text."""
        value: object = msgspec.json.decode(item)
        found = [
            (holder, steps[-1].name + TEXT_SUFFIX, msgspec.json.encode(holder[steps[-1].name]).decode())
            for steps in self._texts
            for holder in _holders(value, steps[:-1])
            if holder.get(steps[-1].name) is not None
        ]
        # Only now, as one subtree may lie inside another.
        for holder, name, text in found:
            holder[name] = text
        return msgspec.json.encode(value)


def _pieces(items: Sequence[bytes]) -> Iterator[range]:
    start = size = 0
    for number, item in enumerate(items):
        if size and size + len(item) > _PIECE:
            yield range(start, number)
            start, size = number, 0
        size += len(item)
    if size:
        yield range(start, len(items))


def _holders(value: object, steps: Steps) -> list[dict[str, Any]]:
    """The objects that the steps lead to; whatever has another shape is left for the parser to refuse."""
    found = [value]
    for step in steps:
        found = [holder.get(step.name) for holder in _objects(found)]
        if step.many == "map":
            found = [each for holder in _objects(found) for each in holder.values()]
        elif step.many is not None or step.position is not None or step.match is not None:
            found = [each for many in found if isinstance(many, list) for each in cast("list[object]", many)]
    return _objects(found)


def _objects(values: Sequence[object]) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", value) for value in values if isinstance(value, dict)]
