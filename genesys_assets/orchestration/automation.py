"""Jobs, schedules and the sensor that follows the watermark."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import dagster as dg
import polars as pl
from dagster import AssetSelection, DefaultScheduleStatus, DefaultSensorStatus
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from genesys_assets.catalog import Catalog
from genesys_assets.orchestration.assets import PRIORITY, executable_tables
from genesys_assets.orchestration.checks import PARTITIONS
from genesys_assets.orchestration.due import Due, due_after, due_days
from genesys_assets.orchestration.histories import CLOCKS, HISTORIES
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource
from genesys_assets.warehouse import Warehouse

LOOKBACK_DAYS = 7
"""How far back the sensors look for days that are missing or not settled; a backfill reaches further."""

DAYS_A_TICK = 7
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def build_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition]:
    """A job per category that has executable assets, with their checks, and one of the standing checks.

    Categories are jobs of their own so that a failing dimension cannot keep history from loading.
    """
    tables = executable_tables(catalog)
    partitioned = [table.name for table in tables if table.partition_by is not None]
    standing = AssetSelection.checks(*(dg.AssetCheckKey(dg.AssetKey(name), PARTITIONS) for name in partitioned))
    jobs: list[UnresolvedAssetJobDefinition] = []
    for category in dict.fromkeys(catalog.category(table.name) for table in tables):
        names = [table.name for table in tables if catalog.category(table.name) == category]
        jobs.append(
            dg.define_asset_job(
                category,
                selection=AssetSelection.assets(*names) - standing,
                description=f"Loads the {category} tables and checks them.",
                tags={"genesys/category": category},
            )
        )
    jobs.append(
        dg.define_asset_job(
            "partition_checks",
            selection=standing,
            description="Asks of every partitioned table whether it is complete.",
        )
    )
    return jobs


def build_schedules(catalog: Catalog, start: date) -> list[dg.ScheduleDefinition]:
    """The present state every hour, history every day, the standing checks after it."""
    tables = executable_tables(catalog)
    partitioned = {catalog.category(table.name): table.partition_by is not None for table in tables}
    present = [
        dg.ScheduleDefinition(
            name=f"{category}_hourly",
            job_name=category,
            cron_schedule=f"{5 + 30 * n} * * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.RUNNING,
            description=f"Reads all {category} tables; what did not change is not written.",
        )
        for n, category in enumerate(category for category, has_days in partitioned.items() if not has_days)
    ]
    return [
        *present,
        _daily("historical", "15 6 * * *", start),
        dg.ScheduleDefinition(
            name="partition_checks_daily",
            job_name="partition_checks",
            cron_schedule="45 7 * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.RUNNING,
            description="Asks whether every expected partition is there, final and not failed.",
        ),
    ]


def _daily(job: str, cron: str, start: date) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{job}_daily",
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
        description="Loads yesterday and the hours of today so far.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.date()
        first = max(start, today - timedelta(days=1))
        return dg.RunRequest(
            run_key=f"{job} {today}",
            tags={RANGE_START: first.isoformat(), RANGE_END: max(first, today).isoformat()},
        )

    return daily


def build_sensors(
    catalog: Catalog, start: date, jobs: Sequence[UnresolvedAssetJobDefinition]
) -> list[dg.SensorDefinition]:
    """A sensor a clock, which requests days that became complete, and one for what is made from loaded rows."""
    followed = dict.fromkeys(history.clock for history in HISTORIES.values() if history.after is None)
    sensors = [_follow(catalog, clock, start, jobs) for clock in followed]
    return [*sensors, _after(catalog, start, jobs)] if any(history.after for history in HISTORIES.values()) else sensors


def _follow(
    catalog: Catalog, clock: str, start: date, jobs: Sequence[UnresolvedAssetJobDefinition]
) -> dg.SensorDefinition:
    """Requests days once Genesys has them complete, and again until they are settled."""
    reads = [name for name, history in HISTORIES.items() if history.clock == clock and history.after is None]

    @dg.sensor(
        name=f"{clock}_watermark",
        jobs=_jobs_of(catalog, reads, jobs),
        minimum_interval_seconds=600,
        default_status=DefaultSensorStatus.RUNNING,
        description=f"Requests the days of {', '.join(reads)} that are complete and not settled (one API call a tick).",
    )
    def watermark(
        context: dg.SensorEvaluationContext, genesys: GenesysResource, warehouse: WarehouseResource
    ) -> dg.SensorResult | dg.SkipReason:
        with genesys.connect() as client:
            until = CLOCKS[clock](client)
        opened = warehouse.open()
        due = {
            read: due_days(
                _least(opened.ledger(catalog.reads()[read][1], start=until.date() - timedelta(days=LOOKBACK_DAYS))),
                read=read,
                watermark=until,
                start=start,
                lookback=LOOKBACK_DAYS,
            )
            for read in reads
            if _can_be_asked(context, catalog, opened, read)
        }
        if not any(due.values()):
            return dg.SkipReason(f"every complete day up to {until:%Y-%m-%d %H:%M} UTC is loaded")
        return dg.SensorResult(run_requests=_requests(context, catalog, due), cursor=until.isoformat())

    return watermark


def _after(catalog: Catalog, start: date, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Requests days of tables that are to follow others, once those were loaded (again)."""
    reads = {name: history.after for name, history in HISTORIES.items() if history.after is not None}

    @dg.sensor(
        name="follows_conversations",
        jobs=_jobs_of(catalog, list(reads), jobs),
        minimum_interval_seconds=300,
        default_status=DefaultSensorStatus.RUNNING,
        description=f"Requests the days of {', '.join(reads)} whose conversations were loaded anew (no API call).",
    )
    def follows_conversations(
        context: dg.SensorEvaluationContext, warehouse: WarehouseResource
    ) -> dg.SensorResult | dg.SkipReason:
        opened = warehouse.open()
        due = {
            read: due_after(
                _least(opened.ledger(catalog.reads()[read][1])),
                _latest(opened.ledger(catalog.reads()[before][1]), len(catalog.reads()[before][1])),
                read=read,
                start=start,
            )
            for read, before in reads.items()
        }
        if not any(due.values()):
            return dg.SkipReason("everything follows the days that are loaded")
        return dg.SensorResult(run_requests=_requests(context, catalog, due))

    return follows_conversations


def _can_be_asked(context: dg.SensorEvaluationContext, catalog: Catalog, warehouse: Warehouse, read: str) -> bool:
    """Whether the table that a read fans out over has been loaded at all."""
    each = catalog.reads()[read][0].each
    if each is None or len(warehouse.ledger([catalog[each.table]])):
        return True
    context.log.info(f"{read} waits until {each.table} has been loaded")
    return False


def _least(ledger: pl.DataFrame) -> pl.DataFrame:
    """A row a day: that of the table of a read that knows least."""
    return ledger.sort("watermark", "loaded_at").unique("partition", keep="first").drop_nulls("partition")


def _latest(ledger: pl.DataFrame, tables: int) -> pl.DataFrame:
    """A row for each day on which all of the ``tables`` of a read are loaded: that of the one loaded last."""
    whole = ledger.filter(pl.col("table").n_unique().over("partition") == tables)
    return whole.sort("loaded_at").unique("partition", keep="last").drop_nulls("partition")


def _jobs_of(
    catalog: Catalog, reads: Sequence[str], jobs: Sequence[UnresolvedAssetJobDefinition]
) -> list[UnresolvedAssetJobDefinition]:
    categories = {catalog.category(table.name) for read in reads for table in catalog.reads()[read][1]}
    return [job for job in jobs if job.name in categories]


def _requests(
    context: dg.SensorEvaluationContext, catalog: Catalog, due: Mapping[str, Sequence[Due]]
) -> list[dg.RunRequest]:
    """The oldest days, in ranges: a run for the days on which the same reads are due for the same reason."""
    reasons: dict[tuple[date, str], list[tuple[str, Due]]] = {}
    for read, days in due.items():
        for each in days:
            reasons.setdefault((each.day, each.kind), []).append((read, each))
    ranges: list[list[tuple[str, Due]]] = []
    oldest = sorted(reasons)[:DAYS_A_TICK]
    for day, kind in sorted(oldest, key=lambda reason: (reason[1], reason[0])):
        entries = reasons[day, kind]
        context.log.info(f"{day}: {entries[0][1].reason} ({', '.join(read for read, _ in entries)})")
        last = ranges[-1] if ranges else []
        reads = [read for read, _ in entries]
        before = (day - timedelta(days=1), kind, reads)
        if last and before == (last[-1][1].day, last[-1][1].kind, [read for read, _ in last[-len(reads) :]]):
            last.extend(entries)
        else:
            ranges.append(list(entries))
    ranges.sort(key=lambda entries: entries[0][1].day)
    return [request for entries in ranges for request in _runs(catalog, entries)]


def _runs(catalog: Catalog, entries: Sequence[tuple[str, Due]]) -> Iterator[dg.RunRequest]:
    """A run for each category that has tables among the reads of a range."""
    tables = [table.name for read in dict.fromkeys(read for read, _ in entries) for table in catalog.reads()[read][1]]
    first, last = entries[0][1].day.isoformat(), entries[-1][1].day.isoformat()
    for category in dict.fromkeys(catalog.category(name) for name in tables):
        yield dg.RunRequest(
            run_key=" & ".join((category, *(each.run_key for _, each in entries))),
            job_name=category,
            partition_key=first if first == last else None,
            asset_selection=[dg.AssetKey(name) for name in tables if catalog.category(name) == category],
            tags={
                "genesys/reason": entries[0][1].kind,
                PRIORITY: "1",
                **({} if first == last else {RANGE_START: first, RANGE_END: last}),
            },
        )
