"""Bodies of requests as they are declared, with the interval that a load asks for in every spelling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from genesys_assets.extraction import intervals
from genesys_assets.extraction.intervals import iso


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
    return intervals.filled(body, **texts)
