"""Answers carry the simulated moment as their date, as those of Genesys Cloud carry the real one."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genesys_assets.simulator.settings import Clock


class Dated:
    """Puts a ``Date`` header on every answer of an application."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                moment = datetime.fromtimestamp(self._clock.now // 1_000, UTC)
                date = (b"date", format_datetime(moment, usegmt=True).encode())
                message["headers"] = [*message.get("headers", ()), date]
            await send(message)

        await self._app(scope, receive, dated)
