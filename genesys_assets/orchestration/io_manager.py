"""The warehouse IO manager: commits what assets staged, and reads upstream tables lazily."""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl

from genesys_assets.catalog import load_catalog
from genesys_assets.genesys import GenesysError
from genesys_assets.orchestration.loading import Committed, PendingLoad
from genesys_assets.orchestration.partitions import days_of
from genesys_assets.orchestration.resources import WarehouseResource
from genesys_assets.warehouse import TableReport, WarehouseLockedError, WarehouseUnavailableError

log = logging.getLogger(__name__)


class WarehouseIOManager(dg.ConfigurableIOManager):
    """Commits a family's loads with its first output, each in one transaction, and attaches the counts.

    Upstream tables come as polars LazyFrames, limited to the partitions that the run is about.
    """

    warehouse: dg.ResourceDependency[WarehouseResource]

    def handle_output(self, context: dg.OutputContext, obj: PendingLoad) -> None:
        """Commit whatever of ``obj`` is not yet committed, and tell of this output's table."""
        table = load_catalog()[context.asset_key.path[-1]]
        opened = self.warehouse.open()
        with permanent_failures_end_the_step():
            committed = obj.commit(opened, _tell)
        if not committed:
            raise dg.Failure(f"{table.name}: nothing was read, so nothing could be committed", allow_retries=False)
        if not context.has_asset_partitions:
            context.add_output_metadata(_metadata(committed[-1], table.name))
            return
        days = [day for made in committed for day in made.load.partitions or ()]
        # Only the days of this step: the whole ledger grows with history.
        ledger = opened.ledger([table], start=min(days), end=max(days) + timedelta(days=1))
        entries = {entry["partition"]: entry for entry in ledger.iter_rows(named=True)}
        for made in committed:
            for day in made.load.partitions or ():
                context.step_context.add_asset_metadata(
                    metadata=_metadata(made, table.name) | _of_the_day(entries[day]),
                    asset_key=context.asset_key,
                    partition_key=day.isoformat(),
                )

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The upstream table's rows."""
        table = load_catalog()[context.asset_key.path[-1]]
        start: date | None = None
        end: date | None = None
        if context.has_asset_partitions and context.asset_partition_keys:
            days = days_of(list(context.asset_partition_keys))
            start, end = days[0], days[-1] + timedelta(days=1)
        return self.warehouse.open().scan(table, start=start, end=end)


@contextmanager
def permanent_failures_end_the_step() -> Generator[None]:
    """Only what may be better in a while is retried (an outage, a locked file); all else fails the step."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if isinstance(error, WarehouseLockedError | WarehouseUnavailableError) or (
            isinstance(error, GenesysError) and error.transient
        ):
            raise
        text = str(error) if isinstance(error, GenesysError | ValueError) else f"{type(error).__name__}: {error}"
        raise dg.Failure(description=text, allow_retries=False) from error


def _tell(made: Committed) -> None:
    inserted = sum(report.inserted for report in made.reports.values())
    updated = sum(report.updated for report in made.reports.values())
    retired = sum(report.retired for report in made.reports.values())
    log.info("%s: inserted %s, updated %s, retired %s", made.load.name, f"{inserted:,}", f"{updated:,}", f"{retired:,}")
    if made.outcome.rejected:
        log.warning(
            "%s: %s items could not be loaded; they are in the quarantine with the reason",
            made.load.name,
            f"{made.outcome.rejected:,}",
        )


def _of_the_day(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger says of one day, where a load may have had several."""
    told = ("inserted", "updated", "retired", "restored", "unchanged", "status")
    return {**{name: entry[name] for name in told}, "dagster/partition_row_count": entry["rows"]}


def _metadata(made: Committed, table: str) -> dict[str, Any]:
    report: TableReport = made.reports[table]
    metadata: dict[str, Any] = {
        "inserted": report.inserted,
        "updated": report.updated,
        "retired": report.retired,
        "restored": report.restored,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "read": made.load.name,
        "api_calls": made.load.calls,
        "bytes": made.load.bytes,
        "dagster/row_count": report.total,
    }
    if made.load.partitions is not None:
        if made.outcome.watermark is not None:
            metadata["watermark"] = dg.MetadataValue.timestamp(made.outcome.watermark)
        if report.other_partitions:
            metadata["other_partitions"] = {day.isoformat(): rows for day, rows in report.other_partitions.items()}
    if report.stale:
        metadata["newer_already_here"] = report.stale
    return metadata
