"""The compact listing of all definitions that is committed beside this file.

Write it anew after a deliberate change: ``python -m genesys_assets_tests.orchestration.listing``.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg

from genesys_assets.definitions import build_defs

FILE = Path(__file__).with_name("definitions.txt")


def listing() -> str:
    defs = build_defs(start=date(2026, 1, 1))
    graph = defs.resolve_asset_graph()
    lines: list[str] = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        kind = "executable" if node.is_executable else "external"
        partitions = "daily" if node.is_partitioned else "-"
        parents = ",".join(sorted(parent.path[-1] for parent in node.parent_keys)) or "-"
        checks = ",".join(sorted(check.name for check in node.check_keys)) or "-"
        lines.append(f"asset {key.path[-1]} [{node.group_name}] {kind} {partitions} deps={parents} checks={checks}")
    repository = defs.get_repository_def()
    for job in sorted(repository.get_all_jobs(), key=lambda each: each.name):
        if not job.name.startswith("__"):
            lines.append(f"job {job.name} ops={','.join(sorted(node.name for node in job.nodes))}")
    for schedule in sorted(repository.schedule_defs, key=lambda each: each.name):
        status = schedule.default_status.value
        lines.append(f"schedule {schedule.name} {schedule.cron_schedule!r} job={schedule.job_name} {status}")
    for sensor in sorted(repository.sensor_defs, key=lambda each: each.name):
        targets = ",".join(sorted(target.job_name for target in sensor.targets))
        lines.append(f"sensor {sensor.name} job={targets} {sensor.default_status.value}")
    resources = ",".join(sorted(defs.resources or {}))
    return "\n".join([*lines, f"resources {resources}", f"dagster {dg.__version__}"]) + "\n"


if __name__ == "__main__":
    FILE.write_text(listing())
