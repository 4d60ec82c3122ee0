"""Reads the input example of a model folder in every form that MLflow 1.x to 3.x wrote."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data import TEXT, ColumnData, Frame, Sparse, describe
from mlcheck.contract.domain.values import is_null
from mlcheck.signature import Column, Scalar, Schema, Signature, Tensor, input_name, is_named, is_tensor_schema

# The dtype that a column has in a frame which needs no conversion; nested types are always `object`
DTYPES: Final[Mapping[str, str]] = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": TEXT,
    "binary": "object",
    "datetime": "datetime64[ns]",
}


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """An input example: the data as MLflow hands it to `predict`, described, and the params saved with it."""

    data: object
    params: dict[str, object] | None = None


def read_example(info: Mapping[str, object], content: object, signature: Signature | None) -> Example | None:
    """Return the example that `saved_input_example_info` and the parsed JSON of its file stand for.

    It is cast to the signature as MLflow's `load_input_example` casts it. None where MLflow could not read it either.
    """
    schema = signature.inputs if signature else None
    try:
        if not info.get("params"):
            return Example(_read_data(info, content, schema))
        if not isinstance(content, Mapping) or not isinstance(content["params"], Mapping):
            return None
        return Example(_read_data(info, content["inputs"], schema), dict(content["params"]))
    except Exception:  # noqa: BLE001 - whatever numpy and pandas say of strange content, it is no example
        return None


def _read_data(info: Mapping[str, object], content: Any, schema: Schema | None) -> object:
    kind = info["type"]
    if kind == "dataframe":
        return _read_frame(content, schema)
    if kind == "ndarray":
        return _read_arrays(_unwrap(info, content), schema)
    if kind == "json_object":
        return content
    return _read_sparse(str(kind).removeprefix("sparse_matrix_"), content, schema)


def _read_frame(content: Mapping[str, Any], schema: Schema | None) -> Frame:
    if extra := content.keys() - {"columns", "index", "data"}:
        raise ValueError(f"unknown keys {extra}")
    frame = pd.DataFrame(content["data"], index=content.get("index"), columns=content.get("columns"))
    text = []
    for name, spec in _pair_columns(list(frame.columns), schema):
        frame[name] = _cast_column(frame[name], spec)
        if isinstance(spec, Column) and spec.type == Scalar("string"):
            text.append(name)
    described = describe(frame)
    assert isinstance(described, Frame)
    columns = (_as_text(c.name, c.values) if c.name in text or c.dtype == "str" else c for c in described.columns)
    return Frame(tuple(columns), described.rows, described.index)


def _as_text(name: object, values: list[object]) -> ColumnData:
    """Return a column of texts as the JSON has it: pandas 3 makes NaN of null here, and older ones leave it None."""
    return ColumnData(name, TEXT, [None if is_null(value) else value for value in values])


def _pair_columns(names: Sequence[Any], schema: Schema | None) -> list[tuple[Any, Column | Tensor]]:
    """Return which column of a frame is held against which input."""
    if not schema:
        return []
    if is_named(schema):
        named = [(input_name(spec, i), spec) for i, spec in enumerate(schema)]
        return [(name, spec) for name, spec in named if name in names]
    if is_tensor_schema(schema):
        return [(name, schema[0]) for name in names]
    return list(zip(names, schema, strict=False))


def _cast_column(column: Any, spec: Column | Tensor) -> Any:
    if isinstance(spec, Tensor):
        return column if isinstance(column.iloc[0], list) else column.astype(spec.dtype)
    if not isinstance(spec.type, Scalar) or spec.type.name == "string":
        return column
    if spec.type.name == "binary":
        return column.map(lambda text: base64.decodebytes(bytes(text, "utf8")))
    if spec.type.name != "datetime":
        return column.astype(DTYPES[spec.type.name])
    times = pd.to_datetime(column)
    # pandas 3 parses to microseconds
    return times.dt.as_unit("ns") if hasattr(times.dt, "as_unit") else times


def _unwrap(info: Mapping[str, object], content: Any) -> Any:
    """Return the array, or the arrays by name, without the wrapping that MLflow up to 2.15 wrote."""
    return content["inputs"] if info.get("format") == "tf-serving" else content


def _read_arrays(content: Any, schema: Schema | None) -> object:
    specs = {spec.name: spec for spec in schema or ()}
    if not isinstance(content, Mapping):
        return np.array(content, dtype=_numpy_dtype(schema[0]) if schema else None)
    return {name: np.array(value, dtype=_numpy_dtype(specs.get(name))) for name, value in content.items()}


def _numpy_dtype(spec: Column | Tensor | None) -> str | None:
    if isinstance(spec, Tensor):
        return spec.dtype
    dtype = DTYPES.get(str(spec.type)) if spec else None
    return "str" if dtype == TEXT else dtype


def _read_sparse(form: str, content: Mapping[str, Any], schema: Schema | None) -> Sparse:
    if form not in {"csr", "csc"}:
        raise ValueError(f"unknown kind of example {form!r}")
    rows, columns = content["shape"]
    data = np.array(content["data"], dtype=schema[0].dtype if is_tensor_schema(schema) else None)
    return Sparse(form, str(data.dtype), (rows, columns), data.tolist(), content["indices"], content["indptr"])
