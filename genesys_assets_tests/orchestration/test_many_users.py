"""More users than can be paged to by their position."""

from __future__ import annotations

from pathlib import Path

from genesys_assets import simulator
from genesys_assets.catalog import load_catalog
from genesys_assets.genesys import OFFSET_CEILING
from genesys_assets_tests.orchestration.changes import load
from genesys_assets_tests.orchestration.project import project

USERS = OFFSET_CEILING + 50


def test_users_beyond_the_ceiling_of_offset_paging_are_loaded_too(tmp_path: Path) -> None:
    many = simulator.Settings(users=USERS, queues=2, groups=1, teams=1, conversations_per_day=10, rate_limit=0)
    with project(tmp_path, many) as made:
        assert not load(made, [load_catalog()["user"]])
        assert len(made.rows("user")) == USERS
