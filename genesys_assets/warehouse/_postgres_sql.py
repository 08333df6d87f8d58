"""Small pieces of SQL for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256


def quoted(name: str) -> str:
    """An identifier in SQL; ``user`` and ``group`` are reserved words."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value in SQL (with ``standard_conforming_strings``, as every connection of ours has it).

    Raises:
        TypeError: there is no way to write a value of that type.
    """
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value)
        case datetime():
            return f"TIMESTAMPTZ '{value.isoformat()}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be written as SQL")


def days_array(days: Iterable[date]) -> str:
    """An array of days in SQL."""
    return "'{" + ", ".join(day.isoformat() for day in sorted(days)) + "}'::date[]"


def lock_number(name: str) -> int:
    """The number of the advisory lock of that name."""
    return int.from_bytes(sha256(f"genesys_loader {name}".encode()).digest()[:8], "big", signed=True)


def lock_by(name: str, *, shared: bool = False) -> str:
    """A call, in PL/pgSQL, that waits for the advisory lock of that name; the transaction's end gives it back."""
    return f"PERFORM pg_advisory_xact_lock{'_shared' if shared else ''}({lock_number(name)});"


def block(*statements: str) -> str:
    """PL/pgSQL that is run as one statement without a result."""
    return f"DO $block$ BEGIN {' '.join(statements)} END $block$"
