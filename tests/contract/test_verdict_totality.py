"""Whatever it is given, judging gives a verdict."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcheck.contract.data import ColumnData, Frame, Opaque, Series, to_pandas
from mlcheck.contract.verdict import judge, judge_payload
from mlcheck.signature import Signature
from tests.contract.drawing.cases import known_kinds
from tests.contract.drawing.columns import column_schemas
from tests.contract.drawing.params import param_schemas
from tests.contract.drawing.tensors import tensor_schemas
from tests.contract.drawing.values import anything


class Hostile:
    """Raises at every touch."""

    def _raise(self, *_: object) -> Any:
        raise ZeroDivisionError

    __eq__ = __len__ = __iter__ = __getitem__ = __bool__ = __float__ = __int__ = __str__ = __repr__ = _raise
    __lt__ = __array__ = __index__ = __contains__ = _raise
    __hash__ = object.__hash__


def endless() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


ODD: list[Any] = [
    Hostile(),
    [Hostile()],
    {"a": Hostile()},
    {"a": [Hostile(), 1]},
    {Hostile(): 1},
    endless(),
    {"a": endless()},
    object,
    lambda: None,
    range(3),
    iter([1]),
    1j,
    frozenset({1}),
    slice(1),
    Opaque("x.Y", ""),
    Frame((ColumnData(Hostile(), "int64", [1]),), 1),
    Frame((ColumnData("a", "no such dtype", [1]),), 1),
    Frame((ColumnData("a", "int64", ["x", None, 1.5]),), 3),
    Frame((ColumnData("a", "datetime64[us]", ["x"]),), 1),
    Frame((ColumnData("a", "object", [Hostile()]),), 1),
    Frame((ColumnData("a", "object", []),), 5),
    Series("a", "no such dtype", [1]),
    pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
    pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(0, 1)])),
    pd.DataFrame({"a": pd.arrays.SparseArray([1.5, 2.5])}),
    pd.DataFrame({"a": pd.interval_range(0, 2)}),
    pd.Index([1, 2]),
    pd.Categorical(["a"]),
    np.ma.masked_array([1, 2], mask=[True, False]),
    np.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")]),
    np.array([object()], dtype=object),
    np.array(5),
    np.void(b"x"),
    np.datetime64("NaT"),
]

signatures = st.one_of(
    column_schemas(known_kinds((3, 17)), "required"),
    tensor_schemas(),
).flatmap(
    lambda inputs: param_schemas(objects=True).map(
        lambda params: Signature.from_mlmodel({"inputs": json.dumps(inputs), "params": json.dumps(params)})
    )
)
versions = st.sampled_from(
    [("1.30.1", "1.5.3"), ("2.9.2", "2.1.4"), ("2.16.2", "2.3.3"), ("3.17.2", "3.1.1"), ("4.0", "4.0")]
)
odd = st.one_of(
    st.sampled_from(ODD),
    anything.map(to_pandas),
    st.dictionaries(st.sampled_from(["a", "b", 0, None]), st.sampled_from(ODD) | anything, max_size=3),
    st.lists(st.sampled_from(ODD) | anything, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(signatures, odd, odd, versions)
def test_judge_is_total(signature: Signature, data: object, params: object, version: tuple[str, str]) -> None:
    verdict = judge(signature, data, params, mlflow_version=version[0], pandas_version=version[1])
    assert verdict.kind in {"accept", "refuse", "unspecified"}
    assert verdict.reason
    assert bool(verdict.error) == (verdict.kind == "refuse")


@settings(max_examples=200, deadline=None)
@given(
    signatures,
    st.one_of(
        odd,
        st.text(),
        st.binary(),
        st.dictionaries(
            st.sampled_from(["inputs", "instances", "dataframe_split", "dataframe_records", "params", "messages"]),
            odd,
            max_size=2,
        ),
    ),
    st.sampled_from(["application/json", "text/csv", "", ";", "text/csv; charset"]),
    versions,
)
def test_judge_payload_is_total(
    signature: Signature, payload: object, content_type: str, version: tuple[str, str]
) -> None:
    verdict = judge_payload(
        signature, payload, content_type=content_type, mlflow_version=version[0], pandas_version=version[1]
    )
    assert verdict.kind in {"accept", "refuse", "unspecified"}


@pytest.mark.parametrize("position", range(len(ODD)))
@pytest.mark.parametrize("type_", ["long", "string", "any", "array", "object"])
def test_every_odd_thing_for_every_kind_of_column(position: int, type_: str) -> None:
    inner: dict[str, dict[str, Any]] = {
        "array": {"items": {"type": "string"}},
        "object": {"properties": {"x": {"type": "string"}}},
    }
    inputs = [{"type": type_, "name": "a", "required": True, **inner.get(type_, {})}]
    signature = Signature.from_mlmodel({"inputs": json.dumps(inputs)})
    assert judge(signature, ODD[position], mlflow_version="3.17.2", pandas_version="3.1.1").reason


def test_bytes_that_are_no_date_do_not_kill_the_process() -> None:
    tensor = {"type": "tensor", "tensor-spec": {"dtype": "datetime64[ns]", "shape": [-1]}}
    signature = Signature.from_mlmodel({"inputs": json.dumps([tensor])})
    frame = Frame((ColumnData("a", "object", [[b"x"], [b"y"]]),), 2)
    assert judge(signature, frame, mlflow_version="2.22.4", pandas_version="2.3.3").kind == "refuse"
