"""Assets: a multi-asset a read, whose tables can be materialized in any subset; the rest external."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from genesys_assets.catalog import Catalog, Read, Table
from genesys_assets.genesys import GenesysClient
from genesys_assets.orchestration import describe
from genesys_assets.orchestration.histories import HISTORIES, History
from genesys_assets.orchestration.io_manager import permanent_failures_end_the_step
from genesys_assets.orchestration.loading import Loader, PendingLoad, Staged
from genesys_assets.orchestration.partitions import days_of
from genesys_assets.orchestration.resources import GenesysResource, WarehouseResource
from genesys_assets.warehouse import Warehouse

LISTINGS = (
    "organization",
    "presence_definitions",
    "divisions",
    "locations",
    "groups",
    "group_members",
    "teams",
    "users",
    "queues",
    "routing_skills",
    "wrapup_codes",
    "flow_outcomes",
    "campaigns",
    "contact_lists",
    "emergency_groups",
    "schedules",
    "schedule_groups",
    "external_contacts",
    "external_organizations",
    "responses",
    "knowledge_bases",
    "knowledge_documents",
    "knowledge_feedback",
    "knowledge_categories",
    "knowledge_labels",
    "published_evaluation_forms",
    "evaluation_form_contents",
    "business_units",
    "activity_codes",
    "management_units",
    "management_unit_users",
    "planning_groups",
)
"""Reads of the present state that are carried out; with those of history, these are executable."""

API_POOL = "genesys_api"
IO_MANAGER = "warehouse_io"
PRIORITY = "dagster/priority"

RETRY = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For what may be better in a minute; the client has retried each request already."""


def build_assets(
    catalog: Catalog, partitions: dg.DailyPartitionsDefinition, storage: str
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All tables of the catalog as assets; ``storage`` is the kind of the warehouse that holds them."""
    reads = catalog.reads()
    executable: list[dg.AssetsDefinition | dg.AssetSpec] = [
        *(_listing(catalog, *reads[name], storage) for name in LISTINGS),
        *(_history(catalog, *reads[name], storage, history, partitions) for name, history in HISTORIES.items()),
    ]
    carried_out = {table.name for table in executable_tables(catalog)}
    return executable + [_external(catalog, table, storage) for table in catalog if table.name not in carried_out]


def executable_tables(catalog: Catalog) -> tuple[Table, ...]:
    """The tables whose assets can be materialized, in the order of the graph."""
    return tuple(table for table in catalog if table.read.name in (*LISTINGS, *HISTORIES))


def _listing(catalog: Catalog, read: Read, tables: Sequence[Table], storage: str) -> dg.AssetsDefinition:
    parent = read.each.table if read.each is not None else None
    # Dependencies are those of the graph, also where it draws none to the parent of a fan-out: its rows are
    # then taken as they are, and in a run of both the parent comes first.
    drawn = parent if any(parent in catalog.upstream(table.name) for table in tables) else None

    @dg.multi_asset(
        name=read.name,
        outs={table.name: _out(catalog, table, storage, None) for table in tables},
        ins={} if drawn is None else {drawn: dg.AssetIn(key=drawn, input_manager_key=IO_MANAGER)},
        deps=_outside(catalog, tables, without=drawn),
        internal_asset_deps=_inside(catalog, tables),
        can_subset=True,
        pool=API_POOL,
        retry_policy=RETRY,
        op_tags={} if parent == drawn else {PRIORITY: "-1"},
    )
    def listing(
        context: dg.AssetExecutionContext,
        genesys: GenesysResource,
        warehouse: WarehouseResource,
        **parents: pl.LazyFrame,
    ) -> Iterator[dg.Output[Any]]:
        wanted, run = _selected(context, catalog, tables), context.run.run_id

        def stage(client: GenesysClient, opened: Warehouse) -> Iterator[Staged]:
            rows = parents.get(drawn or "")
            if parent is not None and rows is None:
                opened.prepare([catalog[parent]])
                rows = opened.scan(catalog[parent])
            return Loader(client, opened, catalog, run).snapshot(read, wanted, rows)

        yield from _loaded(context, genesys, warehouse, wanted, stage)

    return listing


def _history(
    catalog: Catalog,
    read: Read,
    tables: Sequence[Table],
    storage: str,
    history: History,
    partitions: dg.DailyPartitionsDefinition,
) -> dg.AssetsDefinition:
    # A parent to which the graph draws no edge comes first all the same where a run loads both.
    parent = catalog[read.each.table] if read.each is not None else None
    waits = parent is not None and parent.read.name in HISTORIES and not _is_upstream(catalog, parent, tables)

    @dg.multi_asset(
        name=read.name,
        outs={table.name: _out(catalog, table, storage, history.days_a_run) for table in tables},
        deps=_outside(catalog, tables),
        internal_asset_deps=_inside(catalog, tables),
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(history.days_a_run),
        pool=API_POOL,
        retry_policy=RETRY,
        op_tags={PRIORITY: "-1"} if waits else {},
    )
    def days_of_history(
        context: dg.AssetExecutionContext, genesys: GenesysResource, warehouse: WarehouseResource
    ) -> Iterator[dg.Output[Any]]:
        wanted, run = _selected(context, catalog, tables), context.run.run_id
        days = days_of(list(context.partition_keys))

        def stage(client: GenesysClient, opened: Warehouse) -> Iterator[Staged]:
            return Loader(client, opened, catalog, run).history(history, read, wanted, days)

        yield from _loaded(context, genesys, warehouse, wanted, stage)

    return days_of_history


def _loaded(
    context: dg.AssetExecutionContext,
    genesys: GenesysResource,
    warehouse: WarehouseResource,
    wanted: Sequence[Table],
    stage: Callable[[GenesysClient, Warehouse], Iterator[Staged]],
) -> Iterator[dg.Output[Any]]:
    """Hand the pending load to the IO manager, once for each wanted table; fail if parents failed."""
    with permanent_failures_end_the_step(), genesys.connect() as client:
        opened = warehouse.open()
        opened.prepare(wanted)
        pending = PendingLoad(stage(client, opened))
        for table in wanted:
            yield dg.Output(pending, output_name=table.name)
    if pending.failed:
        context.log.error(f"{len(pending.failed)} parents could not be read")
        shown = "\n".join(f"{failure.parent}: {failure.reason}" for failure in pending.failed[:20])
        raise dg.Failure(
            f"{len(pending.failed)} parents could not be read and keep their rows; all others are loaded.\n{shown}",
            allow_retries=False,
        )


def _selected(context: dg.AssetExecutionContext, catalog: Catalog, tables: Sequence[Table]) -> tuple[Table, ...]:
    """The tables that this run is about, in an order in which Dagster lets them be yielded."""
    selected = {key.path[-1] for key in context.selected_asset_keys}
    return catalog.in_order(table for table in tables if table.name in selected)


def _out(catalog: Catalog, table: Table, storage: str, days_a_run: int | None) -> dg.AssetOut:
    return dg.AssetOut(
        key=table.name,
        is_required=False,
        io_manager_key=IO_MANAGER,
        description=describe.description(table),
        group_name=catalog.category(table.name),
        metadata=describe.definition_metadata(catalog, table, storage),
        tags=describe.tags(catalog, table),
        kinds=describe.kinds(storage),
        freshness_policy=describe.freshness(table),
        backfill_policy=None if days_a_run is None else dg.BackfillPolicy.multi_run(days_a_run),
    )


def _external(catalog: Catalog, table: Table, storage: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=table.name,
        deps=list(catalog.upstream(table.name)),
        description=describe.description(table),
        group_name=catalog.category(table.name),
        metadata=describe.definition_metadata(catalog, table, storage),
        tags=describe.tags(catalog, table),
    )


def _is_upstream(catalog: Catalog, parent: Table, tables: Sequence[Table]) -> bool:
    return any(parent.name in catalog.upstream(table.name) for table in tables)


def _outside(catalog: Catalog, tables: Sequence[Table], without: str | None = None) -> list[str]:
    own = {table.name for table in tables}
    upstream = dict.fromkeys(parent for table in tables for parent in catalog.upstream(table.name))
    return [parent for parent in upstream if parent not in own and parent != without]


def _inside(catalog: Catalog, tables: Sequence[Table]) -> dict[str, set[dg.AssetKey]]:
    return {table.name: {dg.AssetKey(parent) for parent in catalog.upstream(table.name)} for table in tables}
