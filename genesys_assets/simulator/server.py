"""The simulator on a port of localhost: in a thread, in a process of its own, or as this very process."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn

from genesys_assets.simulator.app import create_app
from genesys_assets.simulator.settings import Faults, Settings, check_names

_START_S = 60.0


class SimulatorError(RuntimeError):
    """The simulator did not start, or refused what its control was asked for."""


class Simulator:
    """A running simulator: where it is, how to sign in, and its control."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self.client_id = settings.client_id
        self.client_secret = settings.client_secret
        self._http = httpx.Client(base_url=url + "/_simulator", timeout=_START_S, trust_env=False)

    def environment(self) -> dict[str, str]:
        """The environment variables that point a client here."""
        return {
            "GENESYSCLOUD_REGION": "us-east-1",
            "GENESYSCLOUD_API_URL": self.url,
            "GENESYSCLOUD_LOGIN_URL": self.url,
            "GENESYSCLOUD_OAUTHCLIENT_ID": self.client_id,
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": self.client_secret,
        }

    def clock(self) -> dict[str, Any]:
        """``now``, ``running``, ``lag_hours`` and ``dataAvailabilityDate`` (ISO 8601, UTC)."""
        return self._ask("GET", "clock")

    def set_clock(self, now: str | None, *, running: bool = False, lag_hours: float | None = None) -> None:
        """Go to a moment (``None``: real time); there time stands still unless ``running``."""
        lag = {} if lag_hours is None else {"lag_hours": lag_hours}
        self._ask("PUT", "clock", {"now": now, "running": running, **lag})

    def set_lag(self, hours: float) -> None:
        """Let the data lake be so many hours behind."""
        self._ask("PUT", "clock", {"lag_hours": hours})

    def set_faults(self, faults: Faults | None = None) -> None:
        """Misbehave from now on in this way and no other; without an argument: behave."""
        self._ask("PUT", "faults", dataclasses.asdict(faults or Faults()))

    def deny(self, *permissions: str) -> None:
        """Take permissions from the OAuth client, and give back all others."""
        self._ask("PUT", "permissions", {"denied": permissions})

    def fail(self, path: str, status: int = 500, times: int | None = None) -> None:
        """Answer a path (as it is, without parameters) with an error, so many times or until :meth:`heal`."""
        self._ask("POST", "failures", {"path": path, "status": status, "times": times})

    def heal(self) -> None:
        """End every failure that :meth:`fail` asked for."""
        self._ask("DELETE", "failures")

    def statistics(self, *, reset: bool = False) -> dict[str, Any]:
        """What was asked so far; see ``simulation.Statistics``."""
        return self._ask("DELETE" if reset else "GET", "statistics")

    def entities(self, kind: str) -> list[dict[str, Any]]:
        """The entities of a kind (``users``, ``queues``, …) as they are now, with every expandable field."""
        return self._ask("GET", f"world/{kind}")

    def add(self, kind: str, **fields: object) -> dict[str, Any]:
        """Add an entity: like the first of its kind, but for its id and the fields given."""
        return self._ask("POST", "world", {"action": "add", "kind": kind, "fields": fields})

    def edit(self, kind: str, identifier: str, **fields: object) -> None:
        """Change fields of an entity (of the kind ``organization`` there is one; any id will do)."""
        self._ask("POST", "world", {"action": "edit", "kind": kind, "id": identifier, "fields": fields})

    def remove(self, kind: str, identifier: str) -> None:
        """Let an entity vanish."""
        self._ask("POST", "world", {"action": "remove", "kind": kind, "id": identifier})

    def restore(self, kind: str, identifier: str) -> None:
        """Bring a removed entity back."""
        self._ask("POST", "world", {"action": "restore", "kind": kind, "id": identifier})

    def join_group(self, group: str, user: str) -> None:
        """Make a user a member of a group."""
        self._ask("POST", "world", {"action": "join", "kind": "groups", "id": group, "fields": {"user": user}})

    def leave_group(self, group: str, user: str) -> None:
        """End a user's membership of a group."""
        self._ask("POST", "world", {"action": "leave", "kind": "groups", "id": group, "fields": {"user": user}})

    def script(
        self,
        conversation: dict[str, Any] | None = None,
        *,
        versions: Sequence[tuple[str, dict[str, Any]]] = (),
    ) -> None:
        """Place a conversation: its whole life, or versions each with the moment from which it shows.

        A whole life is shown cut at the moment of the request: segments, metrics and values appear when
        they happen, and the conversation ends, and opens again, with its segments.
        """
        if (conversation is None) == (not versions):
            raise SimulatorError("script either a conversation or its versions")
        body: dict[str, Any] = {"conversation": conversation}
        if versions:
            body = {"versions": [{"visible_from": since, "conversation": version} for since, version in versions]}
        self._ask("POST", "conversations", body)

    def close(self) -> None:
        """Let go of the control connection; the simulator runs on."""
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        response = self._http.request(method, f"/{path}", json=body)
        if response.is_error:
            raise SimulatorError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()


@contextmanager
def serve(settings: Settings | None = None, port: int = 0) -> Generator[Simulator]:
    """The simulator in a thread of this process, on a free port unless one is given.

    Raises:
        SimulatorError: it did not start.
    """
    settings = settings or Settings()
    listener = _listen("127.0.0.1", port)
    server = uvicorn.Server(_config(settings))
    thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
    thread.start()
    simulator = Simulator(_url(listener), settings)
    try:
        deadline = time.monotonic() + _START_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise SimulatorError("the simulator did not start")
            time.sleep(0.005)
        yield simulator
    finally:
        simulator.close()
        server.should_exit = True
        server.force_exit = True
        thread.join()
        listener.close()


@contextmanager
def spawn(settings: Settings | None = None, port: int = 0) -> Generator[Simulator]:
    """The simulator in a process of its own, which ends with the context or with this process.

    Raises:
        SimulatorError: it did not start.
    """
    settings = settings or Settings()
    command = [sys.executable, "-m", "genesys_assets.simulator", "--port", str(port), "--with-parent"]
    # Out of the terminal's process group: Ctrl-C is for the parent, and the simulator ends with it.
    with subprocess.Popen(
        [*command, "--settings", msgspec.json.encode(settings).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        try:
            # The process says where it is once it listens; when it dies instead, the pipe ends.
            url = process.stdout.readline().decode().strip()
            if not url:
                raise SimulatorError(f"the simulator did not start; its process ended with {process.wait()}")
            simulator = Simulator(url, settings)
            try:
                simulator.clock()
                yield simulator
            finally:
                simulator.close()
        finally:
            process.terminate()


def run(host: str = "127.0.0.1", port: int = 0, settings: Settings | None = None, *, with_parent: bool = False) -> None:
    """Serve until interrupted; the address is the one line on standard output.

    ``with_parent`` ends the process when its standard input ends or its parent is gone.
    """
    settings = settings or Settings()
    listener = _listen(host, port)
    server = uvicorn.Server(_config(settings))
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    print(_url(listener), flush=True)  # noqa: T201
    server.run([listener])


def _end_with_parent(parent: int) -> None:
    def watch_input() -> None:
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)

    threading.Thread(target=watch_input, daemon=True).start()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        log_level="critical",
        lifespan="off",
        access_log=False,
        # The application dates its answers by the simulated clock.
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


def read_settings(text: str) -> Settings:
    """Settings from JSON text, or from the file that holds it.

    Raises:
        ValueError: a setting is unknown or of a wrong type.
    """
    if not text.lstrip().startswith("{"):
        text = Path(text).read_text("utf-8")
    given = msgspec.json.decode(text, type=dict[str, Any])
    check_names(given, Settings)
    check_names(given.get("faults", {}), Faults)
    return msgspec.convert(given, Settings)
