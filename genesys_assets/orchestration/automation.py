"""Jobs, schedules and the sensor that follows the watermark."""

from datetime import date, timedelta

import dagster as dg
from dagster import AssetSelection, DefaultScheduleStatus, DefaultSensorStatus
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from genesys_assets.catalog import Catalog
from genesys_assets.genesys import availability
from genesys_assets.orchestration.assets import CONVERSATIONS, executable_tables
from genesys_assets.orchestration.checks import PARTITIONS
from genesys_assets.orchestration.due import due_days
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource

LOOKBACK_DAYS = 7
"""How far back the sensor looks for days that are missing or not settled; a backfill reaches further."""

REQUESTS_A_TICK = 7
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
PRIORITY = "dagster/priority"


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


def build_schedules(start: date) -> list[dg.ScheduleDefinition]:
    """Metadata every hour, conversations every day, the standing checks after them."""

    @dg.schedule(
        name="conversations_daily",
        job_name="historical",
        cron_schedule="15 6 * * *",
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
        description="Loads yesterday and the hours of today so far.",
    )
    def conversations_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.date()
        first = max(start, today - timedelta(days=1))
        return dg.RunRequest(
            run_key=f"conversations {today}",
            tags={RANGE_START: first.isoformat(), RANGE_END: max(first, today).isoformat()},
        )

    return [
        dg.ScheduleDefinition(
            name="metadata_hourly",
            job_name="metadata",
            cron_schedule="5 * * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.RUNNING,
            description="Reads all metadata; what did not change is not written.",
        ),
        conversations_daily,
        dg.ScheduleDefinition(
            name="partition_checks_daily",
            job_name="partition_checks",
            cron_schedule="45 7 * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.RUNNING,
            description="Asks whether every expected partition is there, final and not failed.",
        ),
    ]


def build_sensors(catalog: Catalog, start: date) -> list[dg.SensorDefinition]:
    """The sensor that requests days once Genesys has them complete, and again until they are settled."""
    path = catalog.reads()[CONVERSATIONS][0].path

    @dg.sensor(
        name="conversation_watermark",
        job_name="historical",
        minimum_interval_seconds=600,
        default_status=DefaultSensorStatus.RUNNING,
        description="Follows the data availability date of the conversation jobs (one API call a tick).",
    )
    def conversation_watermark(
        context: dg.SensorEvaluationContext, genesys: GenesysResource, warehouse: WarehouseResource
    ) -> dg.SensorResult | dg.SkipReason:
        with genesys.connect() as client:
            watermark = availability(client, f"{path}/availability")
        ledger = warehouse.open().ledger([catalog["analytics_conversation"]])
        due = due_days(ledger, watermark=watermark, start=start, lookback=LOOKBACK_DAYS)
        if not due:
            return dg.SkipReason(f"every complete day up to the watermark {watermark:%Y-%m-%d %H:%M} UTC is loaded")
        for each in due[:REQUESTS_A_TICK]:
            context.log.info(f"{each.day}: {each.reason}")
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=each.run_key,
                    partition_key=each.day.isoformat(),
                    tags={"genesys/reason": each.reason.split(":")[0], PRIORITY: "1"},
                )
                for each in due[:REQUESTS_A_TICK]
            ],
            cursor=watermark.isoformat(),
        )

    return [conversation_watermark]
