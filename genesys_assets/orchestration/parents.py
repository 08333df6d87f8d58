"""Which parents a fan-out is about: those to ask for, and those that are gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import polars as pl

from genesys_assets.catalog import Each, Snapshot, Table
from genesys_assets.warehouse import Warehouse

log = logging.getLogger(__name__)

_PRESENT = pl.col("db_when_deleted").is_null()


def parents_to_read(each: Each, tables: Sequence[Table], parents: pl.LazyFrame, warehouse: Warehouse) -> pl.DataFrame:
    """The parent's columns that the request takes, and ``gone``: whether the parent has vanished from Genesys.

    Left out are parents into which the OAuth client may not look, and, where a parent is asked for only
    once, those that have present rows in every one of the ``tables``: their rows stay as they are.
    """
    columns = list(each.parameters.values())
    needed = columns if each.authorized is None else [*columns, each.authorized]
    frame = parents.select(*needed, gone=~_PRESENT).collect()
    if each.authorized is not None:
        closed = ~pl.col("gone") & ~pl.col(each.authorized).fill_null(True)
        for row in frame.filter(closed).select(columns).iter_rows():
            log.warning("%s %s: the OAuth client may not look inside; its rows stay", each.table, "/".join(row))
        frame = frame.filter(~closed)
    frame = frame.select(*columns, "gone")
    if each.once:
        known = _known(each, tables, warehouse)
        frame = pl.concat([frame.filter("gone"), frame.filter(~pl.col("gone")).join(known, columns, "anti")])
    return frame


def _known(each: Each, tables: Sequence[Table], warehouse: Warehouse) -> pl.DataFrame:
    """The parents that have present rows in all of the tables."""
    found: list[pl.DataFrame] = []
    for table in tables:
        assert isinstance(table.loading, Snapshot)
        columns = dict(zip(table.loading.parent, each.parameters.values(), strict=True))
        present = warehouse.scan(table, [*columns, "db_when_deleted"]).filter(_PRESENT)
        found.append(present.select(pl.col(mine).alias(theirs) for mine, theirs in columns.items()).unique().collect())
    known = found[0]
    for other in found[1:]:
        known = known.join(other, list(each.parameters.values()), "semi")
    return known
