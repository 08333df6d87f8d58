"""From the bytes of a page to the frames of all eight conversation tables, beside ``json.loads`` of the same bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from genesys_assets.extraction.conversations import ROOT
from genesys_assets.extraction.parser import PageParser
from genesys_assets.genesys import JobRequest, Page, run_job
from genesys_assets_tests.bench.organization import DAY, NOW, client_of, family, organization
from genesys_assets_tests.bench.process import answer
from genesys_assets_tests.bench.report import Figure

ROUNDS = 3
GOAL = 2.0


class _Forgetful:
    """A store for a job that nobody is going to resume."""

    def recall(self, _key: str) -> str | None:
        return None

    def remember(self, _key: str, _value: str) -> None: ...

    def forget(self, _key: str) -> None: ...


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """Every page in turn, both ways in turn, the best of three rounds each."""
    pages = _pages(3 if quick else 8)
    parser = PageParser(family()[1], root=ROOT)

    def ours(body: bytes) -> object:
        return parser.parse(Page(body, "conversations", 1, "").raw_items())

    ways: dict[str, Callable[[bytes], object]] = {"json.loads": json.loads, "frames": ours}
    best = {name: [float("inf")] * len(pages) for name in ways}
    for round_ in range(ROUNDS + 1):
        for number, body in enumerate(pages):
            for name, way in ways.items():
                seconds = _seconds(way, body)
                if round_:  # The round before the first warms up.
                    best[name][number] = min(best[name][number], seconds)
    size = sum(map(len, pages)) / 1e6
    speed = {name: size / sum(seconds) for name, seconds in best.items()}
    ratios = [plain / mine for plain, mine in zip(best["json.loads"], best["frames"], strict=True)]
    ratio = speed["frames"] / speed["json.loads"]
    figures = [
        Figure(f"json.loads, {len(pages)} pages of {size / len(pages):.1f} MB", f"{speed['json.loads']:.0f} MB/s"),
        Figure("page bytes to the frames of all eight tables", f"{speed['frames']:.0f} MB/s"),
        Figure(
            f"ratio (of single pages {min(ratios):.2f} to {max(ratios):.2f})",
            f"{ratio:.2f} x",
            f">= {GOAL:.0f} x",
            ratio >= GOAL,
        ),
    ]
    return [asdict(figure) for figure in figures]


def _pages(count: int) -> list[bytes]:
    job = JobRequest(
        path=family()[0].path,
        body={"interval": f"{DAY}T00:00:00.000Z/{NOW.date()}T00:00:00.000Z"},
        results_items="conversations",
        page_size=1000,
        key="bench",
    )
    with organization(count * 1000) as organisation, client_of(organisation) as client:
        # The first page holds those that were carried over from earlier days, which are not like others.
        found = [page.body for page, _ in zip(run_job(client, job, _Forgetful()), range(count + 1), strict=False)]
    return found[1:]


def _seconds(way: Callable[[bytes], object], body: bytes) -> float:
    since = time.perf_counter()
    result = way(body)
    seconds = time.perf_counter() - since
    del result
    return seconds


if __name__ == "__main__":
    answer(bench)
