"""When the agents work: the published shifts with their activities, and the full days off beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from genesys_assets.simulator.endpoint import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.plans import Plans
from genesys_assets.simulator.time_off import TimeOff
from genesys_assets.simulator.times import MINUTE, iso
from genesys_assets.simulator.unit_weeks import UnitWeeks, span_of

_DAY = timedelta(days=1)
_ON_QUEUE, _BREAK, _MEAL, _MEETING, _TIME_OFF, _TRAINING = "0", "1", "2", "3", "5", "6"
_EXTERNAL = ("Coaching", "Learning", "ActivityPlan", "Opportunity")


class Rosters:
    """The published schedules of agents, made a day at a time."""

    def __init__(self, origin: Origin, plans: Plans, time_off: TimeOff) -> None:
        self._origin, self._plans, self._time_off = origin, plans, time_off

    def search(self, unit: Json, users: list[str], begin: int, end: int, now: int) -> list[Json]:
        """The shifts that begin from ``begin`` to before ``end``, and the days off that do, by agent."""
        weeks = UnitWeeks.of(unit)
        first, last = weeks.day(begin), weeks.day(end - 1)
        days = [first + n * _DAY for n in range((last - first).days + 1)]
        # Weeks of which nothing is published have nothing to tell.
        published = {day: self._plans.published(unit, span_of(weeks.number(day)), now) for day in days}
        days = [day for day in days if published[day]]
        found: list[Json] = []
        for user in users:
            shifts: list[Json] = []
            markers: list[Json] = []
            off = self._off(user, weeks, days, now)
            for day in days:
                request = off.get(day)
                if request is not None and request["isFullDayRequest"]:
                    if begin <= weeks.at(day) < end:
                        markers.append(_marker(day, request))
                    continue
                shift = self._shift(unit, weeks, user, day, published[day], request)
                if shift is not None and begin <= shift[0] < end:
                    shifts.append(shift[1])
            if shifts or markers:
                user_uri = {"id": user, "selfUri": f"/api/v2/users/{user}"}
                found.append({"user": user_uri, "shifts": shifts, "fullDayTimeOffMarkers": markers})
        return found

    def _off(self, user: str, weeks: UnitWeeks, days: list[date], now: int) -> dict[date, Json]:
        """The approved requests of an agent by their days."""
        if not days:
            return {}
        off: dict[date, Json] = {}
        for request in self._time_off.of(user, weeks, days[0], days[-1]):
            seen = request.seen(now)
            if seen is not None and seen["status"] == "APPROVED":
                off.update(dict.fromkeys(request.dates, seen))
        return off

    def _shift(
        self, unit: Json, weeks: UnitWeeks, user: str, day: date, edition: int, partial: Json | None
    ) -> tuple[int, Json] | None:
        chance = self._origin.chance(f"shift of {user}", day.toordinal())
        if chance.random() < 2 / 7:
            return None
        number = chance.randrange(1 << 16)
        at_night = int(user[:2], 16) % 8 == 0
        start = weeks.at(day, 22 * 60 if at_night else 6 * 60 + 15 * chance.randrange(25))
        activities = list(_activities(chance, start, number, edition, self._origin, partial))
        span = span_of(weeks.number(day))
        schedule, first = self._plans.schedule_id(unit, span), weeks.first(span).isoformat()
        shift: Json = {
            "id": self._origin.id(f"shift of {user}", day.toordinal()),
            "startDate": iso(start),
            "lengthMinutes": sum(minutes for _, minutes, _ in activities),
            "activities": [shown for _, _, shown in activities],
            "manuallyEdited": edition > 1 or number % 20 == 0,
            "schedule": {
                "id": schedule,
                "weekDate": first,
                "selfUri": f"/api/v2/workforcemanagement/businessunits/{unit['id']}/weeks/{first}/schedules/{schedule}",
            },
        }
        if number % 4:
            shift["workPlanId"] = self._origin.id(f"work plan {unit['id']}", number % 3)
            shift["workPlanShiftId"] = self._origin.id(f"work plan shift {unit['id']}", number % 9)
        return start, shift


def _activities(
    chance: Random, start: int, number: int, edition: int, origin: Origin, partial: Json | None
) -> Iterator[tuple[int, int, Json]]:
    """The activities of a shift one after the other; those of a day differ from edition to edition of the schedule."""
    at = start
    meets = chance.random() < 0.3 and edition == 1
    learns = chance.random() < 0.1
    plan = [(_ON_QUEUE, 120), (_BREAK, 15), (_ON_QUEUE, 105), (_MEAL, 30), (_ON_QUEUE, 90)]
    plan += [(_MEETING, 30)] if meets else []
    plan += [(_TRAINING, 45)] if learns else []
    plan += [(_TIME_OFF, 120)] if partial is not None else [(_ON_QUEUE, 120)]
    for code, minutes in plan:
        shown: Json = {
            "startDate": iso(at),
            "lengthMinutes": minutes,
            "activityCodeId": code,
            "paid": code != _MEAL,
            "payableMinutes": 0 if code == _MEAL else minutes,
        }
        if code == _MEETING:
            shown["description"] = "Besprechung"
        elif code == _TRAINING:
            shown["description"] = "Schulung"
            shown["externalActivityId"] = origin.id("external activity", number)
            shown["externalActivityType"] = _EXTERNAL[number % len(_EXTERNAL)]
        elif code == _TIME_OFF and partial is not None:
            shown["timeOffRequestId"], shown["timeOffRequestSyncVersion"] = partial["id"], partial["syncVersion"]
        yield at, minutes, shown
        if code == _MEETING and number % 5 == 0:
            # Two at once: nothing but the description tells them apart.
            yield at, 0, {**shown, "description": "Besprechung 2"}
        at += minutes * MINUTE


def _marker(day: date, request: Json) -> Json:
    position = request["fullDayManagementUnitDates"].index(day.isoformat())
    minutes = request["durationMinutes"][position]
    return {
        "businessUnitDate": day.isoformat(),
        "startOffsetMinutes": 480,
        "endOffsetMinutes": 480 + minutes,
        "lengthMinutes": minutes,
        "description": request.get("notes", "Urlaub"),
        "activityCodeId": request["activityCodeId"],
        "paid": request["paid"],
        "payableMinutes": request["payableMinutes"][position],
        "timeOffRequestId": request["id"],
        "timeOffRequestSyncVersion": request["syncVersion"],
    }
