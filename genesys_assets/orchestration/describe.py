"""What Dagster shows of a table, all of it taken from its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from genesys_assets.catalog import Catalog, Column, ForeignKey, Snapshot, Table

SCHEMA = "genesys"

_METADATA_FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=25), warn_window=timedelta(hours=3))
_DAILY_FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=30))


def description(table: Table) -> str:
    """The paragraph that the UI shows above the columns."""
    return table.description if table.note is None else f"{table.description}\n\n{table.note}"


def tags(catalog: Catalog, table: Table) -> Mapping[str, str]:
    """Tags to search by; the graph's colours live on as the category."""
    return {"genesys/category": catalog.category(table.name), "genesys/loading": type(table.loading).__name__.lower()}


def kinds(storage: str) -> set[str]:
    """What the UI shows as icons; ``storage`` is the kind of the warehouse."""
    return {"polars", storage}


def definition_metadata(catalog: Catalog, table: Table, storage: str) -> dict[str, Any]:
    """Columns, relationships, storage address and source of a table; ``storage`` is the kind of the warehouse."""
    keys = catalog.foreign_keys(table.name)
    read = table.read
    pointing = [key for child in catalog for key in catalog.foreign_keys(child.name) if key.parent == table.name]
    told = [*(_relationship(key) for key in keys), *(f"- referenced by `{_named(key)}`" for key in pointing)]
    return {
        "dagster/column_schema": column_schema(table, keys),
        "dagster/table_name": f"{SCHEMA}.{table.name}",
        "dagster/storage_kind": storage,
        "relationships": dg.MetadataValue.md("\n".join(told) or "none"),
        "source": read.source,
        "permissions": ", ".join(read.permissions) or "none documented",
    }


def column_schema(table: Table, keys: tuple[ForeignKey, ...] = ()) -> dg.TableSchema:
    """The columns with type, description, constraints and tags."""
    points_at = {column: key for key in keys for column in key.columns}
    return dg.TableSchema(
        columns=[_column(column, points_at.get(column.name)) for column in (*table.columns, *table.housekeeping)],
        constraints=dg.TableConstraints(other=[f"primary key ({', '.join(table.key)})"]),
    )


def freshness(table: Table) -> dg.FreshnessPolicy:
    """How old the newest load of a table may be."""
    return _METADATA_FRESHNESS if isinstance(table.loading, Snapshot) else _DAILY_FRESHNESS


def _column(column: Column, key: ForeignKey | None) -> dg.TableColumn:
    told = {"unit": column.unit, "personal_data": column.personal}
    if key is not None:
        told["references"] = key.parent
    text = column.description
    if column.values:
        text += f" One of: {', '.join(column.values)}."
    if column.derived is not None and column.derived != "loader":
        text += f" Derived: {column.derived}"
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=text,
        constraints=dg.TableColumnConstraints(nullable=column.nullable, other=["primary key"] if column.key else None),
        tags={name: value for name, value in told.items() if value is not None},
    )


def _named(key: ForeignKey) -> str:
    return f"{key.child}.{', '.join(key.columns)}"


def _relationship(key: ForeignKey) -> str:
    mine, theirs = ", ".join(key.columns), ", ".join(key.parent_columns)
    suffix = "" if key.relationship.orders else " (orders nothing)"
    if key.relationship.informational:
        suffix += " (informational: real rows often have no such parent)"
    return f"- `{mine}` → `{key.parent}` (`{theirs}`){suffix}"
