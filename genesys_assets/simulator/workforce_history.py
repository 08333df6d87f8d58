"""The endpoints of schedules, time off and forecasts; a large answer lies behind an address, or is only promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import bad_request, not_found
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.rosters import Rosters
from genesys_assets.simulator.times import DAY, parse
from genesys_assets.simulator.unit_weeks import UnitWeeks
from genesys_assets.simulator.workforce_listings import unit

if TYPE_CHECKING:
    from genesys_assets.simulator.simulation import Simulation

_WFM = "/api/v2/workforcemanagement"
_SCHEDULES = ("wfm:publishedSchedule:view", "wfm:schedule:view")
_FORECASTS = ("wfm:shortTermForecast:view",)
_RECENT = 26
_LONGEST = 33
_YEARS = timedelta(days=800)


class WorkforceHistory:
    """What workforce management plans, and how it answers."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.plans, self.time_off = simulation.plans, simulation.time_off
        self._rosters = Rosters(simulation.world.origin, self.plans, self.time_off)
        self._operations = 0

    def endpoints(self) -> list[Endpoint]:
        """All endpoints."""
        week = f"{_WFM}/businessunits/{{businessUnitId}}/weeks"
        forecasts = f"{week}/{{weekDateId}}/shorttermforecasts"
        download = "forceDownloadService"
        return [
            Endpoint(
                "GET",
                f"{week}/{{weekId}}/schedules",
                self._schedules,
                ("earliestWeekDate", "latestWeekDate", "includeOnlyPublished", "expand"),
                _SCHEDULES,
            ),
            Endpoint("GET", forecasts, self._forecasts, (), _FORECASTS),
            Endpoint("GET", f"{forecasts}/{{forecastId}}", self._forecast, ("expand",), _FORECASTS),
            Endpoint(
                "GET", f"{forecasts}/{{forecastId}}/data", self._data, ("weekNumber", download), _FORECASTS, heavy=True
            ),
            Endpoint(
                "POST",
                f"{_WFM}/managementunits/{{managementUnitId}}/agentschedules/search",
                self._search,
                ("forceAsync", download),
                _SCHEDULES,
                heavy=True,
            ),
            Endpoint(
                "POST",
                f"{_WFM}/managementunits/{{managementUnitId}}/timeoffrequests/query",
                self._time_off,
                (download,),
                ("wfm:timeOffRequest:view",),
                heavy=True,
            ),
        ]

    def change(self, wanted: Json) -> Json:
        """Carry out what a test wants: ``action`` at a moment (``at``, else now).

        ``republish`` the schedule of a ``businessUnitId`` for the week of a ``day``; ``recast`` or ``delete`` the
        forecast or schedule of an ``id``; ``request`` time off for a ``user`` with ``fields``; ``edit`` the request of
        an ``id`` with ``fields``.

        Raises:
            KeyError: there is no such action, unit or request.
        """
        at = parse(wanted["at"]) if "at" in wanted else self._now
        match wanted["action"]:
            case "republish":
                business_unit = self._business_unit(wanted["businessUnitId"])
                span = UnitWeeks.of(business_unit).number(date.fromisoformat(wanted["day"]))
                self.plans.republish(business_unit, span, at)
            case "recast":
                self.plans.recast.setdefault(wanted["id"], []).append(at)
            case "delete":
                self.plans.vanished[wanted["id"]] = at
            case "request":
                return self.time_off.place(wanted["user"], wanted["fields"], at)
            case "edit":
                return self.time_off.change(wanted["id"], wanted["fields"], at)
            case other:
                raise KeyError(f"no action {other}")
        return {}

    @property
    def _now(self) -> int:
        return self._simulation.clock.now

    def _business_unit(self, identifier: str) -> Json:
        return unit(self._simulation, "business_units", identifier)

    def _within(self, call: Call, name: str) -> tuple[Json, int, int]:
        """The business unit of a path, and the first and last of the weeks that it asks for."""
        business_unit = self._business_unit(call.path["businessUnitId"])
        weeks, value = UnitWeeks.of(business_unit), call.path[name]
        if value == "recent":
            this = weeks.number(weeks.day(self._now))
            return business_unit, this - _RECENT, this + _RECENT
        number = weeks.number(_date(value))
        if weeks.first(number).isoformat() != value:
            raise bad_request("The week {week} does not begin on a {day}", week=value, day=weeks.first_day)
        return business_unit, number, number

    def _schedules(self, call: Call) -> Json:
        expand, published = call.query.get("expand") == "forecast.description", call.query.get("includeOnlyPublished")
        shown: list[Json] = []
        for schedule in self.plans.schedules(*self._within(call, "weekId"), self._now):
            if published == "true" and not schedule["published"]:
                continue
            forecast = schedule.get("shortTermForecast")
            if forecast is not None and not expand:
                schedule["shortTermForecast"] = {name: forecast[name] for name in ("id", "weekDate", "selfUri")}
            shown.append(schedule)
        return {"entities": shown}

    def _forecasts(self, call: Call) -> Json:
        return {"entities": list(self.plans.forecasts(*self._within(call, "weekDateId"), self._now))}

    def _found(self, call: Call) -> tuple[Json, Json]:
        business_unit, first, last = self._within(call, "weekDateId")
        wanted = call.path["forecastId"]
        for forecast in self.plans.forecasts(business_unit, first, last, self._now):
            if forecast["id"] == wanted and forecast["weekDate"] == call.path["weekDateId"]:
                return business_unit, forecast
        raise not_found("a short-term forecast", wanted)

    def _forecast(self, call: Call) -> Json:
        return self.plans.forecast_detail(*self._found(call))

    def _data(self, call: Call) -> Json:
        business_unit, forecast = self._found(call)
        week = call.number("weekNumber", 1)
        if week > forecast["weekCount"]:
            raise bad_request("The forecast has no week {week}", week=week)
        groups = [
            group
            for group in self._simulation.world.entities("planning_groups")
            if group["businessUnitId"] == business_unit["id"]
        ]
        result = self.plans.forecast_data(business_unit, forecast, groups, week)
        return self._delivered(call, {"result": result}, "result")

    def _search(self, call: Call) -> Json:
        business_unit, users = self._agents(call)
        try:
            begin, end = parse(call.body["startDate"]), parse(call.body["endDate"])
        except (KeyError, ValueError) as error:
            raise bad_request("startDate and endDate are required") from error
        wanted = call.body.get("userIds")
        users = users if wanted is None else [user for user in users if user in wanted]
        largest = self._simulation.settings.wfm_largest_search
        if call.query.get("forceAsync") == "true" or len(users) * (end - begin) / DAY > largest:
            self._operations += 1
            return {"status": "Processing", "operationId": f"operation-{self._operations}"}
        weeks = UnitWeeks.of(business_unit)
        schedules = self.plans.schedules(
            business_unit, weeks.number(weeks.day(begin)), weeks.number(weeks.day(end - 1)), self._now
        )
        result: Json = {
            "agentSchedules": self._rosters.search(business_unit, users, begin, end, self._now),
            "businessUnitTimeZone": weeks.zone,
            "publishedSchedules": [
                {name: each[name] for name in ("id", "weekDate", "weekCount", "selfUri")}
                for each in schedules
                if each["published"]
            ],
        }
        return {"status": "Complete", **self._delivered(call, {"result": result}, "result")}

    def _time_off(self, call: Call) -> Json:
        business_unit, users = self._agents(call)
        wanted, dates = call.body.get("statuses"), call.body.get("dateRange")
        today = UnitWeeks.of(business_unit).day(self._now)
        if dates is not None:
            first, last = _date(dates["startDate"]), _date(dates["endDate"])
            if not first <= last < first + timedelta(days=_LONGEST):
                raise bad_request("The date range may have up to {days} days", days=_LONGEST)
        elif wanted == ["PENDING"]:
            first, last = today - _YEARS, today + _YEARS
        else:
            raise bad_request("Either a dateRange or statuses of PENDING alone are required")
        shown = [
            seen
            for seen in self._requested(business_unit, users, first, last)
            if not wanted or seen["status"] in wanted
        ]
        return self._delivered(call, {"entities": shown}, "")

    def _requested(self, business_unit: Json, users: list[str], first: date, last: date) -> Iterator[Json]:
        weeks = UnitWeeks.of(business_unit)
        for user in users:
            for request in self.time_off.of(user, weeks, first, last):
                seen = request.seen(self._now)
                if seen is not None:
                    yield seen

    def _agents(self, call: Call) -> tuple[Json, list[str]]:
        """The business unit of the management unit of the path, and the agents of the latter."""
        found = unit(self._simulation, "management_units", call.path["managementUnitId"])
        members = self._simulation.world.entities("management_unit_users")
        users = [member["userId"] for member in members if member["managementUnitId"] == found["id"]]
        return self._business_unit(found["businessUnit"]["id"]), users

    def _delivered(self, call: Call, answer: Json, inner: str) -> Json:
        """An answer, or the address of what is in it where it is large or that is asked for."""
        settings = self._simulation.settings
        document = encode(answer[inner] if inner else answer)
        forced = call.query.get("forceDownloadService", "").lower() == "true" or settings.wfm_downloads
        if not forced and len(document) <= settings.wfm_largest_answer:
            return answer
        address = self._simulation.downloads.offer(call.host, document)
        return {"downloadUrl": address} if inner else {"entities": [], "downloadUrl": address}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise bad_request("{text} is no date", text=text) from error
