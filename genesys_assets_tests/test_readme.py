"""What the README promises is what the declarations say."""

from __future__ import annotations

import re
from pathlib import Path

from genesys_assets.catalog import load_catalog
from genesys_assets.orchestration.assets import executable_tables

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_readme_names_every_permission_that_a_load_needs_and_no_other() -> None:
    needed = {name for table in executable_tables(load_catalog()) for name in table.read.permissions}
    table = "\n".join(line for line in README.splitlines() if line.startswith("| "))
    assert set(re.findall(r"`(\w+:\w+:\w+)`", table)) == needed


def test_the_readme_tells_how_many_tables_are_loaded() -> None:
    loaded = len(executable_tables(load_catalog()))
    assert f"Today {loaded} tables are loaded" in README
    assert f"The other {len(load_catalog()) - loaded}, recordings" in README
