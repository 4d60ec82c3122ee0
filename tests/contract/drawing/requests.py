"""Draws requests to the scoring server: every form, fitting and not, JSON and CSV."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import strategies as st

from tests.contract.drawing.cases import known_kinds
from tests.contract.drawing.columns import column_schemas
from tests.contract.drawing.params import param_schemas, param_values
from tests.contract.drawing.tensors import tensor_schemas
from tests.contract.drawing.values import SCALARS, chance, weighted

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**40, 2**63, -(2**31) - 1, 10**30, 255, 256]),
    st.sampled_from([0.0, 1.0, 1.5, -2.5, 1e300, math.nan, math.inf]),
    st.sampled_from(["", "a", "ü", "1", "1.5", "true", "nan", "2024-01-01", "2024-01-01T00:00:00Z", "aGVsbG8=", "a!"]),
)
anything = st.one_of(
    plain, st.lists(plain, max_size=3), st.dictionaries(st.sampled_from(["x", "y"]), plain, max_size=2)
)
POOLS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-3, 3),
    "long": st.integers(-3, 3) | st.just(2**40),
    "float": st.sampled_from([0.5, 1.5, 0, 1]),
    "double": st.sampled_from([0.5, 1.5, 0, 1, 7]),
    "string": st.sampled_from(["a", "ü", "", "1"]),
    "binary": st.sampled_from(["aGVsbG8=", "YQ==", "abc", "ü"]),
    "datetime": st.sampled_from(["2024-01-01", "2024-01-02T03:04:05", "2024-01-02T00:00:00Z", "1600-01-01", 5]),
}


def values_of(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw JSON values of the type, with a fault here and there."""
    return weighted(_fitting(type_), anything, 25)


def _fitting(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = type_["type"]
    if kind in SCALARS:
        return POOLS[kind]
    if kind == "array":
        return st.lists(values_of(type_["items"]), max_size=3)
    if kind == "map":
        return st.dictionaries(st.sampled_from(["x", "y"]), values_of(type_["values"]), max_size=2)
    if kind == "object":
        return _objects(type_["properties"])
    return st.lists(st.sampled_from([0.5, 1.5]), max_size=3) if kind == "sparkml_vector" else anything


@st.composite
def _objects(draw: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        name: draw(values_of(spec))
        for name, spec in properties.items()
        if (spec.get("required", True) and not chance(draw, 25)) or draw(st.booleans())
    }


@st.composite
def nested_lists(draw: Any, shape: list[int], item: st.SearchStrategy[Any]) -> Any:
    """Draw a list of lists of the shape."""
    if not shape:
        return draw(item)
    size = draw(st.integers(0, 3)) if shape[0] == -1 else shape[0]
    return [draw(nested_lists(shape[1:], item)) for _ in range(size)]


def tensor_values(spec: dict[str, Any], *, row: bool = False) -> st.SearchStrategy[Any]:
    """Draw JSON for a tensor, or for one row of it."""
    kind = spec["dtype"]
    item = POOLS["string"] if kind in {"str", "bytes", "object"} else st.sampled_from([0, 1, 2, 1.5])
    item = POOLS["datetime"] if kind.startswith("datetime") else item
    shape = spec["shape"][1:] if row else spec["shape"]
    return weighted(nested_lists(shape, st.booleans() if kind == "bool" else item), anything, 20)


def cell_values(item: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw one cell of a column, or one row of a tensor."""
    return tensor_values(item["tensor-spec"], row=True) if "tensor-spec" in item else values_of(item)


@st.composite
def rows_of(draw: Any, schema: list[dict[str, Any]], count: int) -> list[dict[Any, Any]]:
    """Draw records for the schema."""
    names = [str(item.get("name", i)) for i, item in enumerate(schema)]
    left_out = {name for name in names if chance(draw, 25)}
    rows = []
    for _ in range(count):
        row = {name: draw(cell_values(item)) for name, item in zip(names, schema, strict=True) if name not in left_out}
        if chance(draw, 30):
            row["more"] = draw(anything)
        rows.append(row)
    return rows


@st.composite
def bodies(draw: Any, schema: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw the JSON object of a request, without params."""
    count = draw(st.sampled_from([0, 1, 2, 2, 3]))
    form = draw(st.sampled_from(["dataframe_split", "dataframe_records", "inputs", "instances"]))
    if chance(draw, 25):
        return {form: draw(anything)}
    rows = draw(rows_of(schema, count))
    if form == "dataframe_records":
        return {form: rows}
    if form == "dataframe_split":
        return {form: draw(_split(rows, schema))}
    return {form: draw(_columns(form, rows, schema))}


@st.composite
def _split(draw: Any, rows: list[dict[str, Any]], schema: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(rows[0]) if rows else [str(item.get("name", i)) for i, item in enumerate(schema)]
    split: dict[str, Any] = {"columns": names, "data": [[row.get(name) for name in names] for row in rows]}
    if "name" not in schema[0] and draw(st.booleans()):
        del split["columns"]
    if chance(draw, 15):
        split["index"] = draw(st.sampled_from([list(range(5, 5 + len(rows))), ["r"] * len(rows), [1]]))
    if chance(draw, 30):
        split["more"] = 1
    return split


@st.composite
def _columns(draw: Any, form: str, rows: list[dict[str, Any]], schema: list[dict[str, Any]]) -> Any:
    if "name" not in schema[0]:
        whole = cell_values(schema[0]) if "tensor-spec" not in schema[0] else tensor_values(schema[0]["tensor-spec"])
        listed = st.lists(cell_values(schema[0]), max_size=3)
        return draw(st.one_of(whole, listed, listed))
    if form == "instances" or chance(draw, 3):
        return rows
    if len(schema) == 1 and draw(st.booleans()):
        return draw(st.lists(cell_values(schema[0]), max_size=3))
    if "tensor-spec" in schema[0]:
        return {item["name"]: draw(tensor_values(item["tensor-spec"])) for item in schema}
    if draw(st.booleans()) and rows:
        return rows[0]
    names = list(rows[0]) if rows else []
    return {name: [row.get(name) for row in rows] for name in names}


@st.composite
def texts(draw: Any, schema: list[dict[str, Any]]) -> str:
    """Draw CSV for the schema."""
    names = [str(item.get("name", i)) for i, item in enumerate(schema) if not chance(draw, 20)]
    cells = st.sampled_from(["1", "0", "1.5", "", "a", "True", "False", "2024-01-01", "ü", '"x,y"', "3000000000"])
    lines = [",".join(names)]
    for _ in range(draw(st.integers(0, 3))):
        row = [draw(weighted(st.just("1"), cells, 3)) for _ in names]
        lines.append(",".join(row))
    return "\n".join(lines) + "\n" if not chance(draw, 30) else draw(st.sampled_from(["", "\n", "a,b\n1,2,3\n", '"']))


@st.composite
def requests(draw: Any, mlflow_version: tuple[int, ...]) -> tuple[dict[str, Any], str, str]:
    """Draw (MLmodel's signature mapping, body, content type) that this MLflow can load."""
    optional_key = "required" if mlflow_version >= (2, 10) else "optional"
    tensors = chance(draw, 4)
    schema = draw(tensor_schemas() if tensors else column_schemas(known_kinds(mlflow_version), optional_key))
    mapping: dict[str, Any] = {"inputs": json.dumps(schema)}
    if chance(draw, 6):
        return mapping, draw(texts(schema)), "text/csv"
    body = draw(bodies(schema))
    if chance(draw, 4):
        declared = draw(param_schemas(objects=mlflow_version >= (2, 20)))
        mapping["params"] = json.dumps(declared)
        params = draw(param_values(declared).filter(_is_json))
        body["params"] = params
    if chance(draw, 20):
        body |= draw(
            st.sampled_from([{"messages": []}, {"prompt": "x"}, {"input": ["a"]}, {"other": 1}, {"inputs": [1]}])
        )
    content_type = draw(weighted(st.just("application/json"), st.sampled_from(_CONTENT_TYPES), 25))
    text = json.dumps(body) if not chance(draw, 40) else draw(st.sampled_from(["", "[1]", "{", "1", '"a"', "null"]))
    return mapping, text, content_type


_CONTENT_TYPES = ["application/json; charset=utf-8", "application/json; charset=latin-1", "text/plain", "text/csv; x=1"]


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
