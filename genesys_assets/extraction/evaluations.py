"""Evaluations: found by the days on which something happened to them, each read by itself once it has changed.

``POST /api/v2/quality/evaluations/search`` finds them, ``GET /api/v2/quality/conversations/{c}/evaluations/{e}``
brings the evaluation with its answers, and the conversation details what analytics alone knows: whether it was
deleted, for one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from genesys_assets.catalog.declare import DB_PARTITION
from genesys_assets.catalog.feeds import Feed
from genesys_assets.catalog.types import polars_schema
from genesys_assets.extraction.feeds import told
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.items import Items
from genesys_assets.extraction.parser import PageParser
from genesys_assets.extraction.paths import parse, reach
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.supplement import Supplements
from genesys_assets.genesys import ApiError, NotFound, PagingError, TransientError

log = logging.getLogger(__name__)

Row = Mapping[str, Any]

_REPLACED = parse("retractedEvaluation.id")


@dataclass(frozen=True, slots=True)
class _Told:
    """An evaluation that is to be looked at; ``changed`` and ``created`` are unknown where no feed told of it."""

    conversation: str
    changed: datetime | None = None
    created: datetime | None = None


def read_evaluations(span: Span) -> Outcome:
    """Read the evaluations to which something happened on the days, and what hangs on them.

    A load that reaches the present also looks at those that are not finished, and for deleted ones.

    Raises:
        GenesysError: a feed cannot be read; nothing may be committed.
    """
    return _Load(span).run()


class _Load:
    def __init__(self, span: Span) -> None:
        found = span.read.found
        if found is None:
            raise ValueError(f"read {span.read.name} does not say how its items are found")
        self.span, self.feeds, self.supplement, self.rule = span, found.feeds, found.supplement, found.unfinished
        self.parameters = found.parameters
        self.head = span.catalog[self.rule.table]
        self.supplements = Supplements(span.client, found.supplement, span.known)
        self.items = Items(span, self.supplements)
        self.present = span.reaches(span.now)
        self.known: dict[str, Row] = {}

    def run(self) -> Outcome:
        span = self.span
        wanted = dict(self._search(self.feeds["changes"], span.start, min(span.end, span.now)))
        deleted = self._deleted() if self.present else {}
        self.known = self._rows({**wanted, **deleted})
        for each, row in self.known.items():
            self.supplements.remember(self.head, row["conversation_id"], each, row)
        wanted = {**self._open(), **wanted}
        together = span.loaded_together()
        due = {each: what for each, what in wanted.items() if not together or self._has_changed(each, what)}
        log.info("%s: %d were told of, %d are new or have changed", span.read.name, len(wanted), len(due))
        self.supplements.fetch(what.conversation for what in wanted.values())
        read = self._read(due)
        self.items.hand_over()
        if self.head in span.tables:
            self._refresh([self.known[each] for each in {**wanted, **deleted} if each in self.known.keys() - read])
        return Outcome(
            items=self.items.count,
            rejected=self.items.rejected,
            watermark=span.now,
            failed=tuple(self.items.failed),
        )

    def _open(self) -> dict[str, _Told]:
        """Those here that are not finished; the search tells of most whether they have changed."""
        rows = {each: row for each, row in self.known.items() if self.present and self._is_open(row)}
        if not rows:
            return {}
        standing = self._search(self.feeds["open"], min(row[self.rule.since] for row in rows.values()), self.span.now)
        found = {each: _Told(row["conversation_id"]) for each, row in rows.items()}
        return found | {each: what for each, what in standing if each in rows}

    def _search(self, feed: Feed, start: datetime, end: datetime) -> Iterator[tuple[str, _Told]]:
        for item in told(self.span, feed, start, end):
            moments = (_moment(item.get(name)) for name in ("changedDate", "createdDate"))
            yield item["id"], _Told(item["conversation"]["id"], *moments)

    def _deleted(self) -> dict[str, _Told]:
        feed = self.feeds["deleted"]
        found: dict[str, _Told] = {}
        for owner in told(self.span, feed, self.span.now - timedelta(days=feed.days or 0), self.span.now):
            self.supplements.know(owner)
            conversation: str = owner[self.supplement.owner]
            found |= {each: _Told(conversation) for each in self.supplements.parts(conversation)}
        return {each: what for each, what in found.items() if self._is_deleted(each, what.conversation)}

    def _rows(self, wanted: Mapping[str, _Told]) -> dict[str, Row]:
        """The rows here of those that were told of and, at the present, of those that are not finished."""
        moments = [what.created for what in wanted.values() if what.created is not None]
        if self.present:
            moments.append(self.span.now - timedelta(days=self.rule.days))
        if not moments:
            return {}
        names = [column.name for column in self.head.columns]
        rows = self.span.store.scan(self.head, [*names, DB_PARTITION.name], start=min(moments).date())
        chosen = pl.col("evaluation_id").is_in(list(wanted))
        if self.present:
            chosen |= pl.col(self.rule.column).is_in(self.rule.values)
        return {row["evaluation_id"]: row for row in rows.filter(chosen).collect().iter_rows(named=True)}

    def _is_open(self, row: Row) -> bool:
        since: datetime = row[self.rule.since]
        recent = since >= self.span.now - timedelta(days=self.rule.days)
        return recent and row["deleted"] is not True and row[self.rule.column] in self.rule.values

    def _has_changed(self, evaluation: str, what: _Told) -> bool:
        row = self.known.get(evaluation)
        return row is None or what.changed is None or row["changed_date"] != what.changed

    def _is_deleted(self, evaluation: str, conversation: str) -> bool:
        return self.supplements.parts(conversation).get(evaluation, {}).get("deleted") is True

    def _read(self, due: Mapping[str, _Told]) -> set[str]:
        """Read evaluations one by one; those that could be read come back."""
        waiting = [(each, what.conversation) for each, what in due.items()]
        asked, read = set(due), set[str]()
        for evaluation, conversation in waiting:
            columns = {"conversation_id": conversation, "evaluation_id": evaluation}
            filled = {name: columns[column] for name, column in self.parameters.items()}
            try:
                raw = self.items.ask(filled)
            except (ApiError, TransientError, PagingError) as error:
                # One that was deleted in the meantime is no failure: what is known of it stays.
                if not (isinstance(error, NotFound) and self._is_deleted(evaluation, conversation)):
                    self.items.give_up(filled, error)
                continue
            read.add(evaluation)
            # The version that this one replaces was retracted, which no date of its own tells.
            for before in filter(None, map(_replaced, raw)):
                if before not in asked and self.known.get(before, {}).get(self.rule.column) != "Retracted":
                    asked.add(before)
                    waiting.append((before, conversation))
        return read

    def _refresh(self, rows: list[Row]) -> None:
        """Write down what analytics tells by now of evaluations that did not have to be read again."""
        supplement, head = self.supplement, self.head
        taken = tuple(column for column in head.columns if column.key or column.path.startswith(f"{supplement.field}."))
        items: list[bytes] = []
        for row in rows:
            conversation, evaluation = row["conversation_id"], row["evaluation_id"]
            told_of = self.supplements.of(conversation, evaluation)
            if told_of is not None:
                item = {"id": evaluation, "conversation": {"id": conversation}, supplement.field: told_of}
                items.append(msgspec.json.encode(item))
        if not items:
            return
        news = PageParser([replace(head, columns=taken, partition_by=None)]).parse(items).frames[head.name]
        kept = pl.DataFrame(rows, schema={**polars_schema(head), DB_PARTITION.name: pl.Date})
        # What analytics does not tell any more stays as it is.
        self.span.sink.append(head, kept.update(news, on=head.key, how="left"))


def _replaced(raw: bytes) -> str | None:
    """The identifier of the version that an evaluation replaces, if it does."""
    evaluation = msgspec.json.decode(raw, type=dict[str, Any])
    return next((str(each) for each in reach(evaluation, _REPLACED) if isinstance(each, str)), None)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
