"""The command line: ``genesys-assets demo | up | simulate | doctor | compare | tables``."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from genesys_assets import simulator
from genesys_assets.catalog import Catalog, Table, load_catalog

HOME = Path(".genesys")
DEMO_DAYS = 3
UP_CONVERSATIONS = 2_000

console = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; the exit status is 0 when everything went well."""
    options = _parser().parse_args(arguments)
    command: str = options.command
    match command:
        case "demo":
            return _demo(options.conversations, options.days)
        case "up":
            return _up(options.port, options.conversations)
        case "simulate":
            return _simulate(options)
        case "doctor":
            return _doctor()
        case "compare":
            return _compare(options.first, options.second, options.times)
        case _:
            return _tables(options.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="genesys-assets", description="Genesys Cloud in a warehouse.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="load a few days of a simulated organisation and print a summary")
    demo.add_argument("--conversations", type=int, default=10_000, help="conversations a day")
    demo.add_argument("--days", type=int, default=DEMO_DAYS, help="how many days")
    up = commands.add_parser("up", help="serve the Dagster UI, schedules and sensors on")
    up.add_argument("--port", type=int, default=3000)
    up.add_argument(
        "--conversations", type=int, default=UP_CONVERSATIONS, help="a day, if the organisation has to be simulated"
    )
    simulate = commands.add_parser("simulate", help="serve a simulated Genesys Cloud organisation")
    simulate.add_argument("--host", default="127.0.0.1")
    simulate.add_argument("--port", type=int, default=8090)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--conversations", type=int, default=UP_CONVERSATIONS, help="conversations a day")
    simulate.add_argument("--now", help="the simulated moment, ISO 8601; it stands still (default: real time)")
    commands.add_parser("doctor", help="say what is wrong with the connection to Genesys Cloud and how to mend it")
    comparison = commands.add_parser("compare", help="whether two warehouses hold the same rows, table by table")
    comparison.add_argument("first", help="path of a DuckDB file, or URL of a database")
    comparison.add_argument("second", help="the same")
    comparison.add_argument("--times", action="store_true", help="the moments when the loader wrote must agree, too")
    tables = commands.add_parser("tables", help="list the tables, or the columns of one")
    tables.add_argument("name", nargs="?")
    return parser


# -- compare ------------------------------------------------------------------------------------------


def _compare(first: str, second: str, times: bool) -> int:
    from genesys_assets.warehouse import open_warehouse  # noqa: PLC0415 - only here
    from genesys_assets.warehouse.compare import compare  # noqa: PLC0415

    rows, faults = 0, 0
    for found in compare(open_warehouse(first), open_warehouse(second), load_catalog(), times=times):
        rows += found.same
        if not found.equal:
            faults += 1
            console.print(
                f"{found.table}: {found.same:,} rows are the same, {found.different:,} differ, "
                f"{found.only_first:,} are only in the first, {found.only_second:,} only in the second; "
                f"such as {', '.join(map(str, found.examples))}",
                highlight=False,
                soft_wrap=True,
            )
    if faults:
        console.print(f"[red]{faults} tables differ[/]")
        return 1
    console.print(f"The two warehouses are equal: {rows:,} rows.")
    return 0


# -- demo ---------------------------------------------------------------------------------------------


def _demo(conversations: int, days: int) -> int:
    from genesys_assets.definitions import build_defs  # noqa: PLC0415 - Dagster takes seconds to import
    from genesys_assets.orchestration import demo  # noqa: PLC0415
    from genesys_assets.orchestration.assets import executable_tables  # noqa: PLC0415
    from genesys_assets.orchestration.resources import WarehouseResource  # noqa: PLC0415

    began = time.monotonic()
    moment = demo.moment(HOME)
    wanted = moment.days(days)
    settings = simulator.Settings(
        conversations_per_day=conversations, now=moment.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    )
    console.print(
        f"A simulated organisation with {conversations:,} conversations a day; "
        f"loading {wanted[0]} to {wanted[-1]} and all metadata."
    )
    failures: list[str] = []

    def failed(step: str, why: str) -> None:
        failures.append(f"{step}: {why}")

    reads = {table.read.name for table in executable_tables(load_catalog())}
    with simulator.spawn(settings) as organisation, demo.own_instance(Path.cwd()) as instance:
        os.environ.update(organisation.environment())
        warehouse = WarehouseResource.from_environment()
        with _progress(len(reads) - 1 + days):
            runs = demo.load_everything(build_defs({"warehouse": warehouse}), instance, wanted, failed)
    opened = warehouse.open()
    summary = demo.summary(opened, list(runs.values()))
    console.print(_summary(summary.to_dicts()))
    total = {name: int(summary[name].sum()) for name in ("inserted", "updated", "retired", "calls")}
    console.print(
        f"{total['inserted']:,} inserted, {total['updated']:,} updated, {total['retired']:,} retired; "
        f"{total['calls']:,} API calls; {time.monotonic() - began:.0f} s"
    )
    quarantined = len(opened.quarantined())
    if quarantined:
        console.print(
            f"[yellow]{quarantined:,} items could not be loaded; they are in the quarantine with the reason[/]"
        )
    if failures:
        console.print("[red]failed[/]; `make up` shows more:", *failures, sep="\n  ", highlight=False, soft_wrap=True)
        return 1
    console.print(f"The rows are in {warehouse.location}; `make up` shows the runs.")
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


def _summary(rows: Sequence[dict[str, object]]) -> Grid:
    grid = Grid("table", box=None)
    numbers = ("rows", "inserted", "updated", "retired", "calls", "seconds")
    for name in numbers:
        grid.add_column("API calls" if name == "calls" else name, justify="right")
    for row in rows:
        grid.add_row(str(row["table"]), *(_number(row[name]) for name in numbers))
    return grid


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


# -- up, simulate -------------------------------------------------------------------------------------


def _up(port: int, conversations: int) -> int:
    from genesys_assets.genesys import Settings  # noqa: PLC0415 - as above

    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if Settings.from_environment(environment) is None:
            settings = simulator.Settings(conversations_per_day=conversations)
            organisation = stack.enter_context(simulator.spawn(settings))
            environment |= organisation.environment()
            console.print(
                f"No GENESYSCLOUD_* variables: using a simulated organisation at {organisation.url}", soft_wrap=True
            )
        console.print(f"Dagster: http://127.0.0.1:{port}  (Ctrl-C ends it)")
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-p", str(port)]
        server = subprocess.Popen(command, env=environment)

        def hand_on(_signal: int, _frame: FrameType | None) -> None:
            server.terminate()

        # Ctrl-C reaches Dagster by itself, being of the same terminal; a signal to this process does not.
        signal.signal(signal.SIGTERM, hand_on)
        try:
            return server.wait()
        except KeyboardInterrupt:
            return server.wait()


def _simulate(options: argparse.Namespace) -> int:
    settings = simulator.Settings(seed=options.seed, conversations_per_day=options.conversations, now=options.now)
    console.print(f"A simulated organisation at http://{options.host}:{options.port}  (Ctrl-C ends it). To use it:")
    for name, value in {
        "GENESYSCLOUD_API_URL": f"http://{options.host}:{options.port}",
        "GENESYSCLOUD_LOGIN_URL": f"http://{options.host}:{options.port}",
        "GENESYSCLOUD_OAUTHCLIENT_ID": settings.client_id,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": settings.client_secret,
    }.items():
        console.print(f"  export {name}={value}", highlight=False, soft_wrap=True)
    with contextlib.suppress(KeyboardInterrupt):  # the way in which it is meant to end
        simulator.run(options.host, options.port, settings)
    return 0


# -- doctor, tables -----------------------------------------------------------------------------------


def _doctor() -> int:
    from genesys_assets.extraction.doctor import Finding, examine  # noqa: PLC0415 - as above
    from genesys_assets.orchestration.assets import executable_tables  # noqa: PLC0415

    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
    found: list[Finding] = []
    for finding in examine(os.environ, executable_tables(load_catalog())):
        found.append(finding)
        console.print(
            f"{marks[finding.verdict]:<14} {finding.subject}: {finding.text}", highlight=False, soft_wrap=True
        )
    wrong = sum(finding.verdict == "wrong" for finding in found)
    console.print("Everything is in order." if not wrong else f"[red]{wrong} things are wrong.[/]")
    return 1 if wrong else 0


def _tables(name: str | None) -> int:
    catalog = load_catalog()
    if name is None:
        console.print(_all_tables(catalog))
        return 0
    if name not in catalog:
        console.print(f"[red]There is no table {name}.[/] `genesys-assets tables` lists them.")
        return 1
    table = catalog[name]
    console.print(f"[bold]{name}[/] ({catalog.category(name)}): {table.description}", highlight=False)
    console.print(f"from {table.read.method} {table.read.path}", highlight=False)
    console.print(_columns(catalog, table))
    return 0


def _all_tables(catalog: Catalog) -> Grid:
    from genesys_assets.orchestration.assets import executable_tables  # noqa: PLC0415 - Dagster takes seconds to import

    executable = {table.name for table in executable_tables(catalog)}
    grid = Grid("table", "category", "columns", "partitioned", "loaded", "points at", box=None)
    for table in sorted(catalog, key=lambda each: (catalog.category(each.name), each.name)):
        grid.add_row(
            table.name,
            catalog.category(table.name),
            str(len(table.columns)),
            "daily" if table.partition_by is not None else "",
            "yes" if table.name in executable else "",
            ", ".join(dict.fromkeys(key.parent for key in catalog.foreign_keys(table.name))),
        )
    return grid


def _columns(catalog: Catalog, table: Table) -> Grid:
    points_at = {column: key.parent for key in catalog.foreign_keys(table.name) for column in key.columns}
    grid = Grid("column", "type", "unit", "key", "points at", "personal", "meaning", box=None)
    for column in (*table.columns, *table.housekeeping):
        grid.add_row(
            column.name,
            column.type,
            column.unit or "",
            "key" if column.key else "",
            points_at.get(column.name, ""),
            column.personal or "",
            column.description,
        )
    return grid


if __name__ == "__main__":
    sys.exit(main())
