"""Intervals as the analytics API reads them, and the request bodies that they are filled into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast


def whole_ms(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Whole milliseconds, which is what the API reads."""
    begin, until = (at.replace(microsecond=at.microsecond // 1000 * 1000) for at in (start, end))
    return begin, until


def iso_interval(start: datetime, end: datetime) -> str:
    """The ISO 8601 text of an interval, in UTC with milliseconds."""
    return f"{iso(start)}/{iso(end)}"


def filled(body: Mapping[str, object] | None, **texts: str) -> dict[str, Any]:
    """A declared body with texts in the place of ``{interval}`` and the like."""
    template = json.dumps(dict(body or {"interval": "{interval}"}))
    for name, text in texts.items():
        template = template.replace(f"{{{name}}}", json.dumps(text)[1:-1])
    return cast("dict[str, Any]", json.loads(template))


def iso(moment: datetime) -> str:
    """A moment as the API writes it: UTC, whole milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
