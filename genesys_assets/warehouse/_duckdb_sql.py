"""Small pieces of SQL for DuckDB, and asking for a single number or row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb


def quoted(name: str) -> str:
    """An identifier in SQL; ``user`` and ``group`` are reserved words."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Sequence[Path], *, by_name: bool = False) -> str:
    """The rows of parquet files, as a table function; ``by_name`` where their columns differ."""
    listed = ", ".join(literal(str(file)) for file in files)
    return f"read_parquet([{listed}]{', union_by_name = true' if by_name else ''})"


def first(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
    """The first row of a short result."""
    # All is fetched: a result that is left unfinished would block the next statement.
    rows = con.execute(query, list(parameters)).fetchall()
    return rows[0] if rows else None


def number(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> int:
    """The one number that a query yields."""
    row = first(con, query, parameters)
    if row is None:
        raise LookupError(f"no row: {query}")
    return int(row[0])
