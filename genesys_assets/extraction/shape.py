"""The parsing schema: the trie of the declared paths, as a polars dtype and as a msgspec type.

Fields that nobody declared are not in it, so they are never parsed. Numbers are parsed as floating
point and times as text, because polars would cut a fraction off an integer, and make a malformed
time null, without a word; both are converted later, where a failure can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from genesys_assets.catalog.declare import Shape, Type
from genesys_assets.extraction.paths import Step

_LEAVES: Mapping[str, type[pl.DataType]] = {
    "string": pl.String,
    "int64": pl.Float64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
    "timestamp": pl.String,
    "local_timestamp": pl.String,
    "date": pl.String,
}
_ACCEPTED: Mapping[type[pl.DataType], Any] = {
    pl.String: str | int | float | bool | None,
    pl.Float64: int | float | None,
    pl.Boolean: bool | None,
}

TEXT_SUFFIX = "\N{ZERO WIDTH SPACE}json"
"""Appended to the name of a field whose subtree is turned into text before parsing."""


class ShapeError(ValueError):
    """Two declarations want one field in shapes that contradict each other."""


@dataclass(slots=True)
class Node:
    """A place in the items of a read: a leaf with a dtype, an object with fields, or many of a node."""

    leaf: pl.DataType | None = None
    fields: dict[str, Node] = field(default_factory=dict[str, "Node"])
    many: str | None = None
    element: Node | None = None

    def child(self, step: Step, where: str) -> Node:
        """The node one step further, made if it is new."""
        if self.leaf is not None or self.many is not None:
            raise ShapeError(f"{where}: {step.name!r} is asked for inside a plain value")
        node = self.fields.setdefault(step.name, Node())
        kind = step.many or ("array" if step.position is not None or step.match is not None else None)
        if kind is None:
            return node
        if node.leaf is not None and isinstance(node.leaf, pl.List) and kind == "array":
            raise ShapeError(f"{where}: the array {step.name!r} is also taken as json; give both the same shape")
        if node.fields or (node.many is not None and node.many != kind):
            raise ShapeError(f"{where}: {step.name!r} is both an {kind} and something else")
        node.many = kind
        node.element = node.element or Node()
        if step.match is not None:
            node.element.child(Step(step.match[0]), where).become(pl.String(), where)
        return node.element

    def become(self, leaf: pl.DataType, where: str) -> None:
        """Make the node a leaf.

        Raises:
            ShapeError: it is something else already.
        """
        if self.is_empty():
            self.leaf = leaf
        elif self.dtype() != leaf:
            raise ShapeError(f"{where}: wants {leaf} where another column has {self.dtype()}")

    def is_empty(self) -> bool:
        return self.leaf is None and self.many is None and not self.fields

    def dtype(self) -> pl.DataType:
        """The polars dtype that ``read_json`` parses this node with."""
        if self.leaf is not None:
            return self.leaf
        if self.many is not None and self.element is not None:
            inner = pl.String() if self.element.is_empty() else self.element.dtype()
            return pl.List(inner) if self.many == "array" else pl.Map(pl.String, inner)
        return pl.Struct({name: node.dtype() for name, node in self.fields.items()})


def leaf_type(type_: Type, shape: Shape | None) -> pl.DataType:
    """The dtype in which a column's field is parsed."""
    if type_ != "json":
        return _LEAVES[type_]()
    if shape is None:
        return pl.String()
    return _shaped(shape)


def _shaped(shape: Shape, leaves: Mapping[str, type[pl.DataType]] = _LEAVES) -> pl.DataType:
    if isinstance(shape, str):
        return leaves[shape]()
    if isinstance(shape, tuple):
        return pl.List(_shaped(shape[0], leaves))
    return pl.Struct({name: _shaped(inner, leaves) for name, inner in shape.items()})


def whole_numbers(shape: Shape) -> pl.DataType:
    """The dtype in which a shaped json column is written: its whole numbers without a decimal point."""
    return _shaped(shape, {**_LEAVES, "int64": pl.Int64})


def strict_type(dtype: pl.DataType, name: str = "Item") -> Any:
    """The msgspec type that accepts what polars accepts for ``dtype``; its errors name the path."""
    if isinstance(dtype, pl.List):
        return list[strict_type(_inner(dtype), name)] | None
    if isinstance(dtype, pl.Map):
        return dict[str, strict_type(_inner(dtype), name)] | None
    if isinstance(dtype, pl.Struct):
        return _strict_struct(dtype, name) | None
    return _ACCEPTED[type(dtype)]


def _inner(dtype: pl.DataType) -> pl.DataType:
    inner: Any = dtype.value if isinstance(dtype, pl.Map) else getattr(dtype, "inner")  # noqa: B009
    return inner() if isinstance(inner, type) else inner


def _strict_struct(dtype: pl.Struct, name: str) -> Any:
    members: list[tuple[str, Any, Any]] = []
    renamed: dict[str, str] = {}
    for number, part in enumerate(dtype.fields):
        inner = part.dtype() if isinstance(part.dtype, type) else part.dtype
        renamed[f"f{number}"] = part.name
        members.append((f"f{number}", strict_type(inner, f"{name}_{part.name}"), None))
    return msgspec.defstruct(name, members, rename=renamed)
