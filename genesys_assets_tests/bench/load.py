"""A whole day of conversations from HTTP to the commit in DuckDB: seconds and peak memory, by size of the day.

Each size is loaded by a process of its own into a warehouse of its own; the simulator is another process,
so its memory does not count, though it shares the CPUs.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from genesys_assets_tests.bench.organization import organization
from genesys_assets_tests.bench.process import answer, measure, note
from genesys_assets_tests.bench.report import Figure

GOAL = 1.5


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """One size after the other."""
    sizes = (2_000, 10_000) if quick else (10_000, 100_000, 300_000)
    figures: list[Figure] = []
    peaks: list[float] = []
    for size in sizes:
        with organization(size) as organisation:
            found = measure("load_one_day", {}, **organisation.environment())
        note(f"{size:,} conversations a day: {found['seconds']:.1f} s, {found['peak_mb']:.0f} MB")
        peaks.append(found["peak_mb"])
        told = f"{found['items']:,} alive on it, {found['rows']:,} rows, {found['mb']:,.0f} MB of JSON"
        figures += [
            Figure(f"{size:,} a day ({told})", f"{found['seconds']:.1f} s"),
            Figure("    conversations a second", f"{found['items'] / found['seconds']:,.0f}"),
            Figure(
                "    of the time: reading (fetch, parse, stage side by side), committing",
                " + ".join(f"{found[part] / found['seconds']:.0%}" for part in ("reading", "committing")),
            ),
            Figure(
                f"    peak memory (when the commit began {found['peak_read_mb']:.0f} MB)", f"{found['peak_mb']:.0f} MB"
            ),
        ]
    growth = peaks[-1] / peaks[0]
    figures.append(
        Figure(f"peak memory at {sizes[-1]:,} against {sizes[0]:,}", f"{growth:.2f} x", f"<= {GOAL} x", growth <= GOAL)
    )
    return [asdict(figure) for figure in figures]


if __name__ == "__main__":
    answer(bench)
