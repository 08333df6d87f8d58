"""What the tables are: one declaration a table, by subject, and the relationship graph."""

from genesys_assets.catalog.catalog import Catalog, CatalogError, ForeignKey, load_catalog
from genesys_assets.catalog.declare import (
    Column,
    Detail,
    Digest,
    Each,
    Live,
    Loading,
    Read,
    Snapshot,
    Table,
    Tree,
    Upsert,
    Window,
)
from genesys_assets.catalog.feeds import Feed, Found, Services, Supplement, Unfinished
from genesys_assets.catalog.graph import Graph, GraphError, Relationship, read_graph

__all__ = [
    "Catalog",
    "CatalogError",
    "Column",
    "Detail",
    "Digest",
    "Each",
    "Feed",
    "ForeignKey",
    "Found",
    "Graph",
    "GraphError",
    "Live",
    "Loading",
    "Read",
    "Relationship",
    "Services",
    "Snapshot",
    "Supplement",
    "Table",
    "Tree",
    "Unfinished",
    "Upsert",
    "Window",
    "load_catalog",
    "read_graph",
]
