"""Surveys: found by a details job over the conversations of a day, answered hours or days later.

``GET /api/v2/quality/conversations/{c}/surveys`` brings all surveys of a conversation with their answers. No feed
tells of an answer: the details of the conversations whose surveys are not answered yet are asked for again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from genesys_assets.extraction.feeds import told
from genesys_assets.extraction.history import Span
from genesys_assets.extraction.items import Items
from genesys_assets.extraction.sink import Outcome
from genesys_assets.extraction.supplement import Supplements
from genesys_assets.genesys import ApiError, PagingError, TransientError, availability

log = logging.getLogger(__name__)

Row = Mapping[str, Any]


def read_surveys(span: Span) -> Outcome:
    """Read the surveys of the conversations of the days, those that are new here or have changed.

    A load that reaches the watermark also looks at those here that are not answered yet.

    Raises:
        GenesysError: the conversations cannot be found; nothing may be committed.
    """
    return _Load(span).run()


class _Load:
    def __init__(self, span: Span) -> None:
        found = span.read.found
        if found is None:
            raise ValueError(f"read {span.read.name} does not say how its items are found")
        self.span, self.feed, self.rule = span, found.feeds["conversations"], found.unfinished
        self.head = span.catalog[self.rule.table]
        self.owner, self.parameters = found.supplement.owner, found.parameters
        self.supplements = Supplements(span.client, found.supplement, span.known)
        self.items = Items(span, self.supplements)

    def run(self) -> Outcome:
        span = self.span
        watermark = availability(span.client, self.feed.path)
        conversations = self._found(watermark)
        since = min(conversations.values(), default=watermark)
        if span.reaches(watermark):
            since = min(since, watermark - timedelta(days=self.rule.days))
        known = self._rows(since)
        for each, row in known.items():
            self.supplements.remember(self.head, row["conversation_id"], each, row)
        waiting = self._waiting(known, watermark) if span.reaches(watermark) else set[str]()
        # Of those that the lake told of, it may know less than is here already; the details know the present.
        told_of = list(dict.fromkeys([*conversations, *sorted(waiting)]))
        together = span.loaded_together()
        due = [each for each in conversations if not together or self._has_changed(each, known, newer=True)]
        self.supplements.fetch([*due, *sorted(waiting)])
        # One of which the details tell nothing now is left for the next time.
        due += [
            each
            for each in sorted(waiting)
            if each not in due and self.supplements.knows(each) and self._has_changed(each, known, newer=False)
        ]
        log.info("%s: %d conversations were looked at, %d are read", span.read.name, len(told_of), len(due))
        for conversation in due:
            self._read(conversation)
        self.items.hand_over()
        return Outcome(
            items=self.items.count,
            rejected=self.items.rejected,
            watermark=watermark,
            failed=tuple(self.items.failed),
        )

    def _found(self, watermark: datetime) -> dict[str, datetime]:
        """The conversations of the days that have a survey, each with its start, as far as the lake knows them."""
        start, end = self.span.start, min(self.span.end, watermark)
        if start >= end:
            return {}
        found: dict[str, datetime] = {}
        for owner in told(self.span, self.feed, start, end):
            self.supplements.know(owner)
            found[owner[self.owner]] = _moment(owner["conversationStart"])
        return found

    def _rows(self, since: datetime) -> dict[str, Row]:
        rows = self.span.store.scan(self.head, start=since.date()).collect()
        return {row["survey_id"]: row for row in rows.iter_rows(named=True)}

    def _waiting(self, known: Mapping[str, Row], watermark: datetime) -> set[str]:
        """The conversations with a survey here that is not answered yet."""
        oldest = watermark - timedelta(days=self.rule.days)
        return {
            row["conversation_id"]
            for row in known.values()
            if row[self.rule.column] in self.rule.values and row[self.rule.since] >= oldest
        }

    def _has_changed(self, conversation: str, known: Mapping[str, Row], *, newer: bool) -> bool:
        """Whether what was told of the surveys of a conversation is not what is here (or is ``newer``)."""
        parts = self.supplements.parts(conversation)
        if not parts:
            return True
        for survey, part in parts.items():
            row = known.get(survey)
            if row is None or row["event_time"] is None or "eventTime" not in part:
                return True
            at = _moment(part["eventTime"])
            if at > row["event_time"] or (not newer and part.get("surveyStatus") != row["survey_status"]):
                return True
        return False

    def _read(self, conversation: str) -> None:
        columns = {"conversation_id": conversation}
        filled = {name: columns[column] for name, column in self.parameters.items()}
        try:
            self.items.ask(filled)
        except (ApiError, TransientError, PagingError) as error:
            self.items.give_up(filled, error)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
