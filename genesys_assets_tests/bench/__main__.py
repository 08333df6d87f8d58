"""``python -m genesys_assets_tests.bench [--quick] [name ...]``: measure, then print one table.

A goal that is missed is reported, no more; the exit code is 1 only if a measurement broke.
"""

from __future__ import annotations

import argparse
import sys
import time

from genesys_assets_tests.bench.process import BrokenError, measure, note
from genesys_assets_tests.bench.report import Figure, Result, show

BENCHES = {
    "parse": "From the bytes of a page to frames",
    "load": "A whole day, from HTTP to the commit",
    "segments": "1.2 million rows into the warehouse, beside a plain copy",
    "backfill": "Four partitions backfilled at once, and one at a time",
    "calls": "API calls of a full refresh of metadata and knowledge, beside naive ones",
    "throttle": "Use of the requests that are allowed",
    "dlt": "Beside dlt (REST client, nested tables, DuckDB)",
}


def main() -> int:
    """Run the benches that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m genesys_assets_tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHES)}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="a minute's look, too short to hold against the goals")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHES]:
        parser.error(f"no bench is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    results = [_run(name, quick=options.quick) for name in BENCHES if not options.names or name in options.names]
    show(results, quick=options.quick)
    return 1 if any(result.broken for result in results) else 0


def _run(name: str, *, quick: bool) -> Result:
    note(f"{name} ...")
    since = time.perf_counter()
    figures: list[Figure] = []
    broken = ""
    try:
        figures = [Figure(**figure) for figure in measure(name, {"quick": quick})]
    except BrokenError as error:
        broken = str(error)
    return Result(name, BENCHES[name], time.perf_counter() - since, figures, broken)


if __name__ == "__main__":
    sys.exit(main())
