"""Which dtype pandas gives to values that have none yet: cells of an object column, a list, a scalar."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data import TEXT
from mlcheck.contract.data.describing import make_object_array, text_dtype_here
from mlcheck.contract.verdict.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlcheck.contract.verdict.facts import Facts

_NONE: Final = type(None)
_NUMBERS: Final = frozenset({int, float})
_TEXT_LIKE: Final = frozenset({str, float, _NONE})
# One value of these, and the whole column is of dtype object
_NEVER_MORE_THAN_OBJECT: Final = frozenset({bytes, list, tuple, dict, set, Decimal, dt.date})
_INT64: Final = (-(2**63), 2**63 - 1)


def text_dtype(facts: Facts) -> str:
    """Return the dtype of a column of str that pandas made itself."""
    return "str" if Fact.TEXT_IS_STR in facts else "object"


def given_dtype(dtype: str, facts: Facts) -> str:
    """Return what the dtype of a column that was handed in is called where the model runs."""
    # pandas before 3 makes an object column of what asks for `str`
    return text_dtype(facts) if dtype in {TEXT, "str"} else dtype


def inferred_dtype(column: pd.Series[Any], facts: Facts) -> str:
    """Return the dtype where the model runs of a column whose dtype this process's pandas chose."""
    dtype = str(column.dtype)
    if (Fact.TEXT_IS_STR in facts) == (text_dtype_here() == "str"):
        return dtype
    if dtype == "object":
        return text_dtype(facts) if is_text(column.tolist()) else dtype
    if dtype.startswith("datetime64") and "," not in dtype and Fact.TEXT_IS_STR not in facts:
        # pandas before 3 infers nanoseconds, and leaves what they cannot hold as objects
        return "datetime64[ns]" if fits_nanoseconds(column.tolist()) else "object"
    return given_dtype(dtype, facts)


def fits_nanoseconds(stamps: Sequence[Any]) -> bool:
    """Return whether datetime64[ns], the years 1677 to 2262, holds them all; nulls do not matter."""
    known = [stamp for stamp in stamps if not pd.isna(stamp)]
    return not known or bool(pd.Timestamp.min <= min(known) and max(known) <= pd.Timestamp.max)


def infer_dtype(values: Sequence[object], facts: Facts) -> str:
    """Return the dtype that pandas gives to a list of values; raise what pandas raises if it cannot.

    The common kinds are told by the types of the values alone; the rest is asked of pandas itself.
    """
    kinds = set(map(type, values))
    if kinds & _NEVER_MORE_THAN_OBJECT or kinds <= {_NONE}:
        return "object"
    if kinds <= _TEXT_LIKE and str in kinds:
        return text_dtype(facts) if is_text(values) else "object"
    if kinds == {bool}:
        return "bool"
    if kinds <= {int, float, _NONE} and _is_int64(values, kinds):
        return "int64" if kinds == {int} else "float64"
    return inferred_dtype(pd.Series(list(values)), facts)


def infer_objects(values: Sequence[object], facts: Facts) -> str:
    """Return the dtype that `infer_objects` gives to an object column of these values."""
    kinds = set(map(type, values))
    if kinds <= {*_TEXT_LIKE, *_NEVER_MORE_THAN_OBJECT, bool, int}:
        return infer_dtype(values, facts)
    column = pd.Series(make_object_array(values), dtype="object")
    return inferred_dtype(column.infer_objects(), facts)


def is_text(values: Sequence[object]) -> bool:
    """Return whether there is a str, and nothing but str and null."""
    kinds = set(map(type, values))
    if str not in kinds:
        return False
    if kinds <= {str, _NONE}:
        return True
    return all(isinstance(value, str) or is_null(value) for value in values)


def is_null(value: object) -> bool:
    """Return whether pandas takes the value for missing; containers are not."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def dtype_of_scalar(value: object, facts: Facts) -> str:
    """Return the dtype of `pd.Series(value)` for one scalar; raise what pandas raises if it cannot."""
    return infer_dtype([value], facts)


def dtype_of_array(array: np.ndarray[Any, Any], facts: Facts) -> str:
    """Return the dtype of `pd.Series(array)` for an array of one dimension."""
    if array.dtype.kind in "biufc":
        return str(array.dtype.name)
    if array.dtype.kind == "U":
        return text_dtype(facts)
    if array.dtype == object:
        return text_dtype(facts) if Fact.TEXT_IS_STR in facts and is_text(array.tolist()) else "object"
    return given_dtype(str(pd.Series(array).dtype), facts)


def _is_int64(values: Sequence[object], kinds: set[type]) -> bool:
    if int not in kinds:
        return True
    whole = [value for value in values if isinstance(value, int)]
    low, high = _INT64
    return low <= min(whole) and max(whole) <= high
