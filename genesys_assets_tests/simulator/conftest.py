from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from genesys_assets.simulator import Settings, Simulator, serve

NOW = "2026-05-20T12:00:00.000Z"
SMALL = {"users": 120, "queues": 12, "groups": 6, "conversations_per_day": 400, "now": NOW, "rate_limit": 0}


def small(**changed: object) -> Settings:
    """A small organisation at a standing clock."""
    return Settings(**{**SMALL, **changed})  # type: ignore[arg-type]


class Client:
    """A signed-in client that shows whole answers."""

    def __init__(self, simulator: Simulator) -> None:
        self.http = httpx.Client(base_url=simulator.url, trust_env=False, timeout=30)
        self._simulator = simulator
        self.sign_in()

    def sign_in(self) -> None:
        simulator = self._simulator
        answer = self.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(simulator.client_id, simulator.client_secret),
        )
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: object) -> httpx.Response:
        return self.http.get(f"/api/v2{path}", params=query)  # type: ignore[arg-type]

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(f"/api/v2{path}", json=body)

    def job(self, interval: str, **more: object) -> str:
        path = "/analytics/conversations/details/jobs"
        identifier = self.post(path, {"interval": interval, **more}).json()["jobId"]
        while self.get(f"{path}/{identifier}").json()["state"] != "FULFILLED":
            pass
        return identifier

    def results(self, job: str, page_size: int = 1000) -> list[dict]:
        found: list[dict] = []
        query: dict[str, object] = {"pageSize": page_size}
        while True:
            answer = self.get(f"/analytics/conversations/details/jobs/{job}/results", **query).json()
            found += answer["conversations"]
            if "cursor" not in answer:
                return found
            query["cursor"] = answer["cursor"]

    def day(self, interval: str, **more: object) -> list[dict]:
        return self.results(self.job(interval, **more))

    def query(self, interval: str, **more: object) -> list[dict]:
        found: list[dict] = []
        number = 1
        while True:
            body = {"interval": interval, "paging": {"pageSize": 100, "pageNumber": number}, **more}
            answer = self.post("/analytics/conversations/details/query", body).json()
            found += answer.get("conversations", [])
            if number * 100 >= answer["totalHits"]:
                assert len(found) == answer["totalHits"]
                return found
            number += 1

    def close(self) -> None:
        self.http.close()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with serve(small()) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    client = Client(simulator)
    yield client
    client.close()
