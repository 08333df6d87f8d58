"""Everything that a PostgreSQL database holds, on its way out and on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Table, Tree
from genesys_assets.catalog.types import polars_schema
from genesys_assets.warehouse import _postgres_schema as schema
from genesys_assets.warehouse._moved import in_window, not_empty
from genesys_assets.warehouse._postgres_schema import LOADER, SCHEMA, address
from genesys_assets.warehouse._postgres_session import Session
from genesys_assets.warehouse._postgres_sql import literal, quoted
from genesys_assets.warehouse._postgres_stage import storable
from genesys_assets.warehouse.protocol import RECORDS, Contents


def contents(session: Session) -> Contents | None:
    """What the database holds, as of this moment; ``None`` if there is no warehouse in it."""
    session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if not schema.is_prepared(session):
        return None
    return Contents(
        frozenset(_tables(session)), partial(_days, session), partial(_frames, session), partial(_record, session)
    )


def lock(session: Session) -> None:
    """Keep others from adding to what is going to be there: their loads wait, and then find all of it."""
    session.run(f"LOCK TABLE {', '.join(f'{LOADER}.{name}' for name in RECORDS)} IN SHARE ROW EXCLUSIVE MODE")


def require_empty(session: Session) -> None:
    """Make sure that there is room for another warehouse.

    Raises:
        WarehouseError: a table holds rows.
    """
    for place in (SCHEMA, LOADER):
        for name in _tables(session, place):
            if (place == SCHEMA or name in RECORDS) and session.number(
                f"SELECT count(*) FROM (SELECT FROM {place}.{quoted(name)} LIMIT 1) s"
            ):
                raise not_empty(f"{place}.{name}")


def take_over(session: Session, tables: Iterable[Table], given: Contents) -> None:
    """Fill the empty tables in the transaction of the caller."""
    wanted = list(tables)
    for table in wanted:
        _fill(session, table, given)
    for root in dict.fromkeys(t.loading.root for t in wanted if isinstance(t.loading, Tree)):
        _note_whereabouts(session, root, [t for t in wanted if isinstance(t.loading, Tree) and t.loading.root == root])
    for name in RECORDS:
        frame = given.record(name)
        if len(frame):
            session.fill(name, storable(frame, f"{LOADER}.{name}"), schema=LOADER)


def _tables(session: Session, place: str = SCHEMA) -> list[str]:
    found = session.rows(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {literal(place)} AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    return [name for (name,) in found]


def _days(session: Session, table: Table) -> list[date]:
    return [
        day for (day,) in session.rows(f"SELECT DISTINCT {quoted(DB_PARTITION.name)} FROM {address(table)} ORDER BY 1")
    ]


def _frames(
    session: Session, table: Table, start: date | None = None, end: date | None = None
) -> Iterator[pl.DataFrame]:
    columns = polars_schema(table, housekeeping=True)
    # JSON goes out as its text.
    chosen = [f"{quoted(n)}::text AS {quoted(n)}" if t == pl.String else quoted(n) for n, t in columns.items()]
    query = f"SELECT {', '.join(chosen)} FROM {address(table)} WHERE {in_window(start, end)}"
    yield from session.stream(query, columns)


def _record(session: Session, name: str) -> pl.DataFrame:
    columns = RECORDS[name]
    return pl.concat(session.stream(f"SELECT {', '.join(map(quoted, columns))} FROM {LOADER}.{name}", columns))


def _fill(session: Session, table: Table, given: Contents) -> None:
    rows, months = 0, set[date]()
    for frame in given.frames(table, None, None):
        if not len(frame):
            continue
        if table.partition_by is not None:
            found = set(frame[DB_PARTITION.name].dt.truncate("1mo").unique())
            schema.add_months(session, table.name, found - months)
            months |= found
        session.fill(table.name, storable(frame, table.name), schema=SCHEMA)
        rows += len(frame)
    if table.partition_by is not None:
        session.run(f'UPDATE {LOADER}.tally SET "rows" = {rows} WHERE "table" = {literal(table.name)}')
    session.run(f"ANALYZE {address(table)}")


def _note_whereabouts(session: Session, root: str, tables: Sequence[Table]) -> None:
    """Note in which partitions the trees lie, by the same number that the merge gives them."""
    sources = [
        f"SELECT DISTINCT {quoted(root)}::text AS root, "
        f"{quoted(DB_PARTITION.name) if table.partition_by is not None else 'NULL::date'} AS day FROM {address(table)}"
        for table in tables
    ]
    session.run(
        f"INSERT INTO {LOADER}.whereabouts (root, id, days) "
        f"SELECT {literal(root)}, ('x' || left(md5(root), 16))::bit(64)::bigint, "
        "coalesce(array_agg(DISTINCT day) FILTER (WHERE day IS NOT NULL), '{}') "
        f"FROM ({' UNION ALL '.join(sources)}) s WHERE root IS NOT NULL GROUP BY 1, 2"
    )
