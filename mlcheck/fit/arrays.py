"""Values that MLflow makes numpy arrays of: `ndarray` examples, and `inputs` and `instances` of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from mlcheck.fit.datetimes import is_iso
from mlcheck.fit.kinds import DESCRIPTIONS, is_finite, kind_of, kinds_of, reads_as_float, reads_as_int
from mlcheck.fit.trouble import CAST, REFUSED, Keys, Level, Trouble, worst
from mlcheck.records import record

COLUMN_DTYPES: Final = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "str",
    "binary": "bytes",
    "datetime": "datetime64[ns]",
}
"""The dtype that MLflow makes an array of for a column of a scalar type."""


@record(frozen=True, slots=True)
class Shape:
    """The sizes of nested lists; `odd` leads to the first that is of another size than those before it."""

    sizes: tuple[int, ...]
    odd: Keys | None = None


def measure(value: object, keys: Keys = ()) -> Shape:
    """Return the shape of nested lists as numpy would."""
    if not isinstance(value, list):
        return Shape(())
    first: tuple[int, ...] = ()
    for index, item in enumerate(value):
        shape = measure(item, (*keys, index))
        if shape.odd is not None:
            return Shape((len(value),), shape.odd)
        if index == 0:
            first = shape.sizes
        elif shape.sizes != first:
            return Shape((len(value),), (*keys, index))
    return Shape((len(value), *first))


def leaves(value: object, keys: Keys = ()) -> Iterator[tuple[Keys, object]]:
    """Yield the values inside of nested lists with their places."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*keys, index))
    else:
        yield keys, value


def array_trouble(dtype: str, value: object, *, strict: bool = True) -> Trouble | None:
    """Return the worst that happens when numpy makes an array of `dtype` of nested lists, None if nothing does.

    strict: whether whole numbers for a float dtype count, which an array of them would not pass as.
    """
    judge = _judge_of(dtype)
    if judge is None:
        return None
    found = []
    for keys, item in leaves(value):
        verdict = judge(dtype, item)
        if verdict is not None:
            found.append(Trouble(*verdict, inner=keys))
            if verdict[0] == REFUSED:
                break
    if strict and dtype.startswith("float"):
        numbers = [item for _, item in leaves(value)]
        if kinds_of(numbers) == {"whole"}:
            found.append(Trouble(CAST, "whole numbers", "predict refuses an int64 array of them"))
    return worst(found)


_Found = tuple[Level, str, str] | None


def _judge_of(dtype: str) -> Callable[[str, object], _Found] | None:
    stem = dtype.rstrip("0123456789")
    return _JUDGES.get("datetime" if dtype.startswith("datetime64") else stem)


def _judge_int(dtype: str, value: object) -> _Found:
    cannot = f"numpy cannot make {dtype} of it"
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _judge_range(dtype, value)
    if isinstance(value, float):
        if not is_finite(value):
            return REFUSED, "NaN or infinity", cannot
        effect = "everything after the decimal point is cut off" if value != int(value) else "they are cast silently"
        return CAST, "numbers with a decimal point", effect
    if isinstance(value, str) and reads_as_int(value):
        return CAST, "numbers as text", "they are cast silently"
    return REFUSED, DESCRIPTIONS[kind_of(value)], cannot


def _judge_range(dtype: str, value: int) -> _Found:
    bits = int(dtype.lstrip("uint"))
    low, high = (0, 2**bits - 1) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if low <= value <= high:
        return None
    if bits == 64:
        return REFUSED, "numbers out of range", f"numpy cannot make {dtype} of them"
    return CAST, "numbers out of range", "numpy 2 refuses them, older ones make other numbers of them"


def _judge_float(dtype: str, value: object) -> _Found:
    if isinstance(value, str):
        if reads_as_float(value):
            return CAST, "numbers as text", "they are cast silently"
        return REFUSED, "text", f"numpy cannot make {dtype} of it"
    if isinstance(value, dict):
        return REFUSED, "objects", f"numpy cannot make {dtype} of them"
    return None


def _judge_bool(_dtype: str, value: object) -> _Found:
    if isinstance(value, bool):
        return None
    return CAST, DESCRIPTIONS[kind_of(value)], "they become True or False"


def _judge_bytes(_dtype: str, value: object) -> _Found:
    if isinstance(value, str) and not value.isascii():
        return REFUSED, "text that is not ASCII", "numpy cannot make bytes of it"
    return None


def _judge_datetime(dtype: str, value: object) -> _Found:
    if isinstance(value, float):
        return REFUSED, "numbers with a decimal point", f"numpy cannot make {dtype} of them"
    if isinstance(value, dict):
        return REFUSED, "objects", f"numpy cannot make {dtype} of them"
    if isinstance(value, str) and not is_iso(value):
        return REFUSED, "text that is no ISO datetime", f"numpy cannot make {dtype} of it"
    return None


_JUDGES: Final[dict[str, Callable[[str, object], _Found]]] = {
    "int": _judge_int,
    "uint": _judge_int,
    "float": _judge_float,
    "bool": _judge_bool,
    "bytes": _judge_bytes,
    "datetime": _judge_datetime,
}
