"""Items of an answer into the frames of all tables that live in them, in one pass.

The items (raw JSON, one byte string each) are parsed together by polars with a schema made of the
declared paths, then taken apart a level at a time. If that fails, each item is held against the same
schema strictly: the good ones load, the bad ones come back as rejects with the table, the column, the
raw JSON and the reason.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Column, Table
from genesys_assets.catalog.types import POLARS_TYPES
from genesys_assets.extraction.paths import Step, parse
from genesys_assets.extraction.shape import TEXT_SUFFIX, Node, leaf_type, strict_type, whole_numbers

REJECT_SCHEMA: Mapping[str, pl.DataType] = {
    "table": pl.String(),
    "column": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),
    "source": pl.String(),
}

_ITEM = "@item"
_SELF = "@"
_INDEX = "@index"
_EXACT = 2**53
_MOMENT = "%Y-%m-%dT%H:%M:%S%.f%#z"
_MOMENT_WITHOUT_SECONDS = "%Y-%m-%dT%H:%M%#z"
_WALL_CLOCK = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")


class DeclarationError(ValueError):
    """A declaration cannot be turned into a parser; the message names the table and column."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Frames by table name (declared columns in order, ``db_partition`` last) and the rejected items."""

    frames: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    items: int


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a column's value lies: a level, the steps from there, or something beside the items."""

    level: tuple[Step, ...]
    steps: tuple[Step, ...]
    special: str | None = None

    @property
    def label(self) -> str:
        return f"{_text(self.level)}|{_text(self.steps)}|{self.special or ''}"


@dataclass(frozen=True, slots=True)
class _Target:
    """A table at one of its row paths."""

    table: Table
    rows: str
    level: tuple[Step, ...]
    sources: Mapping[str, _Source]


@dataclass(slots=True)
class _Level:
    """One nesting of arrays: which tables live here, what deeper levels need from here."""

    path: tuple[Step, ...]
    targets: list[_Target] = field(default_factory=list["_Target"])
    carried: dict[str, _Source] = field(default_factory=dict[str, "_Source"])
    children: list[_Level] = field(default_factory=list["_Level"])


class PageParser:
    """Parses items into the frames of ``tables``, which share one read.

    Raises:
        DeclarationError: the tables' declarations contradict each other.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tuple(tables)
        self._root = Node()
        self._levels: dict[tuple[Step, ...], _Level] = {(): _Level(())}
        self._texts: list[tuple[Step, ...]] = []
        self._by_path: dict[str, tuple[str, str]] = {}
        for table in self.tables:
            for rows in (table.rows,) if isinstance(table.rows, str) else table.rows:
                self._declare(table, rows)
        self._link()
        dtype = self._root.dtype()
        self._schema = {part.name: part.dtype for part in dtype.fields} if isinstance(dtype, pl.Struct) else {}
        self._strict = msgspec.json.Decoder(strict_type(dtype))
        self._empty = {
            table.name: pl.DataFrame(schema={c.name: POLARS_TYPES[c.type] for c in _columns(table)})
            for table in self.tables
        }

    def parse(
        self,
        items: Sequence[bytes],
        *,
        request: Mapping[str, str] | None = None,
        response: Mapping[str, Any] | None = None,
        source: str = "",
    ) -> Parsed:
        """Parse items; ``request`` and ``response`` fill ``@request.x`` and ``@response.x`` columns.

        ``source`` says in the rejects where the items came from (the request's path).
        """
        rejected: dict[int, tuple[str, str, str]] = {}
        frame = self._read(items, rejected) if items else None
        beside = {f"request.{k}": v for k, v in (request or {}).items()}
        beside |= {f"response.{k}": v for k, v in (response or {}).items()}
        if frame is None:
            frames = dict(self._empty)
        else:
            frames = self._take_apart(frame, beside, rejected)
        rejects = [
            {"table": table, "column": column, "reason": reason, "raw": items[n].decode("utf-8", "replace")}
            for n, (table, column, reason) in sorted(rejected.items())
        ]
        schema = {name: dtype for name, dtype in REJECT_SCHEMA.items() if name != "source"}
        table = pl.DataFrame(rejects, schema=schema).with_columns(pl.lit(source).alias("source"))
        return Parsed(frames, table, len(items))

    # -- building the parser from the declarations ---------------------------------------------------

    def _declare(self, table: Table, rows: str) -> None:
        steps = parse(rows)
        level = steps
        if level and level[-1].many is None:
            raise DeclarationError(f"table {table.name}: the rows path {rows!r} does not end in an array or a map")
        sources: dict[str, _Source] = {}
        for column in _columns(table):
            where = f"table {table.name}, column {column.name}"
            source = self._locate(_path_of(table, column), level, where)
            if source is None:
                continue
            if source.special is None:
                full = f"$.{_text(source.level + source.steps)}"
                self._by_path.setdefault(full, (table.name, column.name))
                source = self._plant(source, column, where)
            sources[column.name] = source
        self._levels.setdefault(level, _Level(level)).targets.append(_Target(table, rows, level, sources))
        if level:
            self._walk(level, f"table {table.name}")

    def _locate(self, path: str, level: tuple[Step, ...], where: str) -> _Source | None:
        if not path:
            return None
        if path.startswith(("@request.", "@response.")) or path in ("@index", "@key", "@rows"):
            return _Source(level, (), path[1:])
        if path in ("@", "@value"):
            return _Source(level, ())
        if not path.startswith("$."):
            return _Source(level, parse(path))
        steps = parse(path[2:])
        last = max((n for n, step in enumerate(steps, 1) if step.many), default=0)
        if steps[:last] != level[:last]:
            raise DeclarationError(f"{where}: {path} does not enclose the rows at {_text(level)!r}")
        return _Source(steps[:last], steps[last:])

    def _walk(self, steps: Iterable[Step], where: str) -> Node:
        node = self._root
        for step in steps:
            node = node.child(step, where)
        return node

    def _plant(self, source: _Source, column: Column, where: str) -> _Source:
        """Put the column's field into the trie; a json column without a shape is read as text."""
        if column.type == "json" and column.shape is None:
            if not source.steps:
                raise DeclarationError(f"{where}: a json column that is the row itself needs a shape")
            self._texts.append(source.level + source.steps)
            source = _Source(source.level, (*source.steps[:-1], _renamed(source.steps[-1])))
        self._walk(source.level + source.steps, where).become(leaf_type(column.type, column.shape), where)
        return source

    def _link(self) -> None:
        """Hang each level below the one that encloses it and say what has to be carried down."""
        for path in sorted(self._levels, key=len):
            for length in range(1, len(path)):
                if path[length - 1].many and path[:length] not in self._levels:
                    self._levels[path[:length]] = _Level(path[:length])
        for path, level in sorted(self._levels.items(), key=lambda entry: len(entry[0])):
            if path:
                self._parent_of(path).children.append(level)
            for target in level.targets:
                for source in target.sources.values():
                    if source.level != path:
                        self._carry(source, path)

    def _parent_of(self, path: tuple[Step, ...]) -> _Level:
        length = max((n for n in range(len(path)) if n == 0 or path[n - 1].many), default=0)
        return self._levels[path[:length]]

    def _carry(self, source: _Source, to: tuple[Step, ...]) -> None:
        level = self._parent_of(to)
        while True:
            level.carried[source.label] = source
            if level.path == source.level:
                return
            level = self._parent_of(level.path)

    # -- reading -------------------------------------------------------------------------------------

    def _read(self, items: Sequence[bytes], rejected: dict[int, tuple[str, str, str]]) -> pl.DataFrame | None:
        prepared, kept = items, range(len(items))
        try:
            frame = self._read_json(self._with_texts(items))
        except (pl.exceptions.PolarsError, msgspec.DecodeError):
            kept = [n for n, item in enumerate(items) if not self._reject_misfit(n, item, rejected)]
            prepared = [items[n] for n in kept]
            if not prepared:
                return None
            frame = self._read_json(self._with_texts(prepared))
        return frame.with_columns(pl.Series(_ITEM, kept, dtype=pl.UInt32))

    def _read_json(self, items: Sequence[bytes]) -> pl.DataFrame:
        frame = pl.read_json(io.BytesIO(b"[" + b",".join(items) + b"]"), schema=self._schema)
        return frame.select(pl.struct(pl.all()).alias(_SELF)) if self._schema else pl.DataFrame({_SELF: [None] * len(items)})

    def _reject_misfit(self, number: int, item: bytes, rejected: dict[int, tuple[str, str, str]]) -> bool:
        try:
            self._strict.decode(self._with_texts([item])[0])
        except msgspec.DecodeError as error:
            table, column = self._blame(str(error))
            rejected[number] = (table, column, f"table {table}, column {column or '?'}: {error}")
            return True
        return False

    def _blame(self, message: str) -> tuple[str, str]:
        """The table and column whose declared path a strict parser's message names."""
        if (found := re.search(r"at `([^`]+)`", message)) is not None:
            path = re.sub(r"\[(\d+|\.\.\.)\]", "[]", found[1])
            for candidate in (path, f"{path}[]", path.removesuffix("[]")):
                if candidate in self._by_path:
                    return self._by_path[candidate]
        return self.tables[0].name, ""

    def _with_texts(self, items: Sequence[bytes]) -> Sequence[bytes]:
        """The items with the subtrees of json columns without a shape turned into text."""
        if not self._texts:
            return items
        return [self._texted(item) for item in items]

    def _texted(self, item: bytes) -> bytes:
        value = msgspec.json.decode(item)
        for steps in self._texts:
            for holder in _holders(value, steps[:-1]):
                if isinstance(holder, dict) and holder.get(steps[-1].name) is not None:  # pyright: ignore[reportUnknownMemberType]
                    holder[steps[-1].name + TEXT_SUFFIX] = msgspec.json.encode(holder[steps[-1].name]).decode()
        return msgspec.json.encode(value)

    # -- taking apart --------------------------------------------------------------------------------

    def _take_apart(
        self, frame: pl.DataFrame, beside: Mapping[str, Any], rejected: dict[int, tuple[str, str, str]]
    ) -> dict[str, pl.DataFrame]:
        parts: dict[str, list[pl.DataFrame]] = {table.name: [] for table in self.tables}
        self._descend(self._levels[()], frame, beside, rejected, parts)
        frames: dict[str, pl.DataFrame] = {}
        for table in self.tables:
            found = parts[table.name]
            joined = found[0] if len(found) == 1 else pl.concat(found)
            frames[table.name] = _distinct(table, joined, rejected)
        bad = list(rejected)
        return {
            name: (part.filter(~pl.col(_ITEM).is_in(bad)) if bad else part).drop(_ITEM) for name, part in frames.items()
        }

    def _descend(
        self,
        level: _Level,
        frame: pl.DataFrame,
        beside: Mapping[str, Any],
        rejected: dict[int, tuple[str, str, str]],
        parts: dict[str, list[pl.DataFrame]],
    ) -> None:
        for target in level.targets:
            raw = frame.select(_ITEM, *_expressions(target, frame, beside))
            parts[target.table.name].append(_convert(target.table, raw, rejected))
        for child in level.children:
            steps = child.path[len(level.path) :]
            carried = [
                _value(source, frame).alias(label)
                for label, source in level.carried.items()
                if _is_carried_to(child, label)
            ]
            many = _field(pl.col(_SELF), steps)
            if steps[-1].many == "map":
                many = many.map.entries()
            wanted_index = any(s.special == "index" for t in child.targets for s in t.sources.values())
            index = [pl.int_ranges(0, many.list.len()).alias(_INDEX)] if wanted_index else []
            nested = frame.select(_ITEM, *carried, many.alias(_SELF), *index)
            exploded = nested.explode(_SELF, *([_INDEX] if wanted_index else []), empty_as_null=False, keep_nulls=False)
            self._descend(child, exploded, beside, rejected, parts)


def _columns(table: Table) -> tuple[Column, ...]:
    return (*table.columns, DB_PARTITION) if table.partition_by is not None else table.columns


def _path_of(table: Table, column: Column) -> str:
    if column is not DB_PARTITION:
        return column.path
    by = table.partition_by or ""
    return by if by.startswith("$.") else table.column(by).path


def _is_carried_to(level: _Level, label: str) -> bool:
    if label in level.carried:
        return True
    return any(source.label == label for target in level.targets for source in target.sources.values())


def _expressions(target: _Target, frame: pl.DataFrame, beside: Mapping[str, Any]) -> list[pl.Expr]:
    expressions: list[pl.Expr] = []
    for column in _columns(target.table):
        source = target.sources.get(column.name)
        expressions.append(_expression(column, source, target, frame, beside).alias(column.name))
    return expressions


def _expression(
    column: Column, source: _Source | None, target: _Target, frame: pl.DataFrame, beside: Mapping[str, Any]
) -> pl.Expr:
    if source is None:
        return pl.lit(None, dtype=POLARS_TYPES[column.type])
    special = source.special
    if special is None:
        return _value(source, frame)
    if special == "index":
        return pl.col(_INDEX).cast(pl.Float64)
    if special == "key":
        return pl.col(_SELF).struct.field("key")
    if special == "rows":
        return pl.lit(_which_rows(target, column))
    return pl.lit(beside.get(special))


def _which_rows(target: _Target, column: Column) -> str:
    """What a row's own ``rows`` path is called: the column's value at the same place, or the path itself."""
    table = target.table
    paths = (table.rows,) if isinstance(table.rows, str) else table.rows
    return column.values[paths.index(target.rows)] if len(column.values) == len(paths) else target.rows


def _value(source: _Source, frame: pl.DataFrame) -> pl.Expr:
    if source.label in frame.columns:
        return pl.col(source.label)
    here = pl.col(_SELF)
    if source.level and source.level[-1].many == "map":
        here = here.struct.field("value")
    return _field(here, source.steps)


def _field(expression: pl.Expr, steps: Sequence[Step]) -> pl.Expr:
    for step in steps:
        expression = expression.struct.field(step.name)
        if step.position is not None:
            expression = expression.list.get(step.position, null_on_oob=True)
        elif step.match is not None:
            name, value = step.match
            expression = expression.list.eval(
                pl.element().filter(pl.element().struct.field(name) == value)
            ).list.first()
    return expression


def _convert(table: Table, raw: pl.DataFrame, rejected: dict[int, tuple[str, str, str]]) -> pl.DataFrame:
    """Turn parsed fields into the declared types; whatever a conversion would lose is rejected."""
    columns = _columns(table)
    converted = raw.select(_ITEM, *(_converted(column, raw.schema[column.name]) for column in columns))
    for column in columns:
        required = column.key or column is DB_PARTITION
        before = len(raw) if required else len(raw) - raw[column.name].null_count()
        if len(raw) - converted[column.name].null_count() != before:
            wrong = converted[column.name].is_null()
            if not required:
                wrong = wrong & raw[column.name].is_not_null()
            for item, value in raw.filter(wrong).select(_ITEM, column.name).iter_rows():
                rejected.setdefault(item, (table.name, column.name, _reason(table, column, value)))
    return converted


def _reason(table: Table, column: Column, value: object) -> str:
    if column is DB_PARTITION:
        return f"table {table.name}: {table.partition_by} = {value!r} gives no day for the partition"
    if value is None:
        return f"table {table.name}: the key column {column.name} is empty"
    return f"table {table.name}: {column.name} = {value!r} is not a {column.type}"


def _converted(column: Column, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(column.name)
    wanted = POLARS_TYPES[column.type]
    if dtype == wanted:
        return value
    if dtype == pl.Null:
        return value.cast(wanted)
    if column is DB_PARTITION:
        return pl.coalesce(_moment(value).dt.date(), value.str.to_date("%Y-%m-%d", strict=False)).alias(column.name)
    match column.type:
        case "int64":
            whole = (value == value.floor()) & (value.abs() <= _EXACT)
            return pl.when(whole).then(value).cast(pl.Int64).alias(column.name)
        case "timestamp":
            return _moment(value).alias(column.name)
        case "local_timestamp":
            return pl.coalesce(
                value.str.to_datetime(pattern, time_unit="us", strict=False) for pattern in _WALL_CLOCK
            ).alias(column.name)
        case "date":
            return value.str.to_date("%Y-%m-%d", strict=False).alias(column.name)
        case "json":
            return _shaped_text(value, dtype, column).alias(column.name)
        case _:
            return value.cast(wanted)


def _moment(value: pl.Expr) -> pl.Expr:
    moment = value.str.to_datetime(_MOMENT, time_unit="us", time_zone="UTC", strict=False)
    without_seconds = value.str.to_datetime(_MOMENT_WITHOUT_SECONDS, time_unit="us", time_zone="UTC", strict=False)
    return pl.coalesce(moment, without_seconds)


def _shaped_text(value: pl.Expr, dtype: pl.DataType, column: Column) -> pl.Expr:
    """JSON text of a shaped column; null where a whole number turns out to have a fraction."""
    whole = dtype if column.shape is None else whole_numbers(column.shape)
    if whole == dtype:
        return _json_text(value, dtype)
    cast = value.cast(whole)
    return pl.when(_json_text(cast.cast(dtype), dtype) == _json_text(value, dtype)).then(_json_text(cast, whole))


def _json_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Struct):
        return value.struct.json_encode()
    wrapped = pl.struct(value.alias("v")).struct.json_encode()
    return pl.when(value.is_not_null()).then(wrapped.str.slice(5).str.head(-1))


def _distinct(table: Table, frame: pl.DataFrame, rejected: dict[int, tuple[str, str, str]]) -> pl.DataFrame:
    """Of rows with one key keep the last item's; different rows of one key inside an item are rejected."""
    key = list(table.key)
    doubled = frame.select(key).is_duplicated()
    if not doubled.any():
        return frame
    twice = frame.filter(doubled).unique(maintain_order=True)
    clashing = twice.filter(twice.select(_ITEM, *key).is_duplicated())
    for row in clashing.iter_rows(named=True):
        shown = ", ".join(f"{name} = {row[name]!r}" for name in key)
        reason = f"table {table.name}: two different rows have the key {shown}"
        rejected.setdefault(row[_ITEM], (table.name, key[-1], reason))
    good = frame.filter(~pl.col(_ITEM).is_in(list(rejected))) if rejected else frame
    return good.unique(key, keep="last", maintain_order=True)


def _renamed(step: Step) -> Step:
    return Step(step.name + TEXT_SUFFIX)


def _text(steps: Iterable[Step]) -> str:
    marks = {"array": "[]", "map": "{}"}
    parts: list[str] = []
    for step in steps:
        mark = marks.get(step.many or "", "")
        if step.position is not None:
            mark = f"[{step.position}]"
        elif step.match is not None:
            mark = f"[?{step.match[0]}=={step.match[1]}]"
        parts.append(step.name + mark)
    return ".".join(parts)


def _holders(value: Any, steps: Sequence[Step]) -> list[Any]:
    found = [value]
    for step in steps:
        inner = [holder.get(step.name) for holder in found if isinstance(holder, dict)]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if step.many is not None or step.position is not None or step.match is not None:
            inner = [each for many in inner if many for each in (many.values() if isinstance(many, dict) else many)]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        found = inner
    return found
