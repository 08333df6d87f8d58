"""Parsed values into the declared types, a column at a time; what a conversion would lose comes back as a loss.

Each type has a quick way, for values as Genesys usually spells them, and a thorough one, for columns in
which the quick one came upon something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from genesys_assets.catalog.declare import Shape
from genesys_assets.catalog.types import POLARS_TYPES
from genesys_assets.extraction.plan import Value
from genesys_assets.extraction.shape import EXACT, built, shape_type

_USUAL = "%Y-%m-%dT%H:%M:%S.%3fZ"
_MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
_WALL_CLOCKS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")
_DAY = "%Y-%m-%d"
_TEXTS = pl.List(pl.String())
_FRACTIONAL = "\N{SYMBOL FOR UNIT SEPARATOR}fractional"
"""Behind the name of a shaped column: whether any of its whole numbers is none."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Rows (``lost``, a mask) in which a value is there but cannot be what it is declared to be."""

    value: Value
    lost: pl.Series


class Converter:
    """Converts the values of one level; what is worked out for the first frame serves for all that follow."""

    def __init__(self, values: Iterable[Value]) -> None:
        self._values = tuple(values)
        self._ways: dict[str, _Way] = {}

    def convert(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Loss]]:
        """The frame with the converted values beside what it had, and what was lost on the way."""
        made: list[pl.Series] = []
        wanted: list[tuple[_Way, pl.Series]] = []
        for value in self._values:
            raw = frame.get_column(value.place)
            way = self._ways.get(value.name) or self._ways.setdefault(value.name, _way(value, raw.dtype))
            if raw.null_count() == len(raw):
                made.append(way.nothing.new_from_index(0, len(raw)).alias(value.name))
            elif not way.quick:
                made.append(raw.alias(value.name))
            else:
                wanted.append((way, raw))
        # All of them at once: what polars takes to begin is more than most columns need.
        quick = frame.select([expression for way, _ in wanted for expression in way.quick])
        losses: list[Loss] = []
        for way, raw in wanted:
            column = way.finish(frame, raw, quick)
            made.append(column.alias(way.value.name))
            if column.null_count() != raw.null_count():
                losses.append(Loss(way.value, column.is_null() & raw.is_not_null()))
        return frame.hstack(made), losses


@dataclass(frozen=True, slots=True)
class _Way:
    """How a value is converted: nothing is to be done where ``quick`` is empty.

    Else its first expression makes the column; a second one says whether whole numbers of a shape are none.
    ``nothing`` is a null of the final type.
    """

    value: Value
    quick: tuple[pl.Expr, ...]
    nothing: pl.Series

    def finish(self, frame: pl.DataFrame, raw: pl.Series, quick: pl.DataFrame) -> pl.Series:
        """The column, made the thorough way if the quick one came upon something."""
        column = quick.get_column(self.value.name)
        if self.value.shape is not None:
            fractional = len(self.quick) > 1 and quick.get_column(self.value.name + _FRACTIONAL)[0]
            return _whole(column, raw, self.value.shape) if fractional else column
        if column.null_count() == raw.null_count():
            return column
        return frame.select(_thorough(self.value)).to_series()


def _way(value: Value, dtype: pl.DataType) -> _Way:
    final = _final(value)
    nothing = pl.Series([None], dtype=final)
    if value.shape is None:
        return _Way(value, () if dtype == final else (_quick(value).alias(value.name),), nothing)
    # Another column may take more of the same objects than this one's shape.
    written = shape_type(value.shape, whole=True)
    if _has(dtype, written):
        return _Way(value, (_text(_projected(_found(value), dtype, written), written).alias(value.name),), nothing)
    found = _projected(_found(value), dtype, shape_type(value.shape))
    text = _text(found.cast(written), written).alias(value.name)
    fractions = list(_fractions(found, value.shape))
    checks = (pl.any_horizontal(fractions).alias(value.name + _FRACTIONAL),) if fractions else ()
    return _Way(value, (text, *checks), nothing)


def _quick(value: Value) -> pl.Expr:
    found = _found(value)
    match value.kind:
        case "int64":
            return pl.when((found == found.floor()) & (found.abs() <= EXACT)).then(found).cast(pl.Int64)
        case "timestamp":
            return _usual(found)
        case "day":
            return _usual(found).dt.date()
        case _:
            return _thorough(value)


def _thorough(value: Value) -> pl.Expr:
    found = _found(value)
    match value.kind:
        case "timestamp":
            return _moment(found)
        case "day":
            return pl.coalesce(_moment(found).dt.date(), found.str.to_date(_DAY, strict=False))
        case "date":
            return found.str.to_date(_DAY, strict=False)
        case "local_timestamp":
            return pl.coalesce(found.str.to_datetime(each, time_unit="us", strict=False) for each in _WALL_CLOCKS)
        case _:
            return _quick(value)


def _found(value: Value) -> pl.Expr:
    found = pl.col(value.place)
    if value.part is None:
        return found
    # What is no interval has no second part, and becomes a loss.
    moments = found.str.split_exact("/", 1)
    start, end = (moments.struct.field(f"field_{n}") for n in (0, 1))
    return pl.when(end != "").then(start if value.part == "start" else end)


def _final(value: Value) -> pl.DataType:
    if value.kind == "texts":
        return _TEXTS
    return POLARS_TYPES["date" if value.kind == "day" else value.kind]


def _usual(text: pl.Expr) -> pl.Expr:
    # Of a fixed length and without a zone it is parsed several times as fast.
    return text.str.to_datetime(_USUAL, time_unit="us", strict=False, cache=False).dt.replace_time_zone("UTC")


def _moment(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(text.str.to_datetime(each, time_unit="us", time_zone="UTC", strict=False) for each in _MOMENTS)


def _whole(texts: pl.Series, raw: pl.Series, shape: Shape) -> pl.Series:
    """The JSON texts of a shaped column; null where a whole number is none, or too large to tell."""
    parsed = shape_type(shape)
    found = _projected(pl.col(raw.name), raw.dtype, parsed)
    spelled = raw.to_frame().select(_text(found, parsed)).to_series()
    sound = [each is not None and _is_whole(msgspec.json.decode(each), shape) for each in spelled]
    return texts.to_frame().select(pl.when(pl.Series(sound, dtype=pl.Boolean)).then(pl.col(texts.name))).to_series()


def _fractions(value: pl.Expr, shape: Shape) -> Iterator[pl.Expr]:
    """For each whole number of a shape: whether any value of the column is none, or too large to tell."""
    if shape == "int64":
        yield ((value != value.floor()) | (value.abs() > EXACT)).any()
    elif isinstance(shape, tuple):
        yield from _fractions(value.explode(empty_as_null=False, keep_nulls=False), shape[0])
    elif not isinstance(shape, str):
        for name, inner in shape.items():
            yield from _fractions(value.struct.field(name), inner)


def _is_whole(value: Any, shape: Shape) -> bool:
    """Whether every whole number of a value that fits the shape is one."""
    if value is None or (isinstance(shape, str) and shape != "int64"):
        return True
    if isinstance(shape, str):
        return value == int(value) and abs(value) <= EXACT
    if isinstance(shape, tuple):
        return all(_is_whole(each, shape[0]) for each in value)
    return all(_is_whole(value[name], inner) for name, inner in shape.items())


def _has(given: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether all of a dtype is in another one, number for number."""
    if isinstance(given, pl.List) and isinstance(wanted, pl.List):
        return _has(built(given.inner), built(wanted.inner))
    if isinstance(given, pl.Struct) and isinstance(wanted, pl.Struct):
        theirs = {part.name: built(part.dtype) for part in given.fields}
        return all(_has(theirs[part.name], built(part.dtype)) for part in wanted.fields)
    return given == wanted


def _projected(value: pl.Expr, given: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    if given == wanted:
        return value
    if given == pl.Int64 and wanted == pl.Float64:
        return value.cast(wanted)
    if isinstance(given, pl.List) and isinstance(wanted, pl.List):
        return value.list.eval(_projected(pl.element(), built(given.inner), built(wanted.inner)))
    if isinstance(given, pl.Struct) and isinstance(wanted, pl.Struct):
        theirs = {part.name: built(part.dtype) for part in given.fields}
        parts = [
            _projected(value.struct.field(part.name), theirs[part.name], built(part.dtype)).alias(part.name)
            for part in wanted.fields
        ]
        return pl.when(value.is_not_null()).then(pl.struct(parts))
    raise TypeError(f"cannot take {wanted} out of {given}")


def _text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Struct):
        return pl.when(value.is_not_null()).then(value.struct.json_encode())
    wrapped = pl.struct(value.alias("v")).struct.json_encode()
    return pl.when(value.is_not_null()).then(wrapped.str.strip_prefix('{"v":').str.strip_suffix("}"))
