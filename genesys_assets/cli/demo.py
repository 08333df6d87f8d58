"""``genesys-assets demo``: a simulated organisation, loaded through Dagster."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Generator, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from genesys_assets import simulator
from genesys_assets.cli import embedded_postgres
from genesys_assets.cli.places import (
    DATA,
    EMBEDDED,
    INSTANCE_VARIABLE,
    instance_folder,
    postgres_instance,
    postgres_warehouse,
)
from genesys_assets.cli.terminal import HOME, console
from genesys_assets.definitions import build_defs
from genesys_assets.orchestration import demo as loading
from genesys_assets.orchestration.resources import (
    DEFAULT_WAREHOUSE,
    SIMULATED_REQUESTS,
    WAREHOUSE_VARIABLE,
    GenesysResource,
    WarehouseResource,
)


def demo(conversations: int, days: int, backend: str) -> int:
    """Load the last days before a moment that stands still, print what happened; the exit status.

    ``backend`` is ``duckdb`` or ``postgres``; with the latter Dagster's own storage is there, too.
    """
    with contextlib.ExitStack() as stack:
        if backend == "postgres":
            server = stack.enter_context(embedded_postgres.running(DATA))
            os.environ[WAREHOUSE_VARIABLE] = postgres_warehouse(server)
            os.environ[INSTANCE_VARIABLE] = postgres_instance(server)
        return _demo(conversations, days, backend)


def _demo(conversations: int, days: int, backend: str) -> int:
    began = time.monotonic()
    moment = loading.moment(HOME)
    wanted = moment.days(days)
    settings = simulator.Settings(
        conversations_per_day=conversations,
        now=moment.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        rate_limit=SIMULATED_REQUESTS,
    )
    console.print(
        f"A simulated organisation with {conversations:,} conversations a day, which allows {SIMULATED_REQUESTS:,} "
        f"requests a minute; loading {wanted[0]} to {wanted[-1]} and the present state."
    )
    failures: list[str] = []

    def failed(step: str, why: str) -> None:
        failures.append(f"{step}: {why}")

    folder = instance_folder("postgres" if backend == "postgres" else "sqlite")
    with simulator.spawn(settings) as organisation, loading.own_instance(folder) as instance:
        os.environ.update(organisation.environment())
        warehouse = WarehouseResource.from_environment()
        resources = {"warehouse": warehouse, "genesys": GenesysResource(requests_per_minute=SIMULATED_REQUESTS)}
        with _progress(loading.loads(days)):
            runs = loading.load_everything(build_defs(resources), instance, wanted, failed)
    opened = warehouse.open()
    summary = loading.summary(opened, list(runs.values()))
    console.print(_summary(summary.to_dicts()))
    total = {name: int(summary[name].sum()) for name in ("inserted", "updated", "retired", "elsewhere", "calls")}
    console.print(
        f"{total['inserted']:,} inserted, {total['updated']:,} updated, {total['retired']:,} retired; "
        f"{total['calls']:,} API calls; {time.monotonic() - began:.0f} s"
    )
    quarantined = len(opened.quarantined())
    if quarantined:
        console.print(
            f"[yellow]{quarantined:,} items could not be loaded; they are in the quarantine with the reason[/]"
        )
    up = "make up" if backend == "duckdb" else "make up WAREHOUSE=postgres INSTANCE=postgres"
    if failures:
        console.print(f"[red]failed[/]; `{up}` shows more:", *failures, sep="\n  ", highlight=False, soft_wrap=True)
        return 1
    if backend == "duckdb":
        console.print(f"The rows are in {warehouse.location}; `{up}` shows the runs.", soft_wrap=True)
    else:
        console.print(
            f"The rows and what Dagster remembers are in the embedded PostgreSQL in {DATA}; `{up}` shows the runs.\n"
            "`make compare` holds the rows against those of `make demo` "
            f"(genesys-assets compare {DEFAULT_WAREHOUSE} {EMBEDDED}).",
            soft_wrap=True,
        )
    return 0


class _Follow(logging.Handler):
    """Moves a progress bar on with what the loads say of themselves."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.task = progress.add_task("starting", total=total)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self.progress.update(self.task, description=text[:90], advance=int(": inserted " in text))


@contextlib.contextmanager
def _progress(total: int) -> Generator[None]:
    columns = (
        SpinnerColumn(),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    logger = logging.getLogger("genesys_assets")
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        handler: logging.Handler = _Follow(progress, total)
        if not console.is_terminal:
            handler = logging.StreamHandler(sys.stdout)
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)


HEADINGS = {"calls": "API calls", "elsewhere": "in other days"}


def _summary(rows: Sequence[dict[str, object]]) -> Grid:
    grid = Grid("table", box=None)
    numbers = ("rows", "inserted", "updated", "retired", "elsewhere", "calls", "seconds")
    for name in numbers:
        grid.add_column(HEADINGS.get(name, name), justify="right")
    for row in rows:
        grid.add_row(str(row["table"]), *(_number(row[name]) for name in numbers))
    return grid


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
