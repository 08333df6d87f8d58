"""The command line: ``genesys-assets demo | up | simulate | doctor | compare | move | tables``.

Each command is in a module that is imported when it is called: Dagster alone takes seconds.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import argparse
from collections.abc import Sequence

from genesys_assets.cli.embedded_postgres import EmbeddedPostgresError
from genesys_assets.cli.terminal import error

DEMO_CONVERSATIONS, UP_CONVERSATIONS = 10_000, 2_000
WHERE = "path of a DuckDB file, URL of a database, or `postgres`: the embedded server"


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; the exit status is 0 when everything went well."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except EmbeddedPostgresError as wrong:
        return error(wrong)


def _run(options: argparse.Namespace) -> int:
    command: str = options.command
    match command:
        case "demo":
            from genesys_assets.cli.demo import demo

            return demo(options.conversations, options.days, options.warehouse)
        case "up" | "simulate":
            from genesys_assets.cli.up import simulate, up

            return up(options) if command == "up" else simulate(options)
        case "compare" | "move":
            from genesys_assets.cli.warehouses import compare, move

            if command == "move":
                return move(options.source, options.to)
            return compare(options.first, options.second, options.times)
        case _:
            from genesys_assets.cli.tables import doctor, tables

            return doctor() if command == "doctor" else tables(options.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="genesys-assets", description="Genesys Cloud in a warehouse.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="load a few days of a simulated organisation and print a summary")
    demo.add_argument("--conversations", type=int, default=DEMO_CONVERSATIONS, help="conversations a day")
    demo.add_argument("--days", type=int, default=3, help="how many days")
    demo.add_argument(
        "--warehouse",
        choices=("duckdb", "postgres"),
        default="duckdb",
        help="postgres: a server is started that holds the warehouse and what Dagster remembers",
    )
    up = commands.add_parser("up", help="serve the Dagster UI, schedules and sensors on")
    up.add_argument("--port", type=int, default=3000)
    up.add_argument(
        "--conversations", type=int, default=UP_CONVERSATIONS, help="a day, if the organisation has to be simulated"
    )
    up.add_argument(
        "--instance",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="where Dagster keeps runs, events and schedules; postgres: the database that DAGSTER_POSTGRES_URL names, "
        "or an embedded server",
    )
    up.add_argument(
        "--warehouse",
        choices=("duckdb", "postgres"),
        help="postgres: the embedded server, unless GENESYS_ASSETS_WAREHOUSE names a database",
    )
    simulate = commands.add_parser("simulate", help="serve a simulated Genesys Cloud organisation")
    simulate.add_argument("--host", default="127.0.0.1")
    simulate.add_argument("--port", type=int, default=8090)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--conversations", type=int, default=UP_CONVERSATIONS, help="conversations a day")
    simulate.add_argument("--now", help="the simulated moment, ISO 8601; it stands still (default: real time)")
    commands.add_parser("doctor", help="say what is wrong with the connection to Genesys Cloud and how to mend it")
    comparison = commands.add_parser("compare", help="whether two warehouses hold the same rows, table by table")
    comparison.add_argument("first", help=WHERE)
    comparison.add_argument("second", help="the same")
    comparison.add_argument("--times", action="store_true", help="the moments when the loader wrote must agree, too")
    moving = commands.add_parser("move", help="copy a whole warehouse to an empty place, and check the copy")
    moving.add_argument("source", metavar="from", help=WHERE)
    moving.add_argument("--to", required=True, help="the same")
    tables = commands.add_parser("tables", help="list the tables, or the columns of one")
    tables.add_argument("name", nargs="?")
    return parser
