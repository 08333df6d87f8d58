"""A backfill in a process of its own, to be killed or to meet others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from genesys_assets_tests.orchestration.project import FAMILY, failures, in_folder


def start(
    processes: ForkServerContext, backend: str, folder: Path, environment: Mapping[str, str], first: date, last: date
) -> ForkServerProcess:
    """Begin it."""
    process = processes.Process(target=_backfill, args=(backend, folder, {**os.environ, **environment}, first, last))
    process.start()
    return process


def finish(process: ForkServerProcess) -> None:
    """Wait for its good end."""
    process.join(300)
    assert process.exitcode == 0, "it has not ended" if process.exitcode is None else "what it said is shown below"


def _backfill(backend: str, folder: Path, environment: dict[str, str], first: date, last: date) -> None:
    os.environ.update(environment)
    with in_folder(folder, environment, backend) as project:
        result = project.run("historical", day=first, until=last, asset_selection=FAMILY)
        assert result.success, failures(result)
