"""What a declaration says of permissions is what the API asks for: no less, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from genesys_assets.catalog import Table, load_catalog
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.simulator.app import endpoints
from genesys_assets.simulator.simulation import Simulation
from genesys_assets_tests.orchestration.project import Project, failures, project
from genesys_assets_tests.orchestration.test_runs import NEED_NOT_ASK, RUNS, SETTINGS, of

READS = {table.read.name: table.read for table in executable_tables(load_catalog()) if table.read.permissions}
ASK_ONCE = (*NEED_NOT_ASK, "evaluations", "conversation_surveys")
"""Reads that ask some of their questions, or all, only about what is new or has changed."""
EITHER = frozenset({"wfm:publishedSchedule:view", "wfm:schedule:view"})
"""One of them lets the request through, but not each shows every schedule."""


def first_of(read: str) -> Table:
    return load_catalog().reads()[read][1][0]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Everything but what is not asked for twice."""
    with project(tmp_path_factory.mktemp("project"), SETTINGS) as made:
        for category, days in RUNS.items():
            wanted = made.assets(*{table.read.name for table in of(category)}.difference(ASK_ONCE))
            result = made.run(category, **days, asset_selection=wanted)
            assert result.success, failures(result)
        yield made


@pytest.fixture(scope="module")
def every_permission() -> frozenset[str]:
    known = endpoints(Simulation(SETTINGS))
    return frozenset(permission for endpoint in known for permission in endpoint.permissions)


@pytest.fixture
def organisation(loaded: Project) -> Iterator[Project]:
    yield loaded
    loaded.control("PUT", "permissions", denied=[])


@pytest.mark.soak
@pytest.mark.parametrize("name", READS)
def test_a_read_needs_each_permission_that_it_declares_and_no_other(
    organisation: Project, every_permission: frozenset[str], name: str
) -> None:
    category, needed = load_catalog().category(first_of(name).name), frozenset(READS[name].permissions)

    def run(*granted: str) -> tuple[bool, str]:
        organisation.control("PUT", "permissions", denied=sorted(every_permission.difference(granted)))
        result = organisation.run(category, **RUNS[category], asset_selection=organisation.assets(name))
        return result.success, "\n".join(failures(result))

    for lacking in filter(None, (needed & EITHER, *({permission} for permission in needed - EITHER))):
        success, said = run(*needed - lacking)
        assert not success, lacking
        assert all(permission in said for permission in lacking)
    success, said = run(*needed)
    assert success, said
