"""How long the intervals of the aggregated tables are: half an hour, or what the environment says.

Aggregates and histograms use the same length. After a change, the days are right once they have been
read again: their intervals of another length are then gone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta

VARIABLE = "GENESYS_ASSETS_GRANULARITY"
DEFAULT = "PT30M"
LENGTHS: Mapping[str, timedelta] = {
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
}
"""By their ISO 8601 text, as the API has it; each divides a day."""


def granularity(environment: Mapping[str, str] | None = None) -> str:
    """The length of an interval, from ``GENESYS_ASSETS_GRANULARITY``: ``PT15M``, ``PT30M`` or ``PT1H``.

    Raises:
        ValueError: the variable is set to something else.
    """
    text = (os.environ if environment is None else environment).get(VARIABLE) or DEFAULT
    if text not in LENGTHS:
        raise ValueError(f"{VARIABLE}={text!r} is no length of an interval; set it to one of {', '.join(LENGTHS)}")
    return text
