from __future__ import annotations

import json
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcheck.facts.numpy_dtypes import canonical_dtype, is_sized
from mlcheck.signature import (
    IMPOSSIBLE_DIMENSION,
    AnyType,
    Array,
    Column,
    Map,
    Object,
    Param,
    Property,
    Scalar,
    Signature,
    SignatureError,
    Tensor,
    Vector,
    input_name,
    is_column_schema,
    is_named,
    is_tensor_schema,
)
from tests.contract.battery import GOLDEN, SIGNATURES

LONG = Scalar("long")


def read(*inputs: dict[str, Any]) -> Any:
    return Signature.from_mlmodel({"inputs": json.dumps(inputs)}).inputs


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_some_mlflow_loads_is_read_and_what_none_loads_is_an_error(name: str) -> None:
    outcome = GOLDEN["A"][name]
    loaded_somewhere = "" in (outcome if isinstance(outcome, list) else [outcome])
    with nullcontext() if loaded_somewhere else pytest.raises(SignatureError):
        Signature.from_mlmodel(SIGNATURES[name])


def test_columns_of_every_release() -> None:
    assert read({"type": "long"}) == (Column(None, LONG),)
    assert read({"type": "long", "name": "a", "optional": True}) == (Column("a", LONG, required=False),)
    assert read({"type": "long", "name": "a", "required": False}) == (Column("a", LONG, required=False),)
    assert read({"type": "any", "name": "a"}) == (Column("a", AnyType(), required=None),)


def test_nested_types() -> None:
    type_ = {
        "type": "object",
        "properties": {
            "x": {"type": "array", "items": {"type": "map", "values": {"type": "long"}}},
            "y": {"type": "any", "required": False},
        },
    }
    (column,) = read({**type_, "name": "a", "required": True})
    assert column.type == Object(
        (Property("x", Array(Map(LONG))), Property("y", AnyType(), required=False)),
    )
    assert str(column.type) == "object{x: array<map<string, long>>, y?: any}"


def test_vectors_are_read_as_mlflow_reads_them() -> None:
    vector = {"type": "sparkml_vector"}
    assert read(vector)[0].type == Vector()
    assert read({"type": "map", "values": vector})[0].type == Vector()
    assert read({"type": "map", "values": {"type": "map", "values": vector}})[0].type == Map(Vector())
    assert read({"type": "array", "items": vector})[0].type == Array(Vector())


def test_tensors() -> None:
    assert read({"type": "tensor", "tensor-spec": {"dtype": "<f4", "shape": [-1, 2]}}) == (
        Tensor(None, "float32", (-1, 2)),
    )
    (tensor,) = read({"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": ["x", 2]}})
    assert tensor.shape == (IMPOSSIBLE_DIMENSION, 2)


def test_params() -> None:
    params = [
        {"name": "p", "type": "long", "default": 1, "shape": None},
        {"name": "q", "dtype": "double", "default": [1, 2.5], "shape": [-1]},
    ]
    assert Signature.from_mlmodel({"params": json.dumps(params)}).params == (
        Param("p", LONG, 1),
        Param("q", Scalar("double"), [1, 2.5], (-1,)),
    )


@pytest.mark.parametrize(
    ("mapping", "field", "pointer", "message"),
    [
        ({"inputs": "{"}, "inputs", "", "inputs is not JSON"),
        ({"inputs": "[" * 100_000}, "inputs", "", "inputs is not JSON"),
        ({"inputs": "{}"}, "inputs", "", "must be a JSON list, not an object"),
        ({"inputs": "[1]"}, "inputs", "/0", "must be an object, not a int"),
        ({"inputs": '[{"type": "lon"}]'}, "inputs", "/0/type", "unknown type 'lon', known are boolean, integer"),
        ({"inputs": '[{"type": ["long"]}]'}, "inputs", "/0/type", r"unknown type \['long'\]"),
        ({"outputs": '[{"type": "long", "name": [1]}]'}, "outputs", "/0/name", "name must be a string"),
        (
            {"inputs": '[{"type": "object", "properties": {"a/b~c": {"type": 5}}}]'},
            "inputs",
            "/0/properties/a~1b~0c/type",
            "unknown type 5",
        ),
        ({"inputs": '[{"type": "array", "items": {"type": "x"}}]'}, "inputs", "/0/items/type", "unknown type 'x'"),
        (
            {"inputs": '[{"type": "tensor", "tensor-spec": {"dtype": 1, "shape": []}}]'},
            "inputs",
            "/0/tensor-spec/dtype",
            "not 1",
        ),
        (
            {"inputs": '[{"type": "tensor", "tensor-spec": {"dtype": "int8", "shape": 5}}]'},
            "inputs",
            "/0/tensor-spec/shape",
            "shape must be a list",
        ),
        ({"inputs": '[{"type": "long"}]', "params": "[{}]"}, "params", "/0", "param lacks `default` and `name`"),
        (
            {"params": '[{"name": "p", "type": "long", "default": 1}, {"name": "p", "type": "long", "default": 1}]'},
            "params",
            "/1/name",
            "declared twice",
        ),
        (
            {"params": '[{"name": "p", "type": "long", "default": 1, "shape": [2]}]'},
            "params",
            "/0/shape",
            "null or",
        ),
    ],
)
def test_errors_say_where(mapping: dict[str, Any], field: str, pointer: str, message: str) -> None:
    with pytest.raises(SignatureError, match=message) as caught:
        Signature.from_mlmodel(mapping)
    assert (caught.value.field, caught.value.pointer) == (field, pointer)


def test_nesting_beyond_reading_is_an_error() -> None:
    deep = '{"type": "array", "items": ' * 900 + '{"type": "long"}' + "}" * 900
    with pytest.raises(SignatureError, match=r"nested too deep|not JSON"):
        Signature.from_mlmodel({"inputs": f"[{deep}]"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["long", "tensor", "array"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "name",
                    "items",
                    "values",
                    "properties",
                    "required",
                    "tensor-spec",
                    "dtype",
                    "shape",
                    "default",
                    "x",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["inputs", "outputs", "params"]), json_values | json_values.map(json.dumps)))
def test_any_mapping_is_read_or_refused(mapping: dict[str, Any]) -> None:
    with suppress(SignatureError):
        signature = Signature.from_mlmodel(mapping)
        for schema in (signature.inputs, signature.outputs):
            assert schema is None or is_tensor_schema(schema) != is_column_schema(schema)


def test_helpers() -> None:
    schema = read({"type": "long", "name": ""}, {"type": "long", "name": "b"})
    assert is_named(schema)
    assert [input_name(column, i) for i, column in enumerate(schema)] == [0, "b"]
    assert not is_tensor_schema(None)
    assert not is_column_schema(None)


@pytest.mark.parametrize(
    "text", ["f4", "<f4", "float32", "single", "=f4", "|b1", "?", "str", "U", "datetime64[ns]", "M8[us]"]
)
def test_dtypes_are_called_what_numpy_calls_them(text: str) -> None:
    np = pytest.importorskip("numpy")
    assert canonical_dtype(text) == np.dtype(text).name


@pytest.mark.parametrize("text", ["floaty", "", "f3", "int65", "datetime64[parsec]", "Float64", "category"])
def test_what_numpy_does_not_know_has_no_name(text: str) -> None:
    assert canonical_dtype(text) is None


def test_sized_texts() -> None:
    assert is_sized("<U10")
    assert is_sized("bytes3")
    assert not is_sized("U")
