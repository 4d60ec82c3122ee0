"""Turns what examples, samples and configuration hold into the Python value that a signature's type stands for."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.domain.values import is_null
from mlcheck.signature import AnyType, Array, ColumnType, Map, Scalar, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WHOLE_RANGES: Final = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
# What a scalar type has for a missing value
NULLS: Final[Mapping[str, object]] = {"float": math.nan, "double": math.nan, "datetime": pd.NaT}


def coerce(value: object, type_: ColumnType) -> object:
    """Return the value as plain Python of the type; raise ValueError where it does not stand for one.

    Nothing is rounded, cut or made of text, but for times, which JSON and CSV can only hold as text.
    """
    if isinstance(type_, Scalar):
        return coerce_scalar(value, type_.name)
    if isinstance(type_, AnyType) or value is None:
        return value
    if isinstance(type_, Array | Vector):
        items = Scalar("double") if isinstance(type_, Vector) else type_.items
        return [_coerce_inside(item, items) for item in _as_list(value)]
    if isinstance(type_, Map) and isinstance(value, list):
        # As Parquet's maps are read
        value = dict(value)
    if not isinstance(value, dict):
        raise ValueError(f"a dictionary is needed for {type_}, not {value!r}")  # noqa: TRY004 - one error for all
    if isinstance(type_, Map):
        return {key: _coerce_inside(item, type_.values) for key, item in value.items()}
    types = {item.name: item.type for item in type_.properties}
    if unknown := value.keys() - types.keys():
        raise ValueError(f"{type_} has no property {min(map(str, unknown))!r}")
    return {key: _coerce_inside(item, types[key]) for key, item in value.items()}


def _coerce_inside(value: object, type_: ColumnType) -> object:
    """Return the value coerced; of what is missing inside lists and dictionaries `None`, as JSON has it, and NaN."""
    found = None if value is None else coerce(value, type_)
    return None if found is pd.NaT else found


def coerce_scalar(value: object, name: str) -> object:
    """Return the value as plain Python of the scalar type; raise ValueError where it does not stand for one."""
    if isinstance(value, np.generic):
        value = value.item()
    if is_null(value):
        return NULLS.get(name)
    return _COERCIONS[name](value)


def _coerce_boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"true or false is needed, not {value!r}")


def _coerce_whole(value: object, name: str) -> int:
    low, high = WHOLE_RANGES[name]
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or not low <= int(value) <= high:  # type: ignore[call-overload]
        raise ValueError(f"a whole number from {low} to {high} is needed, not {value!r}")
    return int(value)  # type: ignore[call-overload,no-any-return]


def _coerce_real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"a number is needed, not {value!r}")  # noqa: TRY004 - one error for all
    return float(value)


def _coerce_string(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"text is needed, not {value!r}")


def _coerce_binary(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    raise ValueError(f"bytes are needed, not {value!r}")


def _coerce_datetime(value: object) -> dt.datetime:
    if not isinstance(value, str | dt.date):
        raise ValueError(f"a time is needed, not {value!r}")  # noqa: TRY004 - one error for all
    time = pd.Timestamp(value)
    if time.tzinfo is not None:
        time = time.tz_convert(None)
    plain: dt.datetime = time.to_pydatetime(warn=False)
    return plain


_COERCIONS: Final[Mapping[str, Callable[[Any], object]]] = {
    "boolean": _coerce_boolean,
    "integer": lambda value: _coerce_whole(value, "integer"),
    "long": lambda value: _coerce_whole(value, "long"),
    "float": _coerce_real,
    "double": _coerce_real,
    "string": _coerce_string,
    "binary": _coerce_binary,
    "datetime": _coerce_datetime,
}


def _as_list(value: object) -> list[Any]:
    if isinstance(value, np.ndarray):
        return list(value.tolist())
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError(f"a list is needed, not {value!r}")
