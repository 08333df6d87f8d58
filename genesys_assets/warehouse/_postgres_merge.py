"""The merge: making tables equal to what was staged, in the transaction of the caller, set by set.

The fate of a row is decided by one join of the staged rows with those rows of the database that can have
anything to do with them; only what is new, changed or gone is written down (``work``), and then written.
Where nothing differs, nothing is written. Rows whose tree (or whose partition) the warehouse has never
seen are inserted straight.

Who may write at the same time
------------------------------
Advisory locks, taken in the order of their names, and given back by the end of the transaction:

* a table whose rows can change their partition (and one without partitions) is locked as a whole;
* of other tables a load locks the partitions that it reads, and shares the table;
* the tables of trees share the family, and a load locks the roots of its trees, in the order of their
  numbers: rows of ``genesys_loader.whereabouts``. Two days have but few conversations in common, and
  those come last, so they load side by side, and a conversation that both hold is never doubled,
  wherever it moves.

A load that covers a table whole locks its table, or family, alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl

from genesys_assets.catalog.declare import (
    DB_AS_OF,
    DB_LAST_UPDATED,
    DB_PARTITION,
    DB_WHEN_CREATED,
    DB_WHEN_DELETED,
    Column,
    Snapshot,
    Table,
    Tree,
)
from genesys_assets.warehouse._declared import is_head
from genesys_assets.warehouse._merged import INSERT, RESTORE, RETIRE, UPDATE, Merged
from genesys_assets.warehouse._postgres_schema import LOADER, TYPES, address
from genesys_assets.warehouse._postgres_session import Collision, Session
from genesys_assets.warehouse._postgres_sql import block, days_array, literal, lock_by, quoted
from genesys_assets.warehouse._postgres_stage import Staged, place, release
from genesys_assets.warehouse.protocol import Load
from genesys_assets.warehouse.stage import ORDER

_WORK = "work"
_STALE = "stale"
_TOUCHED = "touched"
_FRESH = "fresh"
_PLACED = "own AND NOT known"
"""Of the roots of a load: whether their rows went straight to where they belong, if they were held back."""

_DAY = quoted(DB_PARTITION.name)
_AS_OF = quoted(DB_AS_OF.name)


def merge(session: Session, load: Load, staged: Mapping[str, Staged], now: datetime) -> dict[str, Merged]:
    """Merge the tables of a load; ``now`` (UTC) becomes the time of what is written."""
    merged: dict[str, Merged] = {}
    trees: dict[tuple[str, str], list[Table]] = {}
    for table in load.tables:
        if isinstance(table.loading, Tree):
            trees.setdefault((table.loading.root, table.read.name), []).append(table)
    kinds = [
        _TreesMerge(session, load, staged, trees[key], (key[1], key[0]), now, f"roots_{n}")
        for n, key in enumerate(sorted(trees))
    ]
    partitions = {table.name: _partitions_of_keys(session, load, table, staged[table.name]) for table in load.tables}
    _lock_tables(session, load, partitions)
    for kind in kinds:
        kind.lock()
    for table in load.tables:
        if not isinstance(table.loading, Tree):
            region = partitions[table.name]
            merged[table.name] = _TableMerge(session, load, staged[table.name], table, now, region).run()
    for kind in kinds:
        merged.update(kind.run())
    return merged


def _lock_tables(session: Session, load: Load, partitions: Mapping[str, Sequence[date] | None]) -> None:
    shared: dict[str, bool] = {}
    for table in load.tables:
        whole = load.stage.covers_whole(table)
        if isinstance(table.loading, Tree):
            family = f"family {table.loading.root}"
            shared[family] = shared.get(family, True) and not whole
        elif (days := partitions[table.name]) is None or whole:
            shared[f"table {table.name}"] = False
        else:
            shared[f"table {table.name}"] = True
            shared.update((f"table {table.name} {day}", False) for day in days)
    session.run(block("NULL;", *(lock_by(name, shared=shared[name]) for name in sorted(shared))))


class _TreesMerge:
    """The tables of one kind of tree; the head first, as it says which trees are stale."""

    def __init__(
        self,
        session: Session,
        load: Load,
        staged: Mapping[str, Staged],
        tables: Sequence[Table],
        tree: tuple[str, str],
        now: datetime,
        roots: str,
    ) -> None:
        self.session, self.load, self.staged, self.now, self.roots = session, load, staged, now, roots
        self.tables = sorted(tables, key=lambda table: not is_head(table))
        self.read, self.root = tree
        self.head = self.tables[0] if is_head(self.tables[0]) else None
        self.partitions: list[date] | None = None
        self.placed: dict[str, Counter[date | None]] = {}
        self.all_new = any(staged[table.name].ahead is not None for table in tables)
        self.some_known = False

    def lock(self) -> None:
        """Have the roots of the load to oneself, and learn where rows of their trees may lie.

        Trees of the load's own partitions come first, and of those that are new the many rows are inserted at
        once. Only then come the trees that another day's load may be at work on: who waits for that load has
        most of its own work done.
        """
        self._gather_roots()
        self._lock("own")
        # The one that is being sorted already comes first: no two are sorted at a time.
        for table in sorted(self.tables, key=lambda table: self.staged[table.name].ahead is None):
            if self.staged[table.name].held_back and not self.load.stage.covers_whole(table):
                self.placed[table.name] = self._place(table)
        self._lock("NOT own")
        # How many are known decides how the database had best look for their rows.
        self.session.run(f"ANALYZE {self.roots}")
        if all(table.partition_by is not None for table in self.tables):
            days = self.session.rows(f"SELECT DISTINCT d.day FROM {self.roots} r, unnest(r.days) AS d (day)")
            if self.some_known:
                known = f"w.root = {literal(self.root)} AND w.id IN (SELECT id FROM {self.roots} WHERE known)"
                days += self.session.rows(
                    f"SELECT DISTINCT d.day FROM {LOADER}.whereabouts w, unnest(w.days) AS d (day) WHERE {known} "
                    f"EXCEPT SELECT DISTINCT d.day FROM {self.roots} r, unnest(r.days) AS d (day)"
                )
            self.partitions = sorted(day for (day,) in days)

    def _lock(self, which: str) -> None:
        number = self.session.number(f"SELECT count(*) FROM {self.roots} WHERE {which}")
        if not number:
            return
        noted = (
            f"INSERT INTO {LOADER}.whereabouts (root, id, days) "
            f"SELECT {literal(self.root)}, id, coalesce(days, '{{}}') FROM {self.roots} WHERE {which} ORDER BY id"
        )
        # Of days without a row most often none is known, and to insert without looking takes little more than half.
        if which == "own" and self.all_new and self.session.attempt(noted, "unique_violation"):
            return
        mine = (
            "SELECT id, coalesce(array_agg(day) FILTER (WHERE day IS NOT NULL), '{}') AS days FROM (SELECT DISTINCT "
            f"r.id, d.day FROM {self.roots} r LEFT JOIN LATERAL unnest(r.days) AS d (day) ON true WHERE {which}) p "
            "GROUP BY id"
        )
        root = literal(self.root)
        # Nearly always all of them are new: then nothing has to be noted of any. (Should two have the same number,
        # only one of them is new by that count, and the days of the other are noted below.)
        self.session.run(f"CREATE TEMPORARY TABLE IF NOT EXISTS {_FRESH} (id bigint) ON COMMIT DROP")
        self.session.run(f"TRUNCATE {_FRESH}")
        new = self.session.run(
            f"WITH new AS ({noted} ON CONFLICT (root, id) DO NOTHING RETURNING id) "
            f"INSERT INTO {_FRESH} SELECT id FROM new"
        )
        if new < number:
            self.some_known = True
            self.session.run(
                f"UPDATE {self.roots} r SET known = true WHERE {which} AND NOT EXISTS "
                f"(SELECT 1 FROM {_FRESH} f WHERE f.id = r.id)"
            )
            theirs = f"w.root = {root} AND w.id IN (SELECT id FROM {self.roots} WHERE known AND {which})"
            self.session.run(block(f"PERFORM 1 FROM {LOADER}.whereabouts w WHERE {theirs} ORDER BY w.id FOR UPDATE;"))
            self.session.run(
                f"UPDATE {LOADER}.whereabouts w SET days = w.days || m.days FROM ({mine}) m "
                f"WHERE w.root = {root} AND w.id = m.id AND NOT w.days @> m.days"
            )

    def _place(self, table: Table) -> Counter[date | None]:
        """Insert the rows of the own trees that the warehouse has never seen: it can have no row of them."""
        if not self.session.number(f"SELECT EXISTS (SELECT 1 FROM {self.roots} WHERE {_PLACED})::int"):
            return Counter()
        others = _unplaced(self.session, self.roots)
        kept = {column.name: self.now for column in (DB_WHEN_CREATED, DB_LAST_UPDATED)}
        return place(self.session, table, self.staged[table.name], kept, others, self.load.stage.scratch)

    def run(self) -> dict[str, Merged]:
        stale = self._find_stale()
        self.session.run(f"DROP TABLE IF EXISTS {_TOUCHED}")
        self.session.run(f"CREATE TEMPORARY TABLE {_TOUCHED} (root text) ON COMMIT DROP")
        merged: dict[str, Merged] = {}
        for table in self.tables:
            # A tree whose head stays as it is while something below it changes is known up to now, too.
            note = self.head is not None and table is not self.head and merged[self.head.name].unchanged.total() > 0
            merged[table.name] = _TableMerge(
                self.session,
                self.load,
                self.staged[table.name],
                table,
                self.now,
                self.partitions,
                roots=self.roots,
                stale=stale,
                touched=note,
                placed=self.placed.get(table.name),
            ).run()
        self._move_as_of()
        return merged

    def _gather_roots(self) -> None:
        root, sources = quoted(self.root), list[str]()
        for table in self.tables:
            staged = self.staged[table.name]
            if staged.covers is not None:
                sources.append(f"SELECT {root} AS root, as_of, NULL::date AS day FROM {staged.covers}")
            if staged.trees is not None:
                as_of = _AS_OF if is_head(table) else "NULL::timestamptz"
                day = _DAY if table.partition_by is not None else "NULL::date"
                # What was held back has each of its roots and days but once already.
                each = "" if staged.roots is not None else "DISTINCT "
                sources.append(f"SELECT {each}{root} AS root, {as_of} AS as_of, {day} AS day FROM {staged.trees}")
        days = "array_agg(DISTINCT day) FILTER (WHERE day IS NOT NULL)"
        own = (
            "true" if self.load.partitions is None else f"coalesce({days} <@ {days_array(self.load.partitions)}, false)"
        )
        sources = sources or ["SELECT NULL::text AS root, NULL::timestamptz AS as_of, NULL::date AS day WHERE false"]
        self.session.run(
            f"CREATE TEMPORARY TABLE {self.roots} ON COMMIT DROP AS "
            "SELECT root, max(as_of) AS as_of, ('x' || left(md5(root::text), 16))::bit(64)::bigint AS id, "
            f"{days} AS days, {own} AS own, false AS known "
            f"FROM ({' UNION ALL '.join(sources)}) s WHERE root IS NOT NULL GROUP BY root"
        )

    def _find_stale(self) -> bool:
        noted = self.session.rows(
            f'SELECT "table" FROM {LOADER}.head WHERE "read" = {literal(self.read)} AND root = {literal(self.root)}'
        )
        if not noted:
            return False
        self.session.run(f"DROP TABLE IF EXISTS {_STALE}")
        self.session.run(
            f"CREATE TEMPORARY TABLE {_STALE} ON COMMIT DROP AS SELECT r.root FROM {self.roots} r "
            f"JOIN {address(noted[0][0])} h ON h.{quoted(self.root)} = r.root "
            f"WHERE r.known AND h.{_AS_OF} > r.as_of AND {_in_partitions('h', self.partitions)}"
        )
        return self.session.number(f"SELECT count(*) FROM {_STALE}") > 0

    def _move_as_of(self) -> None:
        if self.head is not None and self.session.number(f"SELECT count(*) FROM {_TOUCHED}"):
            self.session.run(
                f"UPDATE {address(self.head)} AS h SET {_AS_OF} = r.as_of FROM {self.roots} r "
                f"WHERE h.{quoted(self.root)} = r.root AND r.root IN (SELECT root FROM {_TOUCHED}) "
                f"AND (h.{_AS_OF} IS NULL OR h.{_AS_OF} < r.as_of) AND {_in_partitions('h', self.partitions)}"
            )


class _TableMerge:
    """One table. ``partitions`` bounds where its rows may lie (``None``: anywhere)."""

    def __init__(
        self,
        session: Session,
        load: Load,
        staged: Staged,
        table: Table,
        now: datetime,
        partitions: Sequence[date] | None,
        *,
        roots: str | None = None,
        stale: bool = False,
        touched: bool = False,
        placed: Counter[date | None] | None = None,
    ) -> None:
        self.session, self.table, self.now, self.placed = session, table, literal(now), placed
        self.staged = staged
        self.rows, self.covers, self.cover_columns = staged.rows, staged.covers, staged.cover_columns
        self.covers_whole = load.stage.covers_whole(table)
        self.partitions = None if self.covers_whole else partitions
        self.stale, self.touched = stale, touched
        self.soft = isinstance(table.loading, Snapshot)
        self.root = table.loading.root if isinstance(table.loading, Tree) else None
        # A key that holds the root is found nowhere but in that tree.
        self.roots = roots if self.root in table.key and not self.covers_whole else None
        self.partitioned = table.partition_by is not None
        self.day = f"s.{_DAY}" if self.partitioned else "NULL::date"

    def run(self) -> Merged:
        merged = Merged()
        if self.stale:
            merged.stale = self._count_stale()
        if self.rows is None and self.covers is None and not self.covers_whole:
            return merged
        if self.staged.held_back:
            others = None if self.placed is None or self.roots is None else _unplaced(self.session, self.roots)
            if others is None or len(others):
                release(self.session, self.table, self.staged, others)
                self._merge_staged(merged)
        else:
            self._merge_staged(merged)
        if self.placed:
            merged.staged += self.placed
            merged.fates[INSERT] += self.placed
        return merged

    def _merge_staged(self, merged: Merged) -> None:
        if self.stale and self.rows is not None:
            self.session.run(f"DELETE FROM {self.rows} s USING {_STALE} x WHERE s.{quoted(self.root or '')} = x.root")
        merged.staged = self._count("true")
        if not self._insert_the_fresh(merged):
            self._decide()
            self._tell(merged)
            if self.touched:
                self._note_touched()
            self._write(merged)
            self.session.run(f"DROP TABLE {_WORK}")

    def _count(self, condition: str) -> Counter[date | None]:
        if self.rows is None:
            return Counter()
        return Counter(
            dict(
                self.session.rows(f"SELECT {self.day} AS day, count(*) FROM {self.rows} s WHERE {condition} GROUP BY 1")
            )
        )

    def _count_stale(self) -> int:
        root = quoted(self.root or "")
        sources = [f"SELECT {root} FROM {source}" for source in (self.staged.trees, self.covers) if source is not None]
        if not sources:
            return 0
        return self.session.number(f"SELECT count(*) FROM {_STALE} WHERE root IN ({' UNION ALL '.join(sources)})")

    def _insert_the_fresh(self, merged: Merged) -> bool:
        """Insert the staged rows that nothing in the database can have to do with; whether that is all there is."""
        if self.rows is None:
            return False
        if self.roots is not None:
            alone = self._is_new()
        else:
            region = f"FROM {address(self.table)} t WHERE {_in_partitions('t', self.partitions)}"
            alone = not self.session.number(f"SELECT EXISTS (SELECT 1 {region})::int")
        if alone or self._has_fresh():
            columns, fresh = self._carried(), "true" if alone else f"NOT {self._of_known('s')}"
            self.session.run(
                f"INSERT INTO {address(self.table)} ({_names(columns)}, db_when_created, db_last_updated) "
                f"SELECT {_values(columns)}, {self.now}, {self.now} FROM {self.rows} s WHERE {fresh}"
            )
            merged.fates[INSERT] = merged.staged.copy() if alone else self._count(fresh)
        return alone

    def _has_fresh(self) -> bool:
        """Whether there are rows of trees that the warehouse has never seen, and that have not been placed."""
        if self.roots is None:
            return False
        fresh = f"NOT known AND NOT ({_PLACED})" if self.placed is not None else "NOT known"
        return bool(self.session.number(f"SELECT EXISTS (SELECT 1 FROM {self.roots} WHERE {fresh})::int"))

    def _is_new(self) -> bool:
        """Whether the warehouse has never seen any of the trees, so that it has no row of them."""
        return self.roots is not None and not self.session.number(f"SELECT count(*) FROM {self.roots} WHERE known")

    def _of_known(self, alias: str) -> str:
        """Whether a row belongs to a tree of the load that the warehouse may have rows of."""
        if self.roots is None:
            return "true"
        return f"EXISTS (SELECT 1 FROM {self.roots} r WHERE r.known AND r.root = {alias}.{quoted(self.root or '')})"

    def _decide(self) -> None:
        """Write down the fate of every row that does not stay as it is."""
        retires = self.covers is not None or self.covers_whole
        keys = " AND ".join(f"s.{quoted(name)} = t.{quoted(name)}" for name in self.table.key)
        gone = f"t.{quoted(DB_WHEN_DELETED.name)} IS NOT NULL" if self.soft else "false"
        root = f"t.{quoted(self.root)}" if self.root is not None else "NULL::text"
        there = f"t.{_DAY}" if self.partitioned else "NULL::date"
        self.session.run(f"DROP TABLE IF EXISTS {_WORK}")
        self.session.run(
            f"CREATE TEMPORARY TABLE {_WORK} ON COMMIT DROP AS "
            f"SELECT s.{ORDER} AS ord, t.__rel, t.__rid, coalesce({self.day}, {there}) AS day, "
            f"CASE WHEN s.{ORDER} IS NULL THEN {root} END AS root, "
            f"CASE WHEN s.{ORDER} IS NULL THEN {RETIRE} WHEN t.__rid IS NULL THEN {INSERT} "
            f"WHEN {gone} THEN {RESTORE} ELSE {UPDATE} END AS fate "
            f"FROM ({self._staged_side()}) s {'FULL' if retires else 'LEFT'} JOIN ({self._present_side()}) t "
            f"ON {keys} "
            f"WHERE CASE WHEN s.{ORDER} IS NULL THEN t.__covered AND NOT ({gone}) "
            f"ELSE t.__rid IS NULL OR {gone} OR {self._differs()} END"
        )
        self.session.run(f"ANALYZE {_WORK}")

    def _staged_side(self) -> str:
        if self.rows is None:
            columns = self._carried()
            nulls = [f"NULL::{'TEXT' if c.type == 'json' else TYPES[c.type]} AS {quoted(c.name)}" for c in columns]
            return f"SELECT {', '.join(nulls)}, NULL::bigint AS {ORDER} WHERE false"
        return f"SELECT * FROM {self.rows} s WHERE {self._of_known('s')}"

    def _present_side(self) -> str:
        covered, joins = "true" if self.covers_whole else "false", ""
        if self.covers is not None and not self.covers_whole:
            names = [name for name in self.cover_columns if self.root is None or name != "as_of"]
            same = " AND ".join(f"c.{quoted(name)} = t.{quoted(name)}" for name in names)
            joins = f" LEFT JOIN (SELECT DISTINCT {', '.join(map(quoted, names))} FROM {self.covers}) c ON {same}"
            covered = f"c.{quoted(names[0])} IS NOT NULL"
        if self.stale and self.root is not None:
            joins += f" LEFT JOIN {_STALE} x ON x.root = t.{quoted(self.root)}"
            covered += " AND x.root IS NULL"
        # Trees that the warehouse has never seen have no rows here: look only where there can be some.
        return (
            f"SELECT t.tableoid AS __rel, t.ctid AS __rid, t.*, {covered} AS __covered "
            f"FROM {address(self.table)} t{joins} "
            f"WHERE {_in_partitions('t', self.partitions)} AND {self._of_known('t')}"
        )

    def _differs(self) -> str:
        names = [c for c in self.table.columns if not c.key]
        if self.partitioned:
            names.append(DB_PARTITION)
        pairs = [
            f"s.{quoted(c.name)} IS DISTINCT FROM t.{quoted(c.name)}{'::text' if c.type == 'json' else ''}"
            for c in names
        ]
        # A row that is nothing but its key never changes.
        return " OR ".join(pairs) or "false"

    def _tell(self, merged: Merged) -> None:
        for fate, day, count in self.session.rows(f"SELECT fate, day, count(*) FROM {_WORK} GROUP BY 1, 2"):
            merged.fates[fate][day] += count

    def _note_touched(self) -> None:
        self.session.run(f"INSERT INTO {_TOUCHED} SELECT DISTINCT root FROM {_WORK} WHERE root IS NOT NULL")
        if self.rows is not None:
            self.session.run(
                f"INSERT INTO {_TOUCHED} SELECT DISTINCT s.{quoted(self.root or '')} FROM {self.rows} s "
                f"JOIN {_WORK} w ON w.ord = s.{ORDER}"
            )

    def _write(self, merged: Merged) -> None:
        there = f"t.tableoid = w.__rel AND t.ctid = w.__rid AND {_in_partitions('t', self.partitions)}"
        if retired := merged.retired.total():
            if self.soft:
                gone = f"{quoted(DB_WHEN_DELETED.name)} = {self.now}, db_last_updated = {self.now}"
                statement = f"UPDATE {address(self.table)} t SET {gone} FROM {_WORK} w"
            else:
                statement = f"DELETE FROM {address(self.table)} t USING {_WORK} w"
            self._expect(retired, f"{statement} WHERE w.fate = {RETIRE} AND {there}")
        if self.rows is None:
            return
        columns = self._carried()
        if rewritten := merged.updated.total() + merged.restored.total():
            values = [f"{quoted(c.name)} = {_value(c)}" for c in columns if not c.key]
            values.append(f"{quoted(DB_LAST_UPDATED.name)} = {self.now}")
            if self.soft:
                values.append(f"{quoted(DB_WHEN_DELETED.name)} = NULL")
            self._expect(
                rewritten,
                f"UPDATE {address(self.table)} t SET {', '.join(values)} FROM {_WORK} w, {self.rows} s "
                f"WHERE w.fate IN ({UPDATE}, {RESTORE}) AND s.{ORDER} = w.ord AND {there}",
            )
        if merged.inserted.total():
            kept = f"{quoted(DB_WHEN_CREATED.name)}, {quoted(DB_LAST_UPDATED.name)}"
            self.session.run(
                f"INSERT INTO {address(self.table)} ({_names(columns)}, {kept}) "
                f"SELECT {_values(columns)}, {self.now}, {self.now} FROM {self.rows} s "
                f"JOIN {_WORK} w ON w.ord = s.{ORDER} WHERE w.fate = {INSERT}"
            )

    def _expect(self, rows: int, statement: str) -> None:
        written = self.session.run(statement)
        if written != rows:
            # Only someone who knows nothing of our locks can have moved rows since they were looked at.
            raise Collision(
                f"table {self.table.name}: {rows} rows were to be written, {written} were found: someone else writes "
                "to it at the same time; nothing was changed, try again"
            )

    def _carried(self) -> list[Column]:
        """The columns that come from the stage."""
        kept = [c for c in self.table.housekeeping if c in (DB_PARTITION, DB_AS_OF)]
        return [*self.table.columns, *kept]


def _unplaced(session: Session, roots: str) -> pl.Series:
    """The roots whose rows have to be merged."""
    query = f"SELECT root FROM {roots} WHERE NOT ({_PLACED})"
    return pl.concat(session.stream(query, pl.Schema({"root": pl.String()}))).to_series()


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(quoted(c.name) for c in columns)


def _value(column: Column) -> str:
    return f"s.{quoted(column.name)}{'::json' if column.type == 'json' else ''}"


def _values(columns: Sequence[Column]) -> str:
    return ", ".join(map(_value, columns))


def _partitions_of_keys(session: Session, load: Load, table: Table, staged: Staged) -> list[date] | None:
    """The partitions to look in, if a row cannot change its partition without changing its key."""
    by = table.partition_by
    if isinstance(table.loading, Tree) or by is None or by not in table.key or load.stage.covers_whole(table):
        return None
    sources = [f"SELECT {_DAY} FROM {source}" for source in (staged.rows, staged.covers) if source is not None]
    if not sources:
        return []
    return sorted(day for (day,) in session.rows(" UNION ".join(sources)))


def _in_partitions(alias: str, partitions: Sequence[date] | None) -> str:
    if partitions is None:
        return "true"
    return f"{alias}.{_DAY} = ANY ({days_array(partitions)})"
