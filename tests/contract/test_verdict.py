from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from packaging.version import InvalidVersion

from mlcheck.contract.data import ColumnData, Frame, Opaque
from mlcheck.contract.verdict import Verdict, judge, judge_payload
from mlcheck.signature import Signature

NEWEST = {"mlflow_version": "3.17.2", "pandas_version": "3.1.1"}


def sign(*inputs: dict[str, Any], params: list[dict[str, Any]] | None = None, hinted: bool = False) -> Signature:
    mapping = {"inputs": json.dumps(inputs) if inputs else None, "params": json.dumps(params) if params else None}
    return Signature.from_mlmodel(mapping, from_type_hint=hinted)


def column(type_: str, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": type_, "name": name, "required": True, **more}


def table(**columns: tuple[str, list[Any]]) -> Frame:
    described = tuple(ColumnData(name, dtype, values) for name, (dtype, values) in columns.items())
    return Frame(described, len(described[0].values) if described else 0)


def judge_in(mlflow: str, signature: Signature, data: object, params: object = None, pandas: str = "2.3.3") -> Verdict:
    return judge(signature, data, params, mlflow_version=mlflow, pandas_version=pandas)


OBJECT = column("object", properties={"x": {"type": "long"}, "y": {"type": "string", "required": False}})
LONGS = column("array", items={"type": "long"})


@pytest.mark.parametrize(
    ("inputs", "data", "reason"),
    [
        ([column("long")], table(a=("float64", [1.5])), "column 'a': whole numbers expected, float64 given"),
        ([column("string")], table(a=("int64", [1])), "column 'a': string expected, int64 given"),
        ([column("long"), column("long", "b")], table(a=("int64", [1])), "columns 'b' expected and missing, 'a' given"),
        ([{"type": "long"}, {"type": "long"}], table(a=("int64", [1])), "at least 2 columns expected, 1 given"),
        ([LONGS], table(a=("object", [[1], 5])), "column 'a': row 1: a list or array of long expected, int given"),
        ([LONGS], table(a=("object", [["x"]])), "column 'a': row 0: long expected, str given"),
        (
            [column("array", items={"type": "array", "items": {"type": "long"}})],
            table(a=("object", [[[1], ["x"]]])),
            "column 'a': row 0: item 1: long expected, str given",
        ),
        ([OBJECT], table(a=("object", [{"y": "s"}])), "required properties 'x' expected, 'y' given"),
        ([OBJECT], table(a=("object", [{"x": 1, "z": 2}])), "properties 'x', 'y' expected, 'z' given as well"),
        ([OBJECT], table(a=("object", [{"x": "s"}])), "column 'a': row 0: property 'x': long expected, str given"),
        (
            [column("map", values={"type": "long"})],
            table(a=("object", [{1: 1}])),
            "column 'a': row 0: a dict with str keys expected, key 1 given",
        ),
        ([column("long")], None, "a DataFrame or what one can be made of is expected, NoneType given"),
        (
            [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}],
            np.zeros((3, 3), "float32"),
            "shape (-1, 2) expected, (3, 3) given",
        ),
        (
            [{"type": "tensor", "name": "t", "tensor-spec": {"dtype": "float32", "shape": [-1]}}],
            {"t": np.zeros(3)},
            "tensor 't': dtype float32 expected, float64 given, and arrays are not converted",
        ),
    ],
)
def test_a_refusal_names_place_expected_and_given(inputs: list[dict[str, Any]], data: object, reason: str) -> None:
    verdict = judge(sign(*inputs), data, **NEWEST)
    assert verdict.kind == "refuse"
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("type_", "params", "reason"),
    [
        (
            {"type": "long", "default": 1, "shape": None},
            {"p": 1.5},
            "param 'p': long expected, 1.5 of type float given",
        ),
        ({"type": "long", "default": [1], "shape": [-1]}, {"p": 1}, "param 'p': list of long expected, int given"),
        ({"type": "long", "default": [1], "shape": [-1]}, {"p": [1, "x"]}, "param 'p': item 1: long expected, 'x'"),
        ({"type": "long", "default": 1, "shape": None}, {"p": [1]}, "param 'p': one long expected, list given"),
        ({"type": "datetime", "default": None, "shape": None}, {"p": "x"}, "param 'p': datetime expected, 'x' given"),
        ({"type": "long", "default": 1, "shape": None}, [1], "a dict of params expected, list given"),
    ],
)
def test_a_refused_param_is_named(type_: dict[str, Any], params: object, reason: str) -> None:
    verdict = judge(sign(params=[{"name": "p", **type_}]), None, params, **NEWEST)
    assert (verdict.kind, verdict.error) == ("refuse", "MlflowException")
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "params",
    [None, {}, {"p": 2}, {"p": np.int64(2)}, {"p": 2.5}, {"p": np.float32(2)}, {"p": None}, {"unknown": object()}],
)
def test_accepted_params(params: object) -> None:
    signature = sign(params=[{"name": "p", "type": "double", "default": 1, "shape": None}])
    assert judge(signature, object(), params, **NEWEST).kind == "accept"


def test_params_without_any_declared_are_ignored() -> None:
    assert judge(sign(column("long")), table(a=("int64", [1])), {"p": object()}, **NEWEST).kind == "accept"


@pytest.mark.parametrize(
    ("signature", "data", "changes"),
    [
        (sign(column("double")), table(a=("int64", [0, 1])), {"2.16.0": "refuse", "2.16.1": "accept"}),
        (sign(column("boolean")), table(a=("object", [True, None])), {"2.9.2": "refuse", "2.10.0": "accept"}),
        (sign(column("string")), table(a=("string", ["x"])), {"3.8.1": "refuse", "3.9.0": "accept"}),
        (sign(column("binary")), table(a=("string", ["x"])), {"3.15.0": "refuse", "3.16.0": "accept"}),
        (sign(column("any")), table(a=("object", [1])), {"2.18.0": "unspecified", "2.19.0": "accept"}),
        (
            sign({"type": "array", "items": {"type": "long"}, "name": "a"}, column("long", "b")),
            table(b=("int64", [1])),
            {"2.17.0": "refuse", "2.18.0": "accept"},
        ),
        (
            sign(column("array", items={"type": "string"})),
            table(a=("object", [["x", None]])),
            {"2.20.4": "refuse", "2.21.0": "accept"},
        ),
        (sign(OBJECT), table(a=("object", [{"x": 1, "y": None}])), {"2.18.0": "refuse", "2.19.0": "accept"}),
        (sign(column("long")), {"a": 1.0}, {"2.9.2": "refuse", "3.17.0": "refuse"}),
        (sign({"type": "double"}), 1.5, {"2.9.2": "refuse", "2.10.0": "accept"}),
    ],
)
def test_what_changed_between_versions(signature: Signature, data: object, changes: dict[str, str]) -> None:
    assert {version: judge_in(version, signature, data).kind for version in changes} == changes


def test_a_pre_release_counts_as_its_release() -> None:
    signature = sign(column("string"))
    assert judge_in("3.9.0rc1", signature, table(a=("string", ["x"]))).kind == "accept"
    with pytest.raises(InvalidVersion):
        judge_in("three", signature, None)


def test_text_is_judged_by_the_pandas_of_the_model() -> None:
    text = table(a=("text", ["2024-01-01"]))
    signature = sign(column("datetime"))
    assert judge_in("3.17.2", signature, text, pandas="2.3.3").kind == "accept"
    assert judge_in("3.17.2", signature, text, pandas="3.0.0").kind == "refuse"


@pytest.mark.parametrize(
    ("mlflow", "data", "error"),
    [
        ("3.17.2", table(a=("Int64", [None])), "ValueError"),
        ("3.17.2", table(a=("float64", [math.nan, math.inf])), "OverflowError"),
        ("3.17.2", table(a=("float64", [math.nan, 1.0])), "MlflowException"),
        ("3.17.2", Frame((ColumnData("a", "int64", [1]), ColumnData("a", "int64", [1])), 1), "AttributeError"),
        ("3.17.2", np.zeros((2, 2, 2)), "ValueError"),
        ("2.9.2", np.zeros((2, 2, 2)), "MlflowException"),
    ],
)
def test_raw_exceptions_are_foreseen(mlflow: str, data: object, error: str) -> None:
    verdict = judge_in(mlflow, sign(column("long")), data)
    assert (verdict.kind, verdict.error) == ("refuse", error)


def test_time_zones_raise_what_the_version_says() -> None:
    zoned = table(a=("datetime64[ns, UTC]", [pd.Timestamp("2024-01-01", tz="UTC")]))
    signature = sign(column("datetime"))
    assert judge_in("3.1.0", signature, zoned).error == "TypeError"
    assert judge_in("3.2.0", signature, zoned).error == "MlflowException"


# Everything that is left open, and nothing else
@pytest.mark.parametrize(
    ("signature", "data", "mlflow"),
    [
        (sign(column("string")), table(a=("object", ["x", 1])), "3.17.2"),
        (sign(column("binary")), table(a=("object", ["x"])), "3.17.2"),
        (sign(column("boolean")), table(a=("object", [b"x"])), "3.17.2"),
        (sign(column("array", items={"type": "string"})), table(a=("object", [["x", 1]])), "3.17.2"),
        (sign(column("map", values={"type": "long"})), table(a=("object", [{}])), "2.11.0"),
        (sign(column("long")), Opaque("pyspark.sql.dataframe.DataFrame", ""), "3.17.2"),
        (sign({"type": "datetime"}, hinted=True), ["2024-01-01"], "3.17.2"),
        (sign(OBJECT, OBJECT), table(a=("object", [{"x": 1}])), "3.17.2"),
        (sign(column("long")), {"a": [1]}, "2.5.0"),
    ],
)
def test_open_questions(signature: Signature, data: object, mlflow: str) -> None:
    verdict = judge_in(mlflow, signature, data)
    assert (verdict.kind, verdict.error) == ("unspecified", "")


def test_a_refusal_behind_an_open_question_names_no_class() -> None:
    data = table(a=("object", [1]), b=("float64", [1.5]))
    verdict = judge(sign(column("string"), column("long", "b")), data, **NEWEST)
    assert (verdict.kind, verdict.error) == ("refuse", "Exception")


HINT = {
    "type": "object",
    "properties": {"x": {"type": "long"}, "y": {"type": "array", "items": {"type": "string"}, "required": False}},
}


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"x": 1}, "accept"),
        ({"x": 1, "y": ["s"]}, "accept"),
        ({"x": 1, "y": None}, "accept"),
        ({"x": True}, "unspecified"),
        ({"x": 1, "z": 2}, "unspecified"),
        ({"y": []}, "unspecified"),
        ("x", "refuse"),
        ([{"x": 1}], "refuse"),
    ],
)
def test_a_type_hint_is_held_to_the_letter(item: object, kind: str) -> None:
    assert judge(sign(HINT, hinted=True), [item], **NEWEST).kind == kind


def test_params_of_a_type_hint_signature_are_enforced() -> None:
    signature = sign({"type": "any"}, params=[{"name": "p", "type": "long", "default": 1, "shape": None}], hinted=True)
    assert judge(signature, [object()], {"p": "x"}, **NEWEST).kind == "refuse"
    assert judge(signature, [object()], {"p": 2}, **NEWEST).kind == "accept"


def test_before_type_hints_were_known_the_signature_is_enforced() -> None:
    assert judge_in("2.19.0", sign({"type": "long"}, hinted=True), ["x"]).kind == "refuse"


def test_no_inputs_means_no_enforcement() -> None:
    assert judge(sign(params=[{"name": "p", "type": "long", "default": 1}]), object(), **NEWEST).kind == "accept"


def test_the_data_is_left_as_it_was() -> None:
    value = {"x": 1, "y": "s"}
    data = [{"a": value}]
    judge(sign(OBJECT), data, **NEWEST)
    assert data == [{"a": {"x": 1, "y": "s"}}]
    assert type(value["x"]) is int


@pytest.mark.parametrize("version", ["2.9.2", "2.16.2", "2.22.4", "3.17.2"])
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"dataframe_split": {"columns": ["a", "s"], "data": [[1, "x"]]}}, "accept"),
        ({"dataframe_split": {"columns": ["a", "s"], "data": [[1, "x"]], "index": [5]}}, "accept"),
        ({"dataframe_split": {"columns": ["a", "s"], "data": [[1, "x"]], "foo": 1}}, "refuse"),
        ({"dataframe_split": {"data": [[1, "x"]]}}, "refuse"),
        ({"dataframe_split": [1]}, "refuse"),
        ({"dataframe_records": [{"a": 1, "s": "x"}]}, "accept"),
        ({"dataframe_records": [{"a": 1, "s": "x", "z": 1}]}, "accept"),
        ({"dataframe_records": [{"a": 1}]}, "refuse"),
        ({"dataframe_records": {"a": [1]}}, "refuse"),
        ({"inputs": [{"a": 1, "s": "x"}]}, "accept from 2.10"),
        ({"inputs": {"a": [1], "s": ["x"]}}, "accept"),
        ({"inputs": {"a": 1, "s": "x"}}, "accept from 2.10"),
        ({"instances": [{"a": 1, "s": "x"}]}, "accept"),
        ({"inputs": {"a": [1], "s": ["x"]}, "instances": []}, "refuse"),
        ({"data": [1]}, "refuse"),
        ({"inputs": {"a": [1], "s": ["x"]}, "foo": 1}, "accept"),
        ({"inputs": {"a": [1], "s": ["x"]}, "params": {"p": 1}}, "accept"),
        ({"inputs": {"a": [1], "s": ["x"]}, "signature_name": "x"}, "accept"),
        ({"messages": [{"role": "user", "content": "x"}]}, "refuse"),
        ([1], "refuse"),
        ("{", "refuse"),
        (b"\xff", "refuse"),
        (b'{"inputs": {"a": [1], "s": ["x"]}}', "accept"),
    ],
)
def test_forms_of_payload(payload: object, expected: str, version: str) -> None:
    """As measured with real servers of these versions."""
    if expected == "accept from 2.10":
        expected = "refuse" if version == "2.9.2" else "accept"
    signature = sign(column("long"), column("string", "s"))
    verdict = judge_payload(signature, payload, mlflow_version=version, pandas_version="2.3.3")
    assert verdict.kind == expected, verdict


@pytest.mark.parametrize(
    ("inputs", "text", "kind"),
    [
        ([column("long"), column("string", "s")], "a,s\n1,x\n", "accept"),
        ([column("long")], "a\nx\n", "refuse"),
        ([column("long")], "b\n1\n", "refuse"),
        ([column("datetime")], "a\n2024-01-01\n", "refuse"),
        ([column("boolean")], "a\nTrue\n", "accept"),
        ([LONGS], 'a\n"[1]"\n', "refuse"),
        ([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}], "a\n1\n", "refuse"),
        ([column("binary")], "a\naGVsbG8=\n", "unspecified"),
        ([column("long")], "", "refuse"),
    ],
)
def test_csv(inputs: list[dict[str, Any]], text: str, kind: str) -> None:
    assert judge_payload(sign(*inputs), text, content_type="text/csv", **NEWEST).kind == kind


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", "accept"),
        ("application/json; charset=UTF-8", "accept"),
        ("application/json; charset=latin-1", "refuse"),
        ("application/json; format=pandas-split", "refuse"),
        ("text/plain", "refuse"),
        ("application/vnd.apache.parquet", "unspecified"),
    ],
)
def test_content_types(content_type: str, kind: str) -> None:
    payload = {"inputs": {"a": [1]}}
    assert judge_payload(sign(column("long")), payload, content_type=content_type, **NEWEST).kind == kind


def test_a_type_hint_signature_is_served_inputs_alone() -> None:
    signature = sign({"type": "long"}, hinted=True)
    assert judge_payload(signature, {"inputs": [1, 2]}, **NEWEST).kind == "accept"
    assert judge_payload(signature, {"dataframe_split": {"data": [[1]]}}, **NEWEST).kind == "refuse"


def test_params_beside_the_data_and_in_unwrapped_payloads() -> None:
    signature = sign(column("any", "messages"), params=[{"name": "p", "type": "long", "default": 1, "shape": None}])
    assert judge_payload(signature, {"messages": ["x"], "p": 2}, **NEWEST).kind == "accept"
    assert judge_payload(signature, {"messages": ["x"], "p": "y"}, **NEWEST).kind == "refuse"
    longs = sign(column("long"), params=[{"name": "p", "type": "long", "default": 1, "shape": None}])
    assert judge_payload(longs, {"inputs": {"a": [1]}, "params": {"p": "y"}}, **NEWEST).kind == "refuse"


def test_whole_numbers_beyond_a_dtype_depend_on_numpy() -> None:
    payload = {"inputs": {"a": [3_000_000_000]}}
    old = judge_payload(sign(column("integer")), payload, **NEWEST, numpy_version="1.26.4")
    new = judge_payload(sign(column("integer")), payload, **NEWEST, numpy_version="2.4.6")
    assert (old.kind, new.kind) == ("accept", "refuse")


def test_nested_dates_are_enforced_twice_by_the_server() -> None:
    dated = column("object", properties={"t": {"type": "datetime"}})
    payload = {"dataframe_records": [{"a": {"t": "2024-01-01"}}]}
    # The first time makes a Timestamp of the text, which the second time takes for no scalar
    assert judge_payload(sign(dated), payload, mlflow_version="2.22.4", pandas_version="2.3.3").kind == "refuse"
    assert judge_in("2.22.4", sign(dated), [{"a": {"t": "2024-01-01"}}]).kind == "accept"
    assert judge_in("2.22.4", sign(dated), [{"a": {"t": dt.date(2024, 1, 1)}}]).kind == "refuse"
