"""How the declared types are spelled in polars: the shape of every frame on its way to the warehouse and back."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from genesys_assets.catalog.declare import Table, Type

POLARS_TYPES: Mapping[Type, pl.DataType] = {
    "string": pl.String(),
    "int64": pl.Int64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
    "local_timestamp": pl.Datetime("us"),
    "date": pl.Date(),
    "json": pl.String(),
}
"""Declared type to polars dtype; ``json`` travels as its text."""


def polars_schema(table: Table, *, housekeeping: bool = False) -> pl.Schema:
    """The declared columns of a table in order, with ``housekeeping`` those that the loader keeps as well."""
    columns = (*table.columns, *table.housekeeping) if housekeeping else table.columns
    return pl.Schema({column.name: POLARS_TYPES[column.type] for column in columns})
