"""What Hypothesis finds ends as a base row in which only the value that matters is different."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import find, settings

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case, Edit
from mlcheck.contract.data import Frame
from mlcheck.contract.domain import Domain, Example
from mlcheck.signature import SCALAR_TYPES
from tests.contract.signatures import PARAMS, columns, tensors
from tests.contract.signatures import make as signature_of

EPOCH = dt.datetime.fromisoformat("1970-01-01")
quiet = settings(database=None, deadline=None, derandomize=True, max_examples=3000)
ARRAY = {"name": "array", "type": "array", "items": {"type": "double"}, "required": True}
OBJECT = {"name": "object", "type": "object", "properties": {"x": {"type": "long"}, "y": ARRAY}, "required": True}
MIXED = signature_of(
    {
        "inputs": [*({"name": f"{name}_{i}", "type": name} for i in (1, 2) for name in SCALAR_TYPES), ARRAY, OBJECT],
        "params": PARAMS,
    }
)


def values_of(case: Case, name: str) -> list[Any]:
    assert isinstance(case.data, Frame)
    return next(column for column in case.data.columns if column.name == name).values  # noqa: PD011 - not a pandas one


def smallest(domain: Domain, fails: Callable[[Case], bool]) -> Case:
    return find(make.edges(domain), fails, settings=quiet)


def is_negative(value: Any) -> bool:
    return bool(value is not pd.NaT and value < EPOCH if isinstance(value, dt.datetime) else value < 0)


FAILURES: list[tuple[str, Callable[[Any], bool], object]] = [
    ("boolean_2", lambda value: value is None, None),
    ("integer_2", is_negative, -1),
    ("long_2", is_negative, -1),
    ("float_2", is_negative, -1.0),
    ("double_2", is_negative, -1.0),
    ("string_2", lambda value: value is not None and not value.isascii(), "\x80"),
    ("binary_2", lambda value: value == b"", b""),
    ("datetime_2", is_negative, dt.datetime.fromisoformat("1969-01-01")),
    ("long_1", lambda value: value > 130, 131),
    ("double_1", lambda value: value > 130, 131.0),
    ("string_1", lambda value: value is None, None),
    ("datetime_1", lambda value: value is pd.NaT, pd.NaT),
    ("array", lambda value: any(map(is_negative, value)), [-1.0]),
    ("array", lambda value: len(value) > 3, [0.0, 0.0, 0.0, 0.0]),
    ("object", lambda value: value["x"] < 0, {"x": -1, "y": [0.5, 1.0]}),
    ("object", lambda value: any(map(is_negative, value["y"])), {"x": 2, "y": [-1.0]}),
]


@pytest.mark.parametrize(("name", "fails", "value"), FAILURES)
def test_one_row_and_one_value_are_left(name: str, fails: Callable[[Any], bool], value: object) -> None:
    domain = Domain.from_sources(MIXED)
    case = smallest(domain, lambda case: any(map(fails, values_of(case, name))))
    assert isinstance(case.data, Frame)
    assert (case.data.rows, case.kind, case.params) == (1, "edge", None)
    if name != "object":
        assert [(edit.name, edit.row, repr(edit.value)) for edit in case.edits] == [(name, 0, repr(value))]
    assert set(values_of(case, "object")[0]) == {"x", "y"}
    base = make.base_data(domain)
    different = [new.name for new, old in zip(case.data.columns, base.columns, strict=True) if new is not old]
    assert different == [name]
    assert case.intent.name == name
    assert case.intent.sentence == str(case.edits[0]).removesuffix(" in row 0")


@pytest.mark.parametrize(
    ("name", "fails", "value"),
    [
        ("k", is_negative, -1),
        ("r", is_negative, -1.0),
        ("s", lambda value: value == "", ""),
        ("b", lambda value: not value, False),
        ("ks", lambda value: any(map(is_negative, value)), [-1]),
    ],
)
def test_one_param_is_left(name: str, fails: Callable[[Any], bool], value: object) -> None:
    case = smallest(Domain.from_sources(MIXED), lambda case: name in (case.params or {}) and fails(case.params[name]))  # type: ignore[index]
    assert repr(case.params) == repr({name: value})
    assert [edit.place for edit in case.edits] == ["param"]
    assert isinstance(case.data, Frame)
    assert case.data.rows == 1


@pytest.mark.parametrize(
    ("shape", "dtype", "value"),
    [([-1, 2, 3], "float32", -1.0), ([-1, 4], "int64", -1), ([-1], "float64", -1.0), ([2, 2], "int8", -1)],
)
def test_one_element_of_a_tensor_is_left(shape: list[int], dtype: str, value: object) -> None:
    domain = Domain.from_sources(tensors((None, dtype, shape)))
    case = smallest(domain, lambda case: bool((np.asarray(case.data) < 0).any()))
    base = make.base_data(domain)
    assert isinstance(case.data, np.ndarray)
    assert case.data.shape == base.shape
    assert (case.data != base).sum() == 1
    assert [edit.value for edit in case.edits] == [value]


def test_named_tensors_keep_what_is_not_edited() -> None:
    domain = Domain.from_sources(tensors(("a", "float32", [-1, 2]), ("b", "str", [-1])))
    case = smallest(domain, lambda case: not all(map(str.isascii, case.data["b"])))  # type: ignore[index]
    assert case.data["a"] is make.base_data(domain)["a"]  # type: ignore[index]
    assert case.edits == (Edit("tensor", "b", "\x80", 0),)


def test_nan_is_left_where_nothing_less_fails() -> None:
    domain = Domain.from_sources(columns(("a", "double"), ("b", "float")))
    case = smallest(domain, lambda case: any(map(math.isnan, values_of(case, "b"))))
    assert case.intent.sentence == "column 'b' is NaN"
    assert values_of(case, "a") == values_of(make.base_case(domain), "a")


def test_the_row_that_is_left_is_one_of_the_example() -> None:
    example = Example([{"age": 31.5, "city": "Bonn"}, {"age": 47.5, "city": "Trier"}])
    domain = Domain.from_sources(columns(("age", "double"), ("city", "string")), example=example)
    case = smallest(domain, lambda case: any(map(is_negative, values_of(case, "age"))))
    assert (values_of(case, "age"), values_of(case, "city")) == ([-1.0], ["Bonn"])
    assert case.intent.sentence == "column 'age' is -1.0"


def test_what_depends_on_rows_keeps_as_many_as_it_needs() -> None:
    domain = Domain.from_sources(columns(("a", "long"), ("b", "long")))
    case = smallest(
        domain, lambda case: len(values_of(case, "a")) > 2 and any(value > 100 for value in values_of(case, "b"))
    )
    assert isinstance(case.data, Frame)
    assert case.data.rows == 3
    assert [edit.value for edit in case.edits] == [101]


def test_a_violation_shrinks_to_one_row_and_the_first_that_fails() -> None:
    domain = Domain.from_sources(columns(("a", "long"), ("b", "string"), ("c", "long")))
    versions = {"mlflow_version": "3.17.2", "pandas_version": "2.3.3"}

    def is_text_in_c(case: Case) -> bool:
        return isinstance(case.data, Frame) and any(c.name == "c" and c.dtype == "text" for c in case.data.columns)

    case = find(make.violations(domain, **versions), is_text_in_c, settings=quiet)
    assert isinstance(case.data, Frame)
    assert case.data.rows == 1
    assert case.intent.sentence == "column 'c' is text where long is declared"
