"""What is said about examples against what MLflow itself does with them: no false alarm, and few misses."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from mlcheck.fit import CAST, EXTRA, LOST, REFUSED, fit_example, fit_params
from mlcheck.fit.examples import explain_form
from mlcheck.signature import Param, Scalar, Signature

NEWEST = (3, 17)
needs_mlflow = pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="MLflow is not installed")

SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
COLUMNS: dict[str, list[Any]] = {
    "whole": [1, 2],
    "bits": [0, 1],
    "32 bits": [3_000_000_000, 2],
    "128 bits": [2**70, 1],
    "float": [1.5, 2.5],
    "whole float": [1.0, 2.0],
    "whole and float": [1, 2.5],
    "whole and null": [1, None],
    "float and null": [1.5, None],
    "null": [None, None],
    "boolean": [True, False],
    "boolean and null": [True, None],
    "boolean and whole": [True, 3],
    "text": ["a", "b"],
    "text and null": ["a", None],
    "text and whole": ["a", 3],
    "digits": ["1", "2"],
    "decimals": ["1.5", "2"],
    "empty text": ["", ""],
    "times": ["2024-01-01T00:00:00", "2024-01-02T00:00:00"],
    "times and null": ["2024-01-01T00:00:00", None],
    "time and date": ["2024-01-01T10:00:00", "2024-01-02"],
    "fraction of a second": ["2024-01-01T00:00:00", "2024-01-02T00:00:00.5"],
    "zones": ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"],
    "no such date": ["2024-13-01", "2024-01-01"],
    "far date": ["9999-12-31T00:00:00", "2024-01-01T00:00:00"],
    "American dates": ["01/02/2024", "01/03/2024"],
    "epoch": [1704067200000, 1704067200000],
    "base64": ["aGVsbG8=\n", "d29ybGQ=\n"],
    "base64 without padding": ["aGVsbG8", "d29ybGQ"],
    "umlauts": ["ä", "ü"],
    "lists": [[1, 2], [3]],
    "objects": [{"k": 1}, {"k": 2}],
    "NaN": [math.nan, 1.0],
    "infinity": [math.inf, 1.0],
}
NESTED: dict[str, dict[str, Any]] = {
    "array<double>": {"type": "array", "items": {"type": "double"}},
    "array<long>": {"type": "array", "items": {"type": "long"}},
    "array<string>": {"type": "array", "items": {"type": "string"}},
    "array<array>": {"type": "array", "items": {"type": "array", "items": {"type": "double"}}},
    "object": {
        "type": "object",
        "properties": {"k": {"type": "long", "required": True}, "s": {"type": "string", "required": False}},
    },
    "map": {"type": "map", "values": {"type": "long"}},
    "vector": {"type": "sparkml_vector"},
    "any": {"type": "any"},
}
CELLS: list[Any] = [
    *([1, 2], [0, 1], [1.5, 2.5], [1, 2.5], [1, None], ["a", "b"], ["a", None], [True, False], [], None, 3, "text"),
    *([[1.5], [2.5]], [[1], [2]], {"k": 1}, {"k": 1, "s": "x"}, {"k": 1, "s": None}, {"k": None}, {"s": "x"}),
    *({"k": 1, "z": 2}, {"k": 1.5}, {"k": "x"}, {}, {"a": 1, "b": 2}, {"a": 1.5}, [{"k": 1}]),
]


def column(kind: str | dict[str, Any], *, required: bool = True) -> list[dict[str, Any]]:
    declared = {"type": kind} if isinstance(kind, str) else kind
    return [{**declared, "name": "a", "required": required}]


def tensor(dtype: str, *shape: int) -> list[dict[str, Any]]:
    return [{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}]


def read_inputs(inputs: list[dict[str, Any]]) -> Any:
    return Signature.from_mlmodel({"inputs": json.dumps(inputs)}).inputs


def levels(kind: str, data: Any, inputs: list[dict[str, Any]], release: tuple[int, int] = NEWEST) -> set[str]:
    form = explain_form(kind, data)
    return {form.level} if form else {misfit.level for misfit in fit_example(kind, data, read_inputs(inputs), release)}


def mlflow_refuses(kind: str, data: Any, inputs: list[dict[str, Any]]) -> bool:
    reading = importlib.import_module("mlflow.utils.proto_json_utils")
    schema = importlib.import_module("mlflow.types").Schema.from_json(json.dumps(inputs))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind == "dataframe":
                data = reading.dataframe_from_parsed_json(data, "split", schema)
            elif kind == "ndarray":
                data = reading.parse_inputs_data(data, schema)
            importlib.import_module("mlflow.models.utils")._enforce_schema(data, schema)
    except Exception:  # noqa: BLE001 - whatever MLflow raises, it refuses
        return True
    return False


def examples_of(name: str) -> Iterator[tuple[str, str, Any]]:
    values = COLUMNS[name]
    yield f"{name}, dataframe", "dataframe", {"columns": ["a"], "data": [[value] for value in values]}
    yield f"{name}, records", "json_object", [{"a": value} for value in values]
    yield f"{name}, columns", "json_object", {"a": values}
    yield f"{name}, one row", "json_object", {"a": values[0]}


@needs_mlflow
@pytest.mark.parametrize("declared", SCALARS)
def test_scalar_columns_are_judged_as_mlflow_does(declared: str) -> None:
    cases = [(title, kind, data) for name in COLUMNS for title, kind, data in examples_of(name)]
    false_alarms, misses = [], []
    for title, kind, data in cases:
        ours = bool(levels(kind, data, column(declared)) & {REFUSED, LOST})
        theirs = mlflow_refuses(kind, data, column(declared))
        if ours and not theirs:
            false_alarms.append(title)
        # What pandas 3 alone refuses (a column of text where it used to have objects) is not held against examples.
        if theirs and not ours and kind == "dataframe":
            misses.append(title)
    assert not false_alarms
    assert set(misses) <= {"128 bits, dataframe", "boolean and whole, dataframe", "boolean and null, dataframe"} | (
        {"boolean, dataframe", "digits, dataframe", "decimals, dataframe"} if declared == "datetime" else set()
    )


@needs_mlflow
@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("required", [True, False])
def test_nested_columns_are_judged_as_mlflow_does(name: str, required: bool) -> None:
    inputs = column(NESTED[name], required=required)
    for cell in CELLS:
        data = {"columns": ["a"], "data": [[cell]]}
        ours = bool(levels("dataframe", data, inputs) & {REFUSED, LOST})
        assert ours == mlflow_refuses("dataframe", json.loads(json.dumps(data)), inputs), cell


@needs_mlflow
@pytest.mark.parametrize("data", [[[1.5, 2.5]], [[1, 2]], [1.5], [[1.5], [1.5, 2.5]], [["x", "y"]], [[1, None]], 3.5])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "str", "bool"])
@pytest.mark.parametrize("shape", [(-1, 2), (-1,), (2, 2), (-1, -1)])
def test_arrays_are_judged_as_mlflow_does(data: Any, dtype: str, shape: tuple[int, ...]) -> None:
    inputs = tensor(dtype, *shape)
    assert (REFUSED in levels("ndarray", data, inputs)) == mlflow_refuses("ndarray", data, inputs)


@pytest.mark.parametrize(
    ("kind", "data", "inputs", "expected"),
    [
        ("dataframe", {"columns": ["a"], "data": [[5], [6]]}, column("double"), {CAST}),
        ("dataframe", {"columns": ["a"], "data": [[5.0], [6.0]]}, column("double"), set()),
        ("dataframe", {"columns": ["a"], "data": [[5], [6.5]]}, column("double"), set()),
        ("dataframe", {"columns": ["a"], "data": [["false"]]}, column("boolean"), {CAST}),
        ("dataframe", {"columns": ["b"], "data": [[5.0]]}, column("double"), {REFUSED}),
        ("dataframe", {"columns": ["a", "b"], "data": [[5.0, 1]]}, column("double"), {EXTRA}),
        ("json_object", [{"a": 5}], column("integer"), {LOST}),
        ("ndarray", [[5, 6]], tensor("float64", -1, 2), {CAST}),
    ],
)
def test_levels(kind: str, data: Any, inputs: list[dict[str, Any]], expected: set[str]) -> None:
    assert levels(kind, data, inputs) == expected


def test_older_releases_read_what_newer_ones_refuse() -> None:
    mixed = {"columns": ["a"], "data": [["2024-01-01T00:00:00"], ["2024-01-02"]]}
    bits = {"columns": ["a"], "data": [[0], [1]]}
    assert levels("dataframe", mixed, column("datetime"), (2, 22)) == set()
    assert levels("dataframe", mixed, column("datetime"), (3, 12)) == {REFUSED}
    assert levels("dataframe", bits, column("double"), (2, 15)) == {CAST}
    assert levels("dataframe", bits, column("double"), (2, 16)) == set()


@needs_mlflow
@pytest.mark.parametrize("declared", [kind for kind in SCALARS if kind != "binary"])
def test_params_are_judged_as_mlflow_does(declared: str) -> None:
    schema = importlib.import_module("mlflow.types.schema")
    values = [True, 1, 2**40, 1.0, 1.5, "a", "1", None, "2024-01-01", "2024-01-01T00:00:00", "x", [1], {"a": 1}, ""]
    for value in values:
        param = Param("p", Scalar(declared))
        ours = any(misfit.level == REFUSED for misfit in fit_params((param,), {"p": value}, ()))
        try:
            schema.ParamSpec("p", schema.DataType[declared], value)
            theirs = False
        except Exception:  # noqa: BLE001 - as above
            theirs = True
        assert ours == theirs, value
