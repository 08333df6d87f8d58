"""How far the conversations of a day are known here, and so how far they are counted.

Past the watermark of its jobs Genesys tells live of the conversations that began on that day, and not of
those of earlier days that go on. An open day is therefore counted up to the watermark under which its
conversations were loaded: details, aggregates and histograms then tell the same of the same hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from genesys_assets.extraction.granularity import LENGTHS
from genesys_assets.extraction.history import Span, end_of


def watermarks(span: Span, names: Iterable[str], day: date) -> dict[str, datetime | None]:
    """Up to which moment (UTC) each of some tables was known when the day was loaded; ``None``: it was not."""
    tables = [span.catalog[name] for name in names]
    ledger = span.store.ledger(tables, start=day, end=day + timedelta(days=1))
    known: dict[str, datetime | None] = dict(ledger.select("table", "watermark").iter_rows())
    return {table.name: known.get(table.name) for table in tables}


def counted_until(day: date, known: datetime, length: str) -> datetime:
    """The end of the last interval of a day, of a length, that is known in full; at the earliest its midnight."""
    end, step = end_of(day), LENGTHS[length]
    start = end - timedelta(days=1)
    return start + max(timedelta(), (min(end, known) - start) // step * step)
