"""Asset checks: keys, relationships, and whether every expected partition is there, final and not failed."""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
from dagster import AssetPartitionStatus  # pyright: ignore[reportPrivateImportUsage]

from genesys_assets.catalog import Catalog, ForeignKey, Table, load_catalog
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.orchestration.due import unfinished
from genesys_assets.orchestration.histories import HISTORIES
from genesys_assets.orchestration.resources import WarehouseResource
from genesys_assets.warehouse import SchemaError, Warehouse

KEY = "key"
PARTITIONS = "partitions"
SHOWN = 10


def build_checks(catalog: Catalog, partitions: dg.DailyPartitionsDefinition) -> list[dg.AssetChecksDefinition]:
    """The checks of every executable table: one op a table, which runs any subset, and the standing check."""
    tables = executable_tables(catalog)
    loaded = {table.name for table in tables}
    checks = [_table_checks(catalog, table, loaded) for table in tables]
    return [*checks, _partition_check([table for table in tables if table.partition_by is not None], partitions)]


def _table_checks(catalog: Catalog, table: Table, loaded: set[str]) -> dg.AssetChecksDefinition:
    keys = {key.relationship.name: key for key in catalog.foreign_keys(table.name)}
    specs = [
        dg.AssetCheckSpec(
            KEY, asset=table.name, description=f"({', '.join(table.key)}) is never empty and never there twice."
        ),
        *(
            dg.AssetCheckSpec(name, asset=table.name, description=_promise(key), metadata={"parent": key.parent})
            for name, key in keys.items()
        ),
    ]

    @dg.multi_asset_check(name=f"{table.name}_checks", specs=specs, can_subset=True)
    def checks(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        opened = warehouse.open()
        start, end = _window(context, table)

        def results() -> list[dg.AssetCheckResult]:
            # In one turn, and told afterwards: others may have the file again while Dagster keeps what it is told.
            with opened.reading():
                return [
                    _check_key(opened, table, start, end)
                    if check.name == KEY
                    else _check_relationship(opened, keys[check.name], start, end, loaded)
                    for check in sorted(context.selected_asset_check_keys, key=lambda each: each.name)
                ]

        try:
            found = results()
        except SchemaError:
            # A parent that was never loaded; whatever else does not fit is said again.
            opened.prepare([table, *(catalog[key.parent] for key in keys.values() if key.parent in loaded)])
            found = results()
        yield from found

    return checks


def _promise(key: ForeignKey) -> str:
    text = f"Every {', '.join(key.columns)} is found in {key.parent}."
    if key.relationship.informational:
        text += " Informational: real rows often have no such parent, so this never warns."
    return text


def _window(context: dg.AssetCheckExecutionContext, table: Table) -> tuple[date | None, date | None]:
    """The days that the run is about; everything when it is about no partition."""
    if table.partition_by is None or (
        not context.has_partition_key and not context.run.tags.get("dagster/asset_partition_range_start")
    ):
        return None, None
    window = context.partition_time_window
    return window.start.date(), window.end.date()


def _check_key(warehouse: Warehouse, table: Table, start: date | None, end: date | None) -> dg.AssetCheckResult:
    faults = warehouse.key_faults(table, start=start, end=end)
    return dg.AssetCheckResult(
        check_name=KEY,
        asset_key=table.name,
        passed=not faults.nulls and not faults.duplicates,
        severity=dg.AssetCheckSeverity.ERROR,
        description=None
        if not faults.nulls and not faults.duplicates
        else "rows without a key, or with the key of another",
        metadata={"nulls": faults.nulls, "duplicates": faults.duplicates, "examples": _shown(faults.examples)},
    )


def _check_relationship(
    warehouse: Warehouse, key: ForeignKey, start: date | None, end: date | None, loaded: set[str]
) -> dg.AssetCheckResult:
    name = key.relationship.name
    orphans = warehouse.orphans(key, start=start, end=end) if key.parent in loaded else None
    if orphans is None or (orphans.rows and not warehouse.count(load_catalog()[key.parent])):
        return dg.AssetCheckResult(
            check_name=name,
            asset_key=key.child,
            passed=True,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{key.parent} has not been loaded yet, so there is nothing to compare with",
        )
    informational = key.relationship.informational
    note = " (informational)" if informational else ""
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key.child,
        passed=not orphans.rows or informational,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{orphans.rows:,} rows have no parent in {key.parent}{note}",
        metadata={
            "rows_without_parent": orphans.rows,
            "distinct_values": orphans.distinct,
            "examples": _shown(orphans.examples),
        },
    )


def _partition_check(tables: Sequence[Table], partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            PARTITIONS,
            asset=table.name,
            description="No day since the first loaded one is missing, has failed, or is overdue to settle.",
        )
        for table in tables
    ]

    @dg.multi_asset_check(name="every_partition", specs=specs, can_subset=True)
    def partition_checks(
        context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
    ) -> Iterator[dg.AssetCheckResult]:
        opened = warehouse.open()
        for check in sorted(context.selected_asset_check_keys, key=lambda each: each.asset_key.path[-1]):
            yield _check_partitions(context, opened, check.asset_key.path[-1], partitions)

    return partition_checks


def _check_partitions(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, table: str, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetCheckResult:
    declared = load_catalog()[table]
    found = unfinished(warehouse.ledger([declared]), HISTORIES[declared.read.name].settle_after)
    keys = partitions.get_partition_keys()
    statuses = context.instance.get_status_by_partition(dg.AssetKey(table), keys, partitions) or {}
    failed = sorted(key for key, status in statuses.items() if status == AssetPartitionStatus.FAILED)
    faults = {"missing": found.missing, "overdue": found.overdue, "open": found.open, "provisional": found.provisional}
    numbers: dict[str, int] = {name: len(days) for name, days in faults.items()}
    examples = {name: [day.isoformat() for day in days[:SHOWN]] for name, days in faults.items()}
    return dg.AssetCheckResult(
        check_name=PARTITIONS,
        asset_key=table,
        passed=not numbers["missing"] and not numbers["overdue"] and not failed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"{numbers['missing']} missing, {len(failed)} failed, {numbers['overdue']} overdue; "
            f"{found.settled} settled, {numbers['provisional']} provisional, {numbers['open']} open"
        ),
        metadata={
            **numbers,
            "settled": found.settled,
            "failed": len(failed),
            "examples": {**examples, "failed": failed[:SHOWN]},
        },
    )


def _shown(examples: Sequence[object]) -> str:
    return "; ".join(str(example) for example in examples[:SHOWN]) or "none"
