"""The way from a read's declarations to a parser: which values lie at which level of nesting.

A level is one nesting of arrays or maps; its rows are the elements of all of them (or, where the path
of a table's rows ends in an object, these objects). A value is found, and converted, once at the level
where it lies, whichever tables and deeper levels take it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Column, Shape, Table, Tree, Type
from genesys_assets.catalog.types import POLARS_TYPES
from genesys_assets.extraction.paths import DeclarationError, PathError, Step, Steps, parse, text
from genesys_assets.extraction.shape import TEXT_SUFFIX, Node

ITEM = "@item"
"""Column with the number of the item that a row comes from."""
SELF = "@"
"""Column with the row itself."""
INDEX = "@index"
"""Column with the position of the row in its innermost array."""
SEPARATOR = "\N{SYMBOL FOR UNIT SEPARATOR}"
"""Between the names of nested fields in the name of a column; no field has it in its own."""

Kind = Type | Literal["day", "texts"]

_KEY, _VALUE = Step("key"), Step("value")


@dataclass(frozen=True, slots=True)
class Value:
    """Something to be taken from the rows of a level: where it lies, and as what.

    ``steps`` count from the row; in a map's level the first is ``key`` or ``value``. ``kind`` is a
    column's type, ``"day"`` for the UTC day of a moment, or ``"texts"`` for an array of texts.
    ``wanted_by`` (table, column) is the first that takes it.
    """

    level: Steps
    steps: Steps
    kind: Kind
    shape: Shape | None
    wanted_by: tuple[str, str] = field(compare=False)
    name: str = ""
    """Of the column with the converted value."""
    part: str | None = None
    """``"start"`` or ``"end"`` where the value is one of the moments of an interval."""

    @property
    def place(self) -> str:
        """Of the column with the parsed value."""
        return place(self.steps)


@dataclass(frozen=True, slots=True)
class Beside:
    """A value beside the items that a table takes: ``name`` (``request.groupId``), and as which type."""

    name: str
    place: str
    type: Type
    wanted_by: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A table at one of its row paths: how its frame is made of the level's columns.

    ``taken`` (source, column) are the columns that only want another name, which polars does much faster without
    its engine; ``made`` are expressions for the others. ``names`` are all of them in order, :data:`ITEM` first.
    ``required`` are the columns without which a row cannot be loaded, ``counted`` the ``@nth`` ones.
    """

    table: Table
    taken: Mapping[str, str]
    made: tuple[pl.Expr, ...]
    names: tuple[str, ...]
    required: tuple[str, ...]
    counted: tuple[str, ...] = ()

    def frame(self, level: pl.DataFrame) -> pl.DataFrame:
        """The table's rows of a level's frame."""
        rows = renamed(level, self.taken)
        if not self.made:
            return rows
        # Beside a column of the level what is the same in all rows is as long as it is.
        return rows.hstack(level.select(ITEM, *self.made).get_columns()[1:])[:, list(self.names)]

    @property
    def sources(self) -> set[str]:
        """The columns of the level that are needed."""
        return set(self.taken) | {name for expression in self.made for name in expression.meta.root_names()}


@dataclass(slots=True)
class Level:
    """One nesting: the values found here, the tables whose rows lie here, the levels below.

    ``inherited`` are values of enclosing levels that are needed here or further down. ``openings`` lead
    to objects whose fields are needed and to single elements of arrays, outermost first.
    """

    path: Steps
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    targets: list[Target] = field(default_factory=list[Target])
    inherited: dict[str, None] = field(default_factory=dict[str, None])
    openings: dict[Steps, None] = field(default_factory=dict[Steps, None])
    children: list[Level] = field(default_factory=list["Level"])
    indexed: bool = False

    @property
    def is_map(self) -> bool:
        """Whether the rows are the entries of maps."""
        return bool(self.path) and self.path[-1].many == "map"

    @property
    def is_object(self) -> bool:
        """Whether the rows are objects of which there is one or none."""
        return bool(self.path) and self.path[-1].many is None

    def steps_to(self, child: Level) -> Steps:
        """From a row of this level to the array or map of a child level."""
        rest = child.path[len(self.path) :]
        bare = (*rest[:-1], Step(rest[-1].name))
        return (_VALUE, *bare) if self.is_map else bare


def place(steps: Steps) -> str:
    """The name of the column with what lies ``steps`` from the row."""
    return SEPARATOR.join((SELF, *map(str, steps)))


class Plan:
    """How the items of a read are taken apart into the rows of ``tables``.

    ``root`` is the field that identifies an item; its value is found for every item, by its own name.

    Raises:
        DeclarationError: the declarations contradict each other or cannot be read.
    """

    def __init__(self, tables: Sequence[Table], root: str | None = None) -> None:
        self.trie = Node()
        self.texts: list[Steps] = []
        """Where the json columns without a shape lie, whose subtrees are turned into text before parsing."""
        self.beside: dict[str, Beside] = {}
        self._levels: dict[Steps, Level] = {(): Level(())}
        self._owners: dict[str, tuple[str, str]] = {}
        self._tables = tuple(tables)
        if root is not None:
            self._root(root)
        for table in self._tables:
            for rows in row_paths(table):
                self._declare(table, rows)
        self._link()

    @property
    def top(self) -> Level:
        """The level of the items themselves."""
        return self._levels[()]

    @property
    def levels(self) -> Sequence[Level]:
        """All levels, in no particular order."""
        return tuple(self._levels.values())

    def owner(self, path: Sequence[str]) -> tuple[str, str]:
        """The table and column that take the field at a path (names without marks), or one around or below it."""
        for length in range(len(path), 0, -1):
            here = ".".join(path[:length])
            if here in self._owners:
                return self._owners[here]
            below = next((owner for known, owner in self._owners.items() if known.startswith(f"{here}.")), None)
            if below is not None:
                return below
        return self._tables[0].name, ""

    def _root(self, name: str) -> None:
        where = "the field that identifies an item"
        self.trie.child(Step(name), where).become("string", where, name)
        self.top.values[name] = Value((), (Step(name),), "string", None, (self._tables[0].name, ""), name)

    def _declare(self, table: Table, rows: str) -> None:
        where = f"table {table.name}"
        path = _parsed(rows, where)
        if path and (path[-1].position is not None or path[-1].match is not None):
            raise DeclarationError(f"{where}: the rows path {rows!r} ends in one element; take the array, or a field")
        level = self._levels.setdefault(path, Level(path))
        self._walk(path, where)
        if path:
            self._owners.setdefault(_bare(path), (table.name, ""))
        taken, made = {ITEM: ITEM}, list[pl.Expr]()
        for column in loaded_columns(table):
            expression = self._expression(table, rows, level, column, f"{where}, column {column.name}")
            source = expression.meta.output_name() if expression.meta.is_column() else None
            if source is None or source in taken:
                made.append(expression.alias(column.name))
            else:
                taken[source] = column.name
        names = (ITEM, *(column.name for column in loaded_columns(table)))
        counted = tuple(column.name for column in table.columns if column.path == "@nth")
        level.targets.append(Target(table, taken, tuple(made), names, _required(table), counted))

    def _expression(self, table: Table, rows: str, level: Level, column: Column, where: str) -> pl.Expr:
        nothing = pl.lit(None, dtype=POLARS_TYPES[column.type])
        path = _path_of(table, column)
        if not path or path == "@nth":
            return nothing
        if path == "@greatest":
            named = [table.column(name) for name in column.greatest]
            return pl.max_horizontal(
                self._expression(table, rows, level, each, f"table {table.name}, column {each.name}") for each in named
            )
        if path == "@rows":
            return pl.lit(_which(column, row_paths(table), rows, where), dtype=POLARS_TYPES[column.type])
        if path == "@index":
            if not level.path or level.is_object:
                raise DeclarationError(f"{where}: @index needs rows that are elements of an array or entries of a map")
            level.indexed = True
            return pl.col(INDEX).cast(POLARS_TYPES[column.type])
        value = self._value(table, level, column, path, where)
        if value is None:
            return nothing
        found = self._levels.setdefault(value.level, Level(value.level))
        found.values.setdefault(value.name, value)
        return _dressed(pl.col(value.name), column)

    def _value(self, table: Table, level: Level, column: Column, path: str, where: str) -> Value | None:
        if path.startswith(("@request.", "@response.")):
            return self._beside(column, path[1:], (table.name, column.name), where)
        if path in ("@key", "@value") and not level.is_map:
            raise DeclarationError(f"{where}: {path} needs rows that are the entries of a map, as in 'features{{}}'")
        if path == "@" and not level.path:
            raise DeclarationError(f"{where}: the row itself can only be taken where the rows are elements of an array")
        if path.startswith("$."):
            located = self._enclosing(table, level, path, where)
            if located is None:
                return None
            origin, steps = located
        else:
            origin, steps = level.path, _parsed("" if path in ("@", "@key", "@value") else path, where)
        steps, part = _without_part(steps, column, f"{where}: {path}")
        if any(step.many for step in steps):
            raise DeclarationError(f"{where}: {path} has many values; take one ([0], [?field==value]) or make it rows")
        if path == "@key":
            steps = (_KEY,)
        else:
            steps = self._plant(origin, steps, column, where)
            where_it_lies = _bare(origin + steps)
            if self._owners.get(where_it_lies, ("", ""))[1] == "":
                self._owners[where_it_lies] = (table.name, column.name)
            if origin and origin[-1].many == "map":
                steps = (_VALUE, *steps)
        return _named(origin, steps, column, (table.name, column.name), part)

    def _beside(self, column: Column, name: str, wanted_by: tuple[str, str], where: str) -> Value:
        if column.type == "json":
            raise DeclarationError(f"{where}: only a plain value can be taken from beside the items, not json")
        value = _named((), (Step(f"@{name}"),), column, wanted_by)
        # Told apart by type: one parameter may be a text here and a number there.
        steps = (Step(f"@{name} {column.type}"),)
        value = Value((), steps, value.kind, None, wanted_by, value.name)
        self.beside.setdefault(value.place, Beside(name, value.place, column.type, wanted_by))
        return value

    def _enclosing(self, table: Table, level: Level, path: str, where: str) -> tuple[Steps, Steps] | None:
        """The level around the rows at which a ``$.`` path lies, and the steps from there.

        ``None`` where the path encloses other rows of the table but not these: they have no such value. A row
        does not enclose itself.
        """
        steps = _parsed(path[2:], where)
        last = max((n for n, step in enumerate(steps, 1) if step.many), default=0)
        others = [other for rows in row_paths(table) if (other := _parsed(rows, where)) != level.path]
        enclosed = [other for other in others if steps[:last] == other[:last]]
        if steps[:last] == level.path[:last]:
            is_the_row = 0 < last == len(level.path)
            if is_the_row and any(len(other) > last for other in enclosed):
                return None
            return steps[:last], steps[last:]
        if enclosed:
            return None
        raise DeclarationError(f"{where}: {path} does not enclose the rows at {text(level.path)!r}")

    def _plant(self, origin: Steps, steps: Steps, column: Column, where: str) -> Steps:
        """Put the column's field into the trie; a json column without a shape is read as text."""
        if column.type == "json" and column.shape is None:
            if not steps or steps[-1].position is not None or steps[-1].match is not None:
                raise DeclarationError(f"{where}: a json column that is no field of its own needs a shape")
            if origin + steps not in self.texts:
                self.texts.append(origin + steps)
            steps = (*steps[:-1], Step(steps[-1].name + TEXT_SUFFIX))
        node, name = self._walk(origin + steps, where), (steps or origin)[-1].name if origin or steps else "the item"
        if column.type == "json" and column.shape is not None:
            node.take(column.shape, where, name)
        elif column.joined is not None:
            node.elements("array", where, name).become("string", where, name)
        else:
            node.become(column.type, where, name)
        return steps

    def _walk(self, steps: Steps, where: str) -> Node:
        node = self.trie
        for step in steps:
            node = node.child(step, where)
        return node

    def _link(self) -> None:
        """Hang each level below the one that encloses it, and say what is opened here and carried down."""
        for path in list(self._levels):
            for length in range(1, len(path)):
                if path[length - 1].many:
                    self._levels.setdefault(path[:length], Level(path[:length]))
        for path, level in sorted(self._levels.items(), key=lambda entry: len(entry[0])):
            if path:
                parent = self._parent_of(level)
                parent.children.append(level)
                self._open(parent, parent.steps_to(level))
            for value in level.values.values():
                self._open(level, value.steps)
            for target in level.targets:
                self._carry(target, level)

    def _open(self, level: Level, steps: Steps) -> None:
        """Note every object, and every single element of an array, that lies on the way of the steps."""
        for length in range(len(steps) + 1):
            last = steps[length - 1] if length else None
            if length < len(steps) or (last is not None and (last.position is not None or last.match is not None)):
                level.openings.setdefault(steps[:length])

    def _carry(self, target: Target, to: Level) -> None:
        for name in target.sources:
            level = to
            while name not in (ITEM, INDEX) and name not in level.values:
                level.inherited.setdefault(name)
                level = self._parent_of(level)

    def _parent_of(self, level: Level) -> Level:
        path = level.path
        length = max((n for n in range(len(path)) if n == 0 or path[n - 1].many), default=0)
        return self._levels[path[:length]]


def renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Columns of a frame (the keys), under other names (the values)."""
    taken = frame[:, list(names)]
    taken.columns = list(names.values())
    return taken


def row_paths(table: Table) -> tuple[str, ...]:
    """The paths to the rows of a table, one or several."""
    return (table.rows,) if isinstance(table.rows, str) else table.rows


def loaded_columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table's frame: the declared ones, and the partition."""
    return (*table.columns, DB_PARTITION) if table.partition_by is not None else table.columns


def _required(table: Table) -> tuple[str, ...]:
    names = [column.name for column in loaded_columns(table) if column.key or column is DB_PARTITION]
    if isinstance(table.loading, Tree) and table.loading.root not in names:
        names.append(table.loading.root)
    return tuple(names)


def _path_of(table: Table, column: Column) -> str:
    if column is not DB_PARTITION:
        return column.path
    by = table.partition_by or ""
    return by if by.startswith("$.") else table.column(by).path


def _without_part(steps: Steps, column: Column, where: str) -> tuple[Steps, str | None]:
    """The steps to the field, and which of its moments is meant if it holds an interval."""
    part = steps[-1].part if steps else None
    if part is None:
        return steps, None
    if column.type != "timestamp" and column is not DB_PARTITION:
        raise DeclarationError(f"{where} is a moment, so the column must be a timestamp")
    return (*steps[:-1], Step(steps[-1].name)), part


def _named(level: Steps, steps: Steps, column: Column, wanted_by: tuple[str, str], part: str | None = None) -> Value:
    kind: Kind = "day" if column is DB_PARTITION else "texts" if column.joined is not None else column.type
    shape = "" if column.shape is None else repr(column.shape)
    name = "|".join((text(level), text(steps), part or "", kind, shape))
    return Value(level, steps, kind, column.shape, wanted_by, name, part)


def _dressed(found: pl.Expr, column: Column) -> pl.Expr:
    """The value as the column wants it: joined, blank as null, spelled its way, with a text for its absence."""
    if column.joined is not None:
        found = pl.when(found.list.len() > 0).then(found.list.join(column.joined, ignore_nulls=True))
    if column.blank_is_null:
        found = pl.when(found != "").then(found)
    if column.spellings is not None:
        found = found.replace(dict(column.spellings))
    return found if column.absent is None else found.fill_null(column.absent)


def _which(column: Column, paths: Sequence[str], rows: str, where: str) -> str | bool:
    """What a row's own ``rows`` path is called: the column's value at the same place, or the path itself."""
    if not column.values:
        return rows
    if len(column.values) != len(paths):
        raise DeclarationError(f"{where}: {len(column.values)} values for {len(paths)} rows paths")
    named = column.values[paths.index(rows)]
    return named == "true" if column.type == "boolean" else named


def _parsed(path: str, where: str) -> Steps:
    try:
        return parse(path)
    except PathError as error:
        raise PathError(f"{where}: {error}") from None


def _bare(steps: Steps) -> str:
    return ".".join(step.name.removesuffix(TEXT_SUFFIX) for step in steps)
