"""The project as ``genesys-assets up`` serves it, in a folder of its own, asked through GraphQL."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from genesys_assets import simulator

PROJECT = Path(__file__).resolve().parents[2]
ORGANIZATION = simulator.Settings(
    conversations_per_day=50,
    users=150,
    queues=20,
    groups=5,
    external_contacts=300,
    responses=60,
    articles=60,
    evaluation_forms=6,
    rate_limit=0,
    job_polls=1,
)
START_S = 180.0
END_S = 15.0

T = TypeVar("T")


class Served:
    """A running server: its address, its folder, its GraphQL and its log."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._process = process
        self._log = log
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def ask(self, query: str, **variables: object) -> Any:
        """The ``data`` of a GraphQL answer; an answer with errors fails."""
        response = self._http.post("/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        assert "errors" not in answer, f"GraphQL refused {query}: {answer['errors']}"
        return answer["data"]

    def wait_until(self, what: str, found: Callable[[], T | None], *, timeout_s: float) -> T:
        """Ask again and again until there is an answer that is true; fail with the end of the log."""
        deadline = time.monotonic() + timeout_s
        while not (answer := found()):
            assert self._process.poll() is None, f"the server ended while waiting: {what}\n{self.log_end()}"
            assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}\n{self.log_end()}"
            time.sleep(0.5)
        return answer

    def log_end(self, lines: int = 40) -> str:
        """The last lines that the server wrote."""
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-lines:])

    def is_up(self) -> bool:
        """Does it answer, and has it loaded the definitions?"""
        query = (
            "{repositoriesOrError {__typename ... on RepositoryConnection {nodes {name}} ... on PythonError {message}}}"
        )
        try:
            answer = self.ask(query)["repositoriesOrError"]
        except httpx.TransportError:
            return False
        assert answer["__typename"] != "PythonError", answer["message"]
        return bool(answer["nodes"])

    def close(self) -> None:
        """Let go of the connection; the server runs on."""
        self._http.close()


@contextmanager
def serve(folder: Path, *, start_date: str, organization: simulator.Settings = ORGANIZATION) -> Generator[Served]:
    """``genesys-assets up`` on a free port, in ``folder``, on a simulated organisation without a rate limit.

    Nothing of the checkout and nothing of the home folder is written to: both Dagster's history and
    the warehouse are kept in the working directory, and ``HOME`` is moved there.
    """
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(PROJECT / name, folder / name)
    port, log = _free_port(), folder / "server.log"
    with simulator.spawn(organization) as running:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "genesys_assets.cli", "up", "--port", str(port)],
                cwd=folder,
                env=_environment(folder, start_date) | running.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        served = Served(f"http://127.0.0.1:{port}", process, log, folder)
        try:
            served.wait_until("Dagster serves the definitions", served.is_up, timeout_s=START_S)
            yield served
        finally:
            served.close()
            _end(process)


def _environment(folder: Path, start_date: str) -> dict[str, str]:
    own = ("DAGSTER_", "GENESYSCLOUD_", "GENESYS_ASSETS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    paths = [str(PROJECT), *filter(None, [environment.get("PYTHONPATH")])]
    return environment | {
        "GENESYS_ASSETS_START_DATE": start_date,
        "GENESYS_ASSETS_REQUESTS_PER_MINUTE": "100000",
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the server and all its children as Ctrl-C does; kill whoever is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
