"""A backfill in a process of its own, to be killed: ``python -m ... FOLDER FIRST LAST``."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

from genesys_assets_tests.orchestration.project import failures, in_folder


def main(folder: str, first: str, last: str) -> int:
    with in_folder(Path(folder), dict(os.environ), date(2026, 1, 1)) as project:
        print("started", flush=True)
        result = project.run("historical", day=date.fromisoformat(first), until=date.fromisoformat(last))
        print(*failures(result), sep="\n", flush=True)
        return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
