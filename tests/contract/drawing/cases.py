"""Draws signatures together with data and params for them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.contract.drawing.columns import column_data, column_schemas
from tests.contract.drawing.params import param_schemas, param_values
from tests.contract.drawing.tensors import tensor_data, tensor_schemas
from tests.contract.drawing.values import chance

KINDS = {"array": (2, 10), "object": (2, 10), "map": (2, 12), "sparkml_vector": (2, 16), "any": (2, 19)}


def known_kinds(mlflow_version: tuple[int, ...]) -> tuple[str, ...]:
    """Return the types that are not scalar which this MLflow loads."""
    return tuple(kind for kind, since in KINDS.items() if mlflow_version >= since)


@st.composite
def cases(draw: Any, mlflow_version: tuple[int, ...]) -> tuple[dict[str, Any], Any, Any]:
    """Draw (MLmodel's signature mapping, data, params) that this MLflow can load."""
    kinds = known_kinds(mlflow_version)
    optional_key = "required" if mlflow_version >= (2, 10) else "optional"
    tensors = chance(draw, 5)
    schema = draw(tensor_schemas() if tensors else column_schemas(kinds, optional_key))
    data = draw(tensor_data(schema) if tensors else column_data(schema))
    mapping: dict[str, Any] = {"inputs": json.dumps(schema)}
    params = None
    if chance(draw, 3):
        declared = draw(param_schemas(objects=mlflow_version >= (2, 20)))
        mapping["params"] = json.dumps(declared)
        params = draw(param_values(declared))
    return mapping, data, params
