"""Bringing what was staged into temporary tables of the connection, a parquet part at a time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.types as pt

from genesys_assets.catalog.declare import DB_AS_OF, DB_PARTITION, Table, Tree
from genesys_assets.warehouse._postgres_session import Session
from genesys_assets.warehouse._postgres_sql import literal, quoted
from genesys_assets.warehouse.protocol import Load
from genesys_assets.warehouse.stage import ORDER

log = logging.getLogger("genesys_assets.warehouse")

_arrow, _types = cast(Any, pc), cast(Any, pt)

_TYPES: dict[pl.DataType, str] = {
    pl.String(): "text",
    pl.Int64(): "bigint",
    pl.Float64(): "double precision",
    pl.Boolean(): "boolean",
    pl.Datetime("us", "UTC"): "timestamptz",
    pl.Datetime("us"): "timestamp",
    pl.Date(): "date",
}

_LARGE = 20_000
"""From so many rows on it pays to look first whether they can be copied straight into their table."""

_HASHED = 32_000_000
"""Of more rows than this the hashes of the keys are not held in memory (8 bytes each); the database looks instead."""

_SORT_MEMORY = "256MB"
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Staged:
    """The temporary tables with a table's staged rows and with what was covered; ``None`` where there is nothing.

    JSON is still text there. Of a large table of trees the rows are held back at first (``held_back``), and
    ``roots`` has their roots and days: most often nearly all are new and go straight to where they belong.
    """

    rows: str | None
    covers: str | None
    cover_columns: tuple[str, ...]
    held_back: tuple[Path, ...] = ()
    roots: str | None = None

    @property
    def trees(self) -> str | None:
        """Where to look for the roots of the staged rows."""
        return self.roots or self.rows


def months_of(load: Load) -> dict[str, set[date]]:
    """The months (their first days) in which staged rows lie, by table."""
    months: dict[str, set[date]] = {}
    for table in load.tables:
        if table.partition_by is not None and (parts := load.stage.parts(table)):
            day = pl.col(DB_PARTITION.name)
            found = pl.scan_parquet(parts).select(day.dt.truncate("1mo").unique()).collect()
            months[table.name] = set(found.to_series())
    return months


def copy_in(session: Session, load: Load) -> dict[str, Staged]:
    """Copy the staged rows and covers of all tables of a load; of a key that was staged twice the later row."""
    staged: dict[str, Staged] = {}
    for n, table in enumerate(load.tables):
        covers = _copy_covers(session, load, table, n)
        parts = load.stage.parts(table)
        if load.stage.rows(table) >= _LARGE and _is_unique(table, parts):
            held_back = tuple(parts)
            staged[table.name] = Staged(f"staged_{n}", *covers, held_back, _copy_roots(session, table, parts, n))
        else:
            staged[table.name] = Staged(_copy_rows(session, table, parts, n), *covers)
    return staged


def release(session: Session, table: Table, staged: Staged, known: pl.Series | None) -> None:
    """Copy the rows that were held back after all: those of the ``known`` trees, or all of them."""
    if staged.rows is not None and staged.held_back:
        _copy(session, staged.rows, staged.held_back, (), None if known is None else _of_roots(table, known))
        _analyze(session, table, staged.rows)


def place(
    session: Session,
    table: Table,
    staged: Staged,
    schema: str,
    kept: Mapping[str, datetime],
    known: pl.Series,
    scratch: Path,
) -> Counter[date | None]:
    """Copy the rows that were held back straight into the table, with ``kept`` beside; how many, by partition.

    Rows of the ``known`` trees are left out. The others go in the order of their trees, as the primary key
    has them: its index is then written from one end to the other. At random it takes several times as long,
    as soon as it is larger than the server's memory.
    """
    counts: Counter[date | None] = Counter()
    for batch in _one_ahead(_in_order(table, staged.held_back, kept, known, scratch)):
        counts.update(_days(batch) if table.partition_by is not None else {None: len(batch)})
        session.fill(table.name, batch, schema=schema)
    return counts


def _one_ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The batches, each made while the one before is being copied."""
    with ThreadPoolExecutor(1, thread_name_prefix="genesys-sorted") as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _days(batch: Any) -> dict[date | None, int]:
    days = cast("pl.DataFrame", pl.from_arrow(batch.select([DB_PARTITION.name]))).to_series()
    return dict(days.value_counts().iter_rows())


def _in_order(
    table: Table, files: Sequence[Path], kept: Mapping[str, datetime], known: pl.Series, scratch: Path
) -> Iterator[Any]:
    """The rows of unknown trees as Arrow has them, sorted by their root; DuckDB sorts more than memory holds.

    They go from DuckDB to the database as they are: in polars they would be copied twice more.
    """
    root = quoted(_root(table))
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"SET memory_limit = '{_SORT_MEMORY}'")
        con.execute("SET threads = 2")
        con.execute("SET temp_directory = ?", [str(scratch / "sort")])
        con.register("known", pl.DataFrame({"root": known}))
        beside = "".join(f", ?::TIMESTAMPTZ AS {quoted(name)}" for name in kept)
        rows = con.sql(
            f"SELECT * EXCLUDE ({ORDER}){beside} "
            f"FROM read_parquet([{', '.join(literal(str(file)) for file in files)}]) "
            f"WHERE {root} NOT IN (SELECT root FROM known) ORDER BY {root}",
            params=list(kept.values()),
        )
        # The Arrow library's own types are not declared.
        for batch in cast(Iterable[Any], rows.to_arrow_reader(_BATCH)):
            yield _storable(batch, table.name)
    finally:
        con.close()


def _storable(batch: Any, name: str) -> Any:
    """The batch, as :func:`storable` would have it."""
    texts = [column for column, type_ in zip(batch.columns, batch.schema.types, strict=True) if _is_text(type_)]
    if not any(_arrow.any(_arrow.match_substring(column, "\0")).as_py() for column in texts):
        return batch
    frame = storable(cast("pl.DataFrame", pl.from_arrow(batch)), name)
    return cast(Any, frame).to_arrow(compat_level=pl.CompatLevel.oldest())


def _is_text(type_: Any) -> bool:
    return bool(_types.is_string(type_) or _types.is_large_string(type_) or _types.is_string_view(type_))


def _of_roots(table: Table, known: pl.Series) -> pl.Expr:
    return pl.col(_root(table)).is_in(known.implode())


def _root(table: Table) -> str:
    assert isinstance(table.loading, Tree)
    return table.loading.root


def _is_unique(table: Table, parts: Sequence[Path]) -> bool:
    """Whether it is a table of trees whose key holds the root, and no key was staged twice."""
    if not isinstance(table.loading, Tree) or table.loading.root not in table.key:
        return False
    key = pl.struct(table.key).hash()
    rows = 0
    hashes: list[pl.Series] = []
    for part in parts:
        hashes.append(pl.read_parquet(part, columns=list(table.key)).select(key).to_series())
        rows += len(hashes[-1])
        if rows > _HASHED:
            return False
    return pl.concat(hashes).n_unique() == rows


def _copy_roots(session: Session, table: Table, parts: Sequence[Path], number: int) -> str:
    kept = [c.name for c in table.housekeeping if c in (DB_PARTITION, DB_AS_OF)]
    columns = [_root(table), *kept]
    frames = [pl.read_parquet(part, columns=columns).unique() for part in parts]
    frame = storable(pl.concat(frames).unique(), table.name)
    name = f"staged_roots_{number}"
    _create(session, name, frame.schema)
    session.fill(name, frame)
    return name


def copy_files(session: Session, name: str, files: Sequence[Path]) -> None:
    """Copy parquet files into a new temporary table."""
    _copy(session, name, files, ())


def _copy_rows(session: Session, table: Table, parts: Sequence[Path], number: int) -> str | None:
    if not parts:
        return None
    name = f"staged_{number}"
    if _copy(session, name, parts, table.key):
        keys = ", ".join(map(quoted, table.key))
        session.run(
            f"DELETE FROM {name} s USING (SELECT ctid AS rid, row_number() OVER "
            f"(PARTITION BY {keys} ORDER BY {ORDER} DESC) AS n FROM {name}) d WHERE d.n > 1 AND s.ctid = d.rid"
        )
    _analyze(session, table, name)
    return name


def _analyze(session: Session, table: Table, name: str) -> None:
    # Only what rows are looked up by; a sample of everything takes its time.
    root = [table.loading.root] if isinstance(table.loading, Tree) else []
    day = [DB_PARTITION.name] if table.partition_by is not None else []
    looked_up = dict.fromkeys([*table.key, *root, *day, ORDER])
    session.run(f"ANALYZE {name} ({', '.join(map(quoted, looked_up))})")


def _copy_covers(session: Session, load: Load, table: Table, number: int) -> tuple[str | None, tuple[str, ...]]:
    covers = load.stage.covers(table)
    if not covers:
        return None, ()
    name = f"covered_{number}"
    _copy(session, name, covers, ())
    session.run(f"ANALYZE {name}")
    return name, tuple(pl.read_parquet_schema(covers[0]))


def _copy(session: Session, name: str, files: Sequence[Path], key: Sequence[str], which: pl.Expr | None = None) -> bool:
    """Copy; whether rows may have the same key."""
    schema = pl.read_parquet_schema(files[0])
    _create(session, name, schema)
    hashes: list[pl.Series] = []
    rows = 0
    for file in files:
        frame = storable(pl.read_parquet(file, columns=list(schema)), name)
        if which is not None and (frame := frame.filter(which)).is_empty():
            continue
        if key and rows <= _HASHED:
            hashes.append(frame.select(pl.struct(key).hash()).to_series())
        rows += len(frame)
        session.fill(name, frame)
    if not key:
        return False
    return rows > _HASHED or pl.concat(hashes).n_unique() < rows


def _create(session: Session, name: str, schema: Mapping[str, pl.DataType]) -> None:
    columns = ", ".join(f"{quoted(column)} {_TYPES[dtype]}" for column, dtype in schema.items())
    session.run(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")


def storable(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame without the one character that PostgreSQL cannot keep in a text."""
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String()]
    found = frame.select(pl.col(texts).str.contains("\0", literal=True).any()) if texts else pl.DataFrame()
    bad = [column for column in found.columns if found[column].item()]
    if bad:
        log.warning(
            "%s, column(s) %s: NUL characters, which PostgreSQL cannot keep, become U+FFFD", name, ", ".join(bad)
        )
        frame = frame.with_columns(pl.col(bad).str.replace_all("\0", "\N{REPLACEMENT CHARACTER}", literal=True))
    return frame
