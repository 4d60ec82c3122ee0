"""Examples that hold nulls inside of nested values, as clients and type hints with `Optional` make them."""

from __future__ import annotations

import json
from typing import Any

import mlflow
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlcheck.contract import cases as make
from mlcheck.contract.domain import Domain, Example
from mlcheck.contract.verdict import judge
from mlcheck.signature import Signature
from tests.contract.test_cases import ENUMERATIONS

VERSIONS: dict[str, Any] = {"mlflow_version": mlflow.__version__, "pandas_version": pd.__version__}
OF_TYPE: dict[str, Any] = {"long": 3, "string": "word", "double": 1.5, "boolean": True, "datetime": "2024-02-29"}

scalars = st.sampled_from(sorted(OF_TYPE)).map(lambda name: ({"type": name}, OF_TYPE[name]))


def _wrap(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Types with a value of theirs, in which anything may be null."""
    inside = st.tuples(inner, st.booleans()).map(lambda found: (found[0][0], None if found[1] else found[0][1]))
    array = inside.map(lambda found: ({"type": "array", "items": found[0]}, [found[1]]))
    map_ = inside.map(lambda found: ({"type": "map", "values": found[0]}, {"k": found[1]}))
    return st.one_of(array, map_, st.lists(inside, min_size=1, max_size=3).map(_object))


def _object(found: list[Any]) -> Any:
    properties = {f"p{i}": {**type_, "required": value is not None} for i, (type_, value) in enumerate(found)}
    return {"type": "object", "properties": properties}, {f"p{i}": value for i, (_, value) in enumerate(found)}


nested = st.recursive(scalars, _wrap, max_leaves=4).filter(lambda found: found[0]["type"] not in OF_TYPE)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(st.data(), nested, st.booleans())
def test_nulls_anywhere_in_an_example_stop_no_case(data: Any, found: Any, hinted: bool) -> None:
    type_, value = found
    signature = Signature.from_mlmodel(
        {"inputs": json.dumps([{**type_, "required": True, **({} if hinted else {"name": "a"})}])},
        from_type_hint=hinted,
    )
    domain = Domain.from_sources(signature, example=Example([value] if hinted else {"a": [value]}))
    for enumerate_cases in ENUMERATIONS:
        for case in enumerate_cases(domain):
            judge(signature, case.data, case.params, **VERSIONS)
    assert all(case.kind == "violation" for case in make.violation_cases(domain, **VERSIONS, limit=300))
    for draw in (make.typical, make.edges):
        data.draw(draw(domain))


@pytest.mark.parametrize(
    ("type_", "edge"),
    [
        ({"type": "map", "values": {"type": "string"}}, "column 0.x is {}"),
        ({"type": "array", "items": {"type": "string"}}, "column 0.x is []"),
        ({"type": "object", "properties": {"y": {"type": "string"}}}, "column 0.x.y is ''"),
    ],
)
def test_edges_are_tried_inside_of_what_the_example_has_as_null(type_: dict[str, Any], edge: str) -> None:
    inputs = [{"type": "object", "properties": {"x": {**type_, "required": False}}, "required": True}]
    signature = Signature.from_mlmodel({"inputs": json.dumps(inputs)}, from_type_hint=True)
    domain = Domain.from_sources(signature, example=Example([{"x": None}]))
    assert edge in {case.intent.sentence for case in make.edge_cases(domain)}
