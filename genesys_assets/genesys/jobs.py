"""Async jobs: submit a query, wait for it, read its results, and find it again after a restart."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from urllib.parse import quote

import msgspec

from genesys_assets.genesys.client import Answer, GenesysClient, Parameter
from genesys_assets.genesys.errors import ApiError, GenesysError, JobError, NotFound, PagingError
from genesys_assets.genesys.page import Page
from genesys_assets.genesys.paging import Request, pages

log = logging.getLogger(__name__)


class JobStore(Protocol):
    """Keeps the jobs in flight across restarts; the values are short texts."""

    def recall(self, key: str) -> str | None:
        """The value remembered under ``key``."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Keep ``value`` under ``key``, in place of what was there."""
        ...

    def forget(self, key: str) -> None:
        """Drop what is kept under ``key``, if anything."""
        ...


@dataclass(frozen=True, slots=True)
class JobKind:
    """How a family of jobs speaks: the field with the job's id, and its states (in capitals).

    A state in none of the sets is taken for a running one, with a warning. ``cancellable`` says whether
    ``DELETE {path}/{id}`` exists.
    """

    id_field: str
    done: frozenset[str]
    running: frozenset[str]
    failed: frozenset[str] = frozenset({"FAILED"})
    cancelled: frozenset[str] = frozenset({"CANCELLED"})
    expired: frozenset[str] = frozenset({"EXPIRED"})
    cancellable: bool = True

    @property
    def over(self) -> frozenset[str]:
        """The states from which no results come any more."""
        return self.failed | self.cancelled | self.expired


ANALYTICS_JOB = JobKind("jobId", done=frozenset({"FULFILLED"}), running=frozenset({"QUEUED", "PENDING"}))
"""``/api/v2/analytics/.../jobs``."""

AUDIT_QUERY = JobKind("id", done=frozenset({"SUCCEEDED"}), running=frozenset({"QUEUED", "RUNNING"}), cancellable=False)
"""``/api/v2/audits/query`` and ``/api/v2/quality/conversations/audits/query``."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A query that runs as a job.

    ``path`` takes the POST; state and results lie below it, at ``{path}/{id}`` and
    ``{path}/{id}/results``. ``results_items`` is the path of the items in a page of results,
    ``results_params`` is sent with each. ``key`` names the job in the store: one key for one question.
    """

    path: str
    body: Mapping[str, object]
    results_items: str
    page_size: int | None
    key: str
    kind: JobKind = ANALYTICS_JOB
    results_params: Mapping[str, Parameter | Sequence[Parameter]] = field(
        default_factory=dict[str, Parameter | Sequence[Parameter]]
    )


@dataclass(frozen=True, slots=True)
class Poll:
    """How often to ask for a job's state, in seconds: from ``first``, by ``factor``, up to ``longest``.

    After ``give_up`` seconds the job is left running and remembered, so that a later run finds it.
    """

    first: float = 1.0
    factor: float = 1.6
    longest: float = 30.0
    give_up: float = 7200.0


@dataclass(frozen=True, slots=True)
class _Ticket:
    id: str
    submitted: datetime
    remembered: bool


class _Gone(Exception):
    """A remembered job that Genesys no longer knows; never leaves this module."""


def _always(submitted: datetime) -> bool:
    return True


def run_job(
    client: GenesysClient,
    job: JobRequest,
    store: JobStore,
    *,
    poll: Poll | None = None,
    resume_if: Callable[[datetime], bool] = _always,
) -> Iterator[Page]:
    """Run a job and read its results to the true end; nothing is sent before the first page is asked for.

    The job's id is kept in ``store`` from its submission until the consumer has taken the last page. A
    run that broke off in between is continued by the next with the same key and query: the results are
    read again from their first page. ``resume_if`` is given the moment (UTC) at which a remembered job
    was submitted and may refuse it as too old; it is then cancelled and submitted anew. So is, once, a
    remembered job that has expired or vanished.

    If the client is cancelled, the job is cancelled too and forgotten.

    Raises:
        JobError: the job failed, was cancelled, expired or does not end.
        GenesysError: whatever :func:`pages` and :meth:`GenesysClient.request` raise.
    """
    ticket = _resumed(client, job, store, resume_if) or _submitted(client, job, store)
    try:
        try:
            yield from _results(client, job, ticket, poll or Poll())
        except _Gone as gone:
            log.info("job %s of %s: %s; submitting it anew", ticket.id, job.key, gone)
            store.forget(job.key)
            ticket = _submitted(client, job, store)
            yield from _results(client, job, ticket, poll or Poll())
    except JobError as error:
        # One that is still at work is kept, to be found again.
        if error.state in job.kind.over or not error.state:
            store.forget(job.key)
        raise
    except BaseException:
        # Also when the consumer stops reading: it may have been told to stop before the client was.
        if client.cancelled:
            _cancel(client, job, ticket.id)
            store.forget(job.key)
        raise
    store.forget(job.key)


def submit_job(client: GenesysClient, job: JobRequest, store: JobStore) -> None:
    """Submit a job, or find the one that runs already, for :func:`run_job` to read: several may run at a time.

    Raises:
        JobError: the answer has no id.
        GenesysError: whatever else :meth:`GenesysClient.request` raises.
    """
    if _resumed(client, job, store, _always) is None:
        _submitted(client, job, store)


def availability(client: GenesysClient, path: str) -> datetime:
    """The watermark of a kind of jobs (UTC): they hold all data from before it, and not all from after.

    ``path`` is that of the jobs, with or without ``/availability`` at its end. Source:
    ``GET /api/v2/analytics/conversations/details/jobs/availability`` and its like for users.

    Raises:
        PagingError: the answer holds no date.
    """
    path = path if path.endswith("/availability") else f"{path}/availability"
    value = _object(client.request("GET", path)).get("dataAvailabilityDate")
    try:
        moment = datetime.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        raise PagingError(f"GET {path}: dataAvailabilityDate is {value!r}, not a date", transient=True) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _results(client: GenesysClient, job: JobRequest, ticket: _Ticket, poll: Poll) -> Iterator[Page]:
    where = f"{job.path}/{quote(ticket.id, safe='')}"
    request = Request("GET", f"{where}/results", job.results_items, "cursor", job.page_size, job.results_params)
    handed_out = 0
    try:
        _await(client, job, ticket, poll, where)
        for page in pages(client, request):
            handed_out += 1
            yield page
    except ApiError as error:
        if not isinstance(error, NotFound) and error.status != 410:
            raise
        if ticket.remembered and not handed_out:
            raise _Gone("it is no longer known") from error
        raise JobError(
            f"job {ticket.id} of {job.key} vanished after {handed_out} pages of results", state=""
        ) from error


def _await(client: GenesysClient, job: JobRequest, ticket: _Ticket, poll: Poll, where: str) -> None:
    wait, waited = poll.first, 0.0
    while True:
        answer = client.request("GET", where)
        state = _state(job, ticket, answer)
        if state in job.kind.done:
            return
        if waited >= poll.give_up:
            raise JobError(
                f"job {ticket.id} of {job.key} is still {state} after {waited:.0f} s; it is kept and read later",
                state=state,
            )
        client.pause(wait)
        waited += wait
        wait = min(wait * poll.factor, poll.longest)


def _state(job: JobRequest, ticket: _Ticket, answer: Answer) -> str:
    """The state in capitals.

    Raises:
        JobError: the state is one from which no results come.
        _Gone: the same, but of a remembered job that has merely expired.
    """
    body = _object(answer) if answer.body.strip() or answer.status != 202 else {}
    told = body.get("state")
    # 202 alone says that the job is accepted, not that it is done.
    state = told.upper() if isinstance(told, str) else "PENDING" if answer.status == 202 else ""
    kind = job.kind
    if state in kind.expired and ticket.remembered:
        raise _Gone("it has expired")
    if not state or state in kind.over:
        reason = body.get("errorMessage")
        text = reason if isinstance(reason, str) else None
        raise JobError(
            f"job {ticket.id} of {job.key} is {state or 'without a state'}" + (f": {text}" if text else ""),
            state=state,
            error_message=text,
            transient=state not in kind.cancelled,
        )
    if state not in kind.done | kind.running and answer.status != 202:
        log.warning("job %s of %s: state %s is unknown, taken for running", ticket.id, job.key, state)
    return state


def _submitted(client: GenesysClient, job: JobRequest, store: JobStore) -> _Ticket:
    submitted = datetime.now(UTC)
    answer = client.request("POST", job.path, json=job.body)
    job_id = _object(answer).get(job.kind.id_field)
    if not isinstance(job_id, str) or not job_id:
        raise JobError(f"POST {job.path}: the answer has no {job.kind.id_field}", state="")
    value = {"jobId": job_id, "submitted": submitted.isoformat(), "query": _digest(job)}
    store.remember(job.key, json.dumps(value))
    log.info("job %s of %s submitted", job_id, job.key)
    return _Ticket(job_id, submitted, remembered=False)


def _resumed(
    client: GenesysClient, job: JobRequest, store: JobStore, resume_if: Callable[[datetime], bool]
) -> _Ticket | None:
    value = store.recall(job.key)
    if value is None:
        return None
    try:
        kept = cast("dict[str, Any]", json.loads(value))
        ticket = _Ticket(str(kept["jobId"]), datetime.fromisoformat(kept["submitted"]), remembered=True)
        query = kept["query"]
    except (ValueError, KeyError, TypeError):
        log.warning("job of %s: what was remembered is not readable (%r), submitting anew", job.key, value[:200])
        store.forget(job.key)
        return None
    if query == _digest(job) and resume_if(ticket.submitted):
        log.info("job %s of %s, submitted %s, is resumed", ticket.id, job.key, ticket.submitted.isoformat())
        return ticket
    log.info("job %s of %s, submitted %s, is not resumed", ticket.id, job.key, ticket.submitted.isoformat())
    _cancel(client, job, ticket.id)
    store.forget(job.key)
    return None


def _cancel(client: GenesysClient, job: JobRequest, job_id: str) -> None:
    """Tell Genesys that nobody waits any more; it is a courtesy, so its failure is only logged."""
    if not job.kind.cancellable:
        return
    try:
        client.request("DELETE", f"{job.path}/{quote(job_id, safe='')}", even_if_cancelled=True)
        log.info("job %s of %s cancelled", job_id, job.key)
    except GenesysError as error:
        log.warning("job %s of %s could not be cancelled, it will expire: %s", job_id, job.key, error)


def _digest(job: JobRequest) -> str:
    """Of the question: what a job was asked must be what is asked now."""
    return hashlib.sha256(json.dumps([job.path, job.body], sort_keys=True).encode()).hexdigest()[:16]


def _object(answer: Answer) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PagingError(f"{answer.path} answered {answer.status} without a JSON object", transient=True) from None
