"""Draws signatures and data for them: fitting, nearly fitting and unrelated ones, of every kind."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from mlcheck.contract.data import TEXT, ColumnData, Frame, Series, Sparse

SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
NAMES = ["a", "b", "c", "d"]


def chance(draw: Any, one_in: int) -> bool:
    """Draw True about once in so many; Hypothesis likes the ends of a range, hence its middle."""
    return bool(draw(st.integers(0, 2 * one_in - 1)) in (one_in, one_in - 1)) if one_in > 1 else True


def weighted(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any], one_in: int) -> st.SearchStrategy[Any]:
    """Draw from the second strategy about once in so many."""

    @st.composite
    def pick(draw: Any) -> Any:
        return draw(rare if chance(draw, one_in) else usual)

    return pick()


# ---------------------------------------------------------------------------------------------- values

big_ints = st.sampled_from([2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30])
ints = st.one_of(st.integers(-3, 3), st.sampled_from([0, 1]), big_ints)
floats = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, 1.5, math.nan, math.inf, -math.inf, -0.0, 1e300]))
texts = st.sampled_from(["", "a", "b", "ü", "1", "1.5", "nan", "None", "true", "2024-01-01"])
iso_texts = st.sampled_from(
    ["2024-01-01", "2024-01-02", "2024-01-02T03:04:05", "2024-01-02 03:04:05.123456", "2024-13-01", "x", "NaT", ""]
    + ["2024-01-02T00:00:00Z", "2024-01-02T00:00:00+02:00", "1600-01-01", "9999-12-31", "20240102", "2024", "now"]
)
blobs = st.sampled_from([b"", b"a", b"\xff", b"2024-01-01", b"1"])
dates = st.sampled_from([dt.date(2024, 1, 1), dt.date(1600, 1, 1), dt.date(9999, 1, 1)])
moments = st.sampled_from(
    [dt.datetime(2024, 1, 2, 3, 4, 5), dt.datetime(1600, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 0, 7)]
)
zoned = st.sampled_from(
    [
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ]
)
decimals = st.sampled_from([Decimal("1.5"), Decimal(2), Decimal("NaN"), Decimal("Infinity")])
nulls = st.sampled_from([None, math.nan, pd.NaT, pd.NA])
numpy_scalars = st.sampled_from(
    [np.int8(1), np.int32(1), np.int64(5), np.uint8(1), np.uint64(2**64 - 1), np.float16(1.5), np.float32(1.5)]
    + [np.float64(2.5), np.bool_(True), np.str_("a"), np.bytes_(b"a"), np.datetime64("2024-01-01"), np.float32("nan")]
    + [np.datetime64("2024-01-01T00:00:00.000000001"), np.datetime64("NaT"), np.timedelta64(1, "s"), np.complex64(1)]
)
arrays = st.sampled_from(
    [np.array([1, 2]), np.array([1.5, 2.5]), np.array([1.5], dtype="float32"), np.array(["a", "b"]), np.array([])]
    + [np.array([[1, 2], [3, 4]]), np.array(3), np.array([1, "a", None], dtype=object), np.array([True])]
    + [np.array([[1], [1, 2]], dtype=object), np.array([b"a"]), np.array(["2024-01-01"], dtype="datetime64[D]")]
    + [np.array([{"x": 1}, {"x": 2}], dtype=object), np.array("a"), np.array([1 + 2j]), np.array([0, 1])]
    + [np.array([1, 2], dtype="int32"), np.array(["a", None], dtype=object), np.array([1, 2], dtype="uint8")]
)
single = st.one_of(
    ints, floats, texts, iso_texts, blobs, dates, moments, zoned, decimals, nulls, numpy_scalars, st.booleans()
)
containers = st.one_of(
    st.lists(single, max_size=3),
    st.dictionaries(st.sampled_from(["x", "y", "z", 1]), single, max_size=3),
    arrays,
    st.tuples(single, single),
)
anything = st.one_of(single, containers)

POOLS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-3, 3),
    "long": ints,
    "float": floats.map(np.float32),
    "double": floats,
    "string": texts,
    "binary": blobs,
    "datetime": st.one_of(moments, iso_texts, dates),
}

# ---------------------------------------------------------------------------------------------- columns

INT_DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOAT_DTYPES = ["float16", "float32", "float64"]
NULLABLE = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean"]
DATES = ["datetime64[ns]", "datetime64[us]", "datetime64[s]", "datetime64[ns, UTC]"]
OTHERS = ["category", "string", TEXT, "timedelta64[ns]", "complex128", "period[D]"]
FITTING = {
    "boolean": ["bool", "boolean", "object"],
    "integer": ["int32", "int8", "uint8", "Int32"],
    "long": ["int64", "int32", "uint32", "Int64"],
    "float": ["float32", "float16", "Float32", "int64"],
    "double": ["float64", "float32", "int32", "Float64", "int64", "object"],
    "string": [TEXT, "object", "string"],
    "binary": ["object"],
    "datetime": ["datetime64[ns]", "datetime64[us]", "object"],
}
ALL_DTYPES = INT_DTYPES + FLOAT_DTYPES + NULLABLE + DATES + OTHERS + ["bool", "object"]


def cells_of(dtype: str, rows: int, scalar: str | None = None) -> st.SearchStrategy[list[object]]:
    """Draw the values of a column of the dtype; object columns hold what suits the type, or anything."""
    return st.lists(_cell(dtype, scalar), min_size=rows, max_size=rows)


def _cell(dtype: str, scalar: str | None) -> st.SearchStrategy[Any]:
    lower = dtype.lower()
    if lower == "boolean":
        return st.booleans() | st.just(pd.NA)
    if dtype == "bool":
        return st.booleans()
    if "int" in lower:
        numbers = st.integers(0, 3) if "u" in lower else st.integers(-3, 3)
        numbers = st.integers(0, 1) | numbers
        return numbers | st.just(pd.NA) if dtype[0] in "IU" else numbers
    if lower.startswith("float"):
        plain = st.sampled_from([0.0, 1.0, 1.5, -2.0, math.nan, math.inf])
        return st.sampled_from([1.0, 1.5, pd.NA]) if dtype[0] == "F" else plain
    if dtype.startswith("datetime64"):
        return _moment(dtype)
    if dtype == "timedelta64[ns]":
        return st.sampled_from([pd.Timedelta(1), pd.Timedelta("1D")])
    if dtype == "complex128":
        return st.just(1 + 2j)
    if dtype == "period[D]":
        return st.just("2024-01-01")
    if dtype in {"string", TEXT}:
        return texts | st.none()
    if dtype == "category":
        return texts
    return _object_cell(scalar)


def _moment(dtype: str) -> st.SearchStrategy[Any]:
    if "UTC" in dtype:
        return st.just(pd.Timestamp("2024-01-01", tz="UTC"))
    far = [] if "[ns]" in dtype else [dt.datetime(1600, 1, 1)]
    return st.sampled_from([dt.datetime(2024, 1, 1), pd.NaT, *far])


def _object_cell(scalar: str | None) -> st.SearchStrategy[Any]:
    if scalar is None:
        return anything
    return st.one_of(POOLS[scalar], POOLS[scalar], st.none(), nulls)


@st.composite
def described_columns(draw: Any, name: object, rows: int, type_: dict[str, Any] | None) -> ColumnData:
    """Draw a column: as a rule one that could fit the type, sometimes of any dtype."""
    if type_ is not None and type_["type"] not in SCALARS:
        wild = chance(draw, 20)
        inner = anything if wild else nested_values(type_)
        return ColumnData(name, "object", draw(st.lists(inner, min_size=rows, max_size=rows)))
    scalar = type_["type"] if type_ is not None else None
    fits = scalar is not None and not chance(draw, 6)
    dtype = draw(st.sampled_from(FITTING[scalar] if fits and scalar else ALL_DTYPES))
    hint = scalar if scalar is not None and not chance(draw, 6) else None
    if dtype == "object" and chance(draw, 8):
        hint = draw(st.sampled_from(SCALARS))
    return ColumnData(name, dtype, draw(cells_of(dtype, rows, hint)))


@st.composite
def frames(draw: Any, schema: list[dict[str, Any]], *, lenient: bool = False) -> Frame:
    """Draw a table for the schema: columns left out, added, twice, in another order, other indexes."""
    rows = draw(st.sampled_from([0, 1, 2, 2, 3]))
    columns = []
    for i, item in enumerate(schema):
        if chance(draw, 15):
            continue
        columns.append(draw(described_columns(item.get("name", i), rows, item)))
    if chance(draw, 8):
        columns.append(draw(described_columns(draw(st.sampled_from(["extra", 0, "a", 7])), rows, None)))
    if chance(draw, 6):
        columns = draw(st.permutations(columns))
    index = draw(st.sampled_from([None] * 8 + ["shifted", "twice", "text", "reversed"]))
    labels = {"shifted": [i + 5 for i in range(rows)], "twice": [0] * rows, "text": [f"r{i}" for i in range(rows)]}
    labels["reversed"] = list(reversed(range(rows)))
    return Frame(tuple(columns), rows, labels.get(index))


# ---------------------------------------------------------------------------------------------- nested

scalar_types = st.sampled_from(SCALARS).map(lambda name: {"type": name})


@st.composite
def nested_types(draw: Any, kinds: tuple[str, ...], depth: int = 2) -> dict[str, Any]:
    """Draw a type that is not scalar, of the kinds that this MLflow knows."""
    kind = draw(st.sampled_from(kinds))
    inner = scalar_types if depth == 0 else scalar_types | nested_types(kinds, depth - 1)
    if kind == "array":
        return {"type": "array", "items": draw(inner)}
    if kind == "map":
        return {"type": "map", "values": draw(inner)}
    if kind == "object":
        names = draw(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=3, unique=True))
        properties = {name: draw(inner.filter(lambda t: t["type"] != "sparkml_vector")) for name in names}
        for spec in properties.values():
            if draw(st.booleans()):
                spec["required"] = draw(st.booleans())
        return {"type": "object", "properties": properties}
    return {"type": kind}


def nested_values(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values of the type, with a fault here and there."""
    return weighted(_fitting_value(type_), st.none() | anything, 25)


def _fitting_value(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = type_["type"]
    if kind == "array":
        return _array_value(type_["items"])
    if kind == "sparkml_vector":
        return st.lists(st.sampled_from([1.5, 2.5, 0.0]), max_size=3) | arrays
    if kind == "map":
        return st.dictionaries(st.sampled_from(["x", "y", "k"]), nested_values(type_["values"]), max_size=2)
    if kind == "object":
        return _object_value(type_["properties"])
    if kind == "any":
        return anything
    return weighted(_plain_value(kind), POOLS[kind] | numpy_scalars, 5)


def _plain_value(kind: str) -> st.SearchStrategy[Any]:
    values: dict[str, Any] = {"integer": np.int32(1), "long": 2, "float": np.float32(1.5), "double": 2.5}
    values |= {"boolean": True, "string": "s", "binary": b"s", "datetime": np.datetime64("2024-01-01")}
    return st.just(values[kind])


def _array_value(items: dict[str, Any]) -> st.SearchStrategy[Any]:
    if items["type"] not in SCALARS:
        return weighted(st.lists(nested_values(items), max_size=2), arrays, 15)
    same = _plain_value(items["type"])
    return weighted(st.lists(same, max_size=3), st.lists(POOLS[items["type"]] | st.none(), max_size=3) | arrays, 4)


@st.composite
def _object_value(draw: Any, properties: dict[str, Any]) -> dict[Any, Any]:
    value: dict[Any, Any] = {}
    for name, spec in properties.items():
        if (spec.get("required", True) and not chance(draw, 25)) or draw(st.booleans()):
            value[name] = draw(nested_values(spec))
    if chance(draw, 25):
        value[draw(st.sampled_from(["other", 3]))] = 1
    return value


# ---------------------------------------------------------------------------------------------- column schemas


@st.composite
def column_schemas(draw: Any, kinds: tuple[str, ...], optional_key: str) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of columns; `optional_key` is how this MLflow says it."""
    named = draw(st.integers(0, 3)) > 0
    nested = nested_types(kinds) if kinds else scalar_types
    types = draw(st.lists(st.one_of(scalar_types, scalar_types, nested), min_size=1, max_size=4))
    schema = []
    for i, type_ in enumerate(types):
        item = dict(type_)
        if named:
            item["name"] = _column_name(draw, i)
            _draw_required(draw, item, optional_key)
        elif item["type"] not in SCALARS and draw(st.booleans()):
            item["required"] = True
        schema.append(item)
    return schema


def _column_name(draw: Any, position: int) -> object:
    odd = draw(st.integers(0, 79))
    return {40: "", 41: 0, 42: 1, 43: "a"}.get(odd, NAMES[position])


def _draw_required(draw: Any, item: dict[str, Any], optional_key: str) -> None:
    choice = draw(st.sampled_from(["nothing", "required", "optional"]))
    if optional_key == "optional":
        if choice == "optional":
            item["optional"] = True
    elif choice != "nothing":
        item["required"] = choice == "required"


@st.composite
def column_data(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any data for a schema of columns."""
    form = draw(
        st.sampled_from(["frame"] * 18 + ["columns"] * 6 + ["row"] * 4 + ["rows"] * 4 + ["list", "other", "array"])
    )
    names = [item.get("name", i) for i, item in enumerate(schema)]
    if form == "frame":
        return draw(frames(schema))
    if form == "other":
        return draw(other_data)
    if form == "array":
        return draw(st.one_of(arrays, st.just(np.ones((2, len(schema))))))
    size = draw(st.integers(0, 3))
    if form == "columns":
        return {name: draw(_column_values(item, size)) for name, item in zip(names, schema) if not chance(draw, 20)}
    rows = [_draw_row(draw, names, schema) for _ in range(size if form == "rows" else 1)]
    if form == "list":
        return draw(st.lists(anything, max_size=3) | st.lists(st.lists(single, max_size=3), max_size=3))
    return rows if form == "rows" else rows[0]


def _draw_row(draw: Any, names: list[Any], schema: list[dict[str, Any]]) -> dict[Any, Any]:
    return {
        name: draw(weighted(_fitting_value(item), anything, 15))
        for name, item in zip(names, schema)
        if not chance(draw, 20)
    }


def _column_values(item: dict[str, Any], size: int) -> st.SearchStrategy[Any]:
    values = st.lists(weighted(_fitting_value(item), anything, 15), min_size=size, max_size=size)
    same = st.lists(_plain_value(item["type"]), min_size=size, max_size=size) if item["type"] in SCALARS else values
    as_series = same.map(lambda v: Series(None, "object", v))
    packed = st.one_of(same, same.map(np.array) if item["type"] in SCALARS else same, as_series)
    return weighted(packed, values | anything, 5)


other_data = st.one_of(
    anything,
    st.just({}),
    st.just([]),
    st.sets(st.integers(0, 3)),
    st.builds(
        lambda values, name, index: Series(name, "object", values, index),
        st.lists(single, min_size=2, max_size=2),
        st.sampled_from([None, "a", 0]),
        st.sampled_from([None, [5, 6]]),
    ),
    st.sampled_from(["float64", "int64", "float32"]).flatmap(
        lambda d: st.sampled_from(["csr", "csc"]).map(lambda f: Sparse(f, d, (2, 2), [1, 2], [0, 1], [0, 1, 2]))
    ),
    st.just(Frame((), 0)),
    st.just(Frame((), 2)),
    st.just(np.zeros((2, 2, 2))),
    st.just(np.array(["a", "b"], dtype=object)),
)

# ---------------------------------------------------------------------------------------------- tensors

TENSOR_DTYPES = ["float32", "float64", "int64", "int32", "uint8", "bool", "str", "bytes", "object", "datetime64[ns]"]
shapes = st.lists(st.sampled_from([-1, -1, 1, 2, 3]), max_size=3)


@st.composite
def tensor_schemas(draw: Any) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of tensors."""
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    named = count > 1 or draw(st.booleans())
    schema = []
    for i in range(count):
        spec = {"dtype": draw(st.sampled_from(TENSOR_DTYPES)), "shape": draw(shapes)}
        if draw(st.integers(0, 2)) and spec["shape"]:
            spec["shape"][0] = -1
        schema.append({"type": "tensor", "tensor-spec": spec, **({"name": NAMES[i]} if named else {})})
    return schema


@st.composite
def ndarrays(draw: Any, spec: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Draw an array for the tensor; one in four is of another shape or dtype."""
    shape = [draw(st.integers(0, 3)) if size == -1 else size for size in spec["shape"]]
    if chance(draw, 8):
        shape = draw(st.lists(st.integers(0, 3), max_size=4))
    dtype = spec["dtype"] if not chance(draw, 8) else draw(st.sampled_from([*TENSOR_DTYPES, "float16", ">f4", "<U3"]))
    return np.zeros(shape, dtype=dtype)


@st.composite
def tensor_data(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any data for a schema of tensors."""
    form = draw(st.sampled_from(["natural"] * 10 + ["frame"] * 8 + ["array", "dict", "other", "list"]))
    specs = [item["tensor-spec"] for item in schema]
    named = "name" in schema[0]
    if form == "natural" and named:
        given = {item["name"]: draw(ndarrays(item["tensor-spec"])) for item in schema if not chance(draw, 20)}
        return {**given, **({"more": np.ones(1)} if chance(draw, 10) else {})}
    if form in {"array", "natural"}:
        return draw(ndarrays(specs[0]))
    if form == "dict":
        return {item.get("name", "a"): draw(anything) for item in schema}
    if form == "list":
        return draw(ndarrays(specs[0])).tolist()
    return draw(_tensor_frame(schema)) if form == "frame" else draw(other_data)


@st.composite
def _tensor_frame(draw: Any, schema: list[dict[str, Any]]) -> Frame:
    rows = draw(st.sampled_from([0, 1, 2, 2, 3]))
    named = "name" in schema[0]
    names = [item["name"] for item in schema] if named else NAMES[: draw(st.integers(1, 3))]
    specs = [item["tensor-spec"] for item in schema] if named else [schema[0]["tensor-spec"]] * len(names)
    columns = []
    for name, spec in zip(names, specs):
        columns.append(ColumnData(name, *draw(_tensor_column(spec, rows))))
    index = draw(st.sampled_from([None] * 12 + ["shifted", "twice", "text", "reversed"]))
    labels = {"shifted": [i + 5 for i in range(rows)], "twice": [0] * rows, "text": [f"r{i}" for i in range(rows)]}
    labels["reversed"] = list(reversed(range(rows)))
    return Frame(tuple(columns), rows, labels.get(index))


@st.composite
def _tensor_column(draw: Any, spec: dict[str, Any], rows: int) -> tuple[str, list[object]]:
    form = draw(st.sampled_from(["numbers", "numbers", "lists", "lists", "arrays", "anything"]))
    if form == "numbers":
        dtype = draw(
            st.sampled_from(["float64", "float32", "int64", "int32", "bool", TEXT, "datetime64[ns]", "object", "Int64"])
        )
        return dtype, draw(cells_of(dtype, rows, draw(st.sampled_from(SCALARS))))
    if form == "anything":
        return "object", draw(st.lists(anything, min_size=rows, max_size=rows))
    size = math.prod(size for size in spec["shape"][1:] if size != -1)
    item = draw(st.sampled_from([1.5, 2, "a", "1", None, True, b"x"]))
    sizes = [size if not chance(draw, 20) else draw(st.integers(0, 4)) for _ in range(rows)]
    cells: list[object] = [[item] * n for n in sizes]
    if form == "arrays":
        cells = [np.array(cell) for cell in cells]
    return "object", cells


# ---------------------------------------------------------------------------------------------- params

PARAM_DEFAULTS: dict[str, object] = {
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.5,
    "double": 1.5,
    "string": "s",
    "datetime": "2024-01-01T00:00:00",
}


@st.composite
def param_schemas(draw: Any, *, objects: bool) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of params."""
    schema = []
    for name in NAMES[: draw(st.integers(0, 3))]:
        if objects and chance(draw, 4):
            properties = {"x": {"type": "long"}, "y": {"type": "string", "required": False}}
            schema.append(
                {"name": name, "type": "object", "properties": properties, "default": {"x": 1}, "shape": None}
            )
            continue
        type_ = draw(st.sampled_from(sorted(PARAM_DEFAULTS)))
        listed = chance(draw, 4)
        default = [PARAM_DEFAULTS[type_]] if listed else PARAM_DEFAULTS[type_]
        schema.append({"name": name, "type": type_, "default": default, "shape": [-1] if listed else None})
    return schema


@st.composite
def param_values(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any params for the schema."""
    if chance(draw, 12):
        return draw(anything)
    params: dict[Any, Any] = {}
    for item in schema:
        if draw(st.integers(0, 3)):
            params[item["name"]] = draw(_param_value(item))
    if chance(draw, 10):
        params[draw(st.sampled_from(["unknown", 5]))] = draw(anything)
    return params


def _param_value(item: dict[str, Any]) -> st.SearchStrategy[Any]:
    if item["type"] == "object":
        return st.one_of(_object_value(item["properties"]), anything)
    pool = POOLS[item["type"]] | st.just(item["default"] if item["shape"] is None else item["default"][0])
    if item["shape"] is None:
        return weighted(pool, anything, 5)
    return weighted(st.lists(pool, max_size=3), st.lists(anything, max_size=2) | anything, 5)


# ---------------------------------------------------------------------------------------------- all together


KINDS = {"array": (2, 10), "object": (2, 10), "map": (2, 12), "sparkml_vector": (2, 16), "any": (2, 19)}


def known_kinds(mlflow_version: tuple[int, ...]) -> tuple[str, ...]:
    """Return the types that are not scalar which this MLflow loads."""
    return tuple(kind for kind, since in KINDS.items() if mlflow_version >= since)


@st.composite
def cases(draw: Any, mlflow_version: tuple[int, ...]) -> tuple[dict[str, Any], Any, Any]:
    """Draw (MLmodel's signature mapping, data, params) that this MLflow can load."""
    kinds = known_kinds(mlflow_version)
    optional_key = "required" if mlflow_version >= (2, 10) else "optional"
    tensors = chance(draw, 5)
    schema = draw(tensor_schemas() if tensors else column_schemas(kinds, optional_key))
    data = draw(tensor_data(schema) if tensors else column_data(schema))
    mapping: dict[str, Any] = {"inputs": json.dumps(schema)}
    params = None
    if chance(draw, 3):
        declared = draw(param_schemas(objects=mlflow_version >= (2, 20)))
        mapping["params"] = json.dumps(declared)
        params = draw(param_values(declared))
    return mapping, data, params
