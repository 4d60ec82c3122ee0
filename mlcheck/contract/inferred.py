"""What MLflow type the values of an output have, as `infer_signature` would see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import numpy as np

from mlcheck.signature import AnyType, Array, ColumnType, Map, Object, Scalar, Vector

_BY_DTYPE: Final = {
    "bool": "boolean",
    "boolean": "boolean",
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "integer"),
    **dict.fromkeys(("Int8", "Int16", "Int32", "UInt8", "UInt16"), "integer"),
    **dict.fromkeys(("int64", "uint32", "Int64", "UInt32"), "long"),
    **dict.fromkeys(("float16", "float32", "Float32"), "float"),
    **dict.fromkeys(("float64", "Float64"), "double"),
}
"""MLflow's own table (`mlflow/types/utils.py`, 1.10 to 3.17)."""

_FITS: Final[dict[str, Callable[[object], bool]]] = {
    "boolean": lambda value: isinstance(value, (bool, np.bool_)),
    "integer": lambda value: isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.int64)),
    "long": lambda value: isinstance(value, (int, np.integer)) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (float, np.floating)),
    "double": lambda value: isinstance(value, (float, np.floating)),
    "string": lambda value: isinstance(value, str),
    "binary": lambda value: isinstance(value, (bytes, bytearray)),
    "datetime": lambda value: isinstance(value, (dt.date, np.datetime64)),
}


def is_null(value: object) -> bool:
    """Tell whether a value is None, NaN, NaT or NA."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, (float, np.floating)):
        return value != value  # noqa: PLR0124 - NaN alone differs from itself
    return isinstance(value, (np.datetime64, np.timedelta64)) and bool(np.isnat(value))


def dtype_type(dtype: str) -> str | None:
    """Return the MLflow type of a pandas or numpy dtype; `None` where the values decide (object, text, category)."""
    return "datetime" if dtype.startswith("datetime64") else _BY_DTYPE.get(dtype)


def fits(value: object, declared: ColumnType) -> bool:
    """Tell whether one value of an output is of the declared type; nulls inside of nested values are let pass."""
    if isinstance(declared, AnyType):
        return True
    if isinstance(declared, Scalar):
        return _FITS[declared.name](value)
    if isinstance(declared, Vector):
        return fits(value, Array(Scalar("double")))
    if isinstance(declared, Array):
        return _is_sequence(value) and _all_fit(value, declared.items)  # type: ignore[arg-type]
    if not isinstance(value, dict):
        return False
    if isinstance(declared, Map):
        return all(isinstance(key, str) for key in value) and _all_fit(value.values(), declared.values)
    return _object_fits(value, declared)


def _is_sequence(value: object) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _all_fit(values: Iterable[object], declared: ColumnType) -> bool:
    return all(is_null(value) or fits(value, declared) for value in values)


def _object_fits(value: dict[object, object], declared: Object) -> bool:
    known = {item.name: item for item in declared.properties}
    if any(item.required and name not in value for name, item in known.items()):
        return False
    return all(key in known and (is_null(item) or fits(item, known[str(key)].type)) for key, item in value.items())


def value_type(value: object) -> str:
    """Return what a value is, in MLflow's words where it has one, else the Python type's name."""
    for name in ("boolean", "datetime", "string", "binary"):
        if _FITS[name](value):
            return name
    if isinstance(value, (np.integer, np.floating)):
        return _BY_DTYPE.get(str(value.dtype), str(value.dtype))
    if isinstance(value, Decimal):
        return "decimal.Decimal"
    plain = {int: "long", float: "double", list: "array", np.ndarray: "array", dict: "object"}
    return plain.get(type(value), type(value).__name__)
