"""Which weeks and days a read of workforce management asks for: its answers are cut by calendars that are not UTC.

Plain data, as everything in a declaration: the readers of :mod:`genesys_assets.extraction` carry it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Weeks:
    """The read is made for weeks of a business unit, a request each.

    ``table`` holds the units, with their time zone (IANA) in the column ``zone`` and the day on which their
    weeks begin in ``first_day``. ``parameter`` is the path parameter that takes the first day of the week;
    without one the body takes the week's two ends.

    Besides the weeks that the days of a load touch, a load that reaches the present asks for those from
    ``back`` weeks before this one to ``ahead`` weeks after it. Where ``recent`` is given, the value ``recent``
    of the parameter brings the weeks up to so many to either side of this one in a single answer; of those
    that lie further ahead, each day's loads ask for one in ``turns``, so that all come round in so many days.
    """

    parameter: str = ""
    back: int = 0
    ahead: int = 0
    recent: int = 0
    turns: int = 1
    table: str = "business_unit"
    zone: str = "time_zone"
    first_day: str = "start_day_of_week"


@dataclass(frozen=True, slots=True)
class Dates:
    """The read is made for calendar days of a unit, at most ``longest`` of them a request.

    A load that reaches the present also asks for ``back`` days before today and ``ahead`` days after it, and
    makes the request once with ``standing`` as its body, which finds its items on whichever days they lie.
    """

    longest: int
    back: int = 0
    ahead: int = 0
    standing: Mapping[str, object] = field(default_factory=dict[str, object])
