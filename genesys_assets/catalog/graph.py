"""The relationship graph: categories and foreign keys, read from ``relationships.mmd`` as it is.

The file is the only place where dependencies stand. Each line ``child -->|Columns| parent`` is a
relationship, ``child -.->|Columns| parent`` one that orders nothing (a self-reference, or the edge that
would close a cycle); ``table:::category`` gives a table its category. Foreign keys are spelled in the
catalogue's CamelCase and become snake_case columns here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

CATEGORIES = {
    "metadata": "metadata",
    "historical": "historical",
    "realtime": "realtime",
    "recording": "recording",
    "aggregated": "aggregated",
    "unknown": "knowledge",
}
"""Class in the graph file to category; the knowledge-base tables carry the class ``unknown`` there."""

_NODE = re.compile(r"^(\w+):::(\w+)$")
_EDGE = re.compile(r"^(\w+) (-->|-\.->)\|([\w, ]+)\| (\w+)$")
_INFORMATIONAL = "%% informational:"
_IGNORED = ("flowchart", "%%", "classDef")


class GraphError(ValueError):
    """The graph file cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A foreign key: ``columns`` of ``child`` point at ``parent``.

    ``orders`` says whether the child's asset depends on the parent's: not where the edge is dotted.
    ``informational`` is a relationship that real rows often do not satisfy.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    orders: bool = True
    informational: bool = False

    @property
    def name(self) -> str:
        """A name that is unique in the graph and valid as a check's: ``queue_id__queue``."""
        return f"{'__'.join(self.columns)}__{self.parent}"


@dataclass(frozen=True, slots=True)
class Graph:
    """Category of each table, and every relationship, in the order of the file."""

    categories: dict[str, str]
    relationships: tuple[Relationship, ...]


def snake_case(name: str) -> str:
    """``WrapUpCode`` becomes ``wrap_up_code``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def read_graph(text: str | None = None) -> Graph:
    """Parse the graph file (the package's own unless ``text`` is given).

    Raises:
        GraphError: a line is neither a table, a relationship nor decoration, a class is unknown, or
            a table or relationship stands twice.
    """
    if text is None:
        text = files("genesys_assets.catalog").joinpath("relationships.mmd").read_text("utf-8")
    lines = [(number, raw.strip()) for number, raw in enumerate(text.splitlines(), start=1)]
    informational = {
        _named(entry, number)
        for number, line in lines
        if line.startswith(_INFORMATIONAL)
        for entry in line.removeprefix(_INFORMATIONAL).split(",")
    }
    categories: dict[str, str] = {}
    relationships: list[Relationship] = []
    for number, line in lines:
        if not line or line.startswith(_IGNORED):
            continue
        if node := _NODE.match(line):
            _add_table(categories, node[1], node[2], number)
            continue
        relationship = _relationship(line, number, informational)
        if relationship in relationships:
            raise GraphError(f"line {number}: {line!r} stands twice")
        relationships.append(relationship)
    for child, keys in sorted(informational - {(each.child, each.columns) for each in relationships}):
        raise GraphError(f"informational: {child} has no relationship by {', '.join(keys)}")
    return Graph(categories, tuple(relationships))


def _add_table(categories: dict[str, str], table: str, category: str, number: int) -> None:
    if category not in CATEGORIES:
        raise GraphError(f"line {number}: table {table} has the unknown class {category}")
    if table in categories:
        raise GraphError(f"line {number}: table {table} stands twice")
    categories[table] = CATEGORIES[category]


def _relationship(line: str, number: int, informational: Collection[tuple[str, tuple[str, ...]]]) -> Relationship:
    edge = _EDGE.match(line)
    if edge is None:
        expected = "'table:::class' or 'child -->|Columns| parent'"
        raise GraphError(f"line {number}: cannot read {line!r}; expected {expected}")
    child, arrow, columns, parent = edge.groups()
    keys = tuple(snake_case(column.strip()) for column in columns.split(","))
    return Relationship(child, keys, parent, orders=arrow == "-->", informational=(child, keys) in informational)


def _named(entry: str, number: int) -> tuple[str, tuple[str, ...]]:
    words = entry.split()
    if len(words) != 2:
        raise GraphError(f"line {number}: cannot read {entry!r}; expected 'table ForeignKey'")
    return words[0], (snake_case(words[1]),)
