"""Signatures of every kind, as our own and as MLflow's."""

from __future__ import annotations

import copy
import json
import logging
import warnings
from typing import Any

from hypothesis import strategies as st
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_params_schema, _enforce_schema

from mlcheck.contract.cases import Case
from mlcheck.contract.data import to_pandas
from mlcheck.signature import SCALAR_TYPES, Signature

NAMES = st.sampled_from(["age", "name", "x", "größe", "a b", "0"])
DTYPES = ["float32", "float64", "float16", "int8", "int32", "int64", "uint8", "uint64", "bool", "str", "object"]
RARE_DTYPES = ["bytes", "complex64", "datetime64[ns]", "timedelta64[ns]"]

scalar_types = st.sampled_from(SCALAR_TYPES).map(lambda name: {"type": name})


def _objects(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    # MLflow cannot read a vector inside an object
    of_property = inner.filter(lambda type_: type_["type"] != "sparkml_vector")
    required = st.booleans().map(lambda value: {"required": value})
    property_ = st.tuples(of_property, required).map(lambda pair: {**pair[0], **pair[1]})
    properties = st.dictionaries(NAMES, property_, min_size=1, max_size=3)
    return properties.map(lambda found: {"type": "object", "properties": found})


nested_types = st.recursive(
    scalar_types | st.sampled_from([{"type": "any"}, {"type": "sparkml_vector"}]),
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "map", "values": values}),
        _objects(inner),
    ),
    max_leaves=4,
)


@st.composite
def column_schemas(draw: Any, types: st.SearchStrategy[dict[str, Any]]) -> list[dict[str, Any]]:
    if not draw(st.booleans()):
        return [dict(type_, required=True) for type_ in draw(st.lists(types, min_size=1, max_size=4))]
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    required = st.booleans()
    return [dict(draw(types), name=name, required=draw(required)) for name in names]


@st.composite
def tensor_schemas(draw: Any) -> list[dict[str, Any]]:
    named = draw(st.booleans())
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)) if named else [None]
    sizes = st.lists(st.sampled_from([-1, 1, 2, 3]), max_size=3)
    schema: list[dict[str, Any]] = []
    for name in names:
        spec = {"dtype": draw(st.sampled_from(DTYPES + RARE_DTYPES)), "shape": [-1, *draw(sizes)]}
        schema.append({"type": "tensor", "tensor-spec": spec, **({"name": name} if name else {})})
    return schema


PARAMS: list[dict[str, Any]] = [
    {"name": "k", "type": "long", "default": 5, "shape": None},
    {"name": "r", "type": "double", "default": 1.0, "shape": None},
    {"name": "f", "type": "float", "default": None, "shape": None},
    {"name": "i", "type": "integer", "default": 1, "shape": None},
    {"name": "s", "type": "string", "default": "a", "shape": None},
    {"name": "b", "type": "boolean", "default": True, "shape": None},
    {"name": "t", "type": "datetime", "default": "2024-01-01T00:00:00", "shape": None},
    {"name": "ks", "type": "long", "default": [1, 2], "shape": [-1]},
    {"name": "ss", "type": "string", "default": ["a"], "shape": [-1]},
    {"name": "o", "type": "object", "properties": {"q": {"type": "long"}}, "default": {"q": 1}, "shape": None},
]


@st.composite
def mappings(draw: Any, types: st.SearchStrategy[dict[str, Any]] = nested_types) -> dict[str, str]:
    """What MLmodel has at `signature`."""
    inputs = draw(column_schemas(types) | tensor_schemas())
    params = draw(st.lists(st.sampled_from(PARAMS), max_size=2, unique_by=lambda param: param["name"]))
    return {"inputs": json.dumps(inputs)} | ({"params": json.dumps(params)} if params else {})


def columns(*specs: tuple[str, str] | tuple[str, str, bool], params: list[dict[str, Any]] | None = None) -> Signature:
    """A signature of scalar columns by name, type and whether they are required."""
    inputs = [{"name": name, "type": type_, "required": rest[0] if rest else True} for name, type_, *rest in specs]
    return make({"inputs": inputs, **({"params": params} if params else {})})


def make(parts: dict[str, Any], **options: Any) -> Signature:
    """A signature of the lists that its JSON texts hold."""
    return Signature.from_mlmodel({field: json.dumps(items) for field, items in parts.items()}, **options)


def tensors(*specs: tuple[str | None, str, list[int]]) -> Signature:
    found = [
        {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}, **({"name": name} if name else {})}
        for name, dtype, shape in specs
    ]
    return make({"inputs": found})


def enforce(mapping: dict[str, str], case: Case) -> str:
    """What MLflow's own enforcement says: "" where it accepts, else the error."""
    signature = ModelSignature.from_dict(mapping)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    data = copy.deepcopy(to_pandas(case.data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if signature.inputs is not None:
                _enforce_schema(data, signature.inputs)
            _enforce_params_schema(copy.deepcopy(case.params), signature.params)
        except Exception as error:  # noqa: BLE001 - any exception is a refusal
            return f"{type(error).__name__}: {error}"
    return ""
