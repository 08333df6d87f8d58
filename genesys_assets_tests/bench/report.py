"""What a bench measured, and the table in which it is shown."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from rich import box
from rich.console import Console
from rich.table import Table

_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``met`` is ``None`` where there is no goal. ``beside`` is what another way costs."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a bench: its figures, or the reason why it has none."""

    name: str
    title: str
    seconds: float
    figures: Sequence[Figure] = ()
    broken: str = ""


def show(results: Sequence[Result], *, quick: bool) -> None:
    """Print the table."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    table = Table(box=box.SIMPLE_HEAD, title=_title(quick), title_justify="left", pad_edge=False)
    table.add_column("", overflow="fold", min_width=40)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("beside", overflow="fold")
    table.add_column("goal", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=6)
    for result in results:
        table.add_row(f"[bold]{result.title}[/bold]", f"[dim]{result.seconds:,.0f} s in all[/dim]", "", "", "")
        if result.broken:
            table.add_row(f"  {result.broken}", "", "", "", "[bold red]broken[/bold red]")
        for figure in result.figures:
            verdict = "" if quick else _verdict(figure.met)
            table.add_row(f"  {figure.what}", figure.measured, figure.beside, figure.goal, verdict)
        table.add_section()
    console.print(table)


def environment() -> Mapping[str, str]:
    """What the figures depend on."""
    return {
        "CPUs": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "machine load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("polars", "duckdb", "dlt")},
    }


def _title(quick: bool) -> str:
    told = ", ".join(f"{name} {value}" for name, value in _ENVIRONMENT.items())
    told += f", machine load after {os.getloadavg()[0]:.1f}"
    return ("A quick look: too little data to hold against the goals\n" if quick else "") + told


def _verdict(met: bool | None) -> str:
    if met is None:
        return ""
    return "[green]ok[/green]" if met else "[yellow]missed[/yellow]"


_ENVIRONMENT = environment()
