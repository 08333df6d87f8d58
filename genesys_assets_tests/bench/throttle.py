"""What share of the requests that are allowed a throttled backfill uses.

Days of few conversations are read in very small pages, so that requests, not bytes, are what there is to
wait for. The simulator counts what it lets through; its count is read at the end of every full minute of
this process's clock, so that a pause between two minutes weighs as much as one inside.
"""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from genesys_assets.genesys import Cancelled, Throttle
from genesys_assets.orchestration.loading import Committed, PendingLoad
from genesys_assets.simulator import Simulator
from genesys_assets.warehouse import open_warehouse
from genesys_assets_tests.bench.organization import DAY, client_of, days_of_conversations, family, organization
from genesys_assets_tests.bench.process import answer, note
from genesys_assets_tests.bench.report import Figure

GOAL = 0.95
ALLOWED = 300
CONVERSATIONS = 600
PAGE_SIZE = 6
_MORE_DAYS_THAN_CAN_BE_LOADED = 60
_MINUTE = 60.0


def bench(*, quick: bool) -> list[dict[str, Any]]:
    """Count for full minutes from the first request on, then break off."""
    minutes = 1 if quick else 3
    read = replace(family()[0], page_size=PAGE_SIZE)
    days = [DAY - timedelta(days=n) for n in range(_MORE_DAYS_THAN_CAN_BE_LOADED)]
    loaded: list[Committed] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        organization(CONVERSATIONS, rate_limit=ALLOWED, job_polls=2) as organisation,
    ):
        watch = _Watch(organisation, minutes)
        throttle = Throttle(ALLOWED, state=Path(folder) / "throttle")
        with client_of(organisation, throttle=throttle, cancelled=watch.over.is_set) as client:
            warehouse = open_warehouse(Path(folder) / "warehouse.duckdb")
            pending = PendingLoad(days_of_conversations(client, warehouse, days, read=read))
            watch.start()
            try:
                pending.commit(warehouse, loaded.append)
            except Cancelled:
                watch.join()
            limited = organisation.statistics()["rate_limited"]
    if len(watch.counts) < minutes:
        raise RuntimeError("the backfill, or the count of its requests, ended too early")
    share = sum(watch.counts) / (ALLOWED * minutes)
    told = ", ".join(map(str, watch.counts))
    figures = [
        Figure(
            f"loaded in {minutes} min (of {CONVERSATIONS} conversations each, in pages of {PAGE_SIZE})",
            f"{len(loaded)} days",
        ),
        Figure(f"requests in each minute, of {ALLOWED} allowed", told),
        Figure("share of the allowed requests that was used", f"{share:.1%}", f">= {GOAL:.0%}", share >= GOAL),
        Figure("answers with status 429", str(limited), "0", limited == 0),
    ]
    return [asdict(figure) for figure in figures]


class _Watch(threading.Thread):
    """Reads the simulator's count at the end of each minute; ``over`` is set after the last."""

    def __init__(self, organisation: Simulator, minutes: int) -> None:
        super().__init__(daemon=True)
        self.counts: list[int] = []
        self.over = threading.Event()
        self._organisation = organisation
        self._minutes = minutes

    def run(self) -> None:
        began, before = time.monotonic(), 0
        try:
            for minute in range(1, self._minutes + 1):
                time.sleep(max(0.0, began + minute * _MINUTE - time.monotonic()))
                told = self._organisation.statistics()
                let_through = told["total"] - told["rate_limited"]
                self.counts.append(let_through - before)
                before = let_through
                note(f"minute {minute}: {self.counts[-1]} requests")
        finally:
            self.over.set()


if __name__ == "__main__":
    answer(bench)
