"""``python -m genesys_assets.simulator``: a simulated organisation until interrupted."""

from __future__ import annotations

import argparse

from genesys_assets.simulator.server import read_settings, run
from genesys_assets.simulator.settings import Settings


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m genesys_assets.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--settings", type=read_settings, default=Settings(), help="JSON, or a file with it")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends or the parent is gone")
    arguments = parser.parse_args()
    run(arguments.host, arguments.port, arguments.settings, with_parent=arguments.with_parent)


if __name__ == "__main__":
    main()
