"""What JSON values are, one by one and as a column of a DataFrame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["null", "boolean", "whole", "float", "text", "list", "object"]
ColumnKind: TypeAlias = Literal["bool", "int", "uint", "float", "text", "mixed"]

INT_LIMITS: Final = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_UINT64: Final = 2**64

DESCRIPTIONS: Final[dict[Kind, str]] = {
    "null": "null",
    "boolean": "booleans",
    "whole": "whole numbers",
    "float": "numbers with a decimal point",
    "text": "text",
    "list": "lists",
    "object": "objects",
}
_KINDS: Final[dict[type, Kind]] = {
    bool: "boolean",
    int: "whole",
    float: "float",
    str: "text",
    list: "list",
    dict: "object",
}


def kind_of(value: object) -> Kind:
    """Return what a JSON value is."""
    return _KINDS.get(type(value), "null")


def kinds_of(values: Iterable[object]) -> set[Kind]:
    """Return what the values are."""
    return {_KINDS.get(kind, "null") for kind in set(map(type, values))}


def column_kind(values: Sequence[object]) -> ColumnKind:
    """Return the dtype that pandas infers for a column of JSON values; `mixed` is its dtype object."""
    kinds = kinds_of(values)
    filled = kinds - {"null"}
    if filled == {"boolean"}:
        return "mixed" if "null" in kinds else "bool"
    if filled == {"text"}:
        return "text"
    if filled and filled <= {"whole", "float"}:
        return "float" if kinds != {"whole"} else _whole_kind(values)
    return "mixed"


def _whole_kind(values: Sequence[object]) -> ColumnKind:
    numbers = [value for value in values if isinstance(value, int)]
    low, high = INT_LIMITS["long"]
    if all(low <= number <= high for number in numbers):
        return "int"
    return "uint" if all(0 <= number < _UINT64 for number in numbers) else "mixed"


def are_zeros_and_ones(values: Iterable[object]) -> bool:
    """Return whether a column of whole numbers is one that MLflow 2.16 and newer accept as float or double."""
    return all(type(value) is int and value in (0, 1) for value in values)


def is_finite(value: float) -> bool:
    """Return whether a number is neither NaN nor infinite."""
    return math.isfinite(value)


def reads_as_int(text: str) -> bool:
    """Return whether int() reads the text."""
    try:
        int(text)
    except ValueError:
        return False
    return True


def reads_as_float(text: str) -> bool:
    """Return whether float() reads the text."""
    try:
        float(text)
    except ValueError:
        return False
    return True
