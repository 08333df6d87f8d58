"""What every API request passes: token, rate limit, faults, permission; and what is noted of it."""

from __future__ import annotations

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, bad_request
from genesys_assets.simulator.faults import hits
from genesys_assets.simulator.identity import entity_id
from genesys_assets.simulator.simulation import Simulation, Statistics

encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Token:
    expires: float
    window: float = -math.inf
    used: int = 0
    noted_in: Statistics | None = None
    place: int = 0


class CutResponse(Response):
    """An answer that breaks off in the middle, together with the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body, and no more."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class Gate:
    """Lets requests through to endpoints."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._tokens: dict[str, _Token] = {}
        self._issued = 0
        self._requests = 0

    def around(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint as the application serves it."""
        name = f"{endpoint.method} {endpoint.path}"

        async def serve(request: Request) -> Response:
            self._requests += 1
            number = self._requests
            statistics = self._simulation.statistics
            statistics.requests[name] += 1
            context = entity_id(self._simulation.settings.seed, "request", number)
            headers = {"inin-correlation-id": context}
            try:
                token = self._authenticate(request)
                self._limit(token, headers)
                await self._misbehave(number, request)
                self._permit(endpoint)
                response = await self._answer(endpoint, request, headers)
            except ApiError as error:
                response = _json(encode(error.body(context)), error.status, {**headers, **error.headers})
            if self._hit("cut_connections", number):
                cut = CutResponse(bytes(response.body), response.status_code, dict(response.headers))
                statistics.statuses["cut"] += 1
                return cut
            statistics.statuses[str(response.status_code)] += 1
            return response

        return serve

    async def sign_in(self, request: Request) -> Response:
        """``POST /oauth/token``: a token for client credentials."""
        settings = self._simulation.settings
        form = parse_qs((await request.body()).decode())
        grant = form.get("grant_type", [""])[0]
        client, secret = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id", [""])[0],
            form.get("client_secret", [""])[0],
        )
        if grant != "client_credentials":
            return _refusal(400, "unsupported_grant_type", f"the grant type {grant!r} is not supported")
        if client != settings.client_id:
            return _refusal(400, "invalid_client", f"client not found: {client}")
        if secret != settings.client_secret:
            return _refusal(401, "invalid_client", "authentication failed")
        self._issued += 1
        self._simulation.statistics.tokens += 1
        token = entity_id(settings.seed, "token", self._issued).replace("-", "")
        self._tokens[token] = _Token(time.monotonic() + settings.token_lifetime_s)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": int(settings.token_lifetime_s)}
        return _json(encode(answer), 200, {})

    def _authenticate(self, request: Request) -> str:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise ApiError(
                401, "authentication.required", "No authentication bearer token specified in authorization header."
            )
        held = self._tokens.get(token)
        if held is not None and held.expires <= time.monotonic():
            del self._tokens[token]
            held = None
        if held is None:
            raise ApiError(401, "bad.credentials", "Invalid login credentials.")
        return token

    def _limit(self, token: str, headers: dict[str, str]) -> None:
        settings, held, now = self._simulation.settings, self._tokens[token], time.monotonic()
        statistics = self._simulation.statistics
        if now >= held.window + settings.rate_window_s:
            held.window, held.used, held.noted_in = now, 0, None
        if held.noted_in is not statistics:
            held.noted_in, held.place = statistics, len(statistics.windows)
            statistics.windows.append(0)
        left = max(1, math.ceil(held.window + settings.rate_window_s - now))
        if settings.rate_limit and held.used >= settings.rate_limit:
            raise _too_many(settings.rate_limit, held.used, left, left)
        held.used += 1
        statistics.windows[held.place] += 1
        if settings.rate_limit:
            headers["inin-ratelimit-allowed"] = str(settings.rate_limit)
            headers["inin-ratelimit-count"] = str(held.used)
            headers["inin-ratelimit-reset"] = str(left)

    async def _misbehave(self, number: int, request: Request) -> None:
        faults = self._simulation.faults
        if faults.slow_s:
            await asyncio.sleep(faults.slow_s)
        if self._hit("rate_limit_storm", number):
            limit = self._simulation.settings.rate_limit or 300
            raise _too_many(limit, limit, faults.retry_after_s, faults.retry_after_s)
        if self._hit("expire_tokens", number):
            self._tokens.pop(request.headers["authorization"].partition(" ")[2], None)
            raise ApiError(401, "bad.credentials", "Invalid login credentials.")
        if self._hit("errors_500", number):
            raise ApiError(500, "internal.server.error", "The server encountered an unexpected condition.")
        failure = self._simulation.failures.get(request.url.path)
        if failure is not None and failure.times != 0:
            if failure.times is not None:
                failure.times -= 1
            raise ApiError(
                failure.status, "internal.server.error" if failure.status >= 500 else "not.found", "Asked to fail."
            )

    def _hit(self, fault: str, number: int) -> bool:
        likelihood: float = getattr(self._simulation.faults, fault)
        hit = hits(self._simulation.settings.seed, fault, number, likelihood)
        if hit:
            self._simulation.statistics.faults[fault] += 1
        return hit

    def _permit(self, endpoint: Endpoint) -> None:
        denied = self._simulation.settings.denied_permissions
        if endpoint.permissions and all(permission in denied for permission in endpoint.permissions):
            listed = "[" + ", ".join(endpoint.permissions) + "]"
            raise ApiError(
                403,
                "missing.any.permissions",
                "Unable to perform the requested action. You must have at least one of the following permissions "
                "assigned: {permissions}",
                permissions=listed,
            )

    async def _answer(self, endpoint: Endpoint, request: Request, headers: dict[str, str]) -> Response:
        unknown = [name for name in request.query_params if name not in endpoint.parameters]
        if unknown:
            noted = self._simulation.statistics.unknown_parameters.setdefault(f"{endpoint.method} {endpoint.path}", [])
            noted.extend(name for name in unknown if name not in noted)
        host = str(request.base_url).rstrip("/")
        call = Call(request.url.path, request.path_params, request.query_params, await _body(request), host)
        answer = await run_in_threadpool(endpoint.answer, call) if endpoint.heavy else endpoint.answer(call)
        if answer is None:
            return Response(status_code=endpoint.status, headers=headers)
        return _json(answer if isinstance(answer, bytes) else encode(answer), endpoint.status, headers)


def unknown_path(request: Request, error: Exception) -> Response:
    """The answer where there is no endpoint."""
    status: int = getattr(error, "status_code", 404)
    wrong = ApiError(
        status, "not.found", "No endpoint answers {method} {path}", method=request.method, path=request.url.path
    )
    return _json(encode(wrong.body("")), status, {})


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise bad_request("The request could not be understood by the server due to malformed syntax.") from error


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, media_type="application/json")


def _too_many(limit: int, used: int, seconds: int, reset: int) -> ApiError:
    return ApiError(
        429,
        "too.many.requests",
        "Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
        headers={
            "Retry-After": str(seconds),
            "inin-ratelimit-allowed": str(limit),
            "inin-ratelimit-count": str(used),
            "inin-ratelimit-reset": str(reset),
        },
        seconds=seconds,
    )


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(coded).decode().partition(":")
    except ValueError:
        return None
    return client, secret


def _refusal(status: int, error: str, description: str) -> Response:
    return _json(encode({"error": error, "description": description, "error_description": description}), status, {})
