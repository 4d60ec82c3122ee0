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
from mlcheck.contract.verdict.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlcheck.contract.verdict.facts import Facts

_NONE: Final = type(None)
_NULL_KINDS: Final = frozenset({_NONE, type(pd.NA), type(pd.NaT)})
_PLAIN: Final = frozenset({_NONE, bool, int, float, str})
# One value of these, and the whole column is of dtype object
_NEVER_MORE_THAN_OBJECT: Final = frozenset({bytes, list, tuple, dict, set, Decimal, dt.date})
# What pandas calls an object column of one kind, nulls apart
_NAMES_OF_KINDS: Final = {str: ("string", "empty"), bytes: ("bytes", "empty"), bool: ("boolean", "empty")}
_INT64: Final = (-(2**63), 2**63 - 1)
# datetime64[ns] to the second, for numpy compares units only after it has made them one
_FIRST_YEAR: Final = 1677
_LAST_YEAR: Final = 2262
_FIRST_SECOND: Final = np.datetime64("1677-09-21T00:12:44")
_LAST_SECOND: Final = np.datetime64("2262-04-11T23:47:16")


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
        return "datetime64[ns]" if fits_nanoseconds(column) else "object"
    return given_dtype(dtype, facts)


def fits_nanoseconds(stamps: pd.Series[Any] | Sequence[Any]) -> bool:
    """Return whether datetime64[ns], the years 1677 to 2262, holds them all; nulls do not matter."""
    if isinstance(stamps, pd.Series) and stamps.dtype != object:
        array = stamps.to_numpy(dtype="datetime64[us]")
        known = array[~np.isnat(array)]
        return known.size == 0 or bool(known.min() >= _FIRST_SECOND and known.max() <= _LAST_SECOND)
    dates = [stamp for stamp in stamps if not is_null(stamp)]
    if not all(isinstance(date, dt.datetime) for date in dates):
        return fits_nanoseconds(pd.Series(np.array(dates, dtype="datetime64[us]")))
    if all(_FIRST_YEAR < date.year < _LAST_YEAR for date in dates):
        return True
    return bool(pd.Timestamp.min <= min(dates) and max(dates) <= pd.Timestamp.max)


def infer_dtype(values: Sequence[object], facts: Facts) -> str:
    """Return the dtype that pandas gives to a list of values; raise what pandas raises if it cannot.

    The common kinds are told by the types of the values alone; the rest is asked of pandas itself.
    """
    known = _known_dtype(values, facts)
    if known is not None:
        return known
    with quiet():
        return inferred_dtype(pd.Series(list(values)), facts)


def infer_objects(column: pd.Series[Any] | Sequence[object], facts: Facts) -> str:
    """Return the dtype that `infer_objects` gives to an object column."""
    known = _known_dtype(column.tolist() if isinstance(column, pd.Series) else column, facts)
    return known or inferred_dtype(as_objects(column).infer_objects(), facts)


def as_objects(column: pd.Series[Any] | Sequence[object]) -> pd.Series[Any]:
    """Return the column as one of dtype object."""
    if isinstance(column, pd.Series):
        return column.astype("object")
    made: pd.Series[Any] = pd.Series(make_object_array(column), dtype="object")
    return made


def _known_dtype(values: Sequence[object], facts: Facts) -> str | None:
    kinds = set(map(type, values))
    if kinds & _NEVER_MORE_THAN_OBJECT:
        return "object"
    if not kinds <= _PLAIN:
        return None
    if str in kinds:
        return text_dtype(facts) if is_text(values) else "object"
    if bool in kinds:
        return "bool" if len(kinds) == 1 else "object"
    if not kinds & {int, float}:
        return "object"
    if not _are_int64(values, kinds):
        return None
    return "int64" if kinds == {int} else "float64"


def _are_int64(values: Sequence[object], kinds: set[type]) -> bool:
    if int not in kinds:
        return True
    whole = [value for value in values if isinstance(value, int)]
    low, high = _INT64
    return low <= min(whole) and max(whole) <= high


def is_text(values: Sequence[object]) -> bool:
    """Return whether there is a str, and nothing but str and null."""
    kinds = set(map(type, values))
    return str in kinds and first_stranger(values, (str,)) is None


def first_stranger(values: pd.Series[Any] | Sequence[object], kinds: tuple[type, ...]) -> type | None:
    """Return the type of the first value that is neither of the kinds nor null, None if there is none.

    Looks at values one by one only if there are floats, some of which may be NaN.
    """
    if isinstance(values, pd.Series):
        if pd.api.types.infer_dtype(values, skipna=True) in _NAMES_OF_KINDS.get(kinds[0], ()):
            return None
        values = values.tolist()
    strange = {kind for kind in set(map(type, values)) - _NULL_KINDS if not issubclass(kind, kinds)}
    if not strange:
        return None
    return next((type(value) for value in values if type(value) in strange and not is_null(value)), None)


def is_null(value: object) -> bool:
    """Return whether pandas takes the value for missing; containers are not."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def dtype_of_array(array: np.ndarray[Any, Any], facts: Facts) -> str:
    """Return the dtype of `pd.Series(array)` for an array of one dimension."""
    if array.dtype.kind in "biufc":
        return str(array.dtype.name)
    if array.dtype.kind == "U":
        return text_dtype(facts)
    if array.dtype == object:
        return text_dtype(facts) if Fact.TEXT_IS_STR in facts and is_text(array.tolist()) else "object"
    return given_dtype(str(pd.Series(array).dtype), facts)
