"""The parsing schema: the trie of the declared paths, as a polars dtype and as a msgspec type.

Fields that nobody declared are not in it, so they are never parsed. Numbers are parsed as floating
point and times as text, because polars would cut a fraction off an integer, and make a malformed
time null, without a word; both are converted later, where a failure can be seen. Only where all whole
numbers are known to be some, and no larger than can be told apart, are they parsed as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Optional, cast

import msgspec
import polars as pl

from genesys_assets.catalog.declare import Shape, Type
from genesys_assets.extraction.paths import DeclarationError, Step

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

_LEAVES: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "int64": pl.Float64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.String(),
    "local_timestamp": pl.String(),
    "date": pl.String(),
    "json": pl.String(),
}
# What polars takes for a dtype without a word: any plain value for a text, and a truth value for a number.
_ACCEPTED: Mapping[type[pl.DataType], Any] = {
    pl.String: str | int | float | bool | None,
    pl.Float64: int | float | bool | None,
    pl.Boolean: bool | None,
    pl.Null: None,
}
_PLAIN: Mapping[type[pl.DataType], str] = {
    pl.String: "a text",
    pl.Float64: "a number",
    pl.Boolean: "true or false",
}
EXACT = 2**53 - 1
"""Beyond it a floating-point number no longer tells whole numbers apart."""
_WHOLE: Any = Optional[Annotated[int, msgspec.Meta(ge=-EXACT, le=EXACT)]]  # noqa: UP045 - as a value
_NOTHING = "\N{ZERO WIDTH SPACE}"

TEXT_SUFFIX = "\N{ZERO WIDTH SPACE}json"
"""Appended to the name of a field whose subtree is turned into text before parsing."""


class ShapeError(DeclarationError):
    """Two declarations want one field in shapes that contradict each other; the message names both."""


@dataclass(slots=True)
class Node:
    """A place in the items of a read: a leaf with a dtype, an object with fields, or many of a node.

    ``owner`` is the declaration that was the first to ask for it. ``whole`` says of a number that all who
    ask for it want a whole one.
    """

    owner: str = ""
    leaf: pl.DataType | None = None
    whole: bool = False
    fields: dict[str, Node] = field(default_factory=dict[str, "Node"])
    many: str | None = None
    element: Node | None = None

    def child(self, step: Step, where: str) -> Node:
        """The node one step further, made if it is new; ``where`` says which declaration asks.

        Raises:
            ShapeError: another declaration takes this node, or the next, as something else.
        """
        if self.leaf is not None or self.many is not None:
            raise self._contradiction(where, f"an object with a field {step.name!r}")
        node = self.fields.setdefault(step.name, Node(where))
        kind = step.many or ("array" if step.position is not None or step.match is not None else None)
        if kind is None:
            return node
        element = node.elements(kind, where, step.name)
        if step.match is not None:
            element.child(Step(step.match[0]), where).become("string", where, step.match[0])
        return element

    def elements(self, kind: str, where: str, name: str) -> Node:
        """What this node has many of, as an ``"array"`` or a ``"map"``.

        Raises:
            ShapeError: another declaration takes this node as something else.
        """
        if self.leaf is not None or self.fields or self.many not in (None, kind):
            raise self._contradiction(where, f"{name!r} as {'an array' if kind == 'array' else 'a map'}")
        self.many = kind
        self.element = self.element or Node(where)
        return self.element

    def become(self, type_: Type, where: str, name: str) -> None:
        """Make the node a leaf of what a type is parsed as.

        Raises:
            ShapeError: another declaration takes this node as something else.
        """
        leaf = _LEAVES[type_]
        if not (self.is_empty() or self.leaf == leaf):
            raise self._contradiction(where, f"{name!r} as {_said(leaf)}")
        self.whole = type_ == "int64" and (self.whole or self.leaf is None)
        self.leaf = leaf

    def take(self, shape: Shape, where: str, name: str) -> None:
        """Make the node, and what lies below it, what a shape says.

        Raises:
            ShapeError: another declaration takes one of these nodes as something else.
        """
        if isinstance(shape, str):
            self.become(cast("Type", shape), where, name)
        elif isinstance(shape, tuple):
            self.elements("array", where, name).take(shape[0], where, name)
        else:
            for inner, part in shape.items():
                self.child(Step(inner), where).take(part, where, inner)

    def is_empty(self) -> bool:
        """Whether nothing is known of the node but that it is there."""
        return self.leaf is None and self.many is None and not self.fields

    def dtype(self, *, whole: bool = False) -> pl.DataType:
        """The polars dtype that this node is parsed with; with ``whole``, whole numbers as such."""
        if self.leaf is not None:
            return pl.Int64() if whole and self.whole else self.leaf
        if self.many is not None and self.element is not None:
            inner = self.element.dtype(whole=whole)
            return pl.List(inner) if self.many == "array" else pl.Map(pl.String, inner)
        # Rows of which only the position, or the enclosing object, is taken: objects of any kind.
        fields = {name: node.dtype(whole=whole) for name, node in self.fields.items()} or {_NOTHING: pl.Null()}
        return pl.Struct(fields)

    def _contradiction(self, where: str, wanted: str) -> ShapeError:
        taken = f"takes it as {_said(self.dtype())}" if not self.is_empty() else "is there"
        return ShapeError(f"{where} wants {wanted}, but {self.owner} {taken}; give both the same shape")


def leaf_type(type_: Type) -> pl.DataType:
    """The dtype in which a field is parsed for a column of a type; a ``json`` one as text."""
    return _LEAVES[type_]


def shape_type(shape: Shape, *, whole: bool = False) -> pl.DataType:
    """The dtype of a shape as it is parsed, or as it is written: whole numbers without a decimal point."""
    if isinstance(shape, str):
        return pl.Int64() if whole and shape == "int64" else _LEAVES[shape]
    if isinstance(shape, tuple):
        return pl.List(shape_type(shape[0], whole=whole))
    return pl.Struct({name: shape_type(inner, whole=whole) for name, inner in shape.items()})


def strict_type(dtype: pl.DataType, name: str = "Item", *, optional: bool = True) -> Any:
    """The msgspec type that accepts what polars accepts for ``dtype``; its errors name the path."""
    if isinstance(dtype, pl.List):
        inner = _inner(dtype)
        # A plain value where an array is expected counts as an array of one.
        alone = None if isinstance(inner, pl.List | pl.Map | pl.Struct) else _ACCEPTED[type(inner)]
        return list[strict_type(inner, name)] | alone
    if isinstance(dtype, pl.Map):
        return dict[str, strict_type(_inner(dtype), name)] | None
    if isinstance(dtype, pl.Struct):
        struct = _strict_struct(dtype, name)
        return struct | None if optional else struct
    return _ACCEPTED[type(dtype)]


def number_type(dtype: pl.DataType, name: str = "Numbers") -> Any:
    """The msgspec type that knows nothing of a dtype but its numbers, and accepts only such numbers for them."""
    if isinstance(dtype, pl.List):
        return list[number_type(_inner(dtype), name)] | None
    if isinstance(dtype, pl.Map):
        return dict[str, number_type(_inner(dtype), name)] | None
    if isinstance(dtype, pl.Struct):
        parts = [(part.name, built(part.dtype)) for part in dtype.fields]
        wanted = [(part, inner) for part, inner in parts if _has_numbers(inner)]
        members = [(f"f{n}", number_type(inner, f"{name}_{part}"), None) for n, (part, inner) in enumerate(wanted)]
        renamed = {f"f{n}": part for n, (part, _) in enumerate(wanted)}
        return msgspec.defstruct(name, members, rename=renamed, gc=False) | None
    return _WHOLE if dtype == pl.Int64 else float | None


def _has_numbers(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_has_numbers(built(part.dtype)) for part in dtype.fields)
    return (
        _has_numbers(_inner(dtype)) if isinstance(dtype, pl.List | pl.Map) else isinstance(dtype, pl.Float64 | pl.Int64)
    )


def built(dtype: PolarsDataType) -> pl.DataType:
    """An instance of a dtype, which polars also writes as its class."""
    return cast("pl.DataType", dtype() if isinstance(dtype, type) else dtype)


def _inner(dtype: pl.List | pl.Map) -> pl.DataType:
    return built(dtype.value if isinstance(dtype, pl.Map) else dtype.inner)


def _strict_struct(dtype: pl.Struct, name: str) -> Any:
    members: list[tuple[str, Any, Any]] = []
    renamed: dict[str, str] = {}
    for number, part in enumerate(dtype.fields):
        renamed[f"f{number}"] = part.name
        members.append((f"f{number}", strict_type(built(part.dtype), f"{name}_{part.name}"), None))
    return msgspec.defstruct(name, members, rename=renamed)


def _said(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "an array"
    if isinstance(dtype, pl.Map):
        return "a map"
    if isinstance(dtype, pl.Struct):
        return "an object"
    return _PLAIN[type(dtype)]
