"""Values that a type allows and that few have thought of."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.contract.domain import Values

_INT32: Final = (0, -1, -(2**31), 2**31 - 1)
_TIMES: Final = ("1970-01-01", "1969-12-31T23:59:59", "2024-02-29T23:59:59.999999", "1677-09-22", "2262-04-11")

EDGES: Final[Mapping[str, tuple[Any, ...]]] = {
    "boolean": (False, True, None),
    "integer": _INT32,
    "long": (*_INT32, 2**31, 2**40, 2**53 + 1, -(2**63), 2**63 - 1),
    "float": (0.0, -0.0, -1.0, math.nan, math.inf, -math.inf, float(np.finfo("float32").max), 2.0**-149),
    "double": (0.0, -0.0, -1.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324),
    "string": (
        "",
        " ",
        "\t\n",
        "no such value",
        "0",
        "na\u00efve",
        "e\u0301",
        "\u65e5\u672c\u8a9e",
        "\U0001f642",
        "\x00",
        # Ends with what a pattern such as (\w+\s?)*$ does not take: one that backtracks never ends
        "x" * 1000 + "!",
        None,
    ),
    "binary": (b"", b"\x00", bytes(range(256)), b"x" * 1000, None),
    "datetime": (*map(dt.datetime.fromisoformat, _TIMES), pd.NaT),
}


def edge_values(scalar: str, values: Values) -> list[Any]:
    """Return the edges of the scalar type that are not typical, the ones just outside of the range first."""
    return [edge for edge in (*_around(values), *EDGES[scalar]) if not values.contains(edge) or _is_minus_zero(edge)]


def present_edges(scalar: str, values: Values) -> list[Any]:
    """Return the edges but for missing values, which only whole columns may have."""
    return [edge for edge in edge_values(scalar, values) if edge is not None and edge is not pd.NaT]


def _around(values: Values) -> tuple[Any, ...]:
    """Return what lies just outside of a range that is known from somewhere."""
    if values.source == "plain" or not isinstance(values.low, int | float):
        return ()
    gap = 1 if isinstance(values.low, int) else (abs(values.high - values.low) or 1.0) * 0.01
    return (values.low - gap, values.high + gap)


def _is_minus_zero(value: object) -> bool:
    return isinstance(value, float) and value == 0 and math.copysign(1, value) < 0


def dtype_edges(dtype: str) -> list[Any]:
    """Return edge values for the elements of a tensor of the dtype."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return [False, True]
    if kind in "iu":
        info = np.iinfo(dtype)
        return [0, 1, *([-1] if kind == "i" else []), int(info.min), int(info.max)]
    if kind in "fc":
        info_ = np.finfo(dtype)
        some = [0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, float(info_.max), float(info_.smallest_subnormal)]
        return [value for value in some if not math.isfinite(value) or abs(value) <= float(info_.max)]
    if kind in "US":
        return [value for value in EDGES["string" if kind == "U" else "binary"] if value is not None]
    return [0, 1, -1] if kind == "m" else list(EDGES["datetime"]) if kind == "M" else list(EDGES["string"])
