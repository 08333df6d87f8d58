"""A day of histograms: how long was waited in the queues, second by second, from the conversation tables.

No request is made. A wait that ended on a day belongs to a conversation that was alive on that day, so the
load of the day's conversations has told of it; the conversation may have begun long before and lies in the
partition of its start. Which partitions those are, that load has noted. They are read one after the
other, and of each only what belongs to the waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION, Table
from genesys_assets.catalog.types import polars_schema
from genesys_assets.extraction.conversations import REACH
from genesys_assets.extraction.granularity import LENGTHS, granularity
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.known import counted_until, watermarks
from genesys_assets.extraction.sink import Outcome

COUNTED = {"tAnswered": "answered", "tAbandon": "abandoned", "tFlowOut": "flow_out"}
"""The metrics that end a wait, with the columns in which they are counted."""

_SESSION = ["conversation_id", "participant_id", "session_id"]
_DAY = timedelta(days=1)


def read_histograms(span: Span) -> Outcome:
    """Compute the histograms of the span's days from the conversations that are loaded.

    Raises:
        ValueError: the conversations of a day are not loaded, or the granularity is not one that can be set.
    """
    length = granularity()
    known = {day: _loaded(span, day) for day in span.days}
    items = 0
    for day in span.days:
        until = counted_until(day, known[day], length)
        waits = pl.concat([_NO_WAITS, *(_waits(span, day, began, until) for began in _reach(span, day))])
        items += len(waits)
        for table in span.tables:
            span.sink.append(table, _counted(table, waits, length))
    for table in span.tables:
        span.sink.cover(table, pl.DataFrame({DB_PARTITION.name: list(span.days)}))
    return Outcome(items=items, watermark=min(known.values()))


def _loaded(span: Span, day: date) -> datetime:
    """The moment up to which the conversations of a day are known.

    Raises:
        ValueError: a table that is needed has no load of the day.
    """
    known = watermarks(span, span.read.made_from, day)
    missing = [name for name, watermark in known.items() if watermark is None]
    if missing:
        raise ValueError(
            f"{span.read.name} of {day}: it is made from the conversations of that day, and {', '.join(missing)} "
            f"of {day} is not loaded; load the day of the conversation tables first"
        )
    return min(watermark for watermark in known.values() if watermark is not None)


def _reach(span: Span, day: date) -> list[date]:
    """The days on which the conversations began that were alive on a day, oldest first."""
    conversations = span.catalog["analytics_conversation"]
    noted = span.store.recall(REACH.format(conversations.read.name, day))
    if noted is not None:
        return sorted({day} | {date.fromisoformat(text) for text in json.loads(noted)})
    # Loaded before the reach was noted: any day up to it may hold one.
    ledger = span.store.ledger([conversations], end=day + _DAY)
    first: date = min(ledger.get_column("partition"))
    return [first + n * _DAY for n in range((day - first).days + 1)]


def _waits(span: Span, day: date, began: date, until: datetime) -> pl.DataFrame:
    """The waits that ended on a day before a moment, of conversations that began on another or the same."""

    def rows(name: str, *columns: str) -> pl.LazyFrame:
        return span.store.scan(span.catalog[name], columns, start=began, end=began + _DAY)

    start = datetime.combine(day, time(), UTC)
    metrics = rows("analytics_session_metric", *_SESSION, "name", "emit_date", "value")
    ended = metrics.filter(
        pl.col("name").is_in(list(COUNTED)) & (pl.col("emit_date") >= start) & (pl.col("emit_date") < until)
    ).collect()
    if not len(ended):
        return _NO_WAITS
    of_sessions = pl.col("session_id").is_in(ended.get_column("session_id").unique().implode())
    of_conversations = pl.col("conversation_id").is_in(ended.get_column("conversation_id").unique().implode())
    sessions = rows("analytics_session", *_SESSION, "media_type", "direction").filter(of_sessions).collect()
    heads = rows("analytics_conversation", "conversation_id", "originating_direction").filter(of_conversations)
    parts = rows("analytics_conversation_segment", *_SESSION, *_SEGMENT).filter(of_sessions & _IN_QUEUE).collect()
    waits = _in_own_queue(ended.with_row_index("wait"), parts)
    if waits.get_column("queue_id").null_count():
        orphaned = waits.filter(pl.col("queue_id").is_null()).drop("queue_id")
        named = pl.col("conversation_id").is_in(orphaned.get_column("conversation_id").unique().implode())
        acd = rows("analytics_participant", "conversation_id", "participant_id", "purpose").filter(
            named & (pl.col("purpose") == "acd")
        )
        queues = rows("analytics_conversation_segment", *_SESSION, *_SEGMENT).filter(named & _IN_QUEUE).collect()
        earlier = queues.join(acd.collect(), on=["conversation_id", "participant_id"], how="semi")
        waits = pl.concat([waits.filter(pl.col("queue_id").is_not_null()), _in_queue_before(orphaned, earlier)])
    return (
        waits.join(sessions, on=_SESSION, how="left")
        .join(heads.collect(), on="conversation_id", how="left")
        .rename({"originating_direction": "initial_direction"})
        .select(_NO_WAITS.columns)
        .cast(_NO_WAITS.schema)
    )


_SEGMENT = ("queue_id", "segment_start", "segment_end")
_IN_QUEUE = pl.col("queue_id").is_not_null()
_NO_WAITS = pl.DataFrame(
    schema={
        "queue_id": pl.String,
        "emit_date": pl.Datetime("us", "UTC"),
        "media_type": pl.String,
        "direction": pl.String,
        "initial_direction": pl.String,
        "name": pl.String,
        "value": pl.Float64,
    }
)


def _in_own_queue(waits: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """The waits with the queue of their session's segment at the moment they ended, else of any segment."""
    within = (pl.col("segment_start") <= pl.col("emit_date")) & (
        pl.col("segment_end").is_null() | (pl.col("emit_date") <= pl.col("segment_end"))
    )
    # A wait that ends with its segment is counted there, not in the one that begins at that moment.
    best = (
        waits.join(parts, on=_SESSION)
        .sort(within.fill_null(value=False).not_(), "segment_start", "segment_end", nulls_last=True)
        .unique("wait", keep="first", maintain_order=True)
    )
    return waits.join(best.select("wait", "queue_id"), on="wait", how="left")


def _in_queue_before(waits: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """The waits with the queue in which the conversation was last before they ended."""
    best = (
        waits.join(parts.drop("participant_id", "session_id"), on="conversation_id")
        .filter(pl.col("segment_start") <= pl.col("emit_date"))
        .sort("segment_start")
        .unique("wait", keep="last", maintain_order=True)
    )
    return waits.join(best.select("wait", "queue_id"), on="wait", how="left")


def _counted(table: Table, waits: pl.DataFrame, length: str) -> pl.DataFrame:
    """A row for each key of the table, with how many waits ended in which way."""
    absent = {column.name: column.absent for column in table.columns if column.absent is not None}
    named = waits.with_columns(
        pl.col("emit_date").dt.truncate(LENGTHS[length]).alias("time"),
        (pl.col("value") / 1000).floor().cast(pl.Int64).alias("second"),
        *(pl.col(name).fill_null(text) for name, text in absent.items()),
    )
    counts = [(pl.col("name") == metric).sum().cast(pl.Int64).alias(column) for metric, column in COUNTED.items()]
    frame = named.group_by(table.key).agg(counts).with_columns(pl.col("time").dt.date().alias(DB_PARTITION.name))
    return frame.select(*_declared(table), DB_PARTITION.name)


def _declared(table: Table) -> Iterator[pl.Expr]:
    for name, dtype in polars_schema(table).items():
        yield pl.col(name).cast(dtype)
