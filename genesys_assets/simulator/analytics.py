"""Conversation details: async jobs over the data lake, the synchronous query, and reads by id."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from genesys_assets.simulator import evaluations, faults, surveys
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, bad_request
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.jobs import Job, Jobs, Kind, read_paging, read_window
from genesys_assets.simulator.query_filters import read_filters
from genesys_assets.simulator.selection import Selection
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import DAY, iso

_VIEW = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")
_JOBS = "/api/v2/analytics/conversations/details/jobs"
QUERY_LARGEST = 100
QUERY_DAYS, QUERY_DAYS_FILTERED = 7, 31


class Analytics:
    """The endpoints under ``/api/v2/analytics``."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._pages = _Pages(simulation.settings.page_cache_mb << 20)
        self._jobs = Jobs(
            simulation,
            Kind(
                name="conversation",
                path=_JOBS,
                permissions=_VIEW,
                watermark=lambda: simulation.clock.availability,
                check=self._check,
                find=lambda job: self._select(job.body, job.window, job.watermark, lake=True),
                count=lambda job: min(job.found.total, job.body.get("limit") or job.found.total),
                page=self._lake_page,
            ),
        )

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint of this module."""
        return [
            *self._jobs.endpoints(),
            Endpoint("POST", "/api/v2/analytics/conversations/details/query", self._query, (), _VIEW, heavy=True),
            Endpoint("GET", "/api/v2/analytics/conversations/details", self._by_id, ("id",), _VIEW),
            Endpoint(
                "GET",
                "/api/v2/analytics/dataretention/settings",
                self._retention,
                permissions=("analytics:dataRetention:view",),
            ),
        ]

    def _check(self, body: Json) -> None:
        _descending(body)
        read_filters(body)

    def _lake_page(self, job: Job, first: int, count: int, tail: Json) -> bytes:
        selection: Selection = job.found

        def make() -> bytes:
            return _joined(self._page(selection, first, count, job.body, job.watermark, attributes=True), tail)

        return self._pages.get((job.id, first, count, self._simulation.faults.malformed_items), make)

    def _query(self, call: Call) -> bytes:
        window = read_window(call.body)
        filtered = read_filters(call.body) is not None
        days = QUERY_DAYS_FILTERED if filtered else QUERY_DAYS
        if window[1] - window[0] > days * DAY:
            raise bad_request("The interval is longer than the {days} days allowed", days=days)
        size, number = read_paging(call.body, QUERY_LARGEST)
        now = self._simulation.clock.indexed

        def select() -> Selection:
            return self._select(call.body, window, now, lake=False)

        key = (encode(call.body | {"paging": None}), now, self._simulation.conversations.edition)
        selection = self._pages.selection(key, select)
        page = self._page(selection, (number - 1) * size, size, call.body, now, attributes=False)
        tail: Json = {"totalHits": selection.total}
        return _joined(page, tail) if page else encode(tail)

    def _by_id(self, call: Call) -> Json:
        at = iso(self._simulation.clock.now)
        found = [self._simulation.conversations.find(identifier, at) for identifier in call.many("id")]
        return {"conversations": [self._shown(each, at, attributes=False) for each in found if each is not None]}

    def _retention(self, _call: Call) -> Json:
        return {
            "retentionDays": self._simulation.settings.retention_days,
            "dateCreated": "2020-02-03T08:00:00.000Z",
            "dateModified": "2024-02-03T08:00:00.000Z",
        }

    def _select(self, body: Json, window: tuple[int, int], moment: int, *, lake: bool) -> Selection:
        matching = body.get("startOfDayIntervalMatching", False) if lake else True
        started_from = window[0] // DAY * DAY if matching else None
        selection = self._simulation.conversations.select(*window, moment, started_from=started_from)
        test = read_filters(body)
        if test is None:
            return selection
        # Few conversations have any; only these have to be made up to be tested.
        if body.get("evaluationFilters"):
            selection = selection.among(self._simulation.evaluations.book.indexes)
        if body.get("surveyFilters"):
            selection = selection.among(self._simulation.surveys.book.indexes)
        at = iso(moment)
        return selection.where(lambda conversation: test(self._whole(conversation, at)))

    def _page(
        self, selection: Selection, first: int, count: int, body: Json, moment: int, *, attributes: bool
    ) -> list[Json]:
        page, at = selection.page(first, count, descending=_descending(body)), iso(moment)
        return [self._shown(conversation, at, attributes=attributes) for conversation in page]

    def _whole(self, conversation: Json, at: str) -> Json:
        """A conversation with what happened to it after its end."""
        simulation, identifier = self._simulation, conversation["conversationId"]
        for part, book, view in (
            ("evaluations", simulation.evaluations.book, evaluations.in_analytics),
            ("surveys", simulation.surveys.book, surveys.in_analytics),
        ):
            found = [shown for story in book.of(identifier) if (shown := view(story, at)) is not None]
            if found:
                conversation = {**conversation, part: [*conversation.get(part, ()), *found]}
        return conversation

    def _shown(self, conversation: Json, at: str, *, attributes: bool) -> Json:
        settings, likelihood = self._simulation.settings, self._simulation.faults.malformed_items
        shown = self._whole(conversation, at)
        if not attributes:
            shown = {**shown, "participants": [_without_attributes(p) for p in shown["participants"]]}
        if settings.unknown_enums:
            shown = faults.unknown_enums(settings.seed, shown, "conversationId")
        if likelihood:
            how = faults.malformation(settings.seed, likelihood, conversation["conversationId"])
            if how is not None:
                return faults.malform(shown, how, "conversationId")
        return shown


class _Pages:
    """Pages encoded before, as long as they fit, and the latest selections of the query."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._pages: OrderedDict[object, bytes] = OrderedDict()
        self._selections: OrderedDict[object, Selection] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """A page, made anew where it is not held."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = make()
        with self._lock:
            if key not in self._pages:
                self._pages[key] = page
                self._held += len(page)
            while self._held > self._capacity and self._pages:
                self._held -= len(self._pages.popitem(last=False)[1])
        return page

    def selection(self, key: object, make: Callable[[], Selection]) -> Selection:
        """What an equal query found, or what it finds now."""
        with self._lock:
            if key not in self._selections:
                self._selections[key] = make()
            while len(self._selections) > 8:
                self._selections.popitem(last=False)
            return self._selections[key]


def _joined(conversations: list[Json], tail: Json) -> bytes:
    return encode({"conversations": conversations, **tail})


def _without_attributes(participant: Json) -> Json:
    if "attributes" not in participant:
        return participant
    return {name: value for name, value in participant.items() if name != "attributes"}


def _descending(body: Json) -> bool:
    order, by = body.get("order", "asc"), body.get("orderBy", "conversationStart")
    if by != "conversationStart" or order not in ("asc", "desc", "unordered"):
        raise ApiError(400, "bad.request", "The simulator does not sort by {by} {order}", by=by, order=order)
    return order == "desc"
