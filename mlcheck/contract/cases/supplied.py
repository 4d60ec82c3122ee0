"""What real code hands to `predict` as a column: pandas dtypes with a value each, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlcheck.contract.data import TEXT

_NOON: Final = dt.datetime(2024, 1, 15, 12)  # noqa: DTZ001 - a time without zone is what is meant


@dataclass(frozen=True, slots=True)
class Supplied:
    """A column of one value; `what` is set where the value, not the dtype, makes it what it is."""

    dtype: str
    value: Any
    what: str = ""
    label: str = ""


SUPPLIED: Final = (
    Supplied("bool", True),
    *(Supplied(f"{sign}int{bits}", 5) for sign in ("", "u") for bits in (8, 16, 32, 64)),
    Supplied("int64", 2**40, "big", "int64 beyond 2**31"),
    Supplied("float16", 1.5),
    Supplied("float32", 1.5),
    Supplied("float64", 1.5),
    Supplied("float64", 1.0, "whole", "whole float64"),
    Supplied("float64", math.nan, "null", "float64 NaN"),
    Supplied("complex128", 1 + 2j),
    Supplied(TEXT, "word", "", "text"),
    Supplied(TEXT, "5", "numeric-text", "text of a number"),
    Supplied("string", "word"),
    Supplied("object", None, "null", "object None"),
    Supplied("object", b"abc", "", "object bytes"),
    Supplied("object", dt.date(2024, 1, 15), "", "object date"),
    Supplied("object", Decimal("1.5"), "", "object Decimal"),
    Supplied("object", [1, 2], "list-for-scalar", "object list"),
    Supplied("object", {"key": 1}, "dict-for-scalar", "object dict"),
    Supplied("category", "word"),
    Supplied("category", 5, "", "category of int"),
    Supplied("Int64", 5),
    Supplied("Int64", None, "null", "Int64 NA"),
    Supplied("Float64", 1.5),
    Supplied("boolean", True),
    Supplied("boolean", None, "null", "boolean NA"),
    Supplied("datetime64[ns]", _NOON),
    Supplied("datetime64[ns, UTC]", _NOON.replace(tzinfo=dt.timezone.utc), "time-zone"),
    Supplied("timedelta64[ns]", dt.timedelta(days=1)),
)

_WIDTHS: Final = {
    "integer": ("int64", "uint32", "uint64", "float64", "float32", "float16"),
    "long": ("uint64", "float64", "float32", "float16"),
    "float": ("float64", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"),
    "double": ("int64", "uint64"),
}


def kind_of_violation(declared: str, supplied: Supplied) -> str:
    """Return what is wrong when the column is supplied for the declared scalar type."""
    if supplied.what in {"null", "time-zone", "list-for-scalar", "dict-for-scalar"}:
        return supplied.what
    return "narrowing" if supplied.dtype in _WIDTHS.get(declared, ()) else "dtype"
