"""Resources: the Genesys Cloud client and the warehouse, as typed configuration from the environment."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import dagster as dg
from pydantic import Field

from genesys_assets import simulator
from genesys_assets.genesys import GenesysClient, Retries, Settings, Throttle
from genesys_assets.warehouse import Warehouse, open_warehouse

WAREHOUSE_VARIABLE = "GENESYS_ASSETS_WAREHOUSE"
REQUESTS_VARIABLE = "GENESYS_ASSETS_REQUESTS_PER_MINUTE"
DEFAULT_HOME = ".genesys"
SIMULATED_CONVERSATIONS = 2_000
SIMULATED_REQUESTS = 3_000
"""Requests a minute that a simulated organisation allows where nobody wants to wait; Genesys allows 300 by default."""
DEFAULT_WAREHOUSE = f"{DEFAULT_HOME}/warehouse.duckdb"


class GenesysResource(dg.ConfigurableResource[GenesysClient]):
    """The Genesys Cloud API of an organisation.

    Where to connect comes from the vendor's environment variables, read when a run starts:
    ``GENESYSCLOUD_REGION``, ``GENESYSCLOUD_OAUTHCLIENT_ID``, ``GENESYSCLOUD_OAUTHCLIENT_SECRET``, and
    ``GENESYSCLOUD_API_URL`` / ``GENESYSCLOUD_LOGIN_URL`` to point elsewhere. With none of them set, a
    simulated organisation is started for the process.
    """

    requests_per_minute: int = Field(
        default=300, description="Requests a minute that the organisation allows an OAuth client (300 by default)."
    )
    throttle_state: str = Field(
        default=f"{DEFAULT_HOME}/throttle",
        description="Folder through which all processes on this machine share the request budget.",
    )

    retry_seconds: float = Field(
        default=Retries().total, description="For how long a request that fails for a passing reason is repeated."
    )

    @classmethod
    def from_environment(cls) -> GenesysResource:
        """With the requests a minute that ``GENESYS_ASSETS_REQUESTS_PER_MINUTE`` allows, or the default.

        Raises:
            ValueError: the variable is set, but is no positive number.
        """
        text = os.environ.get(REQUESTS_VARIABLE)
        if text is None:
            return cls()
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"{REQUESTS_VARIABLE}={text!r} is not a number of requests; write it as 300")
        return cls(requests_per_minute=int(text))

    @contextmanager
    def connect(self, cancelled: Callable[[], bool] = lambda: False) -> Generator[GenesysClient]:
        """A signed-in client, closed at the end; ``cancelled`` is asked while it waits.

        Raises:
            SettingsError: some of the variables are set, but not all that are needed.
        """
        settings = Settings.from_environment(os.environ) or Settings.from_environment(simulated_environment())
        if settings is None:
            raise dg.DagsterInvariantViolationError("the simulator gave no address to connect to")
        state = Path(self.throttle_state)
        state.mkdir(parents=True, exist_ok=True)
        throttle = Throttle(self.requests_per_minute, state=state / settings.client_id)
        retries = Retries(total=self.retry_seconds)
        with GenesysClient(settings, throttle=throttle, cancelled=cancelled, retries=retries) as client:
            yield client


@cache
def simulated_environment() -> Mapping[str, str]:
    """Start a simulated organisation that lives as long as this process; where it is to be found."""
    kept = ExitStack()
    settings = simulator.Settings(conversations_per_day=SIMULATED_CONVERSATIONS)
    organisation = kept.enter_context(simulator.spawn(settings))
    atexit.register(kept.close)
    return organisation.environment()


class WarehouseResource(dg.ConfigurableResource[Warehouse]):
    """The warehouse: a DuckDB file (``.genesys/warehouse.duckdb`` by default) or a PostgreSQL database."""

    location: str = Field(default=DEFAULT_WAREHOUSE, description="Path of the DuckDB file, or the URL of a database.")

    @classmethod
    def from_environment(cls) -> WarehouseResource:
        """At the place that ``GENESYS_ASSETS_WAREHOUSE`` names, or the default."""
        return cls(location=os.environ.get(WAREHOUSE_VARIABLE, DEFAULT_WAREHOUSE))

    @property
    def kind(self) -> str:
        """What stands behind it, as Dagster calls it: ``duckdb`` or ``postgres``."""
        return "postgres" if self.location.startswith(("postgres://", "postgresql://")) else "duckdb"

    def open(self) -> Warehouse:
        """The warehouse; it holds no connection between calls."""
        return open_warehouse(self.location)
