"""``genesys-assets compare`` and ``move``: two warehouses, whatever stands behind them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from genesys_assets.catalog import load_catalog
from genesys_assets.cli.places import EMBEDDED, shown, warehouse_at
from genesys_assets.cli.terminal import console, error
from genesys_assets.warehouse import WarehouseError
from genesys_assets.warehouse import compare as comparing
from genesys_assets.warehouse import move as moving


def compare(first: str, second: str, times: bool) -> int:
    """Say which tables differ; the exit status."""
    try:
        _require_two(first, second)
        with warehouse_at(first) as here, warehouse_at(second) as there:
            return _told(comparing.compare(here, there, load_catalog(), times=times))
    except (WarehouseError, ValueError) as wrong:
        return error(wrong)


def move(source: str, target: str) -> int:
    """Copy a whole warehouse to an empty place, and check the copy; the exit status."""
    try:
        _require_two(source, target)
        with contextlib.ExitStack() as stack:
            original = stack.enter_context(warehouse_at(source))
            copy = stack.enter_context(warehouse_at(target, create=True))
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,} rows"))
            progress = stack.enter_context(
                Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)
            )
            task = progress.add_task("starting", total=None)
            doing = ""

            def told(what: str, rows: int) -> None:
                nonlocal doing
                if what != doing:
                    doing = what
                    progress.update(task, description=what, completed=0)
                progress.advance(task, rows)

            moved = moving.move(original, copy, load_catalog(), told)
    except (WarehouseError, ValueError) as wrong:
        return error(wrong)
    if moved.left_behind:
        console.print(f"[yellow]left behind, as no declaration knows them[/]: {', '.join(moved.left_behind)}")
    there = "`make up WAREHOUSE=postgres`" if target == EMBEDDED else f"GENESYS_ASSETS_WAREHOUSE={shown(target)}"
    console.print(
        f"{sum(moved.rows.values()):,} rows of {len(moved.rows)} tables and {moved.records:,} records of the loader "
        f"were copied from {shown(source)} to {shown(target)} and compared, times included: they are equal.\n"
        f"To work with the copy: {there}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _told(comparisons: Iterator[comparing.Comparison]) -> int:
    rows, faults = 0, 0
    for found in comparisons:
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


def _require_two(first: str, second: str) -> None:
    files = [Path(name.removeprefix("duckdb://")).resolve() for name in (first, second)]
    if files[0] == files[1]:
        raise ValueError(f"{first} and {second} are the same")
