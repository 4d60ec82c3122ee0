"""Draws single values and small containers of them, and says how often something rare comes."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
NAMES = ["a", "b", "c", "d"]


def moment(text: str) -> dt.datetime:
    """Return the moment without a time zone, as models' data have it."""
    return dt.datetime.fromisoformat(text)


def chance(draw: Any, one_in: int) -> bool:
    """Draw True about once in so many; Hypothesis likes the ends of a range, hence its middle."""
    return bool(draw(st.integers(0, 2 * one_in - 1)) in (one_in, one_in - 1)) if one_in > 1 else True


def weighted(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any], one_in: int) -> st.SearchStrategy[Any]:
    """Draw from the second strategy about once in so many."""

    @st.composite
    def pick(draw: Any) -> Any:
        return draw(rare if chance(draw, one_in) else usual)

    return pick()


big_ints = st.sampled_from([2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30])
ints = st.one_of(st.integers(-3, 3), st.sampled_from([0, 1]), big_ints)
floats = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, 1.5, math.nan, math.inf, -math.inf, -0.0, 1e300]))
texts = st.sampled_from(["", "a", "b", "ü", "1", "1.5", "nan", "None", "true", "2024-01-01"])
iso_texts = st.sampled_from(
    [
        "2024-01-01",
        "2024-01-02",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05.123456",
        "2024-13-01",
        "x",
        "NaT",
        "",
        "2024-01-02T00:00:00Z",
        "2024-01-02T00:00:00+02:00",
        "1600-01-01",
        "9999-12-31",
        "20240102",
        "2024",
        "now",
    ]
)
blobs = st.sampled_from([b"", b"a", b"\xff", b"2024-01-01", b"1"])
dates = st.sampled_from([dt.date(2024, 1, 1), dt.date(1600, 1, 1), dt.date(9999, 1, 1)])
moments = st.sampled_from([moment("2024-01-02T03:04:05"), moment("1600-01-01"), moment("2024-01-01T00:00:00.000007")])
zoned = st.sampled_from(
    [
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ]
)
decimals = st.sampled_from([Decimal("1.5"), Decimal(2), Decimal("NaN"), Decimal("Infinity")])
nulls = st.sampled_from([None, math.nan, pd.NaT, pd.NA])
numpy_scalars = st.sampled_from(
    [
        np.int8(1),
        np.int32(1),
        np.int64(5),
        np.uint8(1),
        np.uint64(2**64 - 1),
        np.float16(1.5),
        np.float32(1.5),
        np.float64(2.5),
        np.bool_(True),
        np.str_("a"),
        np.bytes_(b"a"),
        np.datetime64("2024-01-01"),
        np.float32("nan"),
        np.datetime64("2024-01-01T00:00:00.000000001"),
        np.datetime64("NaT"),
        np.timedelta64(1, "s"),
        np.complex64(1),
    ]
)
arrays = st.sampled_from(
    [
        np.array([1, 2]),
        np.array([1.5, 2.5]),
        np.array([1.5], dtype="float32"),
        np.array(["a", "b"]),
        np.array([]),
        np.array([[1, 2], [3, 4]]),
        np.array(3),
        np.array([1, "a", None], dtype=object),
        np.array([True]),
        np.array([[1], [1, 2]], dtype=object),
        np.array([b"a"]),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array([{"x": 1}, {"x": 2}], dtype=object),
        np.array("a"),
        np.array([1 + 2j]),
        np.array([0, 1]),
        np.array([1, 2], dtype="int32"),
        np.array(["a", None], dtype=object),
        np.array([1, 2], dtype="uint8"),
    ]
)
single = st.one_of(
    ints, floats, texts, iso_texts, blobs, dates, moments, zoned, decimals, nulls, numpy_scalars, st.booleans()
)
containers = st.one_of(
    st.lists(single, max_size=3),
    st.dictionaries(st.sampled_from(["x", "y", "z", 1]), single, max_size=3),
    arrays,
    st.tuples(single, single),
)
anything = st.one_of(single, containers)

POOLS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-3, 3),
    "long": ints,
    "float": floats.map(np.float32),
    "double": floats,
    "string": texts,
    "binary": blobs,
    "datetime": st.one_of(moments, iso_texts, dates),
}
