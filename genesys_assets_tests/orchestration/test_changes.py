"""The organisation changes in every way, and the warehouse finds exactly that, with the times right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from genesys_assets import simulator
from genesys_assets.catalog import Table
from genesys_assets_tests.orchestration.changes import (
    FATES,
    TABLES,
    Expected,
    Organisation,
    Rows,
    compare,
    load,
    now,
    rows_of,
)
from genesys_assets_tests.orchestration.project import Project, project
from genesys_assets_tests.orchestration.scenes import CANNOT, SCENES

SETTINGS = simulator.Settings(
    conversations_per_day=10,
    users=130,
    queues=8,
    groups=8,
    teams=3,
    external_contacts=100,
    responses=30,
    articles=120,
    article_feedback=60,
    rate_limit=0,
)
STEPS = ("changed", "undone", "again")


@dataclass(frozen=True, slots=True)
class Step:
    """What a load did, and what it should have done."""

    since: datetime
    before: Mapping[str, Rows]
    after: Mapping[str, Rows]
    expected: Expected
    failing: Sequence[str]
    failures: str


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Step]]:
    """Every scene's changes in one load; all of them undone in the next; then a load for nothing."""
    with project(tmp_path_factory.mktemp("changes"), SETTINGS, retry_seconds=0) as made:
        assert not load(made)
        start, organisation = _rows(made), Organisation(made)
        changes, undoing = Expected(), Expected()
        for scene in SCENES:
            changes.note("inserted", scene.add(organisation))
            changes.note("updated", scene.rename(organisation))
            changes.note("retired", scene.remove(organisation))
            if scene.fail is not None:
                scene.fail(organisation)
        changed = _load(made, start, changes, organisation.failing)
        organisation.heal()
        for scene in SCENES:
            undoing.note("restored", scene.restore(organisation))
            if scene.heal is not None:
                undoing.note("anyhow", scene.heal(organisation))
        undone = _load(made, changed.after, undoing)
        yield {"changed": changed, "undone": undone, "again": _load(made, undone.after, Expected())}


def _load(made: Project, before: Mapping[str, Rows], expected: Expected, failing: Sequence[str] = ()) -> Step:
    since, failures = now(), "\n".join(load(made))
    return Step(since, before, _rows(made), expected, failing, failures)


def _rows(made: Project) -> dict[str, Rows]:
    return {table.name: rows_of(made, table) for table in TABLES}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_rows_follow_exactly(steps: dict[str, Step], table: Table, step: str) -> None:
    at = steps[step]
    assert not compare(at.before[table.name], at.after[table.name], at.since, at.expected.of(table.name))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_scenes_let_everything_happen_to_a_table(steps: dict[str, Step], table: Table) -> None:
    """A table without a scene, or with a scene that leaves something out, shows nothing."""
    seen = {fate: steps["undone" if fate == "restored" else "changed"].expected.of(table.name)[fate] for fate in FATES}
    missing = [fate for fate in FATES if not seen[fate] and (table.name, fate) not in CANNOT]
    assert not missing
    assert table.name in {name for scene in SCENES for name in scene.tables}


def test_every_parent_that_fails_is_told_and_no_other(steps: dict[str, Step]) -> None:
    told = re.findall(r"^.+?: (?:GET|POST) (\S+):", steps["changed"].failures, re.MULTILINE)
    assert set(told) == set(steps["changed"].failing), steps["changed"].failures
    assert not steps["undone"].failures
    assert not steps["again"].failures


@pytest.mark.parametrize("table", [table for table in TABLES if table.read.each is not None], ids=lambda t: t.name)
def test_every_fan_out_has_a_parent_that_fails(table: Table) -> None:
    assert any(table.name in scene.tables and scene.fail and scene.heal for scene in SCENES)
