"""The signature of a model as plain data, and its reader for the JSON of MLflow 1.x to 3.x."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcheck.records import record
from mlcheck.signature.reader import read_params, read_schema
from mlcheck.signature.types import (
    IMPOSSIBLE_DIMENSION,
    SCALAR_TYPES,
    AnyType,
    Array,
    Column,
    ColumnType,
    Field,
    Map,
    Name,
    Object,
    Param,
    Property,
    Scalar,
    Schema,
    SignatureError,
    Tensor,
    Vector,
    input_name,
    is_column_schema,
    is_named,
    is_tensor_schema,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "IMPOSSIBLE_DIMENSION",
    "SCALAR_TYPES",
    "AnyType",
    "Array",
    "Column",
    "ColumnType",
    "Field",
    "Map",
    "Name",
    "Object",
    "Param",
    "Property",
    "Scalar",
    "Schema",
    "Signature",
    "SignatureError",
    "Tensor",
    "Vector",
    "input_name",
    "is_column_schema",
    "is_named",
    "is_tensor_schema",
]


@record(frozen=True, slots=True)
class Signature:
    """What a model takes and gives; None where the signature says nothing.

    With `from_type_hint`, MLflow 2.20 and newer validates the params alone and leaves the data to the model.
    """

    inputs: Schema | None
    outputs: Schema | None = None
    params: tuple[Param, ...] | None = None
    from_type_hint: bool = False

    @classmethod
    def from_mlmodel(cls, mapping: Mapping[str, object], *, from_type_hint: bool = False) -> Signature:
        """Return the signature that MLmodel's `signature` mapping holds; raise SignatureError otherwise.

        `from_type_hint` is MLmodel's own top-level `is_signature_from_type_hint`.
        """
        try:
            inputs = read_schema("inputs", mapping.get("inputs"))
            outputs = read_schema("outputs", mapping.get("outputs"))
            params = read_params(mapping.get("params"))
        except RecursionError as error:
            raise SignatureError("types are nested too deep to be read", "inputs") from error
        if inputs is None and outputs is None and params is None:
            raise SignatureError("signature has none of inputs, outputs and params", "inputs")
        return cls(inputs, outputs, params, from_type_hint)
