"""Bringing what was staged into temporary tables of the connection, a parquet part at a time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self, cast

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from genesys_assets.catalog.declare import DB_AS_OF, DB_PARTITION, Table, Tree
from genesys_assets.warehouse._postgres_schema import SCHEMA, address
from genesys_assets.warehouse._postgres_session import Session
from genesys_assets.warehouse._postgres_sql import days_array, literal, quoted
from genesys_assets.warehouse.protocol import Load
from genesys_assets.warehouse.stage import ORDER

log = logging.getLogger("genesys_assets.warehouse")

_pa, _arrow, _types = cast(Any, pa), cast(Any, pc), cast(Any, pt)
_MOMENT = _pa.timestamp("us", tz="UTC")

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
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Staged:
    """The temporary tables with a table's staged rows and with what was covered; ``None`` where there is nothing.

    JSON is still text there. Of a large table of trees the rows are held back at first (``held_back``), and
    ``roots`` has their roots and days: most often nearly all are new and go straight to where they belong.
    Where none of the days has rows yet those of the largest table are sorted for that from the start (``ahead``).
    """

    rows: str | None
    covers: str | None
    cover_columns: tuple[str, ...]
    held_back: tuple[Path, ...] = ()
    roots: str | None = None
    ahead: _InOrder | None = None

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


def copy_in(session: Session, load: Load, until: ExitStack) -> dict[str, Staged]:
    """Copy the staged rows and covers of all tables of a load; of a key that was staged twice the later row.

    What is begun in the background ends with ``until``.
    """
    rows = {table.name: load.stage.rows(table) for table in load.tables}
    held_back = [
        table
        for table in load.tables
        if _LARGE <= rows[table.name] <= _HASHED and _is_unique(table, load.stage.parts(table), rows[table.name])
    ]
    ahead: dict[str, _InOrder] = {}
    # One at a time, or a load would need the memory of as many sorts as it has tables.
    largest = max(held_back, key=lambda table: rows[table.name], default=None)
    if largest is not None and _has_new_days(session, load, largest):
        ahead[largest.name] = until.enter_context(_InOrder(largest, load.stage.parts(largest), load.stage.scratch))
    staged: dict[str, Staged] = {}
    for n, table in enumerate(load.tables):
        parts, covers = load.stage.parts(table), _copy_covers(session, load, table, n)
        if table in held_back:
            roots = _copy_roots(session, table, parts, n)
            staged[table.name] = Staged(f"staged_{n}", *covers, tuple(parts), roots, ahead.get(table.name))
        else:
            staged[table.name] = Staged(_copy_rows(session, table, parts, n), *covers)
    return staged


def _has_new_days(session: Session, load: Load, table: Table) -> bool:
    """Whether the load is of days of which the table has no row yet."""
    if not load.partitions or table.partition_by is None:
        return False
    day = f"{quoted(DB_PARTITION.name)} = ANY ({days_array(load.partitions)})"
    return not session.number(f"SELECT EXISTS (SELECT 1 FROM {address(table)} WHERE {day})::int")


def release(session: Session, table: Table, staged: Staged, known: pl.Series | None) -> None:
    """Copy the rows that were held back after all: those of the ``known`` trees, or all of them."""
    if staged.rows is not None and staged.held_back:
        _copy(session, staged.rows, staged.held_back, (), None if known is None else _of_roots(table, known))
        _analyze(session, table, staged.rows)


def place(
    session: Session,
    table: Table,
    staged: Staged,
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
    with ExitStack() as until:
        for rows in staged.ahead or until.enter_context(_InOrder(table, staged.held_back, scratch)):
            batch = _beside(_without(rows, _root(table), known), kept)
            if batch.num_rows:
                counts.update(_days(batch) if table.partition_by is not None else {None: batch.num_rows})
                session.fill(table.name, batch, schema=SCHEMA)
    return counts


class _InOrder:
    """Rows as Arrow has them, in the order of their trees: sorted in the background from the moment it is entered.

    DuckDB sorts more than memory holds. Its batches go to the database as they are, the next being made
    while one is copied: in polars they would be copied twice more.
    """

    def __init__(self, table: Table, files: Sequence[Path], scratch: Path) -> None:
        self._table = table
        self._query = (
            f"SELECT * EXCLUDE ({ORDER}) FROM read_parquet([{', '.join(literal(str(file)) for file in files)}]) "
            f"ORDER BY {quoted(_root(table))}"
        )
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'")
        self._con.execute(f"SET memory_limit = '{_SORT_MEMORY}'")
        self._con.execute("SET threads = 2")
        self._con.execute("SET temp_directory = ?", [str(scratch / "sort")])
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="genesys-sorted")

    def __enter__(self) -> Self:
        self._batches = self._read()
        self._coming = self._pool.submit(next, self._batches, None)
        return self

    def __iter__(self) -> Iterator[Any]:
        while (batch := self._coming.result()) is not None:
            self._coming = self._pool.submit(next, self._batches, None)
            yield batch

    def __exit__(self, *_: object) -> None:
        # Nobody waits any more for what is still being sorted.
        self._con.interrupt()
        self._pool.shutdown()
        self._con.close()

    def _read(self) -> Iterator[Any]:
        # The Arrow library's own types are not declared.
        for batch in cast(Iterable[Any], self._con.sql(self._query).to_arrow_reader(_BATCH)):
            yield _storable(batch, self._table.name)


def _without(batch: Any, root: str, known: pl.Series) -> Any:
    if known.is_empty():
        return batch
    return batch.filter(_arrow.invert(_arrow.is_in(batch.column(root), value_set=cast(Any, known).to_arrow())))


def _beside(batch: Any, kept: Mapping[str, datetime]) -> Any:
    for name, moment in kept.items():
        batch = batch.append_column(name, _pa.repeat(_pa.scalar(moment, _MOMENT), batch.num_rows))
    return batch


def _days(batch: Any) -> dict[date | None, int]:
    days = cast("pl.DataFrame", pl.from_arrow(batch.select([DB_PARTITION.name]))).to_series()
    return dict(days.value_counts().iter_rows())


def _storable(batch: Any, name: str) -> Any:
    """The batch, as :func:`storable` would have it."""
    texts = [column for column, type_ in zip(batch.columns, batch.schema.types, strict=True) if _is_text(type_)]
    if not any(b"\0" in _bytes_of(column) for column in texts):
        return batch
    frame = storable(cast("pl.DataFrame", pl.from_arrow(batch)), name)
    return cast(Any, frame).to_arrow(compat_level=pl.CompatLevel.oldest())


def _bytes_of(texts: Any) -> bytes:
    """All texts one after the other; as Arrow keeps them, so that nothing is looked at one by one."""
    if not _types.is_string(texts.type):
        texts = texts.cast(_pa.string())
    _, offsets, data = texts.buffers()
    if data is None:
        return b""
    ends = cast(Any, memoryview(offsets)).cast("i")
    first: int = ends[texts.offset]
    last: int = ends[texts.offset + len(texts)]
    return data.slice(first, last - first).to_pybytes()


def _is_text(type_: Any) -> bool:
    return bool(_types.is_string(type_) or _types.is_large_string(type_) or _types.is_string_view(type_))


def _of_roots(table: Table, known: pl.Series) -> pl.Expr:
    return pl.col(_root(table)).is_in(known.implode())


def _root(table: Table) -> str:
    assert isinstance(table.loading, Tree)
    return table.loading.root


def _is_unique(table: Table, parts: Sequence[Path], rows: int) -> bool:
    """Whether it is a table of trees whose key holds the root, and no key was staged twice."""
    if not isinstance(table.loading, Tree) or table.loading.root not in table.key:
        return False
    hashes = pl.scan_parquet(list(parts)).select(pl.struct(table.key).hash()).collect(engine="streaming").to_series()
    return hashes.n_unique() == rows


def _copy_roots(session: Session, table: Table, parts: Sequence[Path], number: int) -> str:
    kept = [c.name for c in table.housekeeping if c in (DB_PARTITION, DB_AS_OF)]
    columns = [_root(table), *kept]
    frame = storable(pl.scan_parquet(list(parts)).select(columns).unique().collect(), table.name)
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
    # A few files at a time where few of their rows are wanted.
    step = 1 if which is None else _AT_ONCE
    for at in range(0, len(files), step):
        found = pl.scan_parquet(list(files[at : at + step])).select(list(schema))
        frame = storable((found if which is None else found.filter(which)).collect(), name)
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
