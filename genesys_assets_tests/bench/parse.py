"""From the bytes of pages to the frames of all eight conversation tables, beside ``json.loads`` of the same bytes.

Ours is the way that a load takes: pages by the handful, several handfuls at a time, their frames handed over
in order. ``json.loads`` is called as a loop over pages calls it: a page's result is held until the next one is
there. What else a loader would do with these results is not counted; ours is through with them.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from genesys_assets.extraction.ahead import WORKERS, worked
from genesys_assets.extraction.conversations import ROOT, gathered, parse_together
from genesys_assets.extraction.parser import PageParser, Parsed
from genesys_assets.genesys import JobRequest, Page, run_job
from genesys_assets_tests.bench.organization import DAY, NOW, client_of, family, organization
from genesys_assets_tests.bench.process import answer
from genesys_assets_tests.bench.report import Figure

ROUNDS = 5
GOAL = 2.0


class _Forgetful:
    """A store for a job that nobody is going to resume."""

    def recall(self, _key: str) -> str | None:
        return None

    def remember(self, _key: str, _value: str) -> None: ...

    def forget(self, _key: str) -> None: ...


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """All pages, each way in turn, round after round; medians of the rounds."""
    bodies = _pages(6 if quick else 48)
    parser = PageParser(family()[1], root=ROOT)

    def frames(pages: Sequence[Page]) -> Parsed:
        return parse_together(parser, pages)

    def handfuls(bodies: Sequence[bytes]) -> Iterator[Sequence[Page]]:
        return gathered(Page(body, "conversations", 1, "") for body in bodies)

    def loads(bodies: Sequence[bytes]) -> None:
        for body in bodies:
            result = json.loads(body)
        del result

    def alone(bodies: Sequence[bytes]) -> None:
        for pages in handfuls(bodies):
            result = frames(pages)
        del result

    def together(bodies: Sequence[bytes]) -> None:
        with worked(frames, handfuls(bodies)) as parsed:
            deque(parsed, maxlen=1)

    ways: tuple[Callable[[Sequence[bytes]], None], ...] = (loads, alone, together)
    for way in ways:  # Warms up.
        way(bodies[:2])
    rounds = [[_seconds(way, bodies) for way in ways] for _ in range(3 if quick else ROUNDS)]
    megabytes = sum(map(len, bodies)) / 1e6
    speeds = [megabytes / median(seconds) for seconds in zip(*rounds, strict=True)]
    ratios = sorted(plain / ours for plain, _, ours in rounds)
    ratio = median(ratios)
    figures = [
        Figure(f"json.loads, {len(bodies)} pages of {megabytes / len(bodies):.1f} MB", f"{speeds[0]:.0f} MB/s"),
        Figure("pages to the frames of all eight tables, by one thread", f"{speeds[1]:.0f} MB/s"),
        Figure(f"    by {WORKERS} threads, as they are loaded", f"{speeds[2]:.0f} MB/s"),
        Figure(
            f"    against json.loads (rounds {ratios[0]:.2f} to {ratios[-1]:.2f})",
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


def _seconds(way: Callable[[Sequence[bytes]], None], bodies: Sequence[bytes]) -> float:
    since = time.perf_counter()
    way(bodies)
    return time.perf_counter() - since


if __name__ == "__main__":
    answer(bench)
