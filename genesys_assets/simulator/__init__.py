"""A Genesys Cloud organisation on localhost, made from a seed: the other side of the wire."""

from __future__ import annotations

from genesys_assets.simulator.app import create_app
from genesys_assets.simulator.faults import malformation, omits_expand
from genesys_assets.simulator.server import Simulator, SimulatorError, run, serve, spawn
from genesys_assets.simulator.settings import Faults, Settings

__all__ = [
    "Faults",
    "Settings",
    "Simulator",
    "SimulatorError",
    "create_app",
    "malformation",
    "omits_expand",
    "run",
    "serve",
    "spawn",
]
