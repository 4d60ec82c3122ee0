"""Data for a signature from a type hint, which MLflow holds against the hint and not against the signature."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from mlcheck.contract.verdict.types import ACCEPT, Verdict, leave_open, refuse
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
_PLAIN: Final = (type(None), bool, int, float, str, bytes, tuple, set)
_NO_LISTS: Final = (*_PLAIN, dict, np.ndarray)


def judge_hinted(schema: Schema, data: object) -> Verdict:
    """Return acceptance for a list of what the hint says to the letter, and refusal for what it certainly is not.

    `list[T]` is written as one column without a name, and MLflow asks isinstance of each element (2.20 to 3.17). A
    pydantic model may convert, or refuse by rules of its own; and a DataFrame becomes a list in ways of its own.
    """
    if is_column_schema(schema) and len(schema) == 1 and not is_named(schema):
        column = schema[0]
        if isinstance(data, _NO_LISTS):
            return refuse(f"a list expected, {type(data).__name__} given")
        if isinstance(data, list) and all(_is_exactly(column.type, item) for item in data):
            return ACCEPT
        wrong = [item for item in data if _is_wrong(column.type, item)] if isinstance(data, list) else []
        if any(item is not None or column.required is not False for item in wrong):
            return refuse(f"a list of {column.type} expected, {repr(wrong[0])[:60]} among them")
    return leave_open("the signature is from a type hint, by which the model itself judges the data")


def _is_wrong(type_: ColumnType, value: object) -> bool:
    """Tell whether a value is refused for the type, whatever the hint was that the type was made of."""
    if isinstance(type_, Scalar):
        return type_.name in _KINDS and isinstance(value, _PLAIN) and not _may_be(type_.name, value)
    if isinstance(type_, Array):
        inside = value if isinstance(value, list) else []
        return isinstance(value, _PLAIN) or any(item is not None and _is_wrong(type_.items, item) for item in inside)
    if isinstance(type_, Map):
        inside = list(value.values()) if isinstance(value, dict) else []
        return isinstance(value, (*_PLAIN, list)) or any(
            item is not None and _is_wrong(type_.values, item) for item in inside
        )
    return isinstance(type_, Object) and isinstance(value, (*_PLAIN, list))


def _may_be(name: str, value: object) -> bool:
    # A server makes bytes and times of texts
    return isinstance(value, _KINDS[name]) or (name in {"binary", "datetime"} and isinstance(value, str))


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
