"""Plain values of every type, for inputs of which nothing but the type is known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from mlcheck.contract.domain.values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE: Final = Values((1, 2, 3), 1, 10)
_REAL: Final = Values((0.5, 1.0, 2.5, 4.0, 0.0, 7.5), 0.0, 10.0)
_time = dt.datetime.fromisoformat
_TIMES: Final = tuple(map(_time, ("2024-01-15T12:00:00", "2024-07-01", "2023-03-31T08:30:15")))

PLAIN: Final[Mapping[str, Values]] = {
    "boolean": Values((False, True)),
    "integer": _WHOLE,
    "long": _WHOLE,
    "float": _REAL,
    "double": _REAL,
    "string": Values(("apple", "pear", "plum", "fig")),
    "binary": Values((b"abc", b"xyz", b"\x00\xff")),
    "datetime": Values(_TIMES, _time("2023-01-01"), _time("2024-12-31")),
}
# By numpy's one-letter kind of a dtype
_SCALAR_OF_KIND: Final = {
    "b": "boolean",
    "i": "long",
    "u": "long",
    "m": "long",
    "f": "double",
    "c": "double",
    "U": "string",
    "O": "string",
    "S": "binary",
    "M": "datetime",
}


def scalar_of_dtype(dtype: str) -> str | None:
    """Return the scalar type whose values stand for elements of the dtype.

    None where there is none (void) or where this platform's numpy lacks the dtype (float128 is not everywhere).
    """
    try:
        return _SCALAR_OF_KIND.get(np.dtype(dtype).kind)
    except TypeError:
        return None
