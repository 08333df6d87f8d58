"""What of a declaration matters to a backend, whichever it is."""

from __future__ import annotations

from genesys_assets.catalog.declare import DB_LAST_UPDATED, DB_PARTITION, DB_WHEN_CREATED, Column, Table, Tree


def is_head(table: Table) -> bool:
    """Whether the table holds the root rows of its trees."""
    return isinstance(table.loading, Tree) and table.key == (table.loading.root,)


def is_required(table: Table, column: Column) -> bool:
    """Whether the column is never null in the database."""
    return column.name in table.key or column in (DB_WHEN_CREATED, DB_LAST_UPDATED, DB_PARTITION)


def comment_of(column: Column) -> str:
    """What the database says of a column."""
    return column.description if column.unit is None else f"{column.description} Unit: {column.unit}."
