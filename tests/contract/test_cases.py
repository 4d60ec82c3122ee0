"""Every enumerated and drawn case is what it claims to be, by MLflow's own enforcement."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case
from mlcheck.contract.data import Frame
from mlcheck.contract.domain import Domain, Example
from mlcheck.contract.verdict import judge
from mlcheck.signature import SCALAR_TYPES, Signature
from tests.contract.signatures import PARAMS, columns, enforce, mappings, scalar_types, tensors

VERSIONS: dict[str, Any] = {"mlflow_version": mlflow.__version__, "pandas_version": pd.__version__}
ENUMERATIONS: list[Callable[[Domain], Iterable[Case]]] = [
    make.typical_cases,
    make.upcast_cases,
    make.reordered_cases,
    make.extra_column_cases,
    make.container_cases,
    make.optional_cases,
    make.params_cases,
    make.edge_cases,
]
few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def conforming(domain: Domain) -> Iterator[Case]:
    for enumerate_cases in ENUMERATIONS:
        yield from enumerate_cases(domain)


def check(mapping: dict[str, str], signature: Signature, case: Case, expected: str) -> None:
    error = enforce(mapping, case)
    said = f"{case.kind}: {case.intent}: {error or 'accepted'}"
    assert bool(error) == (expected == "refuse"), said
    verdict = judge(signature, case.data, case.params, **VERSIONS)
    assert verdict.kind == expected, f"{said}, judged {verdict}"


@few
@given(mappings())
def test_enumerated_cases_are_accepted_and_violations_refused_by_mlflow(mapping: dict[str, str]) -> None:
    signature = Signature.from_mlmodel(mapping)
    domain = Domain.from_sources(signature)
    for case in conforming(domain):
        check(mapping, signature, case, "accept")
    for case in make.violation_cases(domain, **VERSIONS, limit=300):
        check(mapping, signature, case, "refuse")


@few
@given(st.data(), mappings())
def test_drawn_cases_are_accepted_and_violations_refused_by_mlflow(data: Any, mapping: dict[str, str]) -> None:
    signature = Signature.from_mlmodel(mapping)
    domain = Domain.from_sources(signature)
    check(mapping, signature, data.draw(make.typical(domain)), "accept")
    check(mapping, signature, data.draw(make.edges(domain)), "accept")
    violations = make.violations(domain, **VERSIONS)
    if not violations.is_empty:
        check(mapping, signature, data.draw(violations), "refuse")


@few
@given(st.data(), mappings(scalar_types))
def test_drawn_typical_cases_are_typical_and_drawn_edges_say_what_they_are(data: Any, mapping: dict[str, str]) -> None:
    domain = Domain.from_sources(Signature.from_mlmodel(mapping))
    assert data.draw(make.typical(domain)).kind == "typical"
    case = data.draw(make.edges(domain))
    assert case.kind == "edge" or not case.edits or all(str(edit) for edit in case.edits)


# Of a scalar column, by declared type: the kinds of violation that must occur
KINDS = {
    "boolean": {"missing", "dtype", "null", "time-zone"},
    "integer": {"missing", "dtype", "null", "narrowing", "time-zone", "list-for-scalar", "dict-for-scalar"},
    "long": {"missing", "dtype", "null", "narrowing", "time-zone", "list-for-scalar", "dict-for-scalar"},
    "float": {"missing", "dtype", "null", "narrowing", "time-zone", "list-for-scalar", "dict-for-scalar"},
    "double": {"missing", "dtype", "narrowing", "time-zone", "list-for-scalar", "dict-for-scalar"},
    "string": {"missing", "dtype", "time-zone"},
    "binary": {"missing", "dtype", "time-zone"},
    "datetime": {"missing", "dtype", "time-zone", "list-for-scalar", "dict-for-scalar"},
}


def test_every_kind_of_violation_occurs_for_every_column() -> None:
    domain = Domain.from_sources(
        columns(*((name, name) for name in SCALAR_TYPES), *((f"{n}2", n) for n in SCALAR_TYPES))
    )
    found: dict[object, set[str]] = {}
    for case in make.violation_cases(domain, **VERSIONS):
        if case.intent.place == "column":
            found.setdefault(case.intent.name, set()).add(case.intent.what)
    for name, kinds in KINDS.items():
        assert kinds <= found[name], name
        assert found[f"{name}2"] == found[name]


def test_every_dtype_that_is_refused_is_supplied_for_every_column() -> None:
    domain = Domain.from_sources(columns(("a", "long"), ("b", "long")))
    supplied = {
        name: {case.intent.given for case in make.violation_cases(domain, **VERSIONS) if case.intent.name == name}
        for name in "ab"
    }
    assert supplied["a"] == supplied["b"]
    assert {"bool", "uint64", "float64", "float64 NaN", "text", "category", "datetime64[ns]", "Int64 NA"} <= supplied[
        "a"
    ]


def test_every_kind_of_violation_occurs_inside_nested_types() -> None:
    properties = {"x": {"type": "long"}, "y": {"type": "array", "items": {"type": "double"}}}
    inputs = [
        {"name": "o", "type": "object", "properties": properties, "required": True},
        {"name": "m", "type": "map", "values": {"type": "long"}, "required": True},
    ]
    domain = Domain.from_sources(Signature.from_mlmodel({"inputs": json.dumps(inputs)}))
    found = {
        (case.intent.name, case.intent.what, case.intent.where) for case in make.violation_cases(domain, **VERSIONS)
    }
    expected = {
        ("o", "missing", ""),
        ("o", "null", ""),
        ("o", "scalar-for-nested", ""),
        ("o", "undeclared-property", ".undeclared"),
        ("o", "missing-property", ".x"),
        ("o", "missing-property", ".y"),
        ("o", "element", ".x"),
        ("o", "null", ".x"),
        ("o", "list-for-scalar", ".x"),
        ("o", "scalar-for-nested", ".y"),
        ("o", "element", ".y[0]"),
        ("m", "non-string-key", ""),
        ("m", "element", ".first"),
        ("m", "scalar-for-nested", ""),
    }
    assert expected <= found


def test_every_kind_of_violation_occurs_for_every_tensor_and_dimension() -> None:
    domain = Domain.from_sources(tensors(("a", "float32", [-1, 2, 3]), ("b", "int64", [-1])))
    found = make.violation_cases(domain, **VERSIONS)
    kinds = {(case.intent.name, case.intent.what) for case in found if case.intent.place == "tensor"}
    assert kinds == {
        *(("a", what) for what in ("missing", "rank", "dimension", "dtype", "list-for-array")),
        *(("b", what) for what in ("missing", "rank", "dtype", "list-for-array")),
    }
    wrong = {case.intent.sentence for case in found if case.intent.what == "dimension"}
    assert {
        f"tensor 'a' has {wrong} in dimension {axis}, not {size}"
        for axis, size in ((1, 2), (2, 3))
        for wrong in (size - 1, size + 1)
    } == wrong


def test_every_kind_of_violation_occurs_for_every_param() -> None:
    domain = Domain.from_sources(columns(("x", "long"), params=PARAMS))
    found: dict[object, set[str]] = {}
    for case in make.violation_cases(domain, **VERSIONS):
        if case.intent.place == "param":
            found.setdefault(case.intent.name, set()).add(case.intent.what)
    for param in PARAMS:
        kinds = {"dtype"} if param["type"] != "object" else {"missing-property", "undeclared-property", "element"}
        kinds = {"scalar-for-list", "element"} if param["shape"] else kinds
        assert kinds <= found[param["name"]], param["name"]
    assert "list-for-scalar" in found["k"]


def test_too_few_columns_are_tried_where_columns_have_no_names() -> None:
    signature = Signature.from_mlmodel({"inputs": json.dumps([{"type": "long"}, {"type": "double"}])})
    found = make.violation_cases(Domain.from_sources(signature), **VERSIONS)
    few_columns = [case.data for case in found if case.intent.what == "too-few-columns"]
    assert [len(data.columns) for data in few_columns if isinstance(data, Frame)] == [0, 1]


def test_a_limit_takes_a_fixed_spread_with_every_sort_of_column_and_says_so() -> None:
    specs = [(f"c{i}", "long" if i % 7 else "string") for i in range(300)]
    domain = Domain.from_sources(columns(*specs))
    found = make.violation_cases(domain, **VERSIONS, limit=200)
    assert len(found) <= 200
    assert found.total > 5000
    assert found.covered < found.subjects == 301
    names = [str(case.intent.name) for case in found if case.intent.place == "column"]
    assert {dict(specs)[name] for name in names} == {"long", "string"}
    assert any(int(name[1:]) > 200 for name in names)
    again = make.violation_cases(domain, **VERSIONS, limit=200)
    assert [case.intent.sentence for case in again] == [case.intent.sentence for case in found]


def test_a_limit_above_the_number_of_columns_leaves_none_out_and_rotates_what_is_tried() -> None:
    specs = [(f"c{i}", ("double", "long", "string")[i % 3]) for i in range(300)]
    found = make.violation_cases(Domain.from_sources(columns(*specs)), **VERSIONS, limit=420)
    assert len(found) == 420
    assert found.covered == found.subjects
    once = {str(case.intent.given) for case in found if case.intent.name in {f"c{i}" for i in range(3, 300)}}
    assert len(once) > 10


def test_a_limit_below_one_of_each_sort_still_spreads() -> None:
    domain = Domain.from_sources(columns(*((name, name) for name in SCALAR_TYPES)))
    found = make.violation_cases(domain, **VERSIONS, limit=9)
    assert len(found) == 9
    assert len({case.intent.name for case in found}) > 4


def test_same_as_is_the_case_in_declared_dtypes() -> None:
    domain = Domain.from_sources(columns(("a", "double"), ("b", "string")))
    for case in (*make.upcast_cases(domain), *make.reordered_cases(domain), *make.container_cases(domain)):
        assert case.same_as is not None
        assert isinstance(case.same_as.data, Frame)
        assert [column.dtype for column in case.same_as.data.columns] == ["float64", "text"]


@pytest.mark.parametrize(
    ("config", "dtypes"),
    [
        ({"min": 1000.25, "max": 1000.75}, {"float16", "float32"}),
        ({"min": 0.1, "max": 0.9}, {"float16", "float32"}),
        ({"choices": [0.1]}, set()),
        ({"choices": [300.0]}, {"int16", "int32", "uint32", "float16", "float32"}),
        ({"min": -3, "max": -2.5}, {"int8", "int16", "int32", "float16", "float32"}),
        ({"min": 1e300, "max": 1e305}, set()),
    ],
)
def test_upcasts_keep_to_the_domain_and_to_what_the_narrower_dtype_holds(config: Any, dtypes: set[str]) -> None:
    domain = Domain.from_sources(columns(("a", "double")), {"a": config})
    found = list(make.upcast_cases(domain))
    assert {case.intent.given for case in found} == dtypes
    for case in found:
        (edit,) = case.edits
        assert domain.inputs[0].leaves[()].contains(edit.value)
        assert float(np.dtype(str(case.intent.given)).type(edit.value)) == edit.value


def test_infinities_in_an_example_do_no_harm() -> None:
    domain = Domain.from_sources(columns(("a", "double")), example=Example([{"a": float("inf")}, {"a": 1.5}]))
    assert all(case.data for case in conforming(domain))


def test_values_of_the_domain_are_no_edges() -> None:
    domain = Domain.from_sources(columns(("a", "long")), {"a": {"min": -5, "max": 2**31}})
    given_values = [case.intent.given for case in make.edge_cases(domain) if case.intent.place == "column"]
    assert given_values[:2] == [-6, 2**31 + 1]
    assert 0 not in given_values
    assert 2**63 - 1 in given_values


def test_the_example_is_a_case_as_it_is() -> None:
    example = Example({"a": 1}, {"k": 2})
    case = make.example_case(Domain.from_sources(columns(("a", "long")), example=example))
    assert case is not None
    assert (case.data, case.params, case.kind) == ({"a": 1}, {"k": 2}, "example")
    assert make.example_case(Domain.from_sources(columns(("a", "long")))) is None


def test_without_inputs_there_are_params_to_violate_but_nothing_to_predict() -> None:
    signature = Signature.from_mlmodel({"params": json.dumps(PARAMS)})
    domain = Domain.from_sources(signature)
    assert not list(conforming(domain))
    assert {case.intent.place for case in make.violation_cases(domain, **VERSIONS)} == {"param"}
    assert make.typical(domain).is_empty
    with_example = Domain.from_sources(signature, example=Example([1, 2]))
    assert {str(case.data) for case in make.params_cases(with_example)} == {"[1, 2]"}


def test_outputs_alone_give_no_cases() -> None:
    domain = Domain.from_sources(Signature.from_mlmodel({"outputs": json.dumps([{"type": "long"}])}))
    assert not list(conforming(domain))
    assert not make.violation_cases(domain, **VERSIONS).cases


@pytest.mark.parametrize("shape", [[-1, -3], ["a"], [2.5]])
def test_arrays_that_cannot_be_give_no_cases(shape: list[Any]) -> None:
    domain = Domain.from_sources(tensors((None, "float32", shape)))
    assert not make.has_data(domain)
    assert not list(conforming(domain))


def test_type_hints_take_lists() -> None:
    inputs = [{"type": "object", "properties": {"x": {"type": "long"}}, "required": True}]
    signature = Signature.from_mlmodel({"inputs": json.dumps(inputs)}, from_type_hint=True)
    domain = Domain.from_sources(signature, example=Example([{"x": 4}, {"x": 5}]))
    assert make.typical_cases(domain)[1].data == [{"x": 4}, {"x": 5}]
    wrong = [case.data for case in make.violation_cases(domain, **VERSIONS)]
    assert {"x": 4} not in wrong
    assert [{"x": 4}, "word"] in wrong
    assert {case.intent.sentence for case in make.edge_cases(domain)} >= {"there are no rows", "column 0.x is -1"}


def test_two_columns_of_one_name_are_the_last_one() -> None:
    inputs = [{"name": "a", "type": "long"}, {"name": "b", "type": "long"}, {"name": "a", "type": "string"}]
    mapping = {"inputs": json.dumps(inputs)}
    signature = Signature.from_mlmodel(mapping)
    domain = Domain.from_sources(signature)
    frame = make.base_data(domain)
    assert [(column.name, column.dtype) for column in frame.columns] == [("a", "text"), ("b", "int64")]
    check(mapping, signature, make.base_case(domain), "accept")


@pytest.mark.parametrize("size", [30, 300])
def test_cases_share_the_columns_that_are_not_edited(size: int) -> None:
    domain = Domain.from_sources(columns(*((f"c{i}", "long") for i in range(size))))
    base = make.base_data(domain)
    for case in list(make.edge_cases(domain, limit=50))[2:]:
        assert isinstance(case.data, Frame)
        shared = [left is right for left, right in zip(base.columns, case.data.columns, strict=True)]
        assert sum(shared) == size - 1


def test_rows_as_large_as_images_are_not_made_by_the_hundred() -> None:
    domain = Domain.from_sources(tensors((None, "float32", [-1, 224, 224, 3])))
    assert [len(case.data) for case in make.typical_cases(domain)] == [1, 2, 7]  # type: ignore[arg-type]


def test_values_inside_lists_for_type_hints_are_plain() -> None:
    properties = {"t": {"type": "datetime"}, "i": {"type": "integer"}}
    inputs = [{"type": "object", "properties": properties, "required": True}]
    signature = Signature.from_mlmodel({"inputs": json.dumps(inputs)}, from_type_hint=True)
    domain = Domain.from_sources(signature)
    for case in (*make.typical_cases(domain), *make.edge_cases(domain)):
        assert isinstance(case.data, list)
        assert {type(value) for row in case.data for value in row.values()} <= {int, dt.datetime}
