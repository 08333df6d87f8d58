"""Time-off requests: one in some months for each agent, with a life of its own before and after its days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from genesys_assets.simulator.endpoint import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, iso, parse
from genesys_assets.simulator.unit_weeks import UnitWeeks

_DAY = timedelta(days=1)
_ENDINGS = ("APPROVED",) * 5 + ("DENIED", "PENDING", "CANCELED")
_BECAUSE = {
    "APPROVED": ("AutoApproved", "ManualApproval", None),
    "DENIED": ("InsufficientBalance", "BlockedDate"),
    "PENDING": ("Waitlisted", "ReviewDate", None),
    "CANCELED": ("RemovedFromWaitlist", None),
}
_NOTES = (None, "Familienfeier", "médecin", None)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was submitted (``item``), and what became of it: a status by moment."""

    item: Json
    dates: tuple[date, ...]
    changes: tuple[tuple[int, Json], ...]

    def seen(self, now: int) -> Json | None:
        """The request as it stands at a moment; ``None`` before it was submitted."""
        made = [(at, fields) for at, fields in self.changes if at <= now]
        if not made:
            return None
        shown = dict(self.item)
        for _, fields in made:
            shown |= fields
        metadata: Json = {
            **shown["metadata"],
            "dateModified": iso(made[-1][0]),
            "version": len(made),
        }
        return {**shown, "syncVersion": len(made), "metadata": metadata}


class TimeOff:
    """The requests of all agents."""

    def __init__(self, settings: Settings, origin: Origin) -> None:
        self._settings, self._origin = settings, origin
        self._since = parse(settings.organization_created)
        self._made: dict[tuple[str, int], Request | None] = {}
        self._placed: dict[str, list[Request]] = {}

    def of(self, user: str, weeks: UnitWeeks, first: date, last: date) -> Iterator[Request]:
        """The requests of an agent of a unit for any of the days from ``first`` to ``last``."""
        for month in range(_month(first), _month(last) + 1):
            request = self._in(user, weeks, month)
            if request is not None and any(first <= day <= last for day in request.dates):
                yield request
        for request in self._placed.get(user, ()):
            if any(first <= day <= last for day in request.dates):
                yield request

    def place(self, user: str, fields: Json, at: int) -> Json:
        """Let an agent submit a request at a moment; ``fields`` tells its days.

        Raises:
            KeyError: neither ``fullDayManagementUnitDates`` nor ``partialDayStartDateTimes`` are given.
        """
        others = self._placed.setdefault(user, [])
        identifier = fields.get("id") or self._origin.id(f"placed time off {user}", len(others))
        full: list[str] = fields.get("fullDayManagementUnitDates", [])
        days = full or [text[:10] for text in fields["partialDayStartDateTimes"]]
        item: Json = {
            "id": identifier,
            "user": _reference(user),
            "isFullDayRequest": bool(full),
            "markedAsRead": True,
            "activityCodeId": "5",
            "paid": True,
            "status": "PENDING",
            "durationMinutes": [480] * len(days),
            "payableMinutes": [480] * len(days),
            "submittedBy": _reference(user),
            "submittedDate": iso(at),
            "metadata": {"createdBy": _reference(user), "modifiedBy": _reference(user), "dateCreated": iso(at)},
            "selfUri": f"/api/v2/workforcemanagement/timeoffrequests/{identifier}",
        }
        request = Request({**item, **fields}, tuple(map(date.fromisoformat, days)), ((at, {}),))
        others.append(request)
        return request.seen(at) or {}

    def change(self, identifier: str, fields: Json, at: int) -> Json:
        """Change a request that has been asked for, or was placed, at a moment.

        Raises:
            KeyError: there is none with this id.
        """
        for key, request in self._made.items():
            if request is not None and request.item["id"] == identifier:
                self._made[key] = changed = _with(request, fields, at)
                return changed.seen(at) or {}
        for requests in self._placed.values():
            for n, request in enumerate(requests):
                if request.item["id"] == identifier:
                    requests[n] = _with(request, fields, at)
                    return requests[n].seen(at) or {}
        raise KeyError(f"no time-off request with the id {identifier}")

    def _in(self, user: str, weeks: UnitWeeks, month: int) -> Request | None:
        if (user, month) not in self._made:
            self._made[user, month] = self._request(user, weeks, month)
        return self._made[user, month]

    def _request(self, user: str, weeks: UnitWeeks, month: int) -> Request | None:
        chance = self._origin.chance(f"time off of {user}", month)
        first = date(month // 12, month % 12 + 1, 1 + chance.randrange(23))
        if chance.random() > 0.35 or weeks.at(first) < self._since:
            return None
        full = chance.random() < 0.7
        dates = tuple(first + n * _DAY for n in range(1 + chance.randrange(5 if full else 2)))
        submitted = weeks.at(first) - chance.randrange(3, 150) * DAY - 7 * HOUR
        ending = chance.choice(_ENDINGS)
        identifier = self._origin.id(f"time off of {user}", month)
        others = [self._origin.id("user", chance.randrange(self._settings.users)) for _ in range(2)]
        submitter = "System" if chance.random() < 0.1 else user if chance.random() < 0.8 else others[0]
        item: Json = {
            "id": identifier,
            "user": _reference(user),
            "isFullDayRequest": full,
            "markedAsRead": True,
            "activityCodeId": "5",
            "paid": chance.random() < 0.8,
            "status": "PENDING",
            **(self._full(dates, month) if full else _partial(dates, weeks, 9 * 60 + 15 * chance.randrange(20))),
            "submittedBy": _reference(submitter),
            "submittedDate": iso(submitted),
            "metadata": {
                "createdBy": _reference(submitter),
                "modifiedBy": _reference(submitter),
                "dateCreated": iso(submitted),
            },
            "selfUri": f"/api/v2/workforcemanagement/timeoffrequests/{identifier}",
        }
        notes = chance.choice(_NOTES)
        if notes is not None:
            item["notes"] = notes
        changes: list[tuple[int, Json]] = [(submitted, _because("PENDING", chance.randrange(3)))]
        if ending != "PENDING":
            reviewed = submitted + chance.randrange(1, 60) * HOUR
            decision = "APPROVED" if ending == "CANCELED" else ending
            reviewer = "System" if chance.random() < 0.2 else others[1]
            told: Json = {
                "reviewedBy": _reference(reviewer),
                "reviewedDate": iso(reviewed),
                "metadata": {**item["metadata"], "modifiedBy": _reference(reviewer)},
            }
            changes.append((reviewed, {**told, **_because(decision, chance.randrange(3))}))
            if ending == "CANCELED":
                canceled = reviewed + chance.randrange(1, 200) * HOUR
                changes.append((canceled, _because(ending, chance.randrange(3))))
        return Request(item, dates, tuple(changes))

    def _full(self, dates: tuple[date, ...], month: int) -> Json:
        even = month % 2 == 0
        minutes = [480 if even else 480 - 60 * (n % 2) for n in range(len(dates))]
        told: Json = {
            "fullDayManagementUnitDates": [day.isoformat() for day in dates],
            "durationMinutes": minutes,
            "payableMinutes": [each // 2 for each in minutes],
            "fullDayEarliestStartOffsetMinutes": [420 if n % 2 == 0 else None for n in range(len(dates))],
            "fullDayLatestEndOffsetMinutes": [1080 if n % 2 == 0 else None for n in range(len(dates))],
        }
        return {**told, "dailyDurationMinutes": 480} if even else told


def _partial(dates: tuple[date, ...], weeks: UnitWeeks, minutes: int) -> Json:
    return {
        "partialDayStartDateTimes": [iso(weeks.at(day, minutes)) for day in dates],
        "durationMinutes": [120] * len(dates),
        "payableMinutes": [60] * len(dates),
        "dailyDurationMinutes": 120,
    }


def _because(status: str, number: int) -> Json:
    reasons = _BECAUSE[status]
    reason = reasons[number % len(reasons)]
    return {"status": status} if reason is None else {"status": status, "substatus": reason}


def _with(request: Request, fields: Mapping[str, object], at: int) -> Request:
    changes = sorted([*request.changes, (at, dict(fields))], key=lambda change: change[0])
    return Request(request.item, request.dates, tuple(changes))


def _reference(user: str) -> Json:
    return {"id": user} if user == "System" else {"id": user, "selfUri": f"/api/v2/users/{user}"}


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
