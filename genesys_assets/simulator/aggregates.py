"""Conversation aggregates: the sums of what the conversations show, per group and interval."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from genesys_assets.simulator.digest import Event, Happenings
from genesys_assets.simulator.endpoint import Call, Endpoint, Json
from genesys_assets.simulator.errors import ApiError, bad_request
from genesys_assets.simulator.gate import encode
from genesys_assets.simulator.jobs import read_window
from genesys_assets.simulator.simulation import Simulation
from genesys_assets.simulator.times import DAY, HOUR, MINUTE, iso

_DIMENSIONS = ("queueId", "userId", "mediaType", "direction", "originatingDirection", "wrapUpCode")
_REFUSED = ("filter", "views", "alternateTimeDimension", "flattenMultivaluedDimensions")
_GRANULARITY = re.compile(r"P(?:T(?P<n>\d+)(?P<unit>[MH])|(?P<days>\d+)D)")
_SERVICE = {"tAnswered": 0, "tAbandon": 1, "nOverSla": 2}
_Cell = dict[str, list[float]]


class Aggregates:
    """``POST /api/v2/analytics/conversations/aggregates/query``.

    The service level is the share of answered and abandoned interactions that were answered in time.
    """

    def __init__(self, simulation: Simulation, happenings: Happenings) -> None:
        self._simulation = simulation
        self._happenings = happenings

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint of this module."""
        return [
            Endpoint(
                "POST",
                "/api/v2/analytics/conversations/aggregates/query",
                self._query,
                (),
                ("analytics:conversationAggregate:view",),
                heavy=True,
            )
        ]

    def _query(self, call: Call) -> bytes:
        body = call.body
        for name in _REFUSED:
            if body.get(name):
                raise bad_request("The simulator does not know {name}", name=name)
        begin, end = read_window(body)
        by: list[str] = body.get("groupBy") or []
        unknown = [name for name in by if name not in _DIMENSIONS]
        if unknown or body.get("timeZone", "UTC") != "UTC":
            raise bad_request("The simulator does not group by {names}", names=unknown or body.get("timeZone"))
        metrics: list[str] | None = body.get("metrics")
        if not metrics:
            raise bad_request("At least one metric is required")
        step = _length(body.get("granularity")) or end - begin
        groups = self._counted(begin, end, step, by, metrics)
        rows = sum(map(len, groups.values()))
        largest = self._simulation.settings.aggregate_rows
        if rows > largest:
            raise ApiError(413, "too.large", "Result set is larger than result limit of {limit}", limit=largest)
        targets = self._targets() if "oServiceTarget" in metrics or "oServiceLevel" in metrics else {}
        results = [
            {
                "group": {name: value for name, value in zip(by, group, strict=True) if value is not None},
                "data": [
                    {
                        "interval": f"{iso(at)}/{iso(min(at + step, end))}",
                        "metrics": list(_told(cell, metrics, _target(targets, by, group))),
                    }
                    for at, cell in sorted(cells.items())
                ],
            }
            for group, cells in groups.items()
        ]
        return encode({"results": results})

    def _counted(
        self, begin: int, end: int, step: int, by: list[str], metrics: list[str]
    ) -> dict[tuple[str | None, ...], dict[int, _Cell]]:
        places = [Event._fields.index(name) for name in by]
        wanted = set(metrics)
        if "oServiceLevel" in metrics or "oServiceTarget" in metrics:
            wanted.update(_SERVICE)
        groups: dict[tuple[str | None, ...], dict[int, _Cell]] = {}
        for event in self._events(begin, end):
            if event.metric not in wanted:
                continue
            group: tuple[str | None, ...] = tuple([event[place] for place in places])  # type: ignore[misc]
            at = begin + (event.emitted - begin) // step * step
            cell = groups.setdefault(group, {}).setdefault(at, {})
            value = event.value
            stats = cell.get(event.metric)
            if stats is None:
                cell[event.metric] = [1, value, value, value]
            else:
                stats[0] += 1
                stats[1] += value
                stats[2] = min(stats[2], value)
                stats[3] = max(stats[3], value)
        return groups

    def _events(self, begin: int, end: int) -> Iterable[Event]:
        now = self._simulation.clock.indexed
        for day in range(begin // DAY, (min(end, now + 1) - 1) // DAY + 1):
            for event in self._happenings.events(day, now):
                if begin <= event.emitted < end:
                    yield event

    def _targets(self) -> dict[str, Json]:
        return {queue["id"]: queue["mediaSettings"] for queue in self._simulation.world.entities("queues")}


def _told(cell: _Cell, metrics: list[str], target: float | None) -> Iterable[Json]:
    answered, abandoned, late = (cell[name][0] if name in cell else 0 for name in _SERVICE)
    for name in metrics:
        if name == "oServiceLevel" and target is not None and answered + abandoned:
            numerator, denominator = answered - late, answered + abandoned
            stats: Json = {"ratio": numerator / denominator, "numerator": numerator, "denominator": denominator}
            yield {"metric": name, "stats": {**stats, "target": target}}
        elif name == "oServiceTarget" and target is not None and answered + abandoned:
            yield {"metric": name, "stats": {"current": target}}
        elif name in cell:
            count, total, least, most = cell[name]
            if name.startswith("n"):
                yield {"metric": name, "stats": {"count": int(total)}}
            else:
                yield {"metric": name, "stats": {"max": most, "min": least, "count": int(count), "sum": total}}


def _target(targets: Mapping[str, Json], by: list[str], group: tuple[str | None, ...]) -> float | None:
    named = dict(zip(by, group, strict=True))
    settings = targets.get(named.get("queueId") or "")
    if settings is None:
        return None
    media = named.get("mediaType") or "voice"
    return settings.get({"voice": "call"}.get(media, media), settings["call"])["serviceLevel"]["percentage"]


def _length(text: str | None) -> int | None:
    if text is None:
        return None
    found = _GRANULARITY.fullmatch(text)
    if found is None:
        raise bad_request("The granularity {granularity} is not valid", granularity=text)
    if found["days"]:
        return int(found["days"]) * DAY
    return int(found["n"]) * (MINUTE if found["unit"] == "M" else HOUR)
