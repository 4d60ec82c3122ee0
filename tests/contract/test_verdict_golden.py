"""Replays recorded outcomes of real MLflow: the battery, and triples drawn at random, each from its own environment."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mlcheck.contract.data import ColumnData, Frame, from_wire, to_pandas
from mlcheck.contract.verdict import Verdict, judge, judge_payload
from mlcheck.signature import Signature
from tests.contract.battery import (
    COLUMNS,
    JSON_VALUES,
    NESTED,
    SCALARS,
    TENSOR_DATA,
    TENSORS,
    VERSIONS,
    golden,
)

RECORDED = sorted((Path(__file__).parent / "golden").glob("recorded-*.jsonl.gz"))

by_version = pytest.mark.parametrize(
    "position", range(len(VERSIONS)), ids=[f"mlflow-{mlflow}-pandas-{pandas}" for mlflow, pandas, _ in VERSIONS]
)


def versions_at(position: int) -> dict[str, Any]:
    mlflow, pandas, numpy = VERSIONS[position]
    return {"mlflow_version": mlflow, "pandas_version": pandas, "numpy_version": numpy}


def agrees(verdict: Verdict, outcome: str, *, kind_only: bool = False) -> bool:
    if verdict.kind == "unspecified":
        return True
    right = (verdict.kind == "accept") == (outcome == "")
    return right and (kind_only or verdict.error in {outcome, "Exception"})


def check(wrong: list[Any], kinds: Counter[str], *, rarely: float) -> None:
    assert not wrong, wrong[:5]
    assert kinds["unspecified"] <= rarely * kinds.total(), kinds
    assert kinds["accept"]
    assert kinds["refuse"]


def judge_table(position: int, inputs: str, dtype: str, values: list[Any]) -> list[Verdict]:
    signature = Signature.from_mlmodel({"inputs": inputs})
    frame = Frame((ColumnData("c", dtype, values),), len(values))
    return [judge(signature, data, **versions_at(position)) for data in (frame, to_pandas(frame))]


@by_version
def test_dtype_matrix(position: int) -> None:
    wrong, kinds = [], Counter[str]()
    for scalar in SCALARS:
        for name, (dtype, values) in COLUMNS.items():
            outcome = golden("B", f"{scalar}|{name}", position)
            for verdict in judge_table(position, json.dumps([{"type": scalar, "name": "c"}]), dtype, values):
                kinds[verdict.kind] += 1
                if not agrees(verdict, str(outcome)):
                    wrong.append((scalar, name, outcome, verdict))
    # A tenth of this matrix is objects of another type for string, binary and boolean
    check(wrong, kinds, rarely=0.1)


@by_version
def test_json_matrix(position: int) -> None:
    wrong, kinds = [], Counter[str]()
    for scalar in SCALARS:
        signature = Signature.from_mlmodel(
            {"inputs": json.dumps([{"type": scalar, "name": "c"}, {"type": "long", "name": "k"}])}
        )
        for name, values in JSON_VALUES.items():
            for form, body in bodies(values).items():
                outcome = golden("C", f"{scalar}|{name}|{form}", position)
                verdict = judge_payload(signature, {form: body}, **versions_at(position))
                kinds[verdict.kind] += 1
                if not agrees(verdict, str(outcome), kind_only=True):
                    wrong.append((scalar, name, form, outcome, verdict))
    check(wrong, kinds, rarely=0.05)


def bodies(values: list[Any]) -> dict[str, Any]:
    rows = [{"c": value, "k": 7} for value in values]
    return {
        "dataframe_split": {"columns": ["c", "k"], "data": [[value, 7] for value in values]},
        "dataframe_records": rows,
        "inputs": {"c": values, "k": [7, 7]},
        "instances": rows,
    }


@by_version
@pytest.mark.parametrize("name", NESTED)
def test_nested_types(position: int, name: str) -> None:
    inputs, values = NESTED[name]
    outcome = golden("D", f"{name}|pandas", position)
    if outcome is None:
        assert {v.kind for v in judge_table(position, inputs, "object", values)} == {"unspecified"}
        return
    for verdict in judge_table(position, inputs, "object", values):
        assert agrees(verdict, outcome), (outcome, verdict)
    signature = Signature.from_mlmodel({"inputs": inputs})
    rows = [{"c": value} for value in values]
    split = {"columns": ["c"], "data": [[value] for value in values]}
    forms = {"dataframe_split": split, "dataframe_records": rows, "inputs": rows, "instances": rows}
    for form, body in forms.items():
        verdict = judge_payload(signature, {form: body}, **versions_at(position))
        assert agrees(verdict, str(golden("D", f"{name}|{form}", position)), kind_only=True), (form, verdict)


@by_version
@pytest.mark.parametrize("schema", TENSORS)
@pytest.mark.parametrize("data", TENSOR_DATA)
def test_tensors(position: int, schema: str, data: str) -> None:
    signature = Signature.from_mlmodel({"inputs": TENSORS[schema]})
    outcome = str(golden("E", f"{schema}|{data}", position))
    for given in (TENSOR_DATA[data], to_pandas(TENSOR_DATA[data])):
        verdict = judge(signature, given, **versions_at(position))
        assert verdict.kind != "unspecified"
        assert agrees(verdict, outcome), (outcome, verdict)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recorded_triples(path: Path) -> None:
    """Of each line, what is judged is (mapping, data, params) or (mapping, body, content type)."""
    head, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    mlflow, pandas, numpy = json.loads(head)
    versions = {"mlflow_version": mlflow, "pandas_version": pandas, "numpy_version": numpy}
    judge_case = judge_recorded_payload if "payload" in path.name else judge_recorded_data
    wrong, kinds = [], Counter[str]()
    for line in lines:
        *case, outcome = json.loads(line)
        verdict = judge_case(case, outcome, versions)
        kinds[verdict.kind] += 1
        if "cannot be looked at" in verdict.reason or not agrees(verdict, outcome, kind_only="payload" in path.name):
            wrong.append((case, outcome, verdict))
    check(wrong, kinds, rarely=0.05)


def judge_recorded_payload(case: list[Any], _outcome: str, versions: dict[str, Any]) -> Verdict:
    mapping, body, content_type = case
    return judge_payload(Signature.from_mlmodel(mapping), body, content_type=content_type, **versions)


def judge_recorded_data(case: list[Any], outcome: str, versions: dict[str, Any]) -> Verdict:
    signature = Signature.from_mlmodel(case[0])
    data, params = from_wire(case[1]), from_wire(case[2])
    # Made with the pandas that is here, in which a missing text may be another null, so that the exception may differ
    real = judge(signature, to_pandas(data), params, **versions)
    assert agrees(real, outcome, kind_only=True), (case, outcome, real)
    return judge(signature, data, params, **versions)


def test_there_is_a_record_of_every_environment() -> None:
    assert len(RECORDED) >= 12
