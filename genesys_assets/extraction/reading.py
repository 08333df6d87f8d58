"""Raw JSON items into one polars frame, and those that do not fit, each with the reason.

A page of items that are as they should be is decoded by Arrow, the quick way. Where that comes upon
anything else, the page is parsed in pieces, and a piece that has it by polars, the thorough way, which
takes what can be taken. A piece that does not parse is halved until the items that are to blame stand
alone, so that what fits never depends on the company it came in. (Which value counts of a name that an
object has twice is as undefined here as it is in JSON.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import polars as pl
import pyarrow as pa
from arro3.io import read_json

from genesys_assets.extraction.paths import Steps
from genesys_assets.extraction.plan import ITEM, SELF, SEPARATOR
from genesys_assets.extraction.shape import TEXT_SUFFIX, Node, number_type, strict_type

Raw = bytes | msgspec.Raw
"""An item as its own JSON."""

_READER = cast("Any", pa.RecordBatchReader)
_PIECE = 1024 * 1024
_MALFORMED: tuple[type[Exception], ...] = (
    cast("type[Exception]", pa.ArrowException),
    pl.exceptions.PolarsError,
    msgspec.DecodeError,
    UnicodeDecodeError,
)
_AT = re.compile(r" - at `\$([^`]*)`")


@dataclass(frozen=True, slots=True)
class Misfit:
    """An item that cannot be parsed: which one, why, and the path (names without marks) to the fault."""

    item: int
    reason: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fitting:
    """The items that fit: a row each, its fields named by place, with its number in :data:`ITEM`.

    ``whole`` says that fields of which all who take them want whole numbers have them as such; else all numbers
    are floating-point ones, and not yet looked at.
    """

    frame: pl.DataFrame
    whole: bool


class Reader:
    """Reads items as the trie of the declared paths wants them; ``texts`` leads to subtrees to keep as text."""

    def __init__(self, trie: Node, texts: Sequence[Steps]) -> None:
        dtype = cast("pl.Struct", trie.dtype())
        self._schema = {part.name: part.dtype for part in dtype.fields}
        self._quick, self._whole = _Arrow(dtype), _Arrow(cast("pl.Struct", trie.dtype(whole=True)))
        self._names = [f"{SELF}{SEPARATOR}{name}" for name in self._schema]
        self._strict = msgspec.json.Decoder(strict_type(dtype, optional=False))
        self._texts = tuple(texts)

    def read(self, items: Sequence[Raw]) -> tuple[Fitting, list[Misfit]]:
        """The items that fit, and those that do not."""
        misfits: list[Misfit] = []
        texted = self._all_texted(items)
        frame = self._whole.read(texted) if texted is not None else None
        whole = frame is not None
        if frame is None:
            frame = self._quick.read(texted) if texted is not None else None
        if frame is None:
            read = list(self._in_pieces(items))
            misfits = [part for part in read if isinstance(part, Misfit)]
            frames = [part for part in read if not isinstance(part, Misfit)]
            frame = pl.concat(frames, rechunk=True) if frames else pl.DataFrame(schema=self._schema)
        bad = {misfit.item for misfit in misfits}
        numbers = [n for n in range(len(items)) if n not in bad]
        frame.columns = self._names
        return Fitting(frame.hstack([pl.Series(ITEM, numbers, dtype=pl.UInt32)]), whole), misfits

    def _all_texted(self, items: Sequence[Raw]) -> Sequence[Raw] | None:
        """The items as they are to be decoded; ``None`` if one of them is no JSON."""
        if not self._texts:
            return items
        try:
            return [self._texted(item) for item in items]
        except _MALFORMED:
            return None

    def _in_pieces(self, items: Sequence[Raw]) -> Iterator[pl.DataFrame | Misfit]:
        pieces = list(_pieces(items))
        for piece in pieces:
            texted = self._all_texted(items[piece.start : piece.stop]) if len(pieces) > 1 else None
            frame = self._quick.read(texted) if texted is not None else None
            yield from [frame] if frame is not None else self._thorough(items, piece)

    def _thorough(self, items: Sequence[Raw], piece: range) -> list[pl.DataFrame | Misfit]:
        start, end = piece.start, piece.stop
        try:
            return [self._frame(items[start:end])]
        except _MALFORMED as error:
            if end - start == 1:
                return [self._misfit(start, items[start], error)]
            middle = (start + end) // 2
            return self._thorough(items, range(start, middle)) + self._thorough(items, range(middle, end))

    def _frame(self, items: Sequence[Raw]) -> pl.DataFrame:
        if self._texts:
            items = [self._texted(item) for item in items]
        return pl.read_json(b"[" + b",".join(items) + b"]", schema=self._schema)

    def _misfit(self, number: int, item: Raw, error: Exception) -> Misfit:
        """Say why; the strict parser knows better where, if it stumbles over the same thing."""
        try:
            self._strict.decode(item)
        except (msgspec.DecodeError, UnicodeDecodeError) as better:
            error = better
        reason = str(error).strip().split("\n", 1)[0]
        found = _AT.search(reason)
        names = re.sub(r"\[(\d+|\.\.\.)\]", "", found[1]).split(".") if found is not None else []
        return Misfit(number, reason, tuple(name for name in names if name))

    def _texted(self, item: Raw) -> bytes:
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


class _Arrow:
    """Decodes items with Arrow, if each of them is exactly what a dtype says."""

    def __init__(self, dtype: pl.Struct) -> None:
        empty = pl.DataFrame(schema={part.name: part.dtype for part in dtype.fields})
        # Not as views, of which the rows of a small table would keep all the texts of a page in memory.
        self._schema = cast("Any", empty.to_arrow(compat_level=pl.CompatLevel.oldest())).schema
        self._numbers = msgspec.json.Decoder(number_type(dtype))

    def read(self, items: Sequence[Raw]) -> pl.DataFrame | None:
        """The frame of the items; ``None`` if one of them is anything else."""
        try:
            # Arrow is lenient about commas, takes a text for a number if it looks like one, and cuts off fractions.
            # Item by item: what is made of one is gone before the next, and the collector of garbage has nothing to
            # go through.
            for item in items:
                self._numbers.decode(item)
            lines = b"\n".join(items)
            # Other threads go on meanwhile, which arro3 itself would not let them.
            decoded = _READER.from_stream(read_json(lines, self._schema, batch_size=len(items) + 1)).read_all()
            frame = cast("pl.DataFrame", pl.from_arrow(decoded, rechunk=False))
        except _MALFORMED:
            return None
        return frame if len(frame) == len(items) else None


def _pieces(items: Sequence[Raw]) -> Iterator[range]:
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
