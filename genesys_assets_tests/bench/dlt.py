"""The same pages through dlt: its REST client, its nested tables, its DuckDB destination.

Both read the results of one and the same job, whose pages the simulator holds ready, each in a process of
its own with everything imported, into a DuckDB file of its own. dlt appends, which is what it does fastest;
ours merges by key, as always.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genesys_assets_tests.bench.organization import organization
from genesys_assets_tests.bench.process import BrokenError, answer, measure, note
from genesys_assets_tests.bench.report import Figure

GOAL = 5.0
ROUNDS = 2


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """Ours and dlt's in turn; the best of the rounds of each."""
    size = 1_000 if quick else 10_000
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    with organization(size, page_cache_mb=1_000) as organisation, tempfile.TemporaryDirectory() as folder:
        address = organisation.environment()
        # Makes the simulator prepare the pages, and tells which job they belong to.
        job = measure("dlt_ours", {"bookmark": None}, **address)["bookmark"]
        for number in range(1 if quick else ROUNDS):
            ours.append(measure("dlt_ours", {"bookmark": job}, **address))
            note(f"ours: {ours[-1]['seconds']:.1f} s")
            home = Path(folder) / str(number)
            home.mkdir()
            places = {name: str(home) for name in ("HOME", "DLT_DATA_DIR", "DLT_PROJECT_DIR", "DLT_LOCAL_DIR")}
            quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
            theirs.append(measure("dlt_theirs", {"bookmark": job}, cwd=home, **places, **quiet, **address))
            note(f"dlt: {theirs[-1]['seconds']:.1f} s")
    if ours[0]["counts"] != theirs[0]["counts"]:
        raise BrokenError(f"ours loaded {ours[0]['counts']}, dlt {theirs[0]['counts']}")
    best, peer = (min(many, key=lambda one: one["seconds"]) for many in (ours, theirs))
    count, ratio = best["counts"]["conversations"], peer["seconds"] / best["seconds"]
    figures = [
        Figure(f"dlt, {count:,} conversations into {peer['tables']} tables", f"{peer['seconds']:.1f} s"),
        Figure("    extract, normalize, load", _sum(peer["parts"])),
        Figure(f"ours, the same into {best['tables']} tables", f"{best['seconds']:.1f} s"),
        Figure("    read and stage, commit", _sum(best["parts"])),
        Figure("how many times faster", f"{ratio:.1f} x", f">= {GOAL:.0f} x", ratio >= GOAL),
        Figure("    CPU time, dlt's and ours", f"{peer['cpu']:.1f} and {best['cpu']:.1f} s"),
        Figure("    peak memory, dlt's and ours", f"{peer['peak_mb']:.0f} and {best['peak_mb']:.0f} MB"),
    ]
    return [asdict(figure) for figure in figures]


def _sum(parts: list[float]) -> str:
    return " + ".join(f"{part:.1f}" for part in parts)


if __name__ == "__main__":
    answer(bench)
