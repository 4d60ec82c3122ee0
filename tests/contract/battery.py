"""The battery whose outcomes in seven environments are golden/enforcement.json, as data that needs no pandas."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlcheck.contract.data import ColumnData, Frame

GOLDEN = json.loads((Path(__file__).parent / "golden" / "enforcement.json").read_text())
VERSIONS: list[tuple[str, str, str]] = [(mlflow, pandas, numpy) for mlflow, pandas, numpy in GOLDEN["versions"]]
SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]


def golden(section: str, key: str, position: int) -> str | None:
    """Return what came out there: "" for accepted, else the exception; None if it was not tried."""
    outcome: list[str | None] | str | None = GOLDEN[section].get(key)
    return outcome[position] if isinstance(outcome, list) else outcome


def _long(**more: Any) -> str:
    return json.dumps([{"type": "long", "name": "a", **more}])


def _param(**param: Any) -> dict[str, str]:
    return {"inputs": '[{"type": "long"}]', "params": json.dumps([{"name": "p", **param}])}


def _column(**column: Any) -> dict[str, str]:
    return {"inputs": json.dumps([column])}


def _tensor(**tensor: Any) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1], **tensor}}


SIGNATURES: dict[str, dict[str, Any]] = {
    "optional_key_simple": {"inputs": _long(optional=True)},
    "required_key_simple": {"inputs": _long(required=True)},
    "unknown_key_simple": {"inputs": _long(foo=1)},
    "array_no_required": _column(type="array", items={"type": "long"}, name="a"),
    "array_items_string": _column(type="array", items="long", name="a", required=True),
    "object_empty": _column(type="object", properties={}, name="a", required=True),
    "object": _column(type="object", properties={"x": {"type": "long", "required": True}}, name="a", required=True),
    "map": _column(type="map", values={"type": "long"}, name="a", required=True),
    "any": _column(type="any", name="a", required=True),
    "vector": _column(type="sparkml_vector", name="a", required=True),
    "vector_in_object": _column(
        type="object", properties={"x": {"type": "sparkml_vector", "required": True}}, name="a", required=True
    ),
    "empty_inputs": {"inputs": "[]"},
    "outputs_only": {"outputs": '[{"type": "long", "required": true}]'},
    "no_outputs": {"inputs": '[{"type": "long"}]', "outputs": None},
    "mixed_named": {"inputs": '[{"type": "long", "name": "a"}, {"type": "long"}]'},
    "dup_names": {"inputs": '[{"type": "long", "name": "a"}, {"type": "double", "name": "a"}]'},
    "unnamed_optional": {"inputs": '[{"type": "long", "required": false}]'},
    "mixed_tensor_col": {"inputs": json.dumps([{"type": "long", "name": "a"}, {**_tensor(), "name": "b"}])},
    "two_unnamed_tensors": {"inputs": json.dumps([_tensor(), _tensor()])},
    "tensor_bad_dtype": {"inputs": json.dumps([_tensor(dtype="floaty")])},
    "tensor_U10": {"inputs": json.dumps([_tensor(dtype="<U10")])},
    "tensor_str": {"inputs": json.dumps([_tensor(dtype="str")])},
    "tensor_required_key": {"inputs": json.dumps([{**_tensor(), "required": True}])},
    "tensor_shape_float": {"inputs": json.dumps([_tensor(shape=[-1.5, "x"])])},
    "missing_type": {"inputs": '[{"name": "a"}]'},
    "upper_type": {"inputs": '[{"type": "Long", "name": "a"}]'},
    "inputs_as_list": {"inputs": [{"type": "long", "name": "a"}]},
    "name_int": {"inputs": '[{"type": "long", "name": 0}]'},
    "name_empty": {"inputs": '[{"type": "long", "name": ""}, {"type": "long", "name": "b"}]'},
    "param_type": _param(type="long", default=1, shape=None),
    "param_dtype": _param(dtype="long", default=1, shape=None),
    "param_no_default": _param(type="long"),
    "param_default_null": _param(type="long", default=None, shape=None),
    "param_default_wrong": _param(type="long", default="x", shape=None),
    "param_bool_as_long": _param(type="long", default=True, shape=None),
    "param_int_as_double": _param(type="double", default=1, shape=None),
    "param_float_as_long": _param(type="long", default=1.0, shape=None),
    "param_list": _param(type="long", default=[1, 2], shape=[-1]),
    "param_list_noshape": _param(type="long", default=[1, 2], shape=None),
    "param_binary": _param(type="binary", default="x", shape=None),
    "param_datetime": _param(type="datetime", default="2024-01-01", shape=None),
    "param_object": _param(
        type="object", properties={"x": {"type": "long", "required": True}}, default={"x": 1}, shape=None
    ),
    "param_only": {"params": _param(type="long", default=1, shape=None)["params"]},
    "none_at_all": {},
}

_DATES = [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")]
COLUMNS: dict[str, tuple[str, list[Any]]] = {
    "bool": ("bool", [True, False]),
    **{name: (name, [1, 5]) for name in ("int8", "int16", "int32", "uint8", "uint32", "uint64")},
    "int64": ("int64", [2, 5]),
    "int64_01": ("int64", [0, 1]),
    "float16": ("float16", [1, 5]),
    "float32": ("float32", [1.5, 5]),
    "float64": ("float64", [1.5, 5]),
    "float64_intlike_nan": ("float64", [1.0, math.nan]),
    "obj_str": ("object", ["a", "b"]),
    "obj_str_num": ("object", ["1", "2"]),
    "obj_str_none": ("object", ["a", None]),
    "string_ext": ("string", ["a", "b"]),
    "obj_bytes": ("object", [b"a", b"b"]),
    "obj_int_none": ("object", [1, None]),
    "obj_bool_none": ("object", [True, None]),
    "category_str": ("category", ["a", "b"]),
    "category_int": ("category", [1, 2]),
    "dt_ns": ("datetime64[ns]", _DATES),
    "dt_tz": ("datetime64[ns, UTC]", [date.tz_localize("UTC") for date in _DATES]),
    "obj_date": ("object", [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]),
    "obj_isostr": ("object", ["2024-01-01", "2024-01-02T00:00:00"]),
    "Int64": ("Int64", [1, None]),
    "Int64_nonull": ("Int64", [1, 2]),
    "boolean_ext": ("boolean", [True, None]),
    "Float64": ("Float64", [1.5, None]),
    "obj_decimal": ("object", [Decimal("1.5"), Decimal(2)]),
    "timedelta": ("timedelta64[ns]", [pd.Timedelta("1D"), pd.Timedelta("2D")]),
    "obj_list": ("object", [[1, 2], [3]]),
    "obj_mixed": ("object", [1, "a"]),
}

JSON_VALUES: dict[str, list[Any]] = {
    "int": [1, 2],
    "int_big": [3_000_000_000, 2],
    "int01": [0, 1],
    "float": [1.5, 2.5],
    "float_intlike": [1.0, 2.0],
    "int_null": [1, None],
    "float_null": [1.5, None],
    "bool": [True, False],
    "bool_null": [True, None],
    "str": ["a", "b"],
    "str_null": ["a", None],
    "str_num": ["1", "2"],
    "b64": ["aGVsbG8=", "d29ybGQ="],
    "iso": ["2024-01-01T00:00:00", "2024-01-02T00:00:00"],
    "iso_mixed": ["2024-01-01T00:00:00", "2024-01-02"],
    "date": ["2024-01-01", "2024-01-02"],
    "b64_bad": ["a", "b!"],
    "isoZ": ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"],
    "iso_off": ["2024-01-01T00:00:00+02:00", "2024-01-02T00:00:00+02:00"],
    "epoch_ms": [1704067200000, 1704067200000],
    "null": [None, None],
}


def _nested(**type_: Any) -> str:
    return json.dumps([{"name": "c", "required": True} | type_])


_LONGS = {"type": "array", "items": {"type": "long"}}
_X = {"type": "long", "required": True}
NESTED: dict[str, tuple[str, list[Any]]] = {
    "array_long": (_nested(**_LONGS), [[1, 2], [3]]),
    "array_long_float": (_nested(**_LONGS), [[1.5, 2]]),
    "array_double_ints": (_nested(type="array", items={"type": "double"}), [[1, 2]]),
    "array_double_mixed": (_nested(type="array", items={"type": "double"}), [[1, 2.5]]),
    "array_long_none_elem": (_nested(**_LONGS), [[1, None]]),
    "array_str_none_elem": (_nested(type="array", items={"type": "string"}), [["a", None]]),
    "array_long_null": (_nested(**_LONGS), [None]),
    "array_long_null_opt": (_nested(**_LONGS, required=False), [None]),
    "array_long_empty": (_nested(**_LONGS), [[]]),
    "obj_ok": (
        _nested(type="object", properties={"x": _X, "y": {"type": "string", "required": False}}),
        [{"x": 1}],
    ),
    "obj_extra": (_nested(type="object", properties={"x": _X}), [{"x": 1, "z": 2}]),
    "obj_missing": (_nested(type="object", properties={"x": _X}), [{}]),
    "obj_opt_null_prop": (
        _nested(type="object", properties={"x": {"type": "long", "required": False}, "q": _X}),
        [{"x": None, "q": 1}],
    ),
    "map_ok": (_nested(type="map", values={"type": "long"}), [{"a": 1}]),
    "map_float": (_nested(type="map", values={"type": "long"}), [{"a": 1.5}]),
    "any": (_nested(type="any"), [{"a": [1, None]}]),
}

TENSORS: dict[str, str] = {
    "named2": json.dumps([{"name": "a", **_tensor(shape=[-1, 2])}]),
    "unn": json.dumps([_tensor(dtype="float64", shape=[-1, 2])]),
    "unn_str": json.dumps([_tensor(dtype="str")]),
    "unn_obj": json.dumps([_tensor(dtype="object")]),
}
TENSOR_DATA: dict[str, Any] = {
    "np_f64_2x2": np.ones((2, 2)),
    "np_f32_2x2": np.ones((2, 2), "float32"),
    "np_i64_2x2": np.ones((2, 2), "int64"),
    "np_f64_2x3": np.ones((2, 3)),
    "df2col": Frame((ColumnData("x", "float64", [1.0, 2.0]), ColumnData("y", "float64", [3.0, 4.0])), 2),
    "df_a_list": Frame((ColumnData("a", "object", [[1.0, 2.0], [3.0, 4.0]]),), 2),
    "list": [[1.0, 2.0]],
    "dict_np32": {"a": np.ones((2, 2), "float32")},
    "dict_list": {"a": [[1.0, 2.0]]},
    "np_str": np.array(["a", "b"]),
}
