from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from genesys_assets.genesys import (
    AUDIT_QUERY,
    ApiError,
    Cancelled,
    GenesysClient,
    JobError,
    JobRequest,
    Page,
    PagingError,
    Poll,
    Settings,
    TransientError,
    availability,
    run_job,
)
from genesys_assets_tests.genesys.conftest import QUICK, Asked, Reply, Server

JOBS = "/api/v2/analytics/conversations/details/jobs"
BODY = {"interval": "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z", "order": "asc"}
JOB = JobRequest(JOBS, BODY, "conversations", 2, "conversations/2026-01-01")
NOW = Poll(first=0.0, longest=0.0)


class Folder:
    """A store that outlives the process: a file a key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _file(self, key: str) -> Path:
        return self.path / key.replace("/", "_")

    def recall(self, key: str) -> str | None:
        return self._file(key).read_text() if self._file(key).exists() else None

    def remember(self, key: str, value: str) -> None:
        self._file(key).write_text(value)

    def forget(self, key: str) -> None:
        self._file(key).unlink(missing_ok=True)

    @property
    def empty(self) -> bool:
        return not any(self.path.iterdir())


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def state(name: str, **more: Any) -> Reply:
    return Reply({"state": name, **more})


def conversations(*names: str, cursor: str | None = None) -> Reply:
    body: dict[str, Any] = {"conversations": [{"id": name} for name in names]}
    return Reply(body if cursor is None else {**body, "cursor": cursor})


def ids(read: Iterator[Page]) -> list[str]:
    return [json.loads(raw)["id"] for page in read for raw in page.raw_items()]


def serve(server: Server, *job_ids: str) -> None:
    """Jobs that are done when first asked, each with three pages of results, a short one in the middle."""
    server.on("POST", JOBS, *(Reply({"jobId": job_id}, 202) for job_id in job_ids))
    for job_id in job_ids:
        server.on("GET", f"{JOBS}/{job_id}", state("FULFILLED"))
        server.on("DELETE", f"{JOBS}/{job_id}", Reply(status=204, body=b""))
        results = {
            None: conversations("a", "b", cursor="1"),
            "1": conversations("c", cursor="2"),
            "2": conversations("d", "e"),
        }
        server.on("GET", f"{JOBS}/{job_id}/results", lambda asked, r=results: r[asked.query.get("cursor")])


def interrupted_after(pages: int, client: GenesysClient, store: Folder) -> list[str]:
    """Read so many pages of the job, then stop as a consumer does that fails."""
    with closing(run_job(client, JOB, store, poll=NOW)) as read:
        return [json.loads(raw)["id"] for _ in range(pages) for raw in next(read).raw_items()]


def test_a_job_is_submitted_waited_for_and_read_to_its_true_end(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1")
    accepted = Reply(status=202, body=b"")
    server.on("GET", f"{JOBS}/j1", accepted, state("QUEUED"), state("PENDING"), state("FULFILLED"))
    assert ids(run_job(client, JOB, store, poll=NOW)) == ["a", "b", "c", "d", "e"]
    assert server.calls == [f"POST {JOBS}", *[f"GET {JOBS}/j1"] * 4, *[f"GET {JOBS}/j1/results"] * 3]
    assert server.requests("POST", JOBS)[0].json == BODY
    asked = [request.query for request in server.requests("GET", f"{JOBS}/j1/results")]
    assert asked == [{"pageSize": "2"}, {"pageSize": "2", "cursor": "1"}, {"pageSize": "2", "cursor": "2"}]
    assert store.empty


def test_nothing_is_sent_before_the_first_page_is_asked_for(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    run_job(client, JOB, store)
    assert server.calls == []


def test_the_waits_between_polls_grow_up_to_a_longest_one(
    server: Server, client: GenesysClient, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1", *[state("PENDING")] * 12, state("FULFILLED"))
    pauses: list[float] = []
    monkeypatch.setattr(client, "pause", pauses.append)
    ids(run_job(client, JOB, store))
    assert pauses[:3] == pytest.approx([1.0, 1.6, 2.56])
    assert pauses == sorted(pauses)
    assert max(pauses) == pauses[-1] == 30.0


def test_a_job_in_flight_is_remembered_with_the_moment_of_its_submission(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1")
    before = datetime.now(UTC)
    interrupted_after(1, client, store)
    kept = json.loads(store.recall(JOB.key) or "")
    assert kept["jobId"] == "j1"
    assert before <= datetime.fromisoformat(kept["submitted"]) <= datetime.now(UTC)


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_after_a_restart_a_job_is_found_again_and_read_from_its_first_page(
    server: Server, client: GenesysClient, settings: Settings, store: Folder, taken: int
) -> None:
    serve(server, "j1")
    interrupted_after(taken, client, store)
    with GenesysClient(settings, retries=QUICK) as after_restart:
        again = run_job(after_restart, JOB, Folder(store.path), poll=NOW)
        assert ids(again) == ["a", "b", "c", "d", "e"]
    assert len(server.requests("POST", JOBS)) == 1
    assert not server.requests("DELETE", f"{JOBS}/j1")
    assert store.empty


def test_a_job_is_also_found_again_after_an_error(server: Server, client: GenesysClient, store: Folder) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1", *[Reply(status=500)] * QUICK.attempts, state("FULFILLED"))
    with pytest.raises(TransientError):
        ids(run_job(client, JOB, store, poll=NOW))
    assert ids(run_job(client, JOB, store, poll=NOW)) == ["a", "b", "c", "d", "e"]
    assert len(server.requests("POST", JOBS)) == 1


def test_a_remembered_job_that_is_refused_as_too_old_is_cancelled_and_submitted_anew(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1", "j2")
    interrupted_after(1, client, store)
    seen: list[datetime] = []

    def refuse(submitted: datetime) -> bool:
        seen.append(submitted)
        return False

    assert ids(run_job(client, JOB, store, poll=NOW, resume_if=refuse)) == ["a", "b", "c", "d", "e"]
    assert timedelta(0) <= datetime.now(UTC) - seen[0] < timedelta(minutes=1)
    assert len(server.requests("DELETE", f"{JOBS}/j1")) == 1
    assert len(server.requests("GET", f"{JOBS}/j2/results")) == 3


def test_a_remembered_job_that_was_asked_something_else_is_not_resumed(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1", "j2")
    interrupted_after(1, client, store)
    other = JobRequest(JOBS, {**BODY, "order": "desc"}, "conversations", 2, JOB.key)
    ids(run_job(client, other, store, poll=NOW))
    assert [request.json["order"] for request in server.requests("POST", JOBS)] == ["asc", "desc"]
    assert len(server.requests("DELETE", f"{JOBS}/j1")) == 1


GONE = [state("EXPIRED"), Reply({"message": "job not found"}, 404)]


@pytest.mark.parametrize("gone", GONE, ids=["expired", "not found"])
def test_a_remembered_job_that_is_gone_is_submitted_anew(
    server: Server, client: GenesysClient, store: Folder, gone: Reply
) -> None:
    serve(server, "j1", "j2")
    interrupted_after(1, client, store)
    server.on("GET", f"{JOBS}/j1", gone)
    assert ids(run_job(client, JOB, store, poll=NOW)) == ["a", "b", "c", "d", "e"]
    assert len(server.requests("POST", JOBS)) == 2
    assert store.empty


def test_a_remembered_job_whose_results_are_gone_is_submitted_anew(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1", "j2")
    interrupted_after(1, client, store)
    server.on("GET", f"{JOBS}/j1/results", Reply({"message": "results expired"}, 410))
    assert ids(run_job(client, JOB, store, poll=NOW)) == ["a", "b", "c", "d", "e"]


def test_only_once_is_a_job_submitted_anew(server: Server, client: GenesysClient, store: Folder) -> None:
    serve(server, "j1", "j2")
    interrupted_after(1, client, store)
    server.on("GET", f"{JOBS}/j1", state("EXPIRED"))
    server.on("GET", f"{JOBS}/j2", state("EXPIRED"))
    with pytest.raises(JobError, match="job j2 of conversations/2026-01-01 is EXPIRED"):
        ids(run_job(client, JOB, store, poll=NOW))
    assert len(server.requests("POST", JOBS)) == 2
    assert store.empty


def test_results_that_vanish_in_the_middle_are_an_error_as_pages_were_already_handed_out(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1/results", conversations("a", cursor="1"), Reply({"message": "gone"}, 404))
    read = run_job(client, JOB, store, poll=NOW)
    next(read)
    with pytest.raises(JobError, match="vanished after 1 pages") as caught:
        next(read)
    assert caught.value.transient
    assert store.empty


@pytest.mark.parametrize(("name", "transient"), [("FAILED", True), ("CANCELLED", False), ("EXPIRED", True)])
def test_a_job_that_gives_no_result_is_an_error_with_its_reason_and_forgotten(
    server: Server, client: GenesysClient, store: Folder, name: str, transient: bool
) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1", state("PENDING"), state(name, errorMessage="too much data"))
    with pytest.raises(JobError, match=f"is {name}: too much data") as caught:
        ids(run_job(client, JOB, store, poll=NOW))
    assert (caught.value.state, caught.value.error_message) == (name, "too much data")
    assert caught.value.transient is transient
    assert store.empty


def test_a_state_nobody_knows_is_waited_out_with_a_warning(
    server: Server, client: GenesysClient, store: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1", state("SHUFFLING"), state("FULFILLED"))
    assert len(ids(run_job(client, JOB, store, poll=NOW))) == 5
    assert "state SHUFFLING is unknown" in caplog.text


def test_a_job_that_does_not_end_is_left_running_and_found_again(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    serve(server, "j1")
    server.on("GET", f"{JOBS}/j1", state("PENDING"))
    with pytest.raises(JobError, match="still PENDING") as caught:
        ids(run_job(client, JOB, store, poll=Poll(first=0.001, longest=0.001, give_up=0.003)))
    assert caught.value.transient
    server.on("GET", f"{JOBS}/j1", state("FULFILLED"))
    assert len(ids(run_job(client, JOB, store, poll=NOW))) == 5
    assert len(server.requests("POST", JOBS)) == 1


def test_a_job_that_a_wrong_query_asks_for_is_the_apis_error(
    server: Server, client: GenesysClient, store: Folder
) -> None:
    server.on("POST", JOBS, Reply({"message": "interval past the data availability date"}, 400))
    with pytest.raises(ApiError, match="availability date"):
        ids(run_job(client, JOB, store))
    assert store.empty


def test_a_submission_answered_without_an_id_is_an_error(server: Server, client: GenesysClient, store: Folder) -> None:
    server.on("POST", JOBS, Reply({}))
    with pytest.raises(JobError, match="no jobId"):
        ids(run_job(client, JOB, store))


def test_what_was_remembered_but_cannot_be_read_is_reported_and_replaced(
    server: Server, client: GenesysClient, store: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    serve(server, "j1")
    store.remember(JOB.key, "{broken")
    assert len(ids(run_job(client, JOB, store, poll=NOW))) == 5
    assert "not readable" in caplog.text


def test_a_job_is_cancelled_and_forgotten_when_the_caller_cancels_while_it_runs(
    server: Server, settings: Settings, store: Folder
) -> None:
    stop = threading.Event()
    serve(server, "j1")

    def pending(asked: Asked) -> Reply:
        del asked
        stop.set()
        return state("PENDING")

    server.on("GET", f"{JOBS}/j1", pending)
    with GenesysClient(settings, cancelled=stop.is_set) as client, pytest.raises(Cancelled):
        ids(run_job(client, JOB, store))
    assert server.calls == [f"POST {JOBS}", f"GET {JOBS}/j1", f"DELETE {JOBS}/j1"]
    assert store.empty


def test_a_job_is_cancelled_when_the_caller_cancels_between_two_pages(
    server: Server, settings: Settings, store: Folder
) -> None:
    stop = threading.Event()
    serve(server, "j1")
    with GenesysClient(settings, cancelled=stop.is_set) as client:
        read = run_job(client, JOB, store)
        next(read)
        stop.set()
        with pytest.raises(Cancelled):
            next(read)
    assert server.calls[-1] == f"DELETE {JOBS}/j1"
    assert store.empty


def test_a_job_is_cancelled_when_a_cancelled_consumer_stops_reading(
    server: Server, settings: Settings, store: Folder
) -> None:
    stop = threading.Event()
    serve(server, "j1")
    with GenesysClient(settings, cancelled=stop.is_set) as client, closing(run_job(client, JOB, store)) as read:
        next(read)
        stop.set()
    # The client closes after the generator; the DELETE still went out.
    assert server.calls[-1] == f"DELETE {JOBS}/j1"
    assert store.empty


def test_a_cancellation_that_genesys_refuses_is_logged_and_hides_nothing(
    server: Server, settings: Settings, store: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    stop = threading.Event()
    serve(server, "j1")
    server.on("DELETE", f"{JOBS}/j1", Reply({"message": "too late"}, 409))
    with GenesysClient(settings, cancelled=stop.is_set) as client:
        read = run_job(client, JOB, store)
        next(read)
        stop.set()
        with pytest.raises(Cancelled):
            next(read)
    assert "could not be cancelled, it will expire" in caplog.text
    assert "too late" in caplog.text
    assert store.empty


def test_an_audit_query_speaks_its_own_words(server: Server, client: GenesysClient, store: Folder) -> None:
    audits = "/api/v2/audits/query"
    server.on("POST", audits, Reply({"id": "t1", "state": "Queued"}))
    server.on("GET", f"{audits}/t1", state("Running"), state("Succeeded"))
    more = Reply({"id": "t1", "pageSize": 1, "entities": [{"id": "m1"}], "cursor": "x"})
    server.on("GET", f"{audits}/t1/results", more, Reply({"id": "t1", "entities": [{"id": "m2"}]}))
    request = JobRequest(audits, BODY, "entities", 500, "audits", kind=AUDIT_QUERY, results_params={"expand": "user"})
    assert ids(run_job(client, request, store, poll=NOW)) == ["m1", "m2"]
    assert server.asked[-1].query == {"expand": "user", "pageSize": "500", "cursor": "x"}


@pytest.mark.parametrize("path", [JOBS, f"{JOBS}/availability"])
def test_the_watermark_is_a_moment_in_utc(server: Server, client: GenesysClient, path: str) -> None:
    server.on("GET", f"{JOBS}/availability", Reply({"dataAvailabilityDate": "2026-01-02T03:04:05.678+01:00"}))
    moment = availability(client, path)
    assert moment == datetime(2026, 1, 2, 2, 4, 5, 678_000, UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("body", [b"{}", b'{"dataAvailabilityDate": null}', b'{"dataAvailabilityDate": "soon"}', b"[]"])
def test_a_watermark_that_is_none_is_an_error(server: Server, client: GenesysClient, body: bytes) -> None:
    server.on("GET", f"{JOBS}/availability", Reply(body=body))
    with pytest.raises(PagingError):
        availability(client, JOBS)
