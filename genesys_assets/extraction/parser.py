"""Items of an answer into the frames of all tables that live in them, in one pass.

The items (raw JSON, one byte string each) are parsed together by polars with a schema made of the
declared paths, then taken apart a level at a time. An item that does not fit, or from which something
would be lost, comes back as a reject with the table, the column, the raw JSON and the reason; the others
load. An item loads as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Table
from genesys_assets.extraction.convert import Converter, Loss
from genesys_assets.extraction.paths import DeclarationError, Step, Steps
from genesys_assets.extraction.plan import (
    INDEX,
    ITEM,
    SELF,
    SEPARATOR,
    Beside,
    Level,
    Plan,
    Target,
    place,
    renamed,
)
from genesys_assets.extraction.reading import Misfit, Raw, Reader
from genesys_assets.extraction.shape import leaf_type

__all__ = ["REJECT_SCHEMA", "DeclarationError", "PageParser", "Parsed"]

REJECT_SCHEMA: Mapping[str, pl.DataType] = {
    "table": pl.String(),
    "column": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),
    "source": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """Frames by table name (declared columns in order, ``db_partition`` last) and the rejected items.

    ``items`` counts those that were parsed, rejected ones included. ``roots`` holds what identifies each
    item that was not rejected, where the parser was told which field does.
    """

    frames: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    items: int
    roots: pl.Series


class PageParser:
    """Parses items into the frames of ``tables``, which share one read.

    ``root`` is the field that identifies an item: an item without it is rejected, and its values come with
    every page.

    Raises:
        DeclarationError: the tables' declarations contradict each other or cannot be read.
    """

    def __init__(self, tables: Sequence[Table], *, root: str | None = None) -> None:
        self.tables = tuple(tables)
        self._root = root
        self._plan = Plan(self.tables, root)
        self._reader = Reader(self._plan.trie, self._plan.texts)
        self._fields: dict[tuple[Steps, Steps], list[str]] = {}
        # Of frames with whole numbers as such, and of others: both are alike from page to page.
        self._converters = tuple(
            {level.path: Converter(level.values.values()) for level in self._plan.levels} for _ in (False, True)
        )

    def parse(
        self,
        items: Sequence[Raw],
        *,
        request: Mapping[str, str | None] | None = None,
        response: Mapping[str, Any] | None = None,
        source: str = "",
    ) -> Parsed:
        """Parse items; ``request`` and ``response`` fill ``@request.x`` and ``@response.x`` columns.

        ``source`` says in the rejects where the items came from (the request's path).

        Raises:
            DeclarationError: a column takes a parameter that the request does not have.
        """
        fitting, misfits = self._reader.read(items)
        frame = fitting.frame
        rejected = Rejected()
        for misfit in misfits:
            rejected.add(misfit.item, *self._plan.owner(misfit.path), _misfitting(misfit))
        frame = frame.hstack([_beside(each, request, response, len(frame)) for each in self._plan.beside.values()])
        parts: dict[str, list[pl.DataFrame]] = {table.name: [] for table in self.tables}
        converters = self._converters[fitting.whole]
        top = self._descend(self._plan.top, frame, converters, rejected, parts)
        if self._root is not None and top.get_column(self._root).null_count():
            for item in top.filter(pl.col(self._root).is_null()).get_column(ITEM):
                rejected.add(item, *self._plan.owner([self._root]), f"the item has no {self._root}")
        frames = _joined(self.tables, parts, rejected)
        roots = rejected.without(top).get_column(self._root) if self._root else pl.Series([], dtype=pl.String)
        return Parsed(frames, rejected.frame(items, source), len(items), roots)

    def _descend(
        self,
        level: Level,
        frame: pl.DataFrame,
        converters: Mapping[Steps, Converter],
        rejected: Rejected,
        parts: dict[str, list[pl.DataFrame]],
    ) -> pl.DataFrame:
        """Take the rows of a level apart, and those of the levels below; the level's frame comes back."""
        frame, losses = converters[level.path].convert(self._opened(level, frame))
        for loss in losses:
            _reject_lost(loss, frame, rejected)
        for target in level.targets:
            made = _counted(target, target.frame(frame))
            _reject_incomplete(target, made, rejected)
            parts[target.table.name].append(made)
        for child in level.children:
            rows_below = _below(frame, place(level.steps_to(child)), child)
            self._descend(child, rows_below, converters, rejected, parts)
        return frame

    def _opened(self, level: Level, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the fields of the objects that are needed, each named by its place."""
        for steps in level.openings:
            if not steps and not level.path:
                # The fields of the items themselves come from the reader as they are wanted.
                continue
            here = place(steps)
            if steps and (steps[-1].position is not None or steps[-1].match is not None):
                frame = frame.with_columns(_picked(steps).alias(here))
            opened = frame.get_column(here)
            fields = self._fields.get((level.path, steps))
            if fields is None:
                # Asked once: a dtype of many fields takes its time to tell.
                parts = opened.dtype.fields if isinstance(opened.dtype, pl.Struct) else []
                fields = self._fields[level.path, steps] = [f"{here}{SEPARATOR}{part.name}" for part in parts]
            if fields:
                inner = opened.struct.unnest()
                inner.columns = fields
                frame = frame.hstack(inner)
        return frame


class Rejected:
    """Items that cannot be loaded, each with the first reason found."""

    def __init__(self) -> None:
        self._reasons: dict[int, tuple[str, str, str]] = {}

    def add(self, item: int, table: str, column: str, reason: str) -> None:
        """Note why an item cannot be loaded, unless a reason is known already."""
        where = f"table {table}, column {column}" if column else f"table {table}"
        self._reasons.setdefault(item, (table, column, f"{where}: {reason}"))

    def without(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without the rows of the items noted so far."""
        if not self._reasons:
            return frame
        bad = pl.Series(list(self._reasons), dtype=pl.UInt32)
        return frame.filter(~pl.col(ITEM).is_in(bad.implode()))

    def frame(self, items: Sequence[Raw], source: str) -> pl.DataFrame:
        """The rejects, in the order of the items."""
        rows = [
            (*reason, bytes(items[number]).decode("utf-8", "replace"), source)
            for number, reason in sorted(self._reasons.items())
        ]
        return pl.DataFrame(rows, schema=dict(REJECT_SCHEMA), orient="row")


def _misfitting(misfit: Misfit) -> str:
    return misfit.reason[:1].lower() + misfit.reason[1:]


def _beside(
    beside: Beside, request: Mapping[str, str | None] | None, response: Mapping[str, Any] | None, rows: int
) -> pl.Series:
    """A value from beside the items, the same for all of them."""
    table, column = beside.wanted_by
    where, _, name = beside.name.partition(".")
    # The answer's values are named without the objects that lie on the way to the items.
    given = (request or {}) if where == "request" else {name: (response or {}).get(name.rpartition(".")[2])}
    if name not in given:
        raise DeclarationError(f"table {table}, column {column}: the request has no parameter {name!r}")
    dtype = leaf_type(beside.type)
    try:
        value = _plain(given[name], dtype)
    except ValueError:
        raise DeclarationError(
            f"table {table}, column {column}: @{beside.name} is {given[name]!r}, not a {beside.type}"
        ) from None
    return pl.Series(beside.place, [value], dtype=dtype).new_from_index(0, rows)


def _plain(value: object, dtype: pl.DataType) -> object:
    """The value as one of a dtype; path parameters are always text.

    Raises:
        ValueError: it cannot be.
    """
    if value is None or (isinstance(value, bool) and dtype == pl.Boolean):
        return value
    if dtype == pl.String:
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if dtype == pl.Float64 and isinstance(value, str | int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError(value)


def _below(frame: pl.DataFrame, where: str, child: Level) -> pl.DataFrame:
    """The rows of a level below, in :data:`SELF`, beside what they inherit; ``where`` is the column that holds them."""
    rows = renamed(frame, {ITEM: ITEM, **{name: name for name in child.inherited}, where: SELF})
    if child.is_map:
        rows = rows.with_columns(pl.col(SELF).map.entries())
    if child.is_object:
        return rows.filter(pl.col(SELF).is_not_null())
    if child.indexed:
        rows = rows.with_columns(pl.int_ranges(0, pl.col(SELF).list.len()).alias(INDEX))
    return rows.explode([SELF, INDEX] if child.indexed else SELF, empty_as_null=False, keep_nulls=False)


def _counted(target: Target, made: pl.DataFrame) -> pl.DataFrame:
    """The rows with their ``@nth`` columns: positions among an item's rows with the same rest of the key."""
    for name in target.counted:
        others = [ITEM, *(key for key in target.table.key if key not in target.counted)]
        dtype = made.schema[name]
        made = made.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over(others).cast(dtype).alias(name))
    return made


def _picked(steps: Steps) -> pl.Expr:
    """The one element of an array that the last step means; null where there is none."""
    step = steps[-1]
    many = pl.col(place((*steps[:-1], Step(step.name))))
    if step.match is None:
        return many.list.get(step.position or 0, null_on_oob=True)
    name, value = step.match
    return many.list.eval(pl.element().filter(pl.element().struct.field(name) == value)).list.first()


def _reject_lost(loss: Loss, frame: pl.DataFrame, rejected: Rejected) -> None:
    value = loss.value
    table, column = value.wanted_by
    wanted = "moment that gives a day" if value.kind == "day" else value.kind
    for item, found in frame.select(ITEM, value.place).filter(loss.lost).iter_rows():
        rejected.add(item, table, column, f"{found!r} is not a {wanted}")


def _reject_incomplete(target: Target, made: pl.DataFrame, rejected: Rejected) -> None:
    table = target.table
    for name in target.required:
        column = made.get_column(name)
        if column.null_count():
            what = f"no {table.partition_by} to tell the partition by" if name == DB_PARTITION.name else "it is missing"
            for item in made.get_column(ITEM).filter(column.is_null()):
                rejected.add(item, table.name, name, what)


def _joined(
    tables: Sequence[Table], parts: Mapping[str, Sequence[pl.DataFrame]], rejected: Rejected
) -> dict[str, pl.DataFrame]:
    """One frame a table, without rejected items, with each key once."""
    frames: dict[str, pl.DataFrame] = {}
    doubled: dict[str, pl.Series] = {}
    for table in tables:
        found = parts[table.name]
        frame = found[0] if len(found) == 1 else pl.concat(found).sort(ITEM, maintain_order=True)
        frames[table.name] = frame
        # Keys that are the same have the same hash, which is quicker to compare; hardly ever is there more to ask.
        keys = frame[:, list(table.key)]
        if keys.hash_rows().n_unique() < len(frame):
            doubled[table.name] = twice = keys.is_duplicated()
            _reject_clashes(table, frame.filter(twice), rejected)
    # Only now is it known which items load: a row of one that does not must not displace another's.
    for table in tables:
        frame = rejected.without(frames[table.name])
        if table.name in doubled:
            frame = frame.unique(table.key, keep="last", maintain_order=True)
        frames[table.name] = frame[:, [column for column in frame.columns if column != ITEM]]
    return frames


def _reject_clashes(table: Table, twice: pl.DataFrame, rejected: Rejected) -> None:
    """Reject items that have different rows of one key: which of them is true cannot be told."""
    different = twice.unique(maintain_order=True)
    clashing = different.filter(different.select(ITEM, *table.key).is_duplicated())
    for item, *key in clashing.select(ITEM, pl.col(table.key).cast(pl.String)).iter_rows():
        shown = ", ".join(f"{name} = {value}" for name, value in zip(table.key, key, strict=True))
        rejected.add(item, table.name, table.key[-1], f"two different rows have the key {shown}")
