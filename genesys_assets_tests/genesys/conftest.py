"""A tiny HTTP server that answers what a test tells it to, and one that cuts its connections."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genesys_assets.genesys import GenesysClient, Retries, Settings, Throttle

CLIENT_ID = "11111111-aaaa-bbbb-cccc-000000000001"
CLIENT_SECRET = "s3cret-that-nobody-may-see"
TOKEN = "/oauth/token"
QUICK = Retries(base=0.001, longest=0.01)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    json: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def response(self) -> Response:
        content = self.body if self.body is not None else json.dumps(self.json).encode()
        return Response(content, self.status, {"content-type": "application/json", **self.headers})


Answering = Reply | Callable[[Asked], Reply]


class Server:
    """Replies by method and path: each reply serves one request, the last one all that follow."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.reset()

    def reset(self) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[tuple[str, str], list[Answering]] = {}
        self.tokens = 0
        self.token_lifetime = 86_400
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *replies: Answering) -> None:
        self._replies[method, path] = list(replies)

    def requests(self, method: str, path: str) -> list[Asked]:
        return [asked for asked in self.asked if (asked.method, asked.path) == (method, path)]

    @property
    def calls(self) -> list[str]:
        """What was asked of the API, sign-ins left out."""
        return [f"{asked.method} {asked.path}" for asked in self.asked if asked.path != TOKEN]

    async def answer(self, request: Request) -> Response:
        asked = Asked(
            request.method,
            request.url.path,
            dict(request.query_params),
            dict(request.headers),
            await request.body(),
        )
        with self._lock:
            self.asked.append(asked)
            replies = self._replies.get((asked.method, asked.path))
            if replies is None:
                reply = self._token() if asked.path == TOKEN else Reply({"message": "no such path"}, 404)
            else:
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return (reply(asked) if callable(reply) else reply).response()

    def _token(self) -> Reply:
        self.tokens += 1
        return Reply(
            {"access_token": f"token-number-{self.tokens}", "token_type": "bearer", "expires_in": self.token_lifetime}
        )


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    # The socket listens before the server runs: a request that comes early waits, nobody has to.
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", server.answer, methods=methods)])
    uvicorn_server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", ws="none", lifespan="off", date_header=False)
    )
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield server
    uvicorn_server.should_exit = True
    thread.join(10)


@pytest.fixture
def server(running_server: Server) -> Server:
    running_server.reset()
    return running_server


@contextmanager
def cutting(*answers: bytes) -> Iterator[str]:
    """A server that sends each connection the next of ``answers`` and then cuts it; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)
        assert not thread.is_alive(), "the client made fewer connections than the test has answers"


class Clock:
    """A clock that only sleeping moves; ``on_sleep`` is called in the middle of each sleep."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self.on_sleep: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()


def settings_for(server: Server, api_url: str | None = None) -> Settings:
    return Settings(api_url or server.url, server.url, CLIENT_ID, CLIENT_SECRET, requests_per_minute=60_000)


@pytest.fixture
def settings(server: Server) -> Settings:
    return settings_for(server)


@pytest.fixture
def client(settings: Settings) -> Iterator[GenesysClient]:
    with GenesysClient(settings, retries=QUICK) as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def paced(settings: Settings, clock: Clock) -> Iterator[GenesysClient]:
    """A client whose throttle runs on ``clock``."""
    throttle = Throttle(300, clock=clock, sleep=clock.sleep)
    with GenesysClient(settings, throttle=throttle, retries=QUICK) as client:
        yield client
