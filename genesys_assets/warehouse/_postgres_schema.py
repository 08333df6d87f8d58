"""Making the tables of a PostgreSQL database what their declarations say.

What is to be done is found out first and without a lock; only if there is something, one process at a
time does it (an advisory lock), so that many may begin at once with an empty database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from genesys_assets.catalog.catalog import load_catalog
from genesys_assets.catalog.declare import DB_PARTITION, Snapshot, Table, Tree, Type
from genesys_assets.warehouse._declared import comment_of, is_head, is_required
from genesys_assets.warehouse._postgres_session import Session, listed
from genesys_assets.warehouse._postgres_sql import block, literal, lock_by, quoted
from genesys_assets.warehouse.protocol import SchemaError

SCHEMA: Final = "genesys"
"""Where the tables are."""

LOADER: Final = "genesys_loader"
"""Where the loader keeps its own records."""

TYPES: Mapping[Type, str] = {
    "string": "TEXT",
    "int64": "BIGINT",
    "double": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "local_timestamp": "TIMESTAMP WITHOUT TIME ZONE",
    "date": "DATE",
    "json": "JSON",
}
"""Declared type to column type. ``json`` and not ``jsonb``: it keeps the text as it came."""

_LONGEST = 63
"""So many bytes of a name count for PostgreSQL."""

_LOADER_TABLES: Final[Mapping[str, Sequence[str]]] = {
    "ledger": (
        f"""CREATE TABLE {LOADER}.ledger (
            load_id BIGINT NOT NULL, "load" TEXT NOT NULL, "table" TEXT NOT NULL, "partition" DATE,
            inserted BIGINT NOT NULL, updated BIGINT NOT NULL, retired BIGINT NOT NULL, restored BIGINT NOT NULL,
            unchanged BIGINT NOT NULL, elsewhere BIGINT NOT NULL, stale BIGINT NOT NULL, quarantined BIGINT NOT NULL,
            "rows" BIGINT NOT NULL, calls BIGINT NOT NULL, bytes BIGINT NOT NULL,
            run_id TEXT NOT NULL, status TEXT, watermark TIMESTAMPTZ,
            started_at TIMESTAMPTZ NOT NULL, loaded_at TIMESTAMPTZ NOT NULL,
            UNIQUE NULLS NOT DISTINCT ("table", "partition", load_id))""",
        f"CREATE INDEX ON {LOADER}.ledger (load_id)",
        f"COMMENT ON TABLE {LOADER}.ledger IS 'One row for each load, table and partition.'",
    ),
    "quarantine": (
        f"""CREATE TABLE {LOADER}.quarantine (
            "load" TEXT NOT NULL, partitions DATE[] NOT NULL, "table" TEXT, reason TEXT, "column" TEXT,
            raw TEXT, source TEXT, run_id TEXT NOT NULL, loaded_at TIMESTAMPTZ NOT NULL)""",
        f'CREATE INDEX ON {LOADER}.quarantine ("load")',
        f"COMMENT ON TABLE {LOADER}.quarantine IS 'Items that could not be loaded, with the reason.'",
    ),
    "drift": (
        f"""CREATE TABLE {LOADER}.drift (
            "load" TEXT NOT NULL, partitions DATE[] NOT NULL, name TEXT NOT NULL, field TEXT NOT NULL,
            seen BIGINT NOT NULL, run_id TEXT NOT NULL, loaded_at TIMESTAMPTZ NOT NULL)""",
        f'CREATE INDEX ON {LOADER}.drift ("load")',
        f"COMMENT ON TABLE {LOADER}.drift IS 'Fields of the answers of a read that no column takes.'",
    ),
    "bookmark": (
        f'CREATE TABLE {LOADER}.bookmark ("key" TEXT PRIMARY KEY, "value" TEXT NOT NULL, '
        "remembered_at TIMESTAMPTZ NOT NULL)",
        f"COMMENT ON TABLE {LOADER}.bookmark IS 'What must survive a restart of the loader.'",
    ),
    "head": (
        f'CREATE TABLE {LOADER}.head ("read" TEXT NOT NULL, root TEXT NOT NULL, "table" TEXT NOT NULL, '
        'PRIMARY KEY ("read", root))',
        f"COMMENT ON TABLE {LOADER}.head IS 'Which table holds the root rows of the trees of a read.'",
    ),
    "whereabouts": (
        f"CREATE TABLE {LOADER}.whereabouts (root TEXT NOT NULL, id BIGINT NOT NULL, days DATE[] NOT NULL, "
        "PRIMARY KEY (id, root))",
        f"COMMENT ON TABLE {LOADER}.whereabouts IS "
        "'In which partitions rows of a tree (by the hash of its id) have been put; locked while it is loaded.'",
    ),
    "tally": (
        f'CREATE TABLE {LOADER}.tally ("table" TEXT PRIMARY KEY, "rows" BIGINT NOT NULL)',
        f"COMMENT ON TABLE {LOADER}.tally IS 'How many rows the partitioned tables have, kept by the loader.'",
    ),
}

_DDL_LOCK = "ddl"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as it is in the database."""

    type: str
    nullable: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    """A table as it is in the database."""

    comment: str | None
    columns: dict[str, _Column]


def address(table: Table | str) -> str:
    """The table in SQL."""
    return f"{SCHEMA}.{quoted(table if isinstance(table, str) else table.name)}"


def primary_key(table: Table) -> tuple[str, ...]:
    """The columns of the primary key in the order of its index.

    What rows are looked up by as a whole (the root of a tree, the parent of a snapshot) comes first, so
    that the one index serves this, too. Then comes what is compared at once, numbers and times before
    texts. A partitioned table's key has to hold the partition.
    """
    match table.loading:
        case Tree(root=root):
            leading = (root,)
        case Snapshot(parent=parent):
            leading = parent
        case _:
            leading = ()
    first = [name for name in leading if name in table.key]
    last = [DB_PARTITION.name] if table.partition_by is not None else []
    others = sorted(
        set(table.key) - set(first), key=lambda name: (table.column(name).type == "string", table.key.index(name))
    )
    return (*first, *others, *last)


def prepare(session: Session, tables: Iterable[Table]) -> None:
    """Create or extend the tables in a transaction of its own.

    Raises:
        SchemaError: a table differs in a way that no added column mends; nothing was changed.
    """
    _bring_about(session, lambda: [*_schemas(session), *_loader_tables(session), *_tables(session, list(tables))])


def prepare_months(session: Session, months: Mapping[str, Iterable[date]]) -> None:
    """Create the monthly partitions that are lacking, in a transaction of its own; nobody has to wait for it."""
    _bring_about(session, lambda: list(_months(session, months)))


def add_months(session: Session, table: str, months: Iterable[date]) -> None:
    """Create monthly partitions that are lacking, in the transaction of the caller."""
    for statement in list(_months(session, {table: months})):
        session.run(statement)


def is_prepared(session: Session) -> bool:
    """Whether the loader's own tables are there."""
    return not _lacking_loader_tables(session)


def require_prepared(session: Session, table: str) -> None:
    """Make sure that the table is there.

    Raises:
        SchemaError: it is not.
    """
    if not _known(session, [table]):
        raise SchemaError(f"table {table}: it is not in the warehouse yet; prepare it, or load it first")


def column_types(session: Session, table: str) -> dict[str, str]:
    """The column types of a table as they are in the database."""
    known = _known(session, [table]).get(table)
    return {} if known is None else {name: column.type for name, column in known.columns.items()}


def _bring_about(session: Session, statements: Callable[[], list[str]]) -> None:
    if statements():
        session.run(block(lock_by(_DDL_LOCK)))
        for statement in statements():
            session.run(statement)
    session.commit()


def _schemas(session: Session) -> Iterator[str]:
    # CREATE SCHEMA IF NOT EXISTS asks for the right to create one even if it exists.
    found = {name for (name,) in session.rows("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'genesys%'")}
    for schema in (SCHEMA, LOADER):
        if schema not in found:
            yield f"CREATE SCHEMA {schema}"


def _lacking_loader_tables(session: Session) -> list[str]:
    found = {
        name
        for (name,) in session.rows(
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE n.nspname = {literal(LOADER)} AND c.relkind = 'r'"
        )
    }
    return [name for name in _LOADER_TABLES if name not in found]


def _loader_tables(session: Session) -> Iterator[str]:
    for name in _lacking_loader_tables(session):
        yield from _LOADER_TABLES[name]


def _tables(session: Session, tables: Sequence[Table]) -> Iterator[str]:
    if not tables:
        return
    known = _known(session, [table.name for table in tables])
    heads = _heads(session)
    faults: list[str] = []
    statements: list[str] = []
    for table in tables:
        if (found := known.get(table.name)) is None:
            statements += _creation(table)
        else:
            added, misfits = _evolution(table, found.columns)
            faults += misfits
            statements += added
        statements += _description(table, found)
        if isinstance(table.loading, Tree) and is_head(table):
            statements += _noted_head(table, table.loading.root, heads)
    if faults:
        raise SchemaError("the warehouse does not fit the declarations:\n  " + "\n  ".join(faults))
    yield from statements


def _known(session: Session, tables: Sequence[str]) -> dict[str, _Known]:
    rows = session.rows(
        "SELECT c.relname::text, obj_description(c.oid, 'pg_class'), a.attname::text, "
        "upper(format_type(a.atttypid, a.atttypmod)), NOT a.attnotnull, col_description(c.oid, a.attnum) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        f"WHERE n.nspname = {literal(SCHEMA)} AND c.relname IN ({listed(tables)}) AND c.relkind IN ('r', 'p') "
        "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
    )
    known: dict[str, _Known] = {}
    for table, table_comment, column, type_, nullable, comment in rows:
        known.setdefault(table, _Known(table_comment, {})).columns[column] = _Column(type_, nullable, comment)
    return known


def _heads(session: Session) -> dict[tuple[str, str], str]:
    if _lacking_loader_tables(session):
        return {}
    return {(read, root): table for read, root, table in session.rows(f"SELECT * FROM {LOADER}.head")}


def _creation(table: Table) -> Iterator[str]:
    columns = [
        f"{quoted(c.name)} {TYPES[c.type]}{' NOT NULL' if is_required(table, c) else ''}"
        for c in (*table.columns, *table.housekeeping)
    ]
    key = ", ".join(map(quoted, primary_key(table)))
    partitioned = table.partition_by is not None
    by = f" PARTITION BY RANGE ({quoted(DB_PARTITION.name)})" if partitioned else ""
    yield f"CREATE TABLE {address(table)} ({', '.join(columns)}, PRIMARY KEY ({key})){by}"
    if isinstance(table.loading, Tree) and table.loading.root not in table.key:
        yield f"CREATE INDEX ON {address(table)} ({quoted(table.loading.root)})"
    if partitioned:
        # Rows come day by day, so that a few pages say where a day lies; a B-tree would cost far more to keep.
        times = [DB_PARTITION.name, *(c.name for c in table.columns if c.name == table.partition_by)]
        columns_of_index = ", ".join(map(quoted, times))
        yield (
            f"CREATE INDEX ON {address(table)} USING brin ({columns_of_index}) "
            "WITH (pages_per_range = 32, autosummarize = on)"
        )
        yield (
            f"INSERT INTO {LOADER}.tally VALUES ({literal(table.name)}, 0) "
            'ON CONFLICT ("table") DO UPDATE SET "rows" = 0'
        )


def _evolution(table: Table, found: Mapping[str, _Column]) -> tuple[list[str], list[str]]:
    """What adds the lacking columns, and what no added column mends."""
    declared = {column.name: column for column in (*table.columns, *table.housekeeping)}
    anew = f"or set {SCHEMA}.{table.name} aside under another name and load it anew"
    statements: list[str] = []
    faults = [
        f"table {table.name}, column {name}: the warehouse has it ({found[name].type}), the declaration does not; "
        f"was it renamed or removed? Rename or drop it by hand (ALTER TABLE), {anew}"
        for name in found
        if name not in declared
    ]
    for name, column in declared.items():
        where, wanted, required = f"table {table.name}, column {name}", TYPES[column.type], is_required(table, column)
        if name not in found:
            if required:
                faults.append(
                    f"{where}: the declaration has it as {wanted} and never null, the warehouse lacks it; {anew[3:]}"
                )
            else:
                statements.append(f"ALTER TABLE {address(table)} ADD COLUMN {quoted(name)} {wanted}")
        elif found[name].type != wanted:
            faults.append(
                f"{where}: the warehouse has {found[name].type}, the declaration {wanted}; "
                f"convert it by hand (ALTER TABLE {address(table)} ALTER {quoted(name)} TYPE {wanted}), {anew}"
            )
        elif found[name].nullable == required:
            faults.append(
                f"{where}: the warehouse {'allows nulls' if required else 'never allows null'}, the declaration "
                f"{'does not' if required else 'does'} ({wanted}); the key has changed: {anew[3:]}"
            )
    return statements, faults


def _description(table: Table, found: _Known | None) -> Iterator[str]:
    references = _references(table)
    comment = " ".join([table.description, *(f"({', '.join(columns)}) refers to {to}." for columns, to in references)])
    if found is None or found.comment != comment:
        yield f"COMMENT ON TABLE {address(table)} IS {literal(comment)}"
    for column in (*table.columns, *table.housekeeping):
        texts = [comment_of(column), *(f"Refers to {to}." for columns, to in references if columns == (column.name,))]
        text = " ".join(texts)
        has = None if found is None else found.columns.get(column.name)
        if has is None or has.comment != text:
            yield f"COMMENT ON COLUMN {address(table)}.{quoted(column.name)} IS {literal(text)}"


def _references(table: Table) -> list[tuple[tuple[str, ...], str]]:
    """The foreign keys: constraints would refuse what Genesys itself does not keep, so they are told instead."""
    catalog = load_catalog()
    if table.name not in catalog or catalog[table.name] != table:
        return []
    return [
        (key.columns, f"{SCHEMA}.{key.parent} ({', '.join(key.parent_columns)})")
        for key in catalog.foreign_keys(table.name)
    ]


def _noted_head(table: Table, root: str, heads: Mapping[tuple[str, str], str]) -> Iterator[str]:
    if heads.get((table.read.name, root)) != table.name:
        yield (
            f"INSERT INTO {LOADER}.head VALUES ({literal(table.read.name)}, {literal(root)}, {literal(table.name)}) "
            'ON CONFLICT ("read", root) DO UPDATE SET "table" = excluded."table"'
        )


def _months(session: Session, months: Mapping[str, Iterable[date]]) -> Iterator[str]:
    if not months:
        return
    found = {
        name
        for (name,) in session.rows(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace "
            f"WHERE n.nspname = {literal(SCHEMA)} AND p.relname IN ({listed(list(months))})"
        )
    }
    for table, firsts in months.items():
        for first in sorted(firsts):
            name = partition_name(table, first)
            if name not in found:
                following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
                # Attached, not created in place: that would shut out every reader and writer of the table.
                yield f"CREATE TABLE {address(name)} (LIKE {address(table)} INCLUDING ALL EXCLUDING COMMENTS)"
                yield (
                    f"ALTER TABLE {address(table)} ATTACH PARTITION {address(name)} "
                    f"FOR VALUES FROM ({literal(first)}) TO ({literal(following)})"
                )


def partition_name(table: str, month: date) -> str:
    """The name of the table that holds a month's rows.

    Raises:
        SchemaError: the database would cut it off.
    """
    name = f"{table}_{month:%Y_%m}"
    if len(name.encode()) > _LONGEST:
        raise SchemaError(f"table {table}: its partition {name} has a name of more than {_LONGEST} bytes; shorten it")
    return name
