"""A simulated organisation changes, and the warehouse must follow: the scenes' vocabulary and the accounting.

A :class:`Scene` changes the organisation and says which rows of which tables must follow. All scenes act
before the same load, so each takes entities of its own (:func:`made` counts them as they were at first).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import dagster as dg
import polars as pl

from genesys_assets.catalog import Table, load_catalog
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets_tests.orchestration.project import QUIET, Project, failures

Json = dict[str, Any]
Keys = Mapping[str, set[tuple[object, ...]]]
"""Table name to primary keys, in the order of the table's key columns."""

Fate = Literal["inserted", "updated", "retired", "restored"]
FATES: tuple[Fate, ...] = ("inserted", "updated", "retired", "restored")

CATEGORIES = ("metadata", "knowledge")
TABLES = tuple(
    table for table in executable_tables(load_catalog()) if load_catalog().category(table.name) in CATEGORIES
)


class Organisation:
    """The simulated organisation, by its control interface."""

    def __init__(self, project: Project) -> None:
        self._control = project.control
        self._made: dict[str, list[Json]] = project.control("GET", "world")
        self.memberships: dict[str, list[str]] = project.control("GET", "memberships")
        self.failing: list[str] = []

    def made(self, kind: str) -> list[Json]:
        """The entities of a kind as they were before any scene, so that positions in it last."""
        return self._made[kind]

    def entities(self, kind: str) -> list[Json]:
        """The entities of a kind as they are now."""
        return self._control("GET", f"world/{kind}")

    def add(self, kind: str, **fields: object) -> Json:
        """A new entity: like the first of its kind but for its id and the fields given."""
        return self._control("POST", "world", action="add", kind=kind, fields=fields)

    def edit(self, kind: str, id: str, **fields: object) -> None:
        """Change fields of an entity."""
        self._control("POST", "world", action="edit", kind=kind, id=id, fields=fields)

    def remove(self, kind: str, id: str) -> None:
        """Let an entity vanish."""
        self._control("POST", "world", action="remove", kind=kind, id=id)

    def restore(self, kind: str, id: str) -> None:
        """Bring a vanished entity back as it was."""
        self._control("POST", "world", action="restore", kind=kind, id=id)

    def join(self, group: str, user: str) -> None:
        """Make a user a member of a group, whose count of members follows."""
        self._control("POST", "world", action="join", kind="groups", id=group, fields={"user": user})

    def leave(self, group: str, user: str) -> None:
        """End a membership."""
        self._control("POST", "world", action="leave", kind="groups", id=group, fields={"user": user})

    def fail(self, path: str, status: int = 500) -> None:
        """Let a path answer so until all is healed."""
        self._control("POST", "failures", path=path, status=status)
        self.failing.append(path)

    def heal(self) -> None:
        """Let no path fail any more."""
        self._control("DELETE", "failures")


@dataclass(frozen=True, slots=True)
class Scene:
    """One story about the rows of ``tables``; each step returns the rows that must follow, and only those.

    ``fail`` lets one parent of a fan-out fail after something beneath it changed, which must not show
    before ``heal``: that returns the rows that change, in whatever way, once nothing fails any more.
    """

    tables: tuple[str, ...]
    add: Callable[[Organisation], Keys]
    rename: Callable[[Organisation], Keys]
    remove: Callable[[Organisation], Keys]
    restore: Callable[[Organisation], Keys]
    fail: Callable[[Organisation], None] | None = None
    heal: Callable[[Organisation], Keys] | None = None


def plain(
    table: str,
    kind: str,
    *,
    rows: Callable[[Json], Keys] | None = None,
    rename: Mapping[str, object] | None = None,
    added: Mapping[str, object] | None = None,
    renamed: int = 1,
    removed: int = 2,
) -> Scene:
    """The scene of a listing of entities with an ``id``, of which ``rename`` changes fields.

    ``renamed`` and ``removed`` are positions among the entities as they were made; ``rows`` are all the
    rows that an entity brings, if it brings more than its own.
    """
    of = rows or (lambda entity: {table: {(entity["id"],)}})

    def add(organisation: Organisation) -> Keys:
        return of(organisation.add(kind, **(added or {"name": "Ångström & Söhne"})))

    def change(organisation: Organisation) -> Keys:
        identifier = organisation.made(kind)[renamed]["id"]
        organisation.edit(kind, identifier, **(rename or {"name": "Ünlike any other"}))
        return {table: {(identifier,)}}

    def remove(organisation: Organisation) -> Keys:
        entity = organisation.made(kind)[removed]
        organisation.remove(kind, entity["id"])
        return of(entity)

    def restore(organisation: Organisation) -> Keys:
        entity = organisation.made(kind)[removed]
        organisation.restore(kind, entity["id"])
        return of(entity)

    return Scene((table,), add, change, remove, restore)


@dataclass
class Expected:
    """The rows of which a load must find something, by fate; those of ``anyhow`` in whatever way."""

    inserted: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    updated: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    retired: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    restored: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    anyhow: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)

    def note(self, fate: Fate | Literal["anyhow"], keys: Keys) -> None:
        """Add what a scene returned."""
        noted: dict[str, set[tuple[object, ...]]] = getattr(self, fate)
        for table, more in keys.items():
            noted.setdefault(table, set()).update(more)

    def of(self, table: str) -> dict[str, set[tuple[object, ...]]]:
        """What is expected of a table, by fate."""
        return {fate: getattr(self, fate).get(table, set()) for fate in (*FATES, "anyhow")}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the warehouse: its values, and the loader's times beside them."""

    values: Json
    created: datetime
    updated: datetime
    deleted: datetime | None


Rows = Mapping[tuple[object, ...], Row]


def rows_of(project: Project, table: Table) -> Rows:
    """All rows of a table by primary key."""
    frame: pl.DataFrame = project.warehouse.scan(table).collect()
    found: dict[tuple[object, ...], Row] = {}
    for values in frame.iter_rows(named=True):
        times = [values.pop(name) for name in ("db_when_created", "db_last_updated", "db_when_deleted")]
        found[tuple(values[name] for name in table.key)] = Row(values, *times)
    return found


def compare(before: Rows, after: Rows, since: datetime, expected: Mapping[str, set[tuple[object, ...]]]) -> list[str]:
    """Where the rows of a table did not follow as expected, or their times are wrong."""
    faults: list[str] = []
    fates: dict[str, set[tuple[object, ...]]] = {fate: set() for fate in FATES}
    for key in before.keys() | after.keys():
        fate, wrong = _fate(before.get(key), after.get(key), since)
        if fate is not None:
            fates[fate].add(key)
        if wrong:
            faults.append(f"{key}: {wrong}")
    anyhow = expected["anyhow"]
    for fate in FATES:
        faults += [f"not {fate}: {key}" for key in sorted(expected[fate] - fates[fate], key=str)]
        faults += [f"{fate}: {key}" for key in sorted(fates[fate] - expected[fate] - anyhow, key=str)]
    changed = set[tuple[object, ...]]().union(*fates.values())
    return faults + [f"did not change: {key}" for key in sorted(anyhow - changed, key=str)]


def _fate(before: Row | None, after: Row | None, since: datetime) -> tuple[Fate | None, str]:
    """What became of a row, and what is wrong with its housekeeping times."""
    if after is None:
        return None, "the row is no longer there at all"
    fate: Fate | None = None
    untouched = before is not None and (after.updated, after.deleted) == (before.updated, before.deleted)
    if before is None:
        fate, sound = "inserted", after.created == after.updated >= since and after.deleted is None
    elif before.deleted is None and after.deleted is not None:
        fate, sound = "retired", since <= after.deleted <= after.updated and after.values == before.values
    elif before.deleted is not None and after.deleted is None:
        fate, sound = "restored", after.updated >= since
    elif after.values != before.values:
        fate, sound = "updated", after.updated >= since and after.deleted == before.deleted
    else:
        sound = untouched
    sound = sound and (before is None or after.created == before.created)
    return fate, "" if sound else f"{fate or 'not changed'}, but the times are {after} after {before}"


def load(project: Project, tables: Sequence[Table] = TABLES) -> list[str]:
    """Load tables through Dagster, checks aside; why steps failed.

    What was held up by a step that failed, because a parent did, is loaded in runs of its own.
    """
    left, failed = {table.name for table in tables}, list[str]()
    while left:
        result = _job(project, left).execute_in_process(
            instance=project.instance, run_config=QUIET, raise_on_error=False
        )
        done = {event.asset_key.path[-1] for event in result.get_asset_materialization_events()} & left
        failed += failures(result)
        assert done, f"{sorted(left)} cannot be loaded: {failed}"
        left -= done
    return failed


def _job(project: Project, names: Iterable[str]) -> dg.JobDefinition:
    selection = dg.AssetSelection.assets(*sorted(names)).without_checks()
    job = dg.define_asset_job("changes", selection=selection)
    return dg.Definitions.merge(project.defs, dg.Definitions(jobs=[job])).resolve_job_def("changes")


def now() -> datetime:
    """This moment, as the warehouse would note it."""
    return datetime.now(UTC)
