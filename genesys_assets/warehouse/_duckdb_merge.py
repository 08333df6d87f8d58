"""The merge: making tables equal to what was staged, in the transaction of the caller, set by set.

For each table one join of the staged keys with the keys of the database decides the fate of every row;
only rows that are new, changed or gone are written down (:data:`_WORK`), with where to find them. Then
the changed and gone ones are deleted by row id and the new and changed ones inserted straight from the
staged parquet. Where nothing differs, nothing is written.

Rows are held against each other by a 64-bit hash of all their values: a changed row passes for equal
once in 2**64 changes. Keys are compared themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from genesys_assets.catalog.declare import DB_AS_OF, DB_PARTITION, DB_WHEN_DELETED, Column, Snapshot, Table, Tree
from genesys_assets.warehouse._declared import is_head
from genesys_assets.warehouse._duckdb_schema import LOADER, TYPES, address
from genesys_assets.warehouse._duckdb_sql import first, literal, number, parquet, quoted
from genesys_assets.warehouse._merged import INSERT, RESTORE, RETIRE, UPDATE, Merged
from genesys_assets.warehouse.protocol import Load
from genesys_assets.warehouse.stage import ORDER

_ROOTS = "temp.roots"
_STALE = "temp.stale"
_TOUCHED = "temp.touched"
_WORK = "temp.work"
_SUPERSEDED = "temp.superseded"


def merge(con: duckdb.DuckDBPyConnection, load: Load, now: datetime) -> dict[str, Merged]:
    """Merge the tables of a load; ``now`` (UTC) becomes the time of what is written."""
    merged: dict[str, Merged] = {}
    trees: dict[tuple[str, str], list[Table]] = {}
    for table in load.tables:
        if isinstance(table.loading, Tree):
            trees.setdefault((table.read.name, table.loading.root), []).append(table)
        else:
            merged[table.name] = _TableMerge(con, load, table, now, _partitions_of_keys(con, load, table)).run()
    for tree, tables in trees.items():
        merged.update(_TreesMerge(con, load, tables, tree, now).run())
    return merged


class _TreesMerge:
    """The tables of one kind of tree; the head first, as it says which trees are stale."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, load: Load, tables: Sequence[Table], tree: tuple[str, str], now: datetime
    ) -> None:
        self.con, self.load, self.now = con, load, now
        self.tables = sorted(tables, key=lambda table: not is_head(table))
        self.read, self.root = tree
        self.head = self.tables[0] if is_head(self.tables[0]) else None

    def run(self) -> dict[str, Merged]:
        self._gather_roots()
        partitions = self._partitions()
        stale = self._find_stale(partitions)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {_TOUCHED} (root VARCHAR)")
        merged: dict[str, Merged] = {}
        for table in self.tables:
            # A tree whose head stays as it is while something below it changes is known up to now, too.
            note = self.head is not None and table is not self.head and merged[self.head.name].unchanged.total() > 0
            table_merge = _TableMerge(
                self.con, self.load, table, self.now, partitions, stale=stale, touched=_TOUCHED if note else None
            )
            merged[table.name] = table_merge.run()
        self._move_as_of(partitions)
        self._note_whereabouts()
        return merged

    def _gather_roots(self) -> None:
        root, sources = quoted(self.root), list[str]()
        for table in self.tables:
            if covers := self.load.stage.covers(table):
                sources.append(f"SELECT {root} AS root, as_of FROM {parquet(covers)}")
            if parts := self.load.stage.parts(table):
                as_of = quoted(DB_AS_OF.name) if is_head(table) else "NULL::TIMESTAMPTZ"
                sources.append(f"SELECT DISTINCT {root} AS root, {as_of} AS as_of FROM {parquet(parts)}")
        sources = sources or ["SELECT NULL::VARCHAR AS root, NULL::TIMESTAMPTZ AS as_of WHERE false"]
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_ROOTS} AS "
            f"SELECT root, max(as_of) AS as_of, md5_number_lower(root::VARCHAR) AS id "
            f"FROM ({' UNION ALL '.join(sources)}) GROUP BY root"
        )

    def _partitions(self) -> list[date] | None:
        """Every partition in which a row of these trees may lie, or is going to."""
        if any(table.partition_by is None for table in self.tables):
            return None
        staged = [
            f"SELECT {quoted(DB_PARTITION.name)} FROM {parquet(parts)}"
            for table in self.tables
            if (parts := self.load.stage.parts(table))
        ]
        known = (
            f'SELECT "partition" FROM {LOADER}.whereabouts '
            f"WHERE root = {literal(self.root)} AND id IN (SELECT id FROM {_ROOTS})"
        )
        found = self.con.execute(f"SELECT DISTINCT * FROM ({' UNION ALL '.join([known, *staged])})").fetchall()
        return sorted(day for (day,) in found)

    def _find_stale(self, partitions: Sequence[date] | None) -> bool:
        noted = first(
            self.con, f'SELECT "table" FROM {LOADER}.head WHERE "read" = ? AND root = ?', [self.read, self.root]
        )
        if noted is None:
            return False
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_STALE} AS SELECT r.root FROM {_ROOTS} r "
            f"JOIN {address(noted[0])} h ON h.{quoted(self.root)} = r.root "
            f"WHERE h.{quoted(DB_AS_OF.name)} > r.as_of AND {_in_partitions('h', partitions)}"
        )
        return number(self.con, f"SELECT count(*) FROM {_STALE}") > 0

    def _move_as_of(self, partitions: Sequence[date] | None) -> None:
        if self.head is not None and number(self.con, f"SELECT count(*) FROM {_TOUCHED}") > 0:
            as_of = quoted(DB_AS_OF.name)
            self.con.execute(
                f"UPDATE {address(self.head)} AS h SET {as_of} = r.as_of FROM {_ROOTS} r "
                f"WHERE h.{quoted(self.root)} = r.root AND r.root IN (SELECT root FROM {_TOUCHED}) "
                f"AND (h.{as_of} IS NULL OR h.{as_of} < r.as_of) AND {_in_partitions('h', partitions)}"
            )

    def _note_whereabouts(self) -> None:
        staged = [
            f"SELECT DISTINCT {quoted(self.root)} AS root, {quoted(DB_PARTITION.name)} AS day FROM {parquet(parts)}"
            for table in self.tables
            if table.partition_by is not None and (parts := self.load.stage.parts(table))
        ]
        if staged:
            self.con.execute(
                f"INSERT INTO {LOADER}.whereabouts "
                f"SELECT {literal(self.root)}, id, day FROM (SELECT DISTINCT "
                f"md5_number_lower(root::VARCHAR) AS id, day FROM ({' UNION ALL '.join(staged)})) AS s "
                f"WHERE NOT EXISTS (FROM {LOADER}.whereabouts w "
                f'WHERE w.root = {literal(self.root)} AND w.id = s.id AND w."partition" = s.day)'
            )


class _TableMerge:
    """One table. ``partitions`` bounds where its rows may lie (``None``: anywhere)."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        load: Load,
        table: Table,
        now: datetime,
        partitions: Sequence[date] | None,
        *,
        stale: bool = False,
        touched: str | None = None,
    ) -> None:
        self.con, self.table, self.now = con, table, now
        self.parts = load.stage.parts(table)
        self.covers = load.stage.covers(table)
        self.covers_whole = load.stage.covers_whole(table)
        self.partitions = None if self.covers_whole else partitions
        self.stale, self.touched = stale, touched
        self.soft = isinstance(table.loading, Snapshot)
        self.root = table.loading.root if isinstance(table.loading, Tree) else None
        self.partitioned = table.partition_by is not None
        self.has_superseded = False

    def run(self) -> Merged:
        merged = Merged()
        if self.stale:
            merged.stale = self._count_stale()
        if not self.parts and not self.covers and not self.covers_whole:
            return merged
        self._find_superseded()
        merged.staged = self._count_staged()
        self._decide()
        self._tell(merged)
        if any(merged.fates.values()):
            if self.touched is not None:
                self._note_touched()
            self._remove()
            self._write()
        self.con.execute(f"DROP TABLE {_WORK}")
        return merged

    def _find_superseded(self) -> None:
        """Rows whose key was appended again later; the hash only picks out those worth a look."""
        if not self.parts:
            return
        keys = ", ".join(map(quoted, self.table.key))
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_SUPERSEDED} AS "
            f"WITH twice AS (SELECT hash({keys}) AS h FROM {parquet(self.parts)} GROUP BY ALL HAVING count(*) > 1) "
            f"SELECT ord FROM (SELECT {ORDER} AS ord, "
            f"row_number() OVER (PARTITION BY {keys} ORDER BY {ORDER} DESC) AS n FROM {parquet(self.parts)} "
            f"WHERE hash({keys}) IN (SELECT h FROM twice)) WHERE n > 1"
        )
        self.has_superseded = number(self.con, f"SELECT count(*) FROM {_SUPERSEDED}") > 0

    def _staged(self) -> str:
        """The staged rows that count, as ``FROM`` clause and conditions."""
        conditions = list[str]()
        if self.stale and self.root is not None:
            conditions.append(f"s.{quoted(self.root)} NOT IN (SELECT root FROM {_STALE})")
        if self.has_superseded:
            conditions.append(f"s.{ORDER} NOT IN (SELECT ord FROM {_SUPERSEDED})")
        return f"{parquet(self.parts)} AS s WHERE {' AND '.join(conditions) or 'true'}"

    def _count_staged(self) -> Counter[date | None]:
        if not self.parts:
            return Counter()
        day = f"s.{quoted(DB_PARTITION.name)}" if self.partitioned else "NULL::DATE"
        return Counter(dict(self.con.execute(f"SELECT {day}, count(*) FROM {self._staged()} GROUP BY ALL").fetchall()))

    def _count_stale(self) -> int:
        sources = [
            f"SELECT {quoted(self.root or '')} AS root FROM {parquet(files)}"
            for files in (self.parts, self.covers)
            if files
        ]
        if not sources:
            return 0
        return number(self.con, f"SELECT count(*) FROM {_STALE} WHERE root IN ({' UNION ALL '.join(sources)})")

    def _decide(self) -> None:
        """Write down the fate of every row that does not stay as it is."""
        keys = range(len(self.table.key))
        retires = bool(self.covers) or self.covers_whole
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_WORK} AS WITH s AS ({self._staged_side()}), t AS ({self._present_side()}) "
            f"SELECT s.ord, t.rid, t.created, coalesce(s.day, t.day) AS day, "
            f"CASE WHEN s.ord IS NULL THEN t.root END AS root, "
            f"CASE WHEN s.ord IS NULL THEN {RETIRE} WHEN t.rid IS NULL THEN {INSERT} "
            f"WHEN t.gone THEN {RESTORE} ELSE {UPDATE} END::UTINYINT AS fate "
            f"FROM s {'FULL' if retires else 'LEFT'} JOIN t ON {' AND '.join(f's.k{i} = t.k{i}' for i in keys)} "
            f"WHERE CASE WHEN s.ord IS NULL THEN t.covered AND NOT t.gone "
            f"ELSE t.rid IS NULL OR t.gone OR s.h <> t.h END"
        )

    def _staged_side(self) -> str:
        if not self.parts:
            nulls = [*(f"k{i}" for i in range(len(self.table.key))), "ord", "h", "day"]
            return f"SELECT {', '.join(f'NULL AS {name}' for name in nulls)} WHERE false"
        return f"SELECT {self._compared('s')}, s.{ORDER} AS ord FROM {self._staged()}"

    def _present_side(self) -> str:
        gone = f"t.{quoted(DB_WHEN_DELETED.name)} IS NOT NULL" if self.soft else "false"
        root = f"t.{quoted(self.root)}" if self.root is not None else "NULL::VARCHAR"
        return (
            f"SELECT {self._compared('t')}, t.rowid AS rid, t.db_when_created AS created, "
            f"{root} AS root, {gone} AS gone, {self._covered()} AS covered "
            f"FROM {address(self.table)} AS t WHERE {_in_partitions('t', self.partitions)}"
        )

    def _compared(self, alias: str) -> str:
        """Key, hash of the values and partition of a row, the same for both sides."""
        key, values = self.table.key, [column.name for column in self.table.columns if not column.key]
        if self.partitioned:
            values.append(DB_PARTITION.name)
        # A row that is nothing but its key never changes.
        hashed = f"hash({', '.join(f'{alias}.{quoted(name)}' for name in values)})" if values else "0::UBIGINT"
        day = f"{alias}.{quoted(DB_PARTITION.name)}" if self.partitioned else "NULL::DATE"
        keys = ", ".join(f"{alias}.{quoted(name)} AS k{i}" for i, name in enumerate(key))
        return f"{keys}, {hashed} AS h, {day} AS day"

    def _covered(self) -> str:
        """Whether a row of the database is in what was read to its end."""
        covered = "true" if self.covers_whole else self._in_covers() if self.covers else "false"
        if self.stale and self.root is not None:
            covered = f"({covered} AND t.{quoted(self.root)} NOT IN (SELECT root FROM {_STALE}))"
        return covered

    def _in_covers(self) -> str:
        names = [
            name
            for (name, *_) in self.con.execute(f"DESCRIBE FROM {parquet(self.covers)}").fetchall()
            if self.root is None or name != "as_of"
        ]
        columns, cover = ", ".join(map(quoted, names)), parquet(self.covers)
        if len(names) == 1:
            return f"t.{columns} IN (SELECT {columns} FROM {cover})"
        same = " AND ".join(f"c.{quoted(name)} = t.{quoted(name)}" for name in names)
        return f"EXISTS (SELECT 1 FROM (SELECT DISTINCT {columns} FROM {cover}) c WHERE {same})"

    def _tell(self, merged: Merged) -> None:
        for fate, day, count in self.con.execute(f"SELECT fate, day, count(*) FROM {_WORK} GROUP BY ALL").fetchall():
            merged.fates[fate][day] = count

    def _note_touched(self) -> None:
        self.con.execute(f"INSERT INTO {_TOUCHED} SELECT DISTINCT root FROM {_WORK} WHERE root IS NOT NULL")
        if self.parts:
            self.con.execute(
                f"INSERT INTO {_TOUCHED} SELECT DISTINCT s.{quoted(self.root or '')} FROM {parquet(self.parts)} s "
                f"WHERE s.{ORDER} IN (SELECT ord FROM {_WORK})"
            )

    def _remove(self) -> None:
        """Take out what is gone, and what is about to be written anew."""
        rewritten = f"SELECT rid FROM {_WORK} WHERE rid IS NOT NULL"
        if self.soft:
            self.con.execute(
                f"UPDATE {address(self.table)} SET {quoted(DB_WHEN_DELETED.name)} = $now, db_last_updated = $now "
                f"WHERE rowid IN ({rewritten} AND fate = {RETIRE})",
                {"now": self.now},
            )
            rewritten += f" AND fate <> {RETIRE}"
        self.con.execute(f"DELETE FROM {address(self.table)} WHERE rowid IN ({rewritten})")

    def _write(self) -> None:
        if not self.parts:
            return
        columns: list[Column] = list(self.table.columns)
        columns += [c for c in self.table.housekeeping if c in (DB_PARTITION, DB_AS_OF)]
        names = ", ".join(quoted(c.name) for c in columns)
        values = ", ".join(
            f"s.{quoted(c.name)}::{TYPES[c.type]}" if c.type == "json" else f"s.{quoted(c.name)}" for c in columns
        )
        self.con.execute(
            f"INSERT INTO {address(self.table)} ({names}, db_when_created, db_last_updated) "
            f"SELECT {values}, coalesce(w.created, $now), $now "
            f"FROM {parquet(self.parts)} AS s JOIN {_WORK} w ON w.ord = s.{ORDER}",
            {"now": self.now},
        )


def _partitions_of_keys(con: duckdb.DuckDBPyConnection, load: Load, table: Table) -> list[date] | None:
    """The partitions to look in, if a row cannot change its partition without changing its key."""
    if table.partition_by is None or table.partition_by not in table.key or load.stage.covers_whole(table):
        return None
    files = [*load.stage.parts(table), *load.stage.covers(table)]
    day = quoted(DB_PARTITION.name)
    found = con.execute(f"SELECT DISTINCT {day} FROM {parquet(files, by_name=True)}").fetchall() if files else []
    return sorted(day for (day,) in found)


def _in_partitions(alias: str, partitions: Sequence[date] | None) -> str:
    if partitions is None:
        return "true"
    if not partitions:
        return "false"
    day, days = f"{alias}.{quoted(DB_PARTITION.name)}", sorted(partitions)
    listed = ", ".join(f"DATE '{d}'" for d in days)
    return f"{day} BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}' AND {day} IN ({listed})"
