from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcheck.contract.data import (
    ColumnData,
    Frame,
    Opaque,
    Series,
    Sparse,
    describe,
    from_wire,
    to_pandas,
    to_wire,
)


def round_trip(value: object) -> object:
    return from_wire(json.loads(json.dumps(to_wire(value))))


def same(left: object, right: object) -> bool:
    """Equality that looks into described data, takes NaN for NaN and tells types apart."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and same(left.tolist(), right.tolist())
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, Frame | Series | Sparse | ColumnData):
        return all(same(getattr(left, name), getattr(right, name)) for name in left.__slots__)
    if isinstance(left, float | np.floating) and isinstance(right, float | np.floating):
        return left == right or (math.isnan(left) and math.isnan(right))
    return left is right or bool(left == right) or str(left) == str(right) == "NaT"


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.timezone.utc)),
    st.dates(),
    st.decimals(allow_nan=False),
    st.sampled_from([pd.NaT, pd.NA]),
    st.floats(width=32).map(np.float32),
    st.integers(-128, 127).map(np.int8),
    st.booleans().map(np.bool_),
    st.text().map(np.str_),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text() | st.integers(), inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=12,
)


@given(values)
def test_plain_values_cross_the_wire_unchanged(value: object) -> None:
    assert same(round_trip(value), value)


@given(st.lists(values, min_size=1, max_size=3), st.booleans())
def test_frames_cross_the_wire_unchanged(cells: list[object], indexed: bool) -> None:
    frame = Frame((ColumnData("a", "object", cells),), len(cells), list(range(len(cells))) if indexed else None)
    assert same(round_trip(frame), frame)


ARRAYS = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.arange(6).reshape(2, 3).T,
    np.arange(4, dtype=">i4"),
    np.array(5.0),
    np.array([], dtype="int8"),
    np.zeros((0, 3)),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.array([1, "a", None, [1, 2]], dtype=object),
    np.array(["2024-01-01"], dtype="datetime64[ns]"),
    np.array([1], dtype="timedelta64[s]"),
    np.array([1 + 2j]),
    np.array([True, False]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_cross_the_wire_with_dtype_and_shape(array: np.ndarray) -> None:
    assert same(round_trip(array), array.astype(array.dtype.newbyteorder("=")))


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2024-01-01T00:00:00.000000001"),
        np.timedelta64(5, "s"),
        np.complex64(1 + 2j),
        np.bytes_(b"ab"),
        np.uint64(2**64 - 1),
        {(1, "a"): {1.5, "x"}, None: pd.Timedelta(1)},
        pd.Timestamp("2024-01-01T00:00:00.000000001"),
    ],
)
def test_rare_values_cross_the_wire(value: object) -> None:
    assert same(round_trip(value), value)


def test_what_cannot_be_made_again_is_named() -> None:
    assert round_trip({"a": int, "b": [range(3)]}) == {
        "a": Opaque("builtins.type", "<class 'int'>"),
        "b": [Opaque("builtins.range", "range(0, 3)")],
    }


def test_a_failing_repr_is_no_failure() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise RuntimeError

    described = describe(Loud())
    assert isinstance(described, Opaque)
    assert described.text == "<repr failed: RuntimeError>"


def test_unknown_wire_kind() -> None:
    with pytest.raises(ValueError, match="unknown kind of data 'what'"):
        from_wire({"t": "what"})


FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", None], 3: [1.5, math.nan]}),
    pd.DataFrame({"a": pd.Series([1, None], dtype="Int64"), "b": pd.Series([True, None], dtype="boolean")}),
    pd.DataFrame({"a": pd.Categorical(["x", "y"]), "b": pd.date_range("2024-01-01", periods=2, tz="UTC")}),
    pd.DataFrame({"a": [[1, 2], [3, 4]], "b": [np.array([1, 2]), np.array([3, 4])], "c": [{"x": 1}, None]}),
    pd.DataFrame([[1, 2.5], [3, 4.5]], columns=["a", "a"]),
    pd.DataFrame({"a": [1, 2]}, index=[5, 6]),
    pd.DataFrame(index=range(3)),
    pd.DataFrame(columns=["a", "b"]),
    pd.DataFrame({"a": pd.Series([], dtype="float32")}),
    pd.DataFrame({"a": pd.Series(pd.to_datetime(["2024-01-01", "NaT"])).astype("datetime64[s]")}),
    pd.DataFrame({"a": pd.to_timedelta([1, 2], unit="s")}),
    pd.DataFrame({"a": [b"x", Decimal(1)], "b": pd.Series(["x", None], dtype="string")}),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_are_made_again_as_they_were(frame: pd.DataFrame) -> None:
    made = to_pandas(round_trip(describe(frame)))
    assert isinstance(made, pd.DataFrame)
    pd.testing.assert_frame_equal(made, frame, check_column_type=False, check_index_type=False)
    assert [type(value) for value in made.iloc[:1].to_numpy().ravel()] == [
        type(value) for value in frame.iloc[:1].to_numpy().ravel()
    ]


def test_series_are_made_again_as_they_were() -> None:
    series = pd.Series([1.5, 2.5], index=["p", "q"], name="s")
    made = to_pandas(round_trip({"a": describe(series)}))
    assert isinstance(made, dict)
    pd.testing.assert_series_equal(made["a"], series)


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_sparse_matrices_are_made_again_as_they_were(form: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = getattr(sparse, f"{form}_matrix")(np.array([[0.0, 1.5], [2.5, 0.0]], dtype="float32"))
    made = to_pandas(round_trip(describe(matrix)))
    assert type(made) is type(matrix)
    assert same(describe(made), describe(matrix))
    assert isinstance(describe(sparse.coo_matrix(matrix)), Opaque)


def test_text_is_what_this_pandas_infers() -> None:
    frame = to_pandas(Frame((ColumnData("a", "text", ["x", "y"]),), 2))
    assert isinstance(frame, pd.DataFrame)
    assert frame["a"].dtype == pd.Series(["x", "y"]).dtype


def test_plain_lists_are_not_copied() -> None:
    rows = [1, 2, "a", None]
    assert describe(rows) is rows
    assert describe({"a": rows}) == {"a": rows}
