"""A backfill in a process of its own, to be killed or to meet others: ``python -m ... BACKEND FOLDER FIRST LAST``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from genesys_assets_tests.orchestration.project import FAMILY, failures, in_folder


def start(backend: str, folder: Path, environment: Mapping[str, str], first: date, last: date) -> subprocess.Popen[str]:
    """Begin it, in a process group of its own; returns when everything is imported."""
    module = "genesys_assets_tests.orchestration.backfill_process"
    process = subprocess.Popen(
        [sys.executable, "-m", module, backend, str(folder), str(first), str(last)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for its good end."""
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output


def main(backend: str, folder: str, first: str, last: str) -> int:
    with in_folder(Path(folder), dict(os.environ), backend) as project:
        print("started", flush=True)
        result = project.run(
            "historical", day=date.fromisoformat(first), until=date.fromisoformat(last), asset_selection=FAMILY
        )
        print(*failures(result), sep="\n", flush=True)
        return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
