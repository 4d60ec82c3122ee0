"""Values that MLflow casts to the signature as it reads them: DataFrame examples and `dataframe_*` requests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mlcheck.fit.datetimes import differ_by_fraction, explain_unreadable, first_of_another_form
from mlcheck.fit.kinds import (
    DESCRIPTIONS,
    INT_LIMITS,
    is_finite,
    kind_of,
    kinds_of,
    reads_as_float,
    reads_as_int,
)
from mlcheck.fit.trouble import CAST, LOST, REFUSED, Level, Trouble, worst
from mlcheck.records import replace

_ONE_FORMAT = (3, 12)  # from here on dates go through pd.to_datetime, which wants one format in a column
_ZEROS_AND_ONES = (2, 16)

_NUMPY: Final = {"integer": "int32", "long": "int64", "float": "float32", "double": "float64"}


def cast_trouble(
    declared: str, values: Sequence[object], *, required: bool, release: tuple[int, int]
) -> Trouble | None:
    """Return the worst that happens to a column of a scalar type, None if its values arrive as they are.

    release: (major, minor) of the MLflow that reads them.
    """
    judge = _JUDGES.get(declared)
    if judge is None:
        return None
    troubles = [
        Trouble(found[0], found[1], found[2], index)
        for index, value in enumerate(values)
        if (found := judge(declared, value)) is not None
    ]
    troubles += _column_troubles(declared, values, release)
    return worst(troubles if required else _pardon_null(declared, troubles))


def _pardon_null(declared: str, troubles: list[Trouble]) -> list[Trouble]:
    """Return the troubles of an optional column: MLflow writes null there, though it cannot read all of it back."""
    if declared == "boolean":
        return [trouble for trouble in troubles if trouble.found != "null"]
    if declared == "binary":
        return [replace(trouble, level=LOST) if trouble.found == "null" else trouble for trouble in troubles]
    return troubles


_Found = tuple[Level, str, str] | None


def _describe(value: object) -> str:
    return DESCRIPTIONS[kind_of(value)]


def _judge_boolean(_declared: str, value: object) -> _Found:
    effects = {
        "text": "any text but '' becomes True, 'false' too",
        "null": "it becomes False",
        "whole": "it becomes True or False",
        "float": "it becomes True or False",
        "list": "it becomes True or False",
        "object": "it becomes True or False",
    }
    effect = effects.get(kind_of(value))
    return (CAST, _describe(value), effect) if effect else None


def _judge_whole(declared: str, value: object) -> _Found:
    cannot = f"it cannot be cast to {_NUMPY[declared]}"
    if isinstance(value, bool):
        return CAST, "booleans", "they become 0 and 1"
    if isinstance(value, int):
        return _judge_size(declared, value)
    if isinstance(value, float):
        if not is_finite(value):
            return REFUSED, "NaN or infinity", cannot
        if value != int(value):
            return CAST, "fractions", "everything after the decimal point is cut off"
        return CAST, "numbers with a decimal point", "predict refuses a DataFrame with them (float64)"
    if isinstance(value, str):
        if reads_as_int(value):
            return CAST, "numbers as text", "predict refuses a DataFrame with them"
        return REFUSED, "text", cannot
    return REFUSED, _describe(value), cannot


def _judge_size(declared: str, value: int) -> _Found:
    low, high = INT_LIMITS[declared]
    if low <= value <= high:
        return None
    if abs(value) >= 2**64:
        return REFUSED, "numbers of more than 64 bits", f"they cannot be cast to {_NUMPY[declared]}"
    return CAST, f"numbers of more than {32 if declared == 'integer' else 63} bits", "they become other numbers"


def _judge_fraction(declared: str, value: object) -> _Found:
    if isinstance(value, bool):
        return CAST, "booleans", "they become 0.0 and 1.0"
    if isinstance(value, str):
        if reads_as_float(value):
            return CAST, "numbers as text", "predict refuses a DataFrame with them"
        return REFUSED, "text", f"it cannot be cast to {_NUMPY[declared]}"
    if isinstance(value, (list, dict)):
        return REFUSED, _describe(value), f"they cannot be cast to {_NUMPY[declared]}"
    return None


def _judge_binary(_declared: str, value: object) -> _Found:
    if not isinstance(value, str):
        return REFUSED, _describe(value), "MLflow takes bytes as base64 text only"
    try:
        base64.decodebytes(value.encode("utf-8", "surrogatepass"))
    except (binascii.Error, ValueError):
        return REFUSED, "text", "it is no base64, and MLflow takes bytes as base64 text"
    return None


def _judge_datetime(_declared: str, value: object) -> _Found:
    if isinstance(value, str):
        reason = explain_unreadable(value)
        return (REFUSED, "text", reason) if reason else None
    if isinstance(value, (int, float)) and value == value:  # noqa: PLR0124 - NaN is NaT
        # True and False are refused from 3.12 on.
        return CAST, "booleans" if isinstance(value, bool) else "numbers", "they are read as nanoseconds since 1970"
    if isinstance(value, (list, dict)):
        return REFUSED, _describe(value), "they are no datetimes"
    return None


_JUDGES: Final[dict[str, Callable[[str, object], _Found]]] = {
    "boolean": _judge_boolean,
    "integer": _judge_whole,
    "long": _judge_whole,
    "float": _judge_fraction,
    "double": _judge_fraction,
    "string": lambda _declared, _value: None,
    "binary": _judge_binary,
    "datetime": _judge_datetime,
}


def _column_troubles(declared: str, values: Sequence[object], release: tuple[int, int]) -> Iterator[Trouble]:
    """Yield what is wrong with a column though none of its values is wrong by itself."""
    if declared in ("float", "double") and kinds_of(values) == {"whole"}:
        # MLflow 2.16 and newer take a column of nothing but zeros and ones.
        first = 0 if release < _ZEROS_AND_ONES else next((i for i, v in enumerate(values) if v not in (0, 1)), None)
        if first is not None:
            yield Trouble(CAST, "whole numbers", "predict refuses a DataFrame with them (int64)", first)
    if declared == "string":
        found = kinds_of(values) - {"null"}
        if found and "text" not in found:
            index = next(i for i, value in enumerate(values) if value is not None)
            yield Trouble(CAST, _describe(values[index]), "they reach the model as they are, not as text", index)
    if declared == "datetime" and release >= _ONE_FORMAT:
        odd = first_of_another_form(values)
        if odd is not None:
            # MLflow writes times with isoformat(), which leaves out a fraction of zero.
            level: Level = LOST if differ_by_fraction(values) else REFUSED
            yield Trouble(level, "times in more than one format", "pandas reads one format in a column", odd)
