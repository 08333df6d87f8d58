"""Which conversations an interval holds, and how they look at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from genesys_assets.simulator.calls import LONGEST
from genesys_assets.simulator.cut import Json, cut
from genesys_assets.simulator.timeline import LONGEST_REACH, Timeline
from genesys_assets.simulator.times import DAY, iso, parse

Test = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Run:
    """Conversations of a day with consecutive indexes, all of which belong to a selection."""

    day: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Scripted:
    """A conversation that a test has placed: its versions, each with the moment from which it shows."""

    identifier: str
    versions: tuple[tuple[str, Json], ...]
    whole: bool
    """Whether the one version is a whole life, to be cut at the moment."""

    def seen(self, moment: str) -> Json | None:
        """How it looks at a moment; ``None`` while there is nothing to see."""
        if self.whole:
            return cut(self.versions[0][1], moment)
        shown = [conversation for since, conversation in self.versions if since <= moment]
        return shown[-1] if shown else None

    def __len__(self) -> int:
        return 1


Piece = Run | Scripted


class Selection:
    """Conversations in the order of their start, as they look at a moment."""

    def __init__(self, book: Conversations, moment: str, pieces: Sequence[Piece]) -> None:
        self._book = book
        self._moment = moment
        self._pieces = pieces
        self._offsets: list[int] = []
        self.total = 0
        for piece in pieces:
            self._offsets.append(self.total)
            self.total += len(piece)

    def page(self, first: int, count: int, *, descending: bool = False) -> list[Json]:
        """So many conversations from a position on."""
        if descending:
            until = self.total - first
            return list(self._from(max(0, until - count), until))[::-1]
        return list(self._from(first, min(self.total, first + count)))

    def where(self, test: Test) -> Selection:
        """Only the conversations that pass a test."""
        kept: list[Piece] = []
        for piece in self._pieces:
            if isinstance(piece, Scripted):
                seen = piece.seen(self._moment)
                if seen is not None and test(seen):
                    kept.append(piece)
                continue
            for index in range(piece.first, piece.last):
                seen = self._book.seen(piece.day, index, self._moment)
                if seen is not None and test(seen):
                    kept.append(Run(piece.day, index, index + 1))
        return Selection(self._book, self._moment, kept)

    def among(self, indexes: Callable[[int], Iterable[int]]) -> Selection:
        """Of the made-up ones only those of the given indexes of a day."""
        kept: list[Piece] = []
        for piece in self._pieces:
            if isinstance(piece, Scripted):
                kept.append(piece)
            else:
                chosen = (index for index in indexes(piece.day) if piece.first <= index < piece.last)
                kept += [Run(piece.day, index, index + 1) for index in chosen]
        return Selection(self._book, self._moment, kept)

    def _from(self, first: int, until: int) -> Iterator[Json]:
        at = bisect_right(self._offsets, first) - 1
        while first < until:
            piece = self._pieces[at]
            if isinstance(piece, Scripted):
                seen = piece.seen(self._moment)
                if seen is not None:
                    yield seen
                first += 1
            else:
                skip = first - self._offsets[at]
                last = min(piece.last, piece.first + skip + until - first)
                for index in range(piece.first + skip, last):
                    seen = self._book.seen(piece.day, index, self._moment)
                    if seen is not None:
                        yield seen
                first += last - piece.first - skip
            at += 1


class Conversations:
    """Every conversation, made up or scripted."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.scripted: dict[str, Scripted] = {}
        self.edition = 0

    def script(self, placed: Scripted) -> None:
        """Place a conversation, or another one in the stead of that with its id."""
        self.scripted[placed.identifier] = placed
        self.edition += 1

    def seen(self, day: int, index: int, moment: str) -> Json | None:
        """A made-up conversation as it looks at a moment."""
        life = self.timeline.life(day, index)
        if life.settled <= moment:
            return life.conversation
        return cut(life.conversation, moment, self.timeline.cast.divisions)

    def find(self, identifier: str, moment: str) -> Json | None:
        """The conversation with an id, as it looks at a moment."""
        if identifier in self.scripted:
            return self.scripted[identifier].seen(moment)
        life = self.timeline.find(identifier)
        return None if life is None else cut(life.conversation, moment, self.timeline.cast.divisions)

    def select(self, begin: int, end: int, moment: int, *, started_from: int | None = None) -> Selection:
        """The conversations alive at any moment from ``begin`` to before ``end``, as known at ``moment``.

        ``started_from`` leaves out those that started before it. All in milliseconds since 1970 UTC.
        """
        end = min(end, moment + 1)
        floor = self.timeline.first_day * DAY
        begin = max(begin, floor)
        started_from = floor if started_from is None else max(started_from, floor)
        at = iso(moment)
        pieces: list[Piece] = []
        if begin < end:
            pieces += self._carried(begin, started_from, at)
            pieces += self._started(begin, end)
        placed = [entry for entry in self.scripted.values() if self._alive(entry, begin, end, at, started_from)]
        return Selection(self, at, self._merge(pieces, placed, at))

    def _started(self, begin: int, end: int) -> Iterator[Run]:
        for day in range(begin // DAY, (end - 1) // DAY + 1):
            first, last = self.timeline.index_from(day, begin), self.timeline.index_from(day, end)
            if first < last:
                yield Run(day, first, last)

    def _carried(self, begin: int, started_from: int, at: str) -> Iterator[Run]:
        """Those that started before ``begin`` and were still alive then."""
        timeline, since = self.timeline, iso(begin)
        begin_day, recent = begin // DAY, max(begin - LONGEST, started_from)
        for day in range(max(begin_day - LONGEST_REACH - 1, started_from // DAY), begin_day + 1):
            low, high = timeline.index_from(day, started_from), timeline.index_from(day, begin)
            short = timeline.index_from(day, recent)
            long_lived = timeline.long_lived(day)
            candidates = {
                index for index in long_lived if low <= index < high and day + timeline.reach(day, index) >= begin_day
            }
            candidates.update(range(max(low, short), high))
            for index in sorted(candidates):
                seen = self.seen(day, index, at)
                if seen is not None and seen.get("conversationEnd", "9") > since:
                    yield Run(day, index, index + 1)

    @staticmethod
    def _alive(entry: Scripted, begin: int, end: int, at: str, started_from: int) -> bool:
        seen = entry.seen(at)
        if seen is None:
            return False
        start = parse(seen["conversationStart"])
        return started_from <= start < end and seen.get("conversationEnd", "9") > iso(begin)

    def _merge(self, pieces: list[Piece], placed: list[Scripted], at: str) -> list[Piece]:
        for entry in placed:
            seen = entry.seen(at)
            assert seen is not None
            start = parse(seen["conversationStart"])
            pieces = list(self._around(pieces, entry, start))
        return pieces

    def _around(self, pieces: list[Piece], entry: Scripted, start: int) -> Iterator[Piece]:
        """The pieces with a scripted one at the place of its start."""
        waiting = True
        for piece in pieces:
            if waiting and isinstance(piece, Run) and self.timeline.start(piece.day, piece.last - 1) >= start:
                middle = min(max(self.timeline.index_from(piece.day, start), piece.first), piece.last)
                if middle > piece.first:
                    yield Run(piece.day, piece.first, middle)
                yield entry
                yield Run(piece.day, middle, piece.last)
                waiting = False
            else:
                yield piece
        if waiting:
            yield entry
