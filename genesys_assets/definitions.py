"""What Dagster loads: puts the rooms together and decides nothing.

:func:`build_defs` builds the definitions afresh; tests differ from production only by the resources
(and the first day) that they override.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from genesys_assets.catalog import load_catalog
from genesys_assets.orchestration.assets import IO_MANAGER, build_assets
from genesys_assets.orchestration.automation import build_jobs, build_schedules, build_sensors
from genesys_assets.orchestration.checks import build_checks
from genesys_assets.orchestration.io_manager import WarehouseIOManager
from genesys_assets.orchestration.partitions import daily_partitions, start_date
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource


def build_defs(overrides: Mapping[str, Any] | None = None, *, start: date | None = None) -> dg.Definitions:
    """All definitions; ``overrides`` replaces resources by key, ``start`` the first day of history."""
    catalog = load_catalog()
    first = start or start_date()
    partitions = daily_partitions(first)
    jobs = build_jobs(catalog)
    resources: dict[str, Any] = {
        "genesys": GenesysResource.from_environment(),
        "warehouse": WarehouseResource.from_environment(),
        **(overrides or {}),
    }
    resources.setdefault(IO_MANAGER, WarehouseIOManager(warehouse=resources["warehouse"]))
    return dg.Definitions(
        assets=build_assets(catalog, partitions, resources["warehouse"].kind),
        asset_checks=build_checks(catalog, partitions),
        jobs=jobs,
        schedules=build_schedules(catalog, first),
        sensors=build_sensors(catalog, first, jobs),
        resources=resources,
        executor=dg.in_process_executor,
    )


defs = build_defs()
