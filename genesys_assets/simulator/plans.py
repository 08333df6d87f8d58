"""Schedules and short-term forecasts of the business units: what there is at a moment, in which version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from genesys_assets.simulator.endpoint import Json
from genesys_assets.simulator.origin import Origin
from genesys_assets.simulator.settings import Settings
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso, parse
from genesys_assets.simulator.unit_weeks import UnitWeeks, is_planned_far_ahead, length, span_of, spans

_WFM = "/api/v2/workforcemanagement/businessunits"
_METHODS = ("HistoricalWeightedAverage", "Advanced", "Import", "ImportedHistoricalWeightedAverage")
_CREATED, _PUBLISHED, _FAR = 35 * DAY, 21 * DAY, 700 * DAY
_FORECAST_MADE, _FORECAST_CHANGED, _FORECAST_KEPT = 42 * DAY, 30 * DAY, 28 * DAY
_QUARTER = 15 * MINUTE


class Plans:
    """What the business units have planned; the same seed plans the same, whatever is asked first."""

    def __init__(self, settings: Settings, origin: Origin) -> None:
        self._settings, self._origin = settings, origin
        self._since = parse(settings.organization_created)
        self.revisions: dict[tuple[str, int], list[int]] = {}
        """When a span of a business unit was published anew (``schedule``), by unit and span."""
        self.recast: dict[str, list[int]] = {}
        """When a forecast was changed by a planner, by its id."""
        self.vanished: dict[str, int] = {}
        """When a schedule or forecast was deleted, by its id."""

    def schedules(self, unit: Json, first: int, last: int, now: int) -> Iterator[Json]:
        """The schedules that touch the weeks from ``first`` to ``last``, drafts among them."""
        weeks = UnitWeeks.of(unit)
        for span in spans(first, last):
            for draft in (False, True):
                shown = self._schedule(unit, weeks, span, now, draft=draft)
                if shown is not None and self._there(shown["id"], now):
                    yield shown

    def published(self, unit: Json, span: int, now: int) -> int:
        """How often a span has been published by now: not at all, or once and once more with every change."""
        begin = UnitWeeks.of(unit).begin(span)
        if begin < self._since or now < begin - _PUBLISHED:
            return 0
        return 1 + sum(at <= now for at in self.revisions.get((unit["id"], span), ()))

    def republish(self, unit: Json, number: int, at: int) -> None:
        """Publish anew what is planned for a week, at a moment."""
        self.revisions.setdefault((unit["id"], span_of(number)), []).append(at)

    def schedule_id(self, unit: Json, span: int) -> str:
        """The id of the schedule that is published for a span."""
        return self._origin.id(f"schedule {unit['id']}", span)

    def forecasts(self, unit: Json, first: int, last: int, now: int) -> Iterator[Json]:
        """The forecasts that touch the weeks from ``first`` to ``last``; those of the past are cleared away."""
        weeks = UnitWeeks.of(unit)
        for span in spans(first, last):
            begin, end = weeks.begin(span), weeks.begin(span + length(span))
            made = begin - (_FAR if is_planned_far_ahead(span) else _FORECAST_MADE)
            identifier = self.forecast_id(unit, span)
            if made <= now < end + _FORECAST_KEPT and begin >= self._since and self._there(identifier, now):
                yield self._forecast(unit, weeks, span, made, now)

    def forecast_id(self, unit: Json, span: int) -> str:
        """The id of the forecast of a span."""
        return self._origin.id(f"forecast {unit['id']}", span)

    def forecast_detail(self, unit: Json, shown: Json) -> Json:
        """A forecast as it is shown by itself."""
        weeks = UnitWeeks.of(unit)
        return {
            **shown,
            "referenceStartDate": iso(weeks.at(date.fromisoformat(shown["weekDate"]))),
            "timeZone": weeks.zone,
            "planningGroupsVersion": 1 + shown["metadata"]["version"],
        }

    def forecast_data(self, unit: Json, shown: Json, groups: list[Json], week: int) -> Json:
        """The data of one week (from 1) of a forecast: as many quarters of an hour as the week has in its zone."""
        weeks = UnitWeeks.of(unit)
        number = weeks.number(date.fromisoformat(shown["weekDate"])) + week - 1
        begin, end = weeks.begin(number), weeks.begin(number + 1)
        version = shown["metadata"]["version"]
        return {
            "referenceStartDate": iso(begin),
            "planningGroups": [
                self._of_group(group["id"], number, version, (end - begin) // _QUARTER) for group in groups
            ],
            "weekNumber": week,
            "weekCount": shown["weekCount"],
        }

    def _of_group(self, group: str, number: int, version: int, quarters: int) -> Json:
        chance = self._origin.chance(f"forecast of {group} {version}", number)
        level, handling = 2 + 10 * chance.random(), 180 + chance.randrange(240)
        noise = [chance.random() for _ in range(97)]
        # Most work comes by day; by night there is none, and nothing to handle.
        offered = [
            round(level * max(0.0, 1 - abs(n % 96 - 52) / 40) * (0.5 + noise[n % 97]), 2) for n in range(quarters)
        ]
        return {
            "planningGroupId": group,
            "offeredPerInterval": offered,
            "averageHandleTimeSecondsPerInterval": [
                float(handling + n % 7) if offered[n] else 0.0 for n in range(quarters)
            ],
        }

    def _there(self, identifier: str, now: int) -> bool:
        return now < self.vanished.get(identifier, now + 1)

    def _schedule(self, unit: Json, weeks: UnitWeeks, span: int, now: int, *, draft: bool) -> Json | None:
        begin = weeks.begin(span)
        created = begin - (_FAR if is_planned_far_ahead(span) else _CREATED) + (3 * HOUR if draft else 0)
        if created > now or begin < self._since or (draft and span % 4):
            return None
        times = 0 if draft else self.published(unit, span, now)
        changes = [created, *([begin - _PUBLISHED] if times else ())]
        changes += [at for at in self.revisions.get((unit["id"], span), ()) if not draft and at <= now]
        identifier = self._origin.id(f"draft {unit['id']}", span) if draft else self.schedule_id(unit, span)
        first = weeks.first(span).isoformat()
        forecast = self.forecast_id(unit, span)
        messages = {"Warning": span % 5, "Error": int(span % 9 == 4), "Information": 2}
        shown: Json = {
            "id": identifier,
            "weekDate": first,
            "weekCount": length(span),
            "description": f"{'What if' if draft else 'Week'} {first}",
            "published": times > 0,
            "shortTermForecast": {
                "id": forecast,
                "weekDate": first,
                "description": _described(span),
                "selfUri": f"{_WFM}/{unit['id']}/weeks/{first}/shorttermforecasts/{forecast}",
            },
            "generationResults": {
                "failed": span % 9 == 4,
                "runId": self._origin.id(f"run {unit['id']} {draft}", span),
                "messageCount": sum(messages.values()),
                "messageSeverityCounts": [
                    {"severity": severity, "count": count} for severity, count in messages.items() if count
                ],
            },
            "metadata": self._metadata(f"schedule {unit['id']}", span, changes),
            "selfUri": f"{_WFM}/{unit['id']}/weeks/{first}/schedules/{identifier}",
        }
        if span % 7 == 6:
            # Made by hand, from no forecast.
            del shown["shortTermForecast"], shown["generationResults"]
        return shown

    def _forecast(self, unit: Json, weeks: UnitWeeks, span: int, made: int, now: int) -> Json:
        identifier, first = self.forecast_id(unit, span), weeks.first(span).isoformat()
        changes = [made, *(at for at in (weeks.begin(span) - _FORECAST_CHANGED,) if made < at <= now)]
        changes += [at for at in self.recast.get(identifier, ()) if at <= now]
        return {
            "id": identifier,
            "weekDate": first,
            "weekCount": length(span),
            "creationMethod": _METHODS[span % len(_METHODS)],
            "description": _described(span),
            "legacy": span % 11 == 0,
            "metadata": self._metadata(f"forecast {unit['id']}", span, changes),
            "canUseForScheduling": span % 13 != 5,
            "selfUri": f"{_WFM}/{unit['id']}/weeks/{first}/shorttermforecasts/{identifier}",
        }

    def _metadata(self, kind: str, span: int, changes: list[int]) -> Json:
        """One version a change; what nobody has touched was made by the system."""
        users = self._settings.users
        by = self._origin.id("user", span % users) if span % 3 else "System"
        first = self._origin.id("user", span * 7 % users)
        return {
            "modifiedBy": _reference(by if len(changes) > 1 else first),
            "dateModified": iso(max(changes)),
            "createdBy": _reference(first),
            "dateCreated": iso(changes[0]),
            "version": len(changes),
        }


def _described(span: int) -> str:
    return ("Prognose", "Prévision", "Forecast")[span % 3]


def _reference(user: str) -> Json:
    return {"id": user} if user == "System" else {"id": user, "selfUri": f"/api/v2/users/{user}"}
