"""``genesys-assets doctor`` and ``tables``: what there is, and whether it can be had."""

from __future__ import annotations

import os

from rich.table import Table as Grid

from genesys_assets.catalog import Catalog, Table, load_catalog
from genesys_assets.cli.terminal import console
from genesys_assets.extraction.doctor import Finding, examine
from genesys_assets.orchestration.assets import executable_tables


def doctor() -> int:
    """Say what is wrong with the connection; the exit status."""
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


def tables(name: str | None) -> int:
    """List the tables, or the columns of one; the exit status."""
    catalog = load_catalog()
    if name is None:
        console.print(_all_tables(catalog))
        return 0
    if name not in catalog:
        console.print(f"[red]There is no table {name}.[/] `genesys-assets tables` lists them.")
        return 1
    table = catalog[name]
    console.print(f"[bold]{name}[/] ({catalog.category(name)}): {table.description}", highlight=False)
    console.print(f"from {table.read.source}", highlight=False)
    console.print(_columns(catalog, table))
    return 0


def _all_tables(catalog: Catalog) -> Grid:
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
