"""The relationship graph: categories and foreign keys, read from ``relationships.mmd`` as it is.

The file is the only place where dependencies stand. Each line ``child -->|Columns| parent`` is a
relationship, ``child -.->|Columns| parent`` one that orders nothing (a self-reference, or the edge that
would close a cycle); ``table:::category`` gives a table its category. Foreign keys are spelled in the
catalogue's CamelCase and become snake_case columns here.
"""

from __future__ import annotations

import re
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
    categories: dict[str, str] = {}
    relationships: list[Relationship] = []
    informational: set[tuple[str, tuple[str, ...]]] = set()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith(_INFORMATIONAL):
            informational |= {_named(entry, number) for entry in line.removeprefix(_INFORMATIONAL).split(",")}
        if not line or line.startswith(_IGNORED):
            continue
        if node := _NODE.match(line):
            table, category = node.groups()
            if category not in CATEGORIES:
                raise GraphError(f"line {number}: table {table} has the unknown class {category}")
            if table in categories:
                raise GraphError(f"line {number}: table {table} stands twice")
            categories[table] = CATEGORIES[category]
        elif edge := _EDGE.match(line):
            child, arrow, columns, parent = edge.groups()
            keys = tuple(snake_case(column.strip()) for column in columns.split(","))
            known = (child, keys) in informational
            relationship = Relationship(child, keys, parent, orders=arrow == "-->", informational=known)
            informational.discard((child, keys))
            if relationship in relationships:
                raise GraphError(f"line {number}: {line!r} stands twice")
            relationships.append(relationship)
        else:
            expected = "'table:::class' or 'child -->|Columns| parent'"
            raise GraphError(f"line {number}: cannot read {line!r}; expected {expected}")
    if informational:
        child, keys = sorted(informational)[0]
        raise GraphError(f"informational: {child} has no relationship by {', '.join(keys)} below the line that says so")
    return Graph(categories, tuple(relationships))


def _named(entry: str, number: int) -> tuple[str, tuple[str, ...]]:
    words = entry.split()
    if len(words) != 2:
        raise GraphError(f"line {number}: cannot read {entry!r}; expected 'table ForeignKey'")
    return words[0], (snake_case(words[1]),)
