"""What of a declaration matters to a backend, whichever it is."""

from __future__ import annotations

from datetime import date

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


def window_of(table: Table, start: date | None, end: date | None) -> str:
    """The SQL condition of a half-open window of days on a table.

    Raises:
        ValueError: a window is asked of a table without partitions.
    """
    return window_sql(table.name, table.partition_by is not None, start, end)


def window_sql(table: str, partitioned: bool, start: date | None, end: date | None) -> str:
    """The same for a table of which only so much is known."""
    if (start is not None or end is not None) and not partitioned:
        raise ValueError(f"table {table}: it has no partitions, so no window of it can be asked for")
    bounds = [
        f"{DB_PARTITION.name} >= DATE '{start}'" if start is not None else "",
        f"{DB_PARTITION.name} < DATE '{end}'" if end is not None else "",
    ]
    return " AND ".join(filter(None, bounds)) or "true"
