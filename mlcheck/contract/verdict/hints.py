"""Data for a signature from a type hint, which MLflow holds against the hint and not against the signature."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from mlcheck.contract.verdict.types import ACCEPT, Verdict, leave_open
from mlcheck.signature import AnyType, Array, Map, Object, Property, Scalar, is_column_schema, is_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.signature import ColumnType, Schema

_KINDS: Final[Mapping[str, type]] = {
    "boolean": bool,
    "long": int,
    "double": float,
    "string": str,
    "binary": bytes,
    "datetime": dt.datetime,
}


def judge_hinted(schema: Schema, data: object) -> Verdict:
    """Return acceptance for a list of what the hint says to the letter; the rest is between hint and model.

    `list[T]` is written as one column without a name. A pydantic model may convert, or refuse by rules of its own.
    """
    if is_column_schema(schema) and len(schema) == 1 and not is_named(schema) and isinstance(data, list):
        column = schema[0]
        if all(_is_exactly(column.type, item) for item in data):
            return ACCEPT
    return leave_open("the signature is from a type hint, by which the model itself judges the data")


def _is_exactly(type_: ColumnType, value: object) -> bool:
    if isinstance(type_, Scalar):
        return type(value) is _KINDS.get(type_.name)
    if isinstance(type_, Array):
        return isinstance(value, list) and all(_is_exactly(type_.items, item) for item in value)
    if isinstance(type_, Map):
        return isinstance(value, dict) and all(
            isinstance(key, str) and _is_exactly(type_.values, item) for key, item in value.items()
        )
    return _is_exact_object(type_, value) if isinstance(type_, Object) else isinstance(type_, AnyType)


def _is_exact_object(type_: Object, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    properties = {prop.name: prop for prop in type_.properties}
    if any(prop.required and prop.name not in value for prop in type_.properties):
        return False
    return all(name in properties and _is_exact_property(properties[name], item) for name, item in value.items())


def _is_exact_property(prop: Property, value: object) -> bool:
    return _is_exactly(prop.type, value) or (value is None and not prop.required)
