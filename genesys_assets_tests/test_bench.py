"""Every bench still measures: none of them breaks when what it measures changes its shape."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genesys_assets_tests.bench.__main__ import BENCHES


@pytest.mark.soak
@pytest.mark.parametrize("name", BENCHES)
def test_a_quick_look_at_each_bench_has_figures(name: str) -> None:
    command = [sys.executable, "-m", "genesys_assets_tests.bench", "--quick", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # The table is folded to its width.
    assert BENCHES[name].split()[0] in done.stdout
