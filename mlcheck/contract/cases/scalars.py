"""Hypothesis strategies for single values: typical ones, and all that a type allows."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from mlcheck.contract.domain import NULLS, WHOLE_RANGES, Values, texts_matching

# datetime64[ns] ends on 2262-04-11, a little after midnight
_EARLIEST: Final = dt.datetime(1677, 9, 22)  # noqa: DTZ001 - MLflow's datetime has no time zone
_LATEST: Final = dt.datetime(2262, 4, 11)  # noqa: DTZ001 - as above

Strategy = st.SearchStrategy[Any]


def typical_value(values: Values, scalar: str) -> Strategy:
    """Return the strategy of typical values, the first seen being the simplest."""
    parts: list[Strategy] = [st.sampled_from(values.choices)]
    if values.low is not None and values.low < values.high:
        parts.append(_between(values.low, values.high))
    if values.pattern:
        parts.append(texts_matching(values.pattern))
    if values.nullable and scalar not in WHOLE_RANGES:
        parts.append(st.just(NULLS.get(scalar)))
    return st.one_of(parts)


def _between(low: Any, high: Any) -> Strategy:
    if isinstance(low, int):
        return st.integers(low, high)
    return st.floats(low, high) if isinstance(low, float) else st.datetimes(low, high)


@lru_cache(maxsize=32)
def any_value(scalar: str) -> Strategy:
    """Return the strategy of everything that a column of the scalar type may hold, missing values last."""
    if scalar in WHOLE_RANGES:
        return st.integers(*WHOLE_RANGES[scalar])
    return {
        "boolean": st.booleans() | st.none(),
        "float": st.floats(width=32),
        "double": st.floats(),
        "string": st.text() | st.none(),
        "binary": st.binary() | st.none(),
        "datetime": st.datetimes(_EARLIEST, _LATEST) | st.just(pd.NaT),
    }[scalar]


@lru_cache(maxsize=32)
def any_present(scalar: str) -> Strategy:
    """Return the strategy of all values of the scalar type but missing ones, as places inside of values need it."""
    with_nulls = {
        "boolean": st.booleans(),
        "string": st.text(),
        "binary": st.binary(),
        "datetime": st.datetimes(_EARLIEST, _LATEST),
    }
    return with_nulls[scalar] if scalar in with_nulls else any_value(scalar)


@lru_cache(maxsize=64)
def any_element(dtype: str) -> Strategy:
    """Return the strategy of everything that an element of a tensor of the dtype may be."""
    numpy = np.dtype(dtype)
    if numpy.kind in "iu":
        info = np.iinfo(numpy)
        return st.integers(int(info.min), int(info.max))
    if numpy.kind == "f":
        return st.floats(width=min(64, numpy.itemsize * 8))  # type: ignore[arg-type]
    if numpy.kind == "c":
        return st.complex_numbers(width=min(128, numpy.itemsize * 8))  # type: ignore[arg-type]
    return {
        "b": st.booleans(),
        # numpy drops zeros at the end
        "U": st.text().map(lambda text: text.rstrip("\x00")),
        "S": st.binary().map(lambda text: text.rstrip(b"\x00")),
        "M": any_present("datetime"),
        "m": st.integers(-(2**62), 2**62),
        "O": st.text(),
    }[numpy.kind]


def json_values() -> Strategy:
    """Return the strategy of everything that JSON can hold, for what a signature leaves open."""
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
    )
