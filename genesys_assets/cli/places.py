"""What ``postgres`` means where a place is to be named: for a warehouse, and for what Dagster remembers."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from genesys_assets.cli import embedded_postgres
from genesys_assets.cli.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from genesys_assets.cli.terminal import HOME
from genesys_assets.warehouse import Warehouse, open_warehouse

EMBEDDED = "postgres"
"""The name of the embedded server where a path or a URL could stand."""

DATA = HOME / "postgres"
INSTANCE_VARIABLE = "DAGSTER_POSTGRES_URL"
"""Environment variable that ``postgres/dagster.yaml`` reads."""

INSTANCES: Mapping[str, Path] = {"sqlite": Path(), "postgres": Path("postgres")}
"""The folders with the ``dagster.yaml`` files."""


@contextmanager
def warehouse_at(name: str, *, create: bool = False) -> Generator[Warehouse]:
    """The warehouse of that name; ``create`` lets an embedded server begin.

    Raises:
        EmbeddedPostgresError: there is no embedded server, or it does not start.
        ValueError: no backend serves URLs of that scheme.
    """
    if name != EMBEDDED:
        yield open_warehouse(name)
        return
    if not create and not embedded_postgres.exists(DATA):
        raise EmbeddedPostgresError(
            f"there is no embedded PostgreSQL in {DATA} yet; `make demo WAREHOUSE=postgres` makes it, and so does "
            "`genesys-assets move ... --to postgres`"
        )
    with embedded_postgres.running(DATA) as server:
        yield open_warehouse(postgres_warehouse(server))


def shown(name: str) -> str:
    """The name of a place without a password that may stand in it."""
    return re.sub(r"(://[^:/?@]*):[^/?]*@|(password=)[^&]*", lambda m: f"{m[1]}:***@" if m[1] else f"{m[2]}***", name)


def postgres_warehouse(server: EmbeddedPostgres) -> str:
    """The URL of the warehouse on the embedded server."""
    return server.url("warehouse")


def postgres_instance(server: EmbeddedPostgres) -> str:
    """The URL of Dagster's storage on the embedded server."""
    # Without the driver's name SQLAlchemy looks for one that Dagster does not bring.
    return server.url("dagster", driver="psycopg2")


def named_instance(environment: Mapping[str, str]) -> str | None:
    """The URL of Dagster's storage that the environment names, if it names one.

    Raises:
        EmbeddedPostgresError: it would be taken for that of another driver.
    """
    url = environment.get(INSTANCE_VARIABLE) or None
    if url is not None and not url.startswith("postgresql+psycopg2://"):
        raise EmbeddedPostgresError(
            f"{INSTANCE_VARIABLE} has to begin with postgresql+psycopg2://, the name of the driver that Dagster brings"
        )
    return url


def instance_folder(name: str) -> Path:
    """The folder with the ``dagster.yaml`` of that instance.

    Raises:
        EmbeddedPostgresError: the working directory is not that of the project.
    """
    folder = INSTANCES[name].absolute()
    if not (folder / "dagster.yaml").exists():
        raise EmbeddedPostgresError(f"there is no {folder}/dagster.yaml; start this in the folder of the project")
    return folder
