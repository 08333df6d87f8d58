"""``genesys-assets up`` and ``simulate``: what serves until it is ended."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from types import FrameType

from genesys_assets import simulator
from genesys_assets.cli import embedded_postgres
from genesys_assets.cli.embedded_postgres import EmbeddedPostgres
from genesys_assets.cli.places import (
    DATA,
    EMBEDDED,
    INSTANCE_VARIABLE,
    instance_folder,
    named_instance,
    postgres_instance,
    postgres_warehouse,
)
from genesys_assets.cli.terminal import console
from genesys_assets.genesys import Settings
from genesys_assets.orchestration.resources import REQUESTS_VARIABLE, SIMULATED_REQUESTS, WAREHOUSE_VARIABLE


def up(options: argparse.Namespace) -> int:
    """Serve Dagster's UI, with whatever it needs that is not there; the exit status."""
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        _use_postgres(stack, environment, warehouse=options.warehouse == EMBEDDED, instance=options.instance)
        if Settings.from_environment(environment) is None:
            settings = simulator.Settings(conversations_per_day=options.conversations, rate_limit=SIMULATED_REQUESTS)
            organisation = stack.enter_context(simulator.spawn(settings))
            environment |= {REQUESTS_VARIABLE: str(SIMULATED_REQUESTS), **organisation.environment()}
            console.print(
                f"No GENESYSCLOUD_* variables: using a simulated organisation at {organisation.url}", soft_wrap=True
            )
        console.print(f"Dagster: http://127.0.0.1:{options.port}  (Ctrl-C ends it)")
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-p", str(options.port)]
        server = subprocess.Popen(command, env=environment)

        def hand_on(_signal: int, _frame: FrameType | None) -> None:
            server.terminate()

        # Ctrl-C reaches Dagster by itself, being of the same terminal; a signal to this process does not.
        signal.signal(signal.SIGTERM, hand_on)
        try:
            return server.wait()
        except KeyboardInterrupt:
            return server.wait()


def _use_postgres(stack: contextlib.ExitStack, environment: dict[str, str], *, warehouse: bool, instance: str) -> None:
    """Point at PostgreSQL, and start a server for what no variable names."""
    begun: list[EmbeddedPostgres] = []

    def server() -> EmbeddedPostgres:
        if not begun:
            console.print(f"Starting the embedded PostgreSQL in {DATA}")
            begun.append(stack.enter_context(embedded_postgres.running(DATA)))
        return begun[0]

    if warehouse and not environment.get(WAREHOUSE_VARIABLE, "").startswith(("postgres://", "postgresql://")):
        environment[WAREHOUSE_VARIABLE] = postgres_warehouse(server())
    if instance == EMBEDDED:
        environment["DAGSTER_HOME"] = str(instance_folder(instance))
        environment[INSTANCE_VARIABLE] = named_instance(environment) or postgres_instance(server())


def simulate(options: argparse.Namespace) -> int:
    """Serve a simulated organisation until it is interrupted."""
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
