"""What all commands write to, and where they keep what they make."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

HOME = Path(".genesys")
"""Everything that the commands make is in this folder of the working directory."""

console = Console()
if not console.is_terminal:
    console.width = 120  # a log has no width of its own, and 80 columns cut the names of tables


def error(text: object) -> int:
    """Say what is wrong; the exit status."""
    console.print(f"[red]error[/]: {escape(str(text))}", highlight=False, soft_wrap=True)
    return 1
