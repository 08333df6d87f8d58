"""All tables together, held against the relationship graph.

Loading the catalog proves it: every fault is reported at once, each with its table and column.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

from genesys_assets.catalog.declare import Column, Read, Snapshot, Table, Tree, Upsert
from genesys_assets.catalog.graph import Graph, Relationship, read_graph

SUBJECTS = (
    "organization",
    "users",
    "routing",
    "architect",
    "outbound",
    "external_contacts",
    "workforce",
    "quality",
    "knowledge",
    "conversations",
    "agents",
    "audits",
    "aggregates",
    "recordings",
    "realtime",
)
"""The modules of this package that declare tables (``TABLES``), by subject."""


class CatalogError(ValueError):
    """The declarations contradict themselves or the graph; one line a fault, with table and column."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A relationship with the columns of the parent that its own columns point at.

    ``nowhere`` gives, for each of its own columns, the text with which it points at nothing (``None``: only
    null does).
    """

    relationship: Relationship
    parent_columns: tuple[str, ...]
    nowhere: tuple[str | None, ...] = ()

    @property
    def child(self) -> str:
        """The table that points."""
        return self.relationship.child

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that point."""
        return self.relationship.columns

    @property
    def parent(self) -> str:
        """The table that is pointed at."""
        return self.relationship.parent


class Catalog:
    """The tables by name, in the order of the graph file.

    Raises:
        CatalogError: listing every fault found.
    """

    def __init__(self, tables: Iterable[Table], graph: Graph) -> None:
        declared = list(tables)
        faults = [f"table {name}: declared twice" for name, n in Counter(t.name for t in declared).items() if n > 1]
        by_name = {table.name: table for table in declared}
        faults += [
            f"table {name}: stands in the graph but is not declared" for name in graph.categories if name not in by_name
        ]
        faults += [
            f"table {name}: declared but unknown to the graph" for name in by_name if name not in graph.categories
        ]
        for table in declared:
            faults += _faults_of(table)
        for read in {table.read.name: table.read for table in declared}.values():
            faults += [
                f"read {read.name}: made from {name}, which is not declared"
                for name in read.made_from
                if name not in by_name
            ]
            if (read.method == "COMPUTE") != bool(read.made_from) or (read.method == "COMPUTE" and read.path):
                faults.append(f"read {read.name}: what makes no request has no path and is made from tables")
        self._tables = {name: by_name[name] for name in graph.categories if name in by_name}
        self._graph = graph
        self._foreign_keys: dict[str, tuple[ForeignKey, ...]] = {name: () for name in self._tables}
        for relationship in graph.relationships:
            key, fault = _resolve(relationship, by_name)
            if key is None:
                faults.append(fault)
            elif relationship.child in self._foreign_keys:
                self._foreign_keys[relationship.child] += (key,)
        faults += _cycles(graph)
        if faults:
            raise CatalogError("the catalog is not sound:\n  " + "\n  ".join(faults))

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def __len__(self) -> int:
        return len(self._tables)

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __getitem__(self, name: str) -> Table:
        try:
            return self._tables[name]
        except KeyError:
            raise KeyError(f"no table {name!r} in the catalog; `genesys-assets tables` lists them") from None

    def category(self, table: str) -> str:
        """``metadata``, ``historical``, ``realtime``, ``recording``, ``aggregated`` or ``knowledge``."""
        return self._graph.categories[table]

    @property
    def relationships(self) -> tuple[Relationship, ...]:
        """Every edge of the graph, in its order."""
        return self._graph.relationships

    def foreign_keys(self, table: str) -> tuple[ForeignKey, ...]:
        """The foreign keys of a table, in the order of the graph."""
        return self._foreign_keys[table]

    def upstream(self, table: str) -> tuple[str, ...]:
        """The tables that a table's asset depends on, each once, in the order of the graph."""
        return tuple(dict.fromkeys(k.parent for k in self._foreign_keys[table] if k.relationship.orders))

    def in_order(self, tables: Iterable[Table]) -> tuple[Table, ...]:
        """The tables, each after those of them that it depends on."""
        wanted = {table.name: table for table in tables}
        order = TopologicalSorter({name: [up for up in self.upstream(name) if up in wanted] for name in wanted})
        return tuple(wanted[name] for name in order.static_order())

    def reads(self) -> Mapping[str, tuple[Read, tuple[Table, ...]]]:
        """Every read by name, with the tables that live in it."""
        grouped: dict[str, tuple[Read, tuple[Table, ...]]] = {}
        for table in self:
            read, tables = grouped.get(table.read.name, (table.read, ()))
            grouped[table.read.name] = (read, (*tables, table))
        return grouped


@cache
def load_catalog() -> Catalog:
    """The catalog of this package.

    Raises:
        CatalogError: the declarations contradict themselves or the graph.
    """
    modules = (importlib.import_module(f"{__package__}.{subject}") for subject in SUBJECTS)
    return Catalog((table for module in modules for table in module.TABLES), read_graph())


def _faults_of(table: Table) -> Iterator[str]:
    where = f"table {table.name}"
    names = Counter(c.name for c in (*table.columns, *table.housekeeping))
    for name, count in names.items():
        if count > 1:
            yield f"{where}, column {name}: two columns of one name"
    if not table.key:
        yield f"{where}: no column is a key"
    if not table.description.strip():
        yield f"{where}: no description"
    for column in table.columns:
        yield from _faults_of_column(where, column)
    for name, role in _named_columns(table):
        if name not in names:
            yield f"{where}, column {name}: {role}, but is not declared"
    by = table.partition_by
    if by is not None and by in names and table.column(by).type not in ("timestamp", "date"):
        yield f"{where}, column {by}: partitions the table, but is a {table.column(by).type}"


def _named_columns(table: Table) -> Iterator[tuple[str, str]]:
    """Columns that the loading and the partitioning name, and as what."""
    if isinstance(table.loading, Tree):
        yield table.loading.root, "named as the root of the tree"
    if isinstance(table.loading, Upsert):
        yield from ((name, "named as one whose value is kept") for name in table.loading.keeps)
    if isinstance(table.loading, Snapshot):
        yield from ((name, "named as the parent of the snapshot") for name in table.loading.parent)
    if table.partition_by is not None and not table.partition_by.startswith("$."):
        yield table.partition_by, "partitions the table"


def _faults_of_column(where: str, column: Column) -> Iterator[str]:
    if not column.description.strip():
        yield f"{where}, column {column.name}: no description"
    if column.key and column.unfilled is not None:
        yield f"{where}, column {column.name}: a key cannot be unfilled, as a key is never null"
    if column.path and column.derived is not None:
        yield f"{where}, column {column.name}: has both a path and a derivation"
    if column.shape is not None and column.type != "json":
        yield f"{where}, column {column.name}: only json columns have a shape"
    if column.absent is not None and column.type != "string":
        yield f"{where}, column {column.name}: only text columns have a text for what is absent"


def _resolve(relationship: Relationship, tables: Mapping[str, Table]) -> tuple[ForeignKey | None, str]:
    where = f"relationship {relationship.child} -> {relationship.parent}"
    for name in (relationship.child, relationship.parent):
        if name not in tables:
            return None, f"{where}: the table {name} is not declared"
    child, parent = tables[relationship.child], tables[relationship.parent]
    mine = {column.name for column in child.columns}
    for column in relationship.columns:
        if column not in mine:
            return None, f"{where}: table {child.name} has no column {column} for the foreign key"
    theirs = {column.name for column in parent.columns}
    if set(relationship.columns) <= set(parent.key) or (
        child.name != parent.name and set(relationship.columns) <= theirs
    ):
        return _foreign_key(relationship, child, parent, relationship.columns), ""
    if len(relationship.columns) == 1:
        if "id" in parent.key:
            return _foreign_key(relationship, child, parent, ("id",)), ""
        if len(parent.key) == 1:
            return _foreign_key(relationship, child, parent, parent.key), ""
    wanted, key = ", ".join(relationship.columns), ", ".join(parent.key)
    return None, f"{where}: table {parent.name} has no column that {wanted} could point at (its key: {key})"


def _foreign_key(relationship: Relationship, child: Table, parent: Table, theirs: tuple[str, ...]) -> ForeignKey:
    """The foreign key; a text for what is absent points at nothing unless the parent's rows have it, too."""
    pairs = zip(relationship.columns, theirs, strict=True)
    texts = tuple(None if parent.column(b).absent is not None else child.column(a).absent for a, b in pairs)
    return ForeignKey(relationship, theirs, texts if any(text is not None for text in texts) else ())


def _cycles(graph: Graph) -> Iterator[str]:
    order: TopologicalSorter[str] = TopologicalSorter()
    for relationship in graph.relationships:
        if relationship.orders:
            order.add(relationship.child, relationship.parent)
    try:
        order.prepare()
    except CycleError as error:
        yield f"relationships form a cycle: {' -> '.join(error.args[1])}; draw one of them dotted (-.->)"
