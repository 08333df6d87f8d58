"""Bodies of requests as they are declared, with what a load asks for put in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast


def filled(body: Mapping[str, object], start: datetime, end: datetime, **names: str) -> dict[str, Any]:
    """The body with its placeholders filled in: the interval (half open) in every spelling, and ``names``.

    What a listing does with pages (``{page_size}``, ``{page_number}``) is put in as it is turned.
    """
    begin, until = iso(start), iso(end)
    texts = {
        "interval": f"{begin}/{until}",
        "interval_start": begin,
        "interval_end": until,
        "interval_without_zone": f"{begin[:-1]}/{until[:-1]}",
        **names,
    }
    template = json.dumps(dict(body))
    for name, text in texts.items():
        template = template.replace(f"{{{name}}}", json.dumps(text)[1:-1])
    return cast("dict[str, Any]", json.loads(template))


def iso(moment: datetime) -> str:
    """A moment as the API writes it: UTC, whole milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
