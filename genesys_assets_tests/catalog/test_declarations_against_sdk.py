"""Every declaration that reads the API, held against the official SDK.

The SDK is generated from the API's own definition: it knows each call with its parameters, and the
fields, types and enumerations of each answer. It is read as text, because importing its 6,600 models
costs seconds and warns.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from genesys_assets.catalog.added import Added, Earliest, Midnight, Series
from genesys_assets.catalog.catalog import Catalog, load_catalog
from genesys_assets.catalog.declare import Column, Detail, Digest, Each, Expands, Read, Table, string
from genesys_assets.catalog.feeds import Feed, Unfinished
from genesys_assets.extraction.paths import Step, parse

RESULTS = {
    "/api/v2/analytics/conversations/details/jobs": "/api/v2/analytics/conversations/details/jobs/{jobId}/results",
    "/api/v2/analytics/users/details/jobs": "/api/v2/analytics/users/details/jobs/{jobId}/results",
    "/api/v2/audits/query": "/api/v2/audits/query/{transactionId}/results",
    "/api/v2/quality/conversations/audits/query": "/api/v2/quality/conversations/audits/query/{transactionId}/results",
    "/api/v2/recording/batchrequests": "/api/v2/recording/batchrequests/{jobId}",
}
"""Where an async job is submitted, and where its results are fetched."""

_MOMENT_AS_TEXT = "the API's definition calls it text; what it holds is an ISO 8601 moment"

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("request", "estimated_wait_times:mediaType"): "a short fixed list, which is no table to fan out over",
    **{
        ("type", f"{table}.{column}"): _MOMENT_AS_TEXT
        for table in ("chat_recording", "email_recording", "message_recording", "recording_info", "voice_recording")
        for column in ("start_time", "end_time")
    },
    ("type", "chat_message.utc"): _MOMENT_AS_TEXT,
    ("query", "recording_batch?pageSize"): "counts the recordings that one job asks for; its answer has no pages",
}
"""What is declared although the SDK says otherwise: (claim, place) to the reason."""

SDK_TYPES = {
    "string": {"str"},
    "int64": {"int"},
    "double": {"float", "int"},
    "boolean": {"bool"},
    "timestamp": {"datetime"},
    "local_timestamp": {"datetime", "LocalDateTime"},
    "date": {"date"},
}
"""The SDK's types that fit a declared one; ``double`` takes int, as the SDK calls some scores whole that are not."""

PRIMITIVES = {"str", "int", "float", "bool", "datetime", "date", "LocalDateTime"}
PLACEHOLDER = re.compile(r"\{\w+\}")
ELSEWHERE = re.compile(
    r"(?P<path>[\w.\[\]{}]+) of (?P<method>GET|POST) (?P<call>/api/v2/[^\s,?]+)(\?(?P<query>[\w=&]+))?"
)


# -- the SDK, as text ------------------------------------------------------------------------------------


class Mismatch(Exception):
    """A declaration and the SDK disagree; the message says where."""


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    parameters: frozenset[str]
    response: str
    body: str | None


@dataclass(frozen=True)
class Field:
    type: str
    values: tuple[str, ...]


@cache
def sdk_root() -> Path:
    spec = find_spec("PureCloudPlatformClientV2")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@cache
def calls() -> Mapping[tuple[str, str], Call]:
    found: dict[tuple[str, str], Call] = {}
    for file in sorted((sdk_root() / "apis").glob("*_api.py")):
        for source in re.split(r"\n    def (?=\w+\(self)", file.read_text("utf-8"))[1:]:
            path = re.search(r"resource_path = '([^']+)'", source)
            made = re.search(r"call_api\(resource_path, '(\w+)'", source)
            response = re.search(r"response_type=(?:'([^']+)'|None)", source)
            if path is None or made is None or response is None:
                continue
            body = re.match(r"\w+\(self,.*?\bbody: '([^']+)'", source.split("\n", 1)[0])
            optional = re.search(r":param (\S+) body:", source)
            found[made[1], path[1]] = Call(
                method=made[1],
                path=path[1],
                parameters=frozenset(re.findall(r"query_params\['([^']+)'\]", source)),
                response=response[1] or "None",
                body=body[1] if body else optional[1] if optional else None,
            )
    return found


def known_call(method: str, path: str) -> Call | None:
    """The call of that path; a declared path may have a fixed value where the SDK has a parameter."""
    if (method, path) in calls():
        return calls()[method, path]
    parts = path.split("/")
    alike = [
        call
        for call in calls().values()
        if call.method == method
        and len(theirs := call.path.split("/")) == len(parts)
        and all(
            t == mine or (t.startswith("{") and not mine.startswith("{")) for t, mine in zip(theirs, parts, strict=True)
        )
    ]
    return alike[0] if len(alike) == 1 else None


@cache
def model_files() -> Mapping[str, Path]:
    models = sdk_root() / "models"
    imports = re.findall(r"^from \.(\w+) import (\w+)", (models / "__init__.py").read_text("utf-8"), re.MULTILINE)
    return {name: models / f"{module}.py" for module, name in imports}


@cache
def fields(model: str) -> Mapping[str, Field]:
    """The fields of a model by their JSON names."""
    if model not in model_files():
        raise Mismatch(f"{model} is a plain value, not an object")
    source = model_files()[model].read_text("utf-8")
    types, names = (_literal(source, f"self.{part} = ") for part in ("swagger_types", "attribute_map"))
    enumerated: dict[str, tuple[str, ...]] = {}
    for setter in re.split(r"\n    @(?=\w+\.setter)", source)[1:]:
        values = re.search(r"allowed_values = (\[.*?\])", setter.split("\n    @property")[0], re.DOTALL)
        if values is not None:
            enumerated[setter.split(".", 1)[0]] = tuple(map(str, ast.literal_eval(values[1])))
    return {names[python]: Field(type_, enumerated.get(python, ())) for python, type_ in types.items()}


def _literal(source: str, assignment: str) -> dict[str, str]:
    start = source.index(assignment) + len(assignment)
    return ast.literal_eval(source[start : source.index("}", start) + 1])


def element(type_: str, many: str) -> str:
    """The type of what is in a ``list[X]`` (array) or a ``dict(str, X)`` (map)."""
    if type_ == "object":
        return type_
    start, end = ("list[", "]") if many == "array" else ("dict(str, ", ")")
    if not (type_.startswith(start) and type_.endswith(end)):
        raise Mismatch(f"{type_} is no {many}")
    return type_.removeprefix(start).removesuffix(end)


def _member(type_: str, name: str) -> Field:
    if type_.startswith("dict("):
        return Field(element(type_, "map"), ())
    members = fields(type_)
    if name not in members:
        raise Mismatch(f"{type_} has no field {name}")
    return members[name]


def follow(type_: str, steps: Sequence[Step], *, through_arrays: bool = False) -> Field:
    """Where steps lead to from a type."""
    field = Field(type_, ())
    for step in steps:
        inner = element(field.type, "array") if through_arrays and field.type.startswith("list[") else field.type
        if inner == "object":
            return Field("object", ())
        field = _member(inner, step.name)
        if step.many is not None:
            field = replace(field, type=element(field.type, step.many))
        elif step.position is not None:
            field = replace(field, type=element(field.type, "array"))
        elif step.match is not None:
            field = Field(element(field.type, "array"), ())
            name, value = step.match
            chosen = follow(field.type, (Step(name),))
            if chosen.values and value not in chosen.values:
                raise Mismatch(f"{field.type}.{name} is never {value}")
        elif step.part is not None:
            if field.type != "str":
                raise Mismatch(f"{step.name} is {field.type}, which holds no interval")
            field = Field("datetime", ())
    return field


# -- the declarations ------------------------------------------------------------------------------------


def call_of(read: Read, path: str | None = None) -> Call:
    method = "GET" if path is not None else read.method
    found = known_call(method, path or read.path)
    if found is None:
        raise Mismatch(f"the SDK knows no {method} {path or read.path}")
    return found


def answer_of(read: Read) -> Call:
    """The call whose answer holds the items."""
    if read.paging != "async_job":
        return call_of(read)
    call_of(read)
    if read.path not in RESULTS:
        raise Mismatch(f"RESULTS does not say where the results of {read.path} are fetched")
    return call_of(read, RESULTS[read.path])


def item_of(read: Read) -> str:
    response = answer_of(read).response
    found = follow(response, parse(read.items)).type
    if not read.items:
        return element(found, "array") if found.startswith("list[") else found
    return element(found, "array")


def within(read: Read, steps: Sequence[Step], *, through_arrays: bool = False) -> Field:
    """Where steps lead to from an item, with what its detail and its digests add to it."""
    for digest in read.digests:
        if tuple(steps) == (*parse(digest.at), Step(digest.field)):
            return Field("str", ())
    for each in read.added:
        if (made := _made(each, tuple(steps))) is not None:
            return made
    if read.detail is not None and steps and steps[0].name in read.detail.brings:
        return follow(call_of(read, read.detail.path).response, steps, through_arrays=through_arrays)
    supplement = read.found.supplement if read.found is not None else None
    if supplement is not None and steps and steps[0].name == supplement.field:
        owner = element(follow(call_of(read, supplement.path).response, parse(supplement.items)).type, "array")
        return follow(owner, steps[1:], through_arrays=through_arrays)
    return follow(item_of(read), steps, through_arrays=through_arrays)


def _made(each: Added, steps: tuple[Step, ...]) -> Field | None:
    """What a declared addition puts there, if it is that."""
    match each:
        case Midnight():
            return Field("datetime", ()) if steps == (*parse(each.at), Step(each.field)) else None
        case Earliest():
            return Field("date", ()) if steps == (Step(each.field),) else None
        case Series():
            if not steps or steps[0].name != each.field:
                return None
            names = {**dict.fromkeys(each.of, "float"), each.start: "datetime"}
            return Field(names[steps[1].name] if len(steps) > 1 else "object", ())


def each_addition_is_made_of_something(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        for each in read.added:
            for path, type_ in _ingredients(each):
                try:
                    found = follow(item_of(read), parse(path)).type
                except Mismatch as mismatch:
                    yield f"{read.name}-{path}", str(mismatch)
                    continue
                if found not in type_:
                    yield f"{read.name}-{path}", f"is {found}"
            for name in {each.zone} if isinstance(each, Midnight) else {each.since} if isinstance(each, Series) else ():
                around = read.items.rpartition(".")[0]
                if name not in fields(follow(answer_of(read).response, parse(around)).type):
                    yield f"{read.name}-{name}", f"stands not beside {read.items}"


def _ingredients(each: Added) -> Iterator[tuple[str, tuple[str, ...]]]:
    match each:
        case Midnight():
            yield f"{each.at}.{each.of}", ("date",)
        case Earliest():
            yield from ((path, ("list[str]", "list[datetime]")) for path in each.of)
        case Series():
            yield from ((path, ("list[float]",)) for path in each.of.values())


def rows_of(table: Table) -> tuple[str, ...]:
    return (table.rows,) if isinstance(table.rows, str) else table.rows


def locate(table: Table, column: Column, rows: str) -> Field | None:
    """The field that fills a column, or None where that is no field of the answer."""
    path, read = column.path, table.read
    if path.startswith("@request."):
        name = path.removeprefix("@request.")
        if f"{{{name}}}" not in read.path and (
            read.each is None or name not in {**read.each.parameters, **read.each.along}
        ):
            raise Mismatch(f"the request has no {name}")
        return None
    if path.startswith("@response."):
        return follow(answer_of(read).response, parse(path.removeprefix("@response.")))
    if path in ("@index", "@rows", "@nth", "@greatest"):
        return None
    if path.startswith("$."):
        return within(read, parse(path.removeprefix("$.")))
    steps = parse(rows)
    if path == "@key":
        if not steps or steps[-1].many != "map":
            raise Mismatch(f"the rows {rows!r} are no entries of a map")
        return Field("str", ())
    return _as_declared(column, within(read, steps if path in ("@", "@value") else (*steps, *parse(path))))


def _as_declared(column: Column, found: Field) -> Field:
    """The field after what the column does with its value."""
    if column.joined is not None:
        return replace(found, type=element(found.type, "array"))
    spelled = column.spellings or {}
    return replace(found, values=tuple(spelled.get(value, value) for value in found.values))


def locations(table: Table, column: Column) -> list[Field | None]:
    """Where a column's values lie, a place for each path of rows that has the field.

    Raises:
        Mismatch: it lies nowhere.
    """
    found: list[Field | None] = []
    missing: list[str] = []
    for rows in rows_of(table):
        try:
            found.append(locate(table, column, rows))
        except Mismatch as mismatch:
            missing.append(str(mismatch))
    if not found:
        raise Mismatch("; ".join(missing))
    return found


# -- the claims ------------------------------------------------------------------------------------------

Faults = Iterator[tuple[str, str]]


def rest_tables(tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if table.read.path.startswith("/api/")]


def reads(tables: Sequence[Table]) -> list[Read]:
    return list({table.read.name: table.read for table in rest_tables(tables)}.values())


def columns(tables: Sequence[Table]) -> Iterator[tuple[str, Table, Column]]:
    for table in rest_tables(tables):
        for column in table.columns:
            if column.path:
                yield f"{table.name}.{column.name}", table, column


def each_call_exists(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        try:
            answer_of(read)
        except Mismatch as mismatch:
            yield read.name, str(mismatch)


def each_query_parameter_exists(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        try:
            call = answer_of(read)
        except Mismatch:
            continue
        sent = set(read.parameters).union(*read.variants)
        in_query = read.method == "GET" or read.paging == "async_job"
        if in_query and read.page_size is not None:
            sent.add("pageSize")
        if in_query and read.paging == "page_number":
            sent.add("pageNumber")
        if read.paging == "cursor" and not call.parameters & {"cursor", "after"}:
            yield read.name, f"{call.method} {call.path} takes no cursor"
        for name in sorted(sent - call.parameters):
            yield (
                f"{read.name}?{name}",
                f"{call.method} {call.path} takes {', '.join(sorted(call.parameters)) or 'none'}",
            )


def each_path_parameter_is_filled(tables: Sequence[Table]) -> Faults:
    by_name = {table.name: table for table in tables}
    for read in reads(tables):
        wanted = set(re.findall(r"\{(\w+)\}", read.path + json.dumps(read.body)))
        given = dict(read.each.parameters) if read.each is not None else {}
        table = read.each.table if read.each is not None else ""
        if read.found is not None:
            given, table = dict(read.found.parameters), read.found.unfinished.table
        weeks = {read.weeks.parameter} if read.weeks is not None else set()
        for name in sorted(set(re.findall(r"\{(\w+)\}", read.path)) - set(given) - weeks):
            yield f"{read.name}:{name}", f"nothing fills {{{name}}} of {read.path}"
        for name, column in given.items():
            if name not in wanted:
                yield f"{read.name}:{name}", f"{read.path} has no {{{name}}}"
            parent = by_name.get(table)
            if parent is not None and column not in {c.name for c in parent.columns}:
                yield f"{read.name}:{name}", f"table {parent.name} has no column {column}"
        along = dict(read.each.along) if read.each is not None else {}
        parent = by_name.get(read.each.table) if read.each is not None else None
        for name, column in along.items():
            if parent is not None and column not in {c.name for c in parent.columns}:
                yield f"{read.name}:{name}", f"table {parent.name} has no column {column}"


def each_body_fits_its_model(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        call = known_call(read.method, read.path)
        if read.body is None or call is None:
            continue
        body: dict[str, object] = dict(read.body)
        if read.paging == "page_number" and not {"pageNumber", "pageSize"} & set(body):
            body["paging"] = {"pageNumber": 1, "pageSize": 1}
        if call.body is None:
            yield read.name, f"{call.method} {call.path} takes no body"
            continue
        for fault in _misfits(body, Field(call.body, ()), ""):
            yield f"{read.name} {fault[0]}", fault[1]


def _misfits(value: object, field: Field, where: str) -> Faults:
    if field.type == "object":
        return
    try:
        inside = list(_parts(value, field))
    except Mismatch as mismatch:
        yield where, str(mismatch)
        return
    for name, inner, member in inside:
        if member is None:
            yield f"{where}{name}", f"{field.type} has no field {name.removeprefix('.')}"
        else:
            yield from _misfits(inner, member, f"{where}{name}")
    if isinstance(value, str) and PLACEHOLDER.search(value):
        return
    if not isinstance(value, Mapping | list | tuple) and (fault := _misfit(value, field)):
        yield where, fault


def _parts(value: object, field: Field) -> Iterator[tuple[str, object, Field | None]]:
    """What a JSON object or array holds, each part with the SDK's field for it."""
    if isinstance(value, Mapping):
        members = {} if field.type.startswith("dict(") else fields(field.type)
        for name, inner in value.items():
            yield f".{name}", inner, members.get(name) if members else _member(field.type, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield "[]", inner, replace(field, type=element(field.type, "array"))


def _misfit(value: object, field: Field) -> str | None:
    if field.type not in PRIMITIVES:
        return f"{value!r} stands where {field.type} is expected"
    if field.values and value not in field.values:
        return f"{value!r} is none of {', '.join(field.values)}"
    return None


def each_column_has_its_field(tables: Sequence[Table]) -> Faults:
    for where, table, column in columns(tables):
        try:
            locations(table, column)
        except Mismatch as mismatch:
            yield where, f"{column.path}: {mismatch}"


def each_table_has_its_rows(tables: Sequence[Table]) -> Faults:
    for table in rest_tables(tables):
        for rows in rows_of(table):
            try:
                found = within(table.read, parse(rows)).type
            except Mismatch as mismatch:
                yield f"{table.name}@{rows}", str(mismatch)
                continue
            if found.startswith(("list[", "dict(")):
                yield f"{table.name}@{rows}", f"the rows are {found}: say [] or {{}}"


def each_partition_has_its_moment(tables: Sequence[Table]) -> Faults:
    for table in rest_tables(tables):
        path = table.partition_by or ""
        if not path.startswith("$."):
            continue
        try:
            field = within(table.read, parse(path.removeprefix("$.")))
        except Mismatch as mismatch:
            yield table.name, f"{path}: {mismatch}"
            continue
        if field.type not in ("datetime", "date"):
            yield table.name, f"{path} is {field.type}, which is no moment"


def each_column_has_the_type_of_its_field(tables: Sequence[Table]) -> Faults:
    for where, table, column in columns(tables):
        for field in _located(table, column):
            if field.type == "object" or column.type == "json":
                continue
            if field.type not in SDK_TYPES[column.type]:
                yield where, f"declared {column.type}, but {column.path} is {field.type}"


def each_declared_value_exists(tables: Sequence[Table]) -> Faults:
    for where, table, column in columns(tables):
        for field in _located(table, column):
            unknown = [value for value in column.values if field.values and value not in field.values]
            if unknown:
                yield where, f"{', '.join(unknown)}: none of {', '.join(field.values)}"


def _located(table: Table, column: Column) -> list[Field]:
    try:
        return [field for field in locations(table, column) if field is not None]
    except Mismatch:
        return []


def each_field_of_another_answer_exists(tables: Sequence[Table]) -> Faults:
    """Derived columns may name a field of another call: ``agent.id of GET /api/v2/...``."""
    for table in tables:
        for column in table.columns:
            named = ELSEWHERE.match(column.derived or "")
            if named is None:
                continue
            try:
                _check_elsewhere(named, column)
            except Mismatch as mismatch:
                yield f"{table.name}.{column.name}", f"{named['path']}: {mismatch}"


def _check_elsewhere(named: re.Match[str], column: Column) -> None:
    call = known_call(named["method"], named["call"])
    if call is None:
        raise Mismatch(f"the SDK knows no {named['method']} {named['call']}")
    for parameter in re.findall(r"(\w+)=", named["query"] or ""):
        if parameter not in call.parameters:
            raise Mismatch(f"{call.path} takes no {parameter}")
    start, path = call.response, named["path"]
    if path.startswith("[]."):
        start, path = element(start, "array"), path.removeprefix("[].")
    field = follow(start, parse(path))
    if column.type != "json" and field.type != "object" and field.type not in SDK_TYPES[column.type]:
        raise Mismatch(f"declared {column.type}, but it is {field.type}")
    unknown = [value for value in column.values if field.values and value not in field.values]
    if unknown:
        raise Mismatch(f"{', '.join(unknown)}: none of {', '.join(field.values)}")


def each_ignored_field_exists(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        try:
            item_of(read)
        except Mismatch:
            continue
        for path in read.ignored:
            try:
                within(read, parse(path), through_arrays=True)
            except Mismatch as mismatch:
                yield f"{read.name}-{path}", str(mismatch)


def each_second_look_can_be_had(tables: Sequence[Table]) -> Faults:
    """The single read gives the same item, and takes what is sent to it."""
    for read in reads(tables):
        expands = read.expands
        call = known_call("GET", expands.path) if expands is not None else None
        if expands is not None and call is None:
            yield read.name, f"the SDK knows no GET {expands.path}"
        elif expands is not None and call is not None:
            yield from _second_look_faults(read, expands, call)


def _second_look_faults(read: Read, expands: Expands, call: Call) -> Faults:
    if call.response != item_of(read):
        yield read.name, f"{expands.path} answers {call.response}, but the items are {item_of(read)}"
    for name in sorted({"expand", *expands.query} - call.parameters):
        yield f"{read.name}?{name}", f"{call.path} takes no {name}"
    filled = {*expands.parameters, *(read.each.parameters if read.each is not None else ())}
    for name in sorted(set(re.findall(r"\{(\w+)\}", expands.path)) ^ filled):
        yield f"{read.name}:{name}", f"{{{name}}} of {expands.path} and what fills it do not agree"
    if read.parameters.get("expand") != ",".join(expands.fields):
        yield read.name, "what the read asks for is not what may be left out of it"
    taken = {*expands.fields.values(), *expands.parameters.values(), *expands.query.values()}
    for name in sorted(taken - set(fields(call.response))):
        yield f"{read.name}-{name}", f"{call.response} has no field {name}"
    for name in sorted(set(expands.always) - set(expands.fields.values())):
        yield f"{read.name}-{name}", "is said to be always there, but is no expanded field"


def each_detail_exists(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        if read.detail is None:
            continue
        for what in _faults_of_detail(read, read.detail):
            yield read.name, what


def _faults_of_detail(read: Read, detail: Detail) -> Iterator[str]:
    try:
        call = call_of(read, detail.path)
        brought = [follow(call.response, (Step(name),)) for name in detail.brings]
    except Mismatch as mismatch:
        yield str(mismatch)
        return
    if not brought:
        yield f"{call.path} brings nothing"
    if detail.field and brought[0].type in PRIMITIVES:
        yield f"{detail.field} of {call.path} is a plain {brought[0].type}"
    if set(detail.parameters) != set(re.findall(r"\{(\w+)\}", detail.path)):
        yield f"{detail.path} is filled with {', '.join(sorted(detail.parameters)) or 'nothing'}"
    for name in sorted(set(detail.query) - call.parameters):
        yield f"{call.path} takes no {name}"
    wanted = {path: "str" for path in detail.parameters.values() if not path.startswith("@request.")}
    for path, type_ in (wanted | ({detail.authorized: "bool"} if detail.authorized else {})).items():
        try:
            found = follow(item_of(read), parse(path)).type
        except Mismatch as mismatch:
            yield str(mismatch)
            continue
        if found != type_ and (found, type_) != ("date", "str"):
            yield f"{path} is {found}, not {type_}"


def each_digest_is_of_something(tables: Sequence[Table]) -> Faults:
    for read in reads(tables):
        for digest in read.digests:
            try:
                row = follow(item_of(read), parse(digest.at)).type
                for path in digest.of:
                    if follow(row, parse(path), through_arrays=True).type not in PRIMITIVES:
                        yield f"{read.name}-{path}", "no plain value"
            except Mismatch as mismatch:
                yield read.name, str(mismatch)
                continue
            if digest.field in fields(row):
                yield read.name, f"{row} has a field {digest.field} of its own"


def each_parent_says_whether_it_is_open(tables: Sequence[Table]) -> Faults:
    by_name = {table.name: table for table in tables}
    for read in reads(tables):
        name = read.each.authorized if read.each is not None else None
        parent = by_name.get(read.each.table) if read.each is not None else None
        if name is None or parent is None:
            continue
        if name not in {column.name for column in parent.columns if column.type == "boolean"}:
            yield read.name, f"table {parent.name} has no boolean {name}"


def each_way_of_finding_exists(tables: Sequence[Table]) -> Faults:
    by_name = {table.name: table for table in tables}
    for read in reads(tables):
        if read.found is not None:
            for feed in read.found.feeds.values():
                for what in _faults_of_feed(read, feed):
                    yield read.name, what
            for what in (*_faults_of_supplement(read), *_faults_of_unfinished(read.found.unfinished, by_name)):
                yield read.name, what
        if read.services is not None and read.services.path:
            try:
                service = element(
                    follow(call_of(read, read.services.path).response, parse(read.services.items)).type, "array"
                )
                follow(service, parse(read.services.field))
            except Mismatch as mismatch:
                yield read.name, str(mismatch)


def _faults_of_feed(read: Read, feed: Feed) -> Iterator[str]:
    """A feed is held to the same claims as a read of its own would be."""
    for body in feed.bodies:
        asked = replace(
            read, path=feed.path, method="POST", items=feed.items, paging=feed.paging, body=body, found=None, each=None
        )
        table = replace(_any_table(), read=asked)
        for claim in (each_call_exists, each_body_fits_its_model):
            yield from (f"{feed.path}: {where} {what}" for where, what in claim([table]))
        try:
            item_of(asked)
        except Mismatch as mismatch:
            yield f"{feed.path}: {mismatch}"


def _faults_of_supplement(read: Read) -> Iterator[str]:
    assert read.found is not None
    supplement = read.found.supplement
    try:
        call = call_of(read, supplement.path)
        owner = element(follow(call.response, parse(supplement.items)).type, "array")
        part = element(follow(owner, parse(supplement.part)).type, "array")
        follow(owner, parse(supplement.owner))
        follow(part, parse(supplement.key))
        follow(item_of(read), parse(supplement.owned_by))
    except Mismatch as mismatch:
        yield str(mismatch)
        return
    if supplement.parameter not in call.parameters:
        yield f"{call.path} takes no {supplement.parameter}"
    if supplement.field in fields(item_of(read)):
        yield f"{item_of(read)} has a field {supplement.field} of its own"


def _faults_of_unfinished(rule: Unfinished, tables: Mapping[str, Table]) -> Iterator[str]:
    table = tables.get(rule.table)
    if table is None:
        return
    columns = {column.name: column for column in table.columns}
    if rule.since not in columns or columns[rule.since].type != "timestamp":
        yield f"table {rule.table} has no moment {rule.since}"
    known = columns[rule.column].values if rule.column in columns else ()
    if unknown := sorted(set(rule.values) - set(known)):
        yield f"{rule.table}.{rule.column} is never {', '.join(unknown)}"


CLAIMS = {
    "call": each_call_exists,
    "query": each_query_parameter_exists,
    "request": each_path_parameter_is_filled,
    "body": each_body_fits_its_model,
    "rows": each_table_has_its_rows,
    "path": each_column_has_its_field,
    "partition": each_partition_has_its_moment,
    "type": each_column_has_the_type_of_its_field,
    "values": each_declared_value_exists,
    "elsewhere": each_field_of_another_answer_exists,
    "ignored": each_ignored_field_exists,
    "expands": each_second_look_can_be_had,
    "detail": each_detail_exists,
    "found": each_way_of_finding_exists,
    "digest": each_digest_is_of_something,
    "added": each_addition_is_made_of_something,
    "authorized": each_parent_says_whether_it_is_open,
}


# -- the tests -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_declarations_agree_with_the_official_sdk(claim: str, catalog: Catalog) -> None:
    found = list(CLAIMS[claim](list(catalog)))
    faults = [f"{where}: {what}" for where, what in found if (claim, where) not in EXCEPTIONS]
    assert not faults, f"{claim}:\n  " + "\n  ".join(faults)


def test_no_exception_has_outlived_its_reason(catalog: Catalog) -> None:
    needed = {(claim, where) for claim, check in CLAIMS.items() for where, _ in check(list(catalog))}
    stale = sorted(set(EXCEPTIONS) - needed)
    assert not stale, f"the SDK agrees by now with {stale}: take them off the list"


def test_the_sdk_was_read_in_full() -> None:
    assert len(calls()) > 2_500
    users = calls()["GET", "/api/v2/users"]
    assert users.response == "UserEntityListing"
    assert {"pageSize", "pageNumber", "state", "expand"} <= users.parameters
    assert fields("User")["state"] == Field("str", ("active", "inactive", "deleted"))
    assert fields("User")["primaryContactInfo"].type == "list[Contact]"
    assert calls()["POST", "/api/v2/analytics/conversations/details/jobs"].body == "AsyncConversationQuery"


FORM = Read(name="form", path="/api/v2/quality/forms/evaluations/{formId}", items="", paging="none")


UNITS = Read(name="units", path="/api/v2/workforcemanagement/businessunits", paging="none")
UNIT = Detail(f"{UNITS.path}/{{businessUnitId}}", {"businessUnitId": "id"}, {"expand": "settings"}, field="settings")
TEXTS = Digest("questionGroups[].questions[]", field="key", of=("text",))


def _table(read: Read = FORM, rows: str = "questionGroups[].questions[]", **column: object) -> Table:
    given = replace(string("checked", "Checked.", key=True), **column)
    return replace(_any_table(), name="checked", read=read, rows=rows, columns=(given,), partition_by=None)


ONE_USER = Expands("/api/v2/users/{userId}", {"userId": "id"}, {"team": "team"}, query={"state": "state"})
ALL_USERS = Read(name="users", path="/api/v2/users", parameters={"expand": "team"}, expands=ONE_USER)


def _expanding(**changed: object) -> Table:
    return _table(replace(ALL_USERS, expands=replace(ONE_USER, **changed)), rows="", path="id")


def _added(each: Added) -> Table:
    return _table(replace(load_catalog().reads()["time_off_requests"][0], added=(each,)), rows="", path="id")


def _any_table() -> Table:
    return next(iter(load_catalog()))


def _detailed(**changed: object) -> Table:
    return _table(replace(UNITS, detail=replace(UNIT, **changed)), rows="", path="name")


def _found(what: str = "", **changed: Any) -> Table:
    """The table of evaluations with one part of how they are found changed."""
    table = load_catalog()["analytics_evaluation"]
    read, found = table.read, table.read.found
    assert found is not None
    if what == "feed":
        found = replace(found, feeds={"changes": replace(found.feeds["changes"], **changed)})
    elif what == "parameters":
        found = replace(found, parameters={"conversationId": "conversation_id"})
    elif what == "services":
        services = load_catalog()["audit_log_message"].read.services
        assert services is not None
        read = replace(read, services=replace(services, **changed))
    elif what:
        found = replace(found, **{what: replace(getattr(found, what), **changed)})
    return replace(table, read=replace(read, found=found))


@pytest.mark.parametrize(
    ("claim", "table", "message"),
    [
        ("call", _table(replace(FORM, path="/api/v2/quality/form/{formId}")), "knows no GET"),
        ("call", _table(replace(FORM, method="POST")), "knows no POST"),
        ("query", _table(replace(FORM, parameters={"expand": "all"})), "takes none"),
        ("request", _table(), "nothing fills {formId}"),
        ("request", _table(replace(FORM, each=Each("evaluation_form", {"formId": "id", "x": "y"}))), "has no {x}"),
        ("body", _table(replace(FORM, method="GET", body={"a": 1})), "takes no body"),
        ("path", _table(path="textual"), "EvaluationQuestion has no field textual"),
        ("path", _table(path="answerOptions.id"), "is a plain value"),
        ("path", _table(path="$.questionGroups[0].nam"), "EvaluationQuestionGroup has no field nam"),
        ("path", _table(path="@request.surveyId"), "the request has no surveyId"),
        ("rows", _table(rows="questionGroups[].questions", path="@index"), "say [] or {}"),
        ("rows", _table(rows="questionGroups[].answers[]"), "EvaluationQuestionGroup has no field answers"),
        ("partition", replace(_table(), partition_by="$.publishedDate"), "has no field publishedDate"),
        ("partition", replace(_table(), partition_by="$.contextId"), "which is no moment"),
        ("query", _table(replace(FORM, variants=({"published": "true"},))), "takes none"),
        ("type", _table(path="isKill"), "declared string, but isKill is bool"),
        ("type", _table(path="$.modifiedDate", type="date"), "declared date"),
        ("values", _table(path="type", values=("npsQuestion", "NPS")), "NPS: none of"),
        ("elsewhere", _table(path="", derived="agent.id of GET /api/v2/quality/nothing"), "knows no GET"),
        ("elsewhere", _table(path="", derived=f"titles of GET {FORM.path}, each once"), "has no field titles"),
        ("ignored", _table(replace(FORM, ignored=("questionGroups[].colour",))), "has no field colour"),
        ("expands", _expanding(path="/api/v2/user/{userId}"), "knows no GET"),
        ("expands", _expanding(path="/api/v2/groups/{groupId}"), "answers Group, but the items are User"),
        ("expands", _expanding(query={"status": "state"}), "takes no status"),
        ("expands", _expanding(parameters={"id": "id"}), "{userId} of"),
        ("expands", _expanding(fields={"skills": "skills"}), "is not what may be left out"),
        ("expands", _expanding(fields={"team": "teem"}), "has no field teem"),
        ("expands", _expanding(always=("skills",)), "is no expanded field"),
        ("detail", _detailed(path=f"{UNITS.path}s/{{businessUnitId}}"), "knows no GET"),
        ("detail", _detailed(field="settingz"), "has no field settingz"),
        ("detail", _detailed(field="name"), "is a plain str"),
        ("detail", _detailed(parameters={}), "is filled with nothing"),
        ("detail", _detailed(query={"expnad": "settings"}), "takes no expnad"),
        ("detail", _detailed(parameters={"businessUnitId": "ident"}), "has no field ident"),
        ("detail", _detailed(parameters={"businessUnitId": "authorized"}), "is bool, not str"),
        ("detail", _detailed(authorized="name"), "is str, not bool"),
        ("path", replace(_detailed(), columns=(string("x", "X.", "settings.timeZones"),)), "has no field timeZones"),
        ("found", _found("feed", path="/api/v2/quality/evaluation/search"), "knows no POST"),
        ("found", _found("feed", items="entities"), "has no field entities"),
        ("found", _found("feed", bodies=({"query": [{"field": "changedDate"}]},)), "'changedDate' is none of"),
        ("found", _found("supplement", parameter="ids"), "takes no ids"),
        ("found", _found("supplement", part="evals"), "has no field evals"),
        ("found", _found("supplement", key="id"), "has no field id"),
        ("found", _found("supplement", owned_by="conversationId"), "has no field conversationId"),
        ("found", _found("supplement", field="answers"), "a field answers of its own"),
        ("found", _found("unfinished", since="date"), "has no moment date"),
        ("found", _found("unfinished", values=("Pending", "Open")), "is never Open"),
        ("found", _found("services", items="names"), "has no field names"),
        ("request", _found("parameters"), "nothing fills {evaluationId}"),
        ("path", replace(_found(), columns=(string("x", "X.", "analytics.evaluations[0].x"),)), "has no field x"),
        ("digest", _table(replace(FORM, digests=(replace(TEXTS, at="questions[]"),))), "has no field questions"),
        ("digest", _table(replace(FORM, digests=(replace(TEXTS, of=("words",)),))), "has no field words"),
        ("digest", _table(replace(FORM, digests=(replace(TEXTS, of=("answerOptions",)),))), "no plain value"),
        ("digest", _table(replace(FORM, digests=(replace(TEXTS, field="id"),))), "a field id of its own"),
        ("added", _added(Earliest("first", of=("days",))), "has no field days"),
        ("added", _added(Earliest("first", of=("notes",))), "is str"),
        ("added", _added(Midnight("durationMinutes[]", "at", of="day", zone="zone")), "is a plain value"),
        ("added", _added(Series("all", {"a": "payableMinutes"}, "start", since="begin", minutes=15)), "stands not"),
        ("detail", _detailed(field="", fields=("name", "zone")), "has no field zone"),
        ("detail", _detailed(field=""), "brings nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_declaration_that_is_wrong_is_noticed(claim: str, table: Table, message: str) -> None:
    found = [what for _, what in CLAIMS[claim]([table])]
    assert any(message in what for what in found), found


def test_a_wrong_value_in_a_body_is_noticed() -> None:
    read = Read(
        name="search",
        path="/api/v2/quality/evaluations/search",
        method="POST",
        items="results",
        body={"query": [{"type": "BETWEEN", "feeld": "x"}], "pageSize": "{page_size}"},
    )
    found = dict(each_body_fits_its_model([_table(read, rows="", path="id")]))
    assert set(found) == {"search .query[].type", "search .query[].feeld"}


def test_what_details_and_digests_add_is_known() -> None:
    detailed = replace(_detailed(), columns=(string("zone", "Zone.", "settings.timeZone"),))
    digested = _table(replace(FORM, digests=(TEXTS,)), path="key")
    assert not [fault for check in CLAIMS.values() for fault in check([detailed])]
    assert not list(each_column_has_its_field([digested]))


def test_a_parent_that_does_not_say_whether_it_is_open_is_noticed() -> None:
    parent = replace(_any_table(), name="parent", columns=(string("open", "Open.", key=True),))
    child = _table(replace(FORM, each=Each("parent", {"formId": "open"}, authorized="open")))
    assert list(each_parent_says_whether_it_is_open([parent, child])) == [("form", "table parent has no boolean open")]
