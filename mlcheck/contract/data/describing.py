"""Turns real pandas and scipy objects into described ones, and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data.types import TEXT, ColumnData, Frame, Opaque, Series, Sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PANDAS_3: Final = int(pd.__version__.split(".")[0]) >= 3
# Exact types that are what they are, so that a list of them needs no second look
ATOMS: Final = frozenset({type(None), bool, int, float, str, bytes})
_PLAIN: Final = (bool, int, float, complex, str, bytes, dt.date, dt.timedelta, Decimal, np.generic, np.ndarray)
_DESCRIBED: Final = (Frame, Series, Sparse, Opaque)
_LONGEST_TEXT: Final = 2000


def describe(value: object) -> object:
    """Return the value with every pandas or scipy object in it described; containers are copied only if need be.

    What is neither plain Python, numpy, pandas nor a csr or csc matrix becomes Opaque.
    """
    if value is None or value is pd.NA or isinstance(value, _PLAIN + _DESCRIBED):
        return value
    if isinstance(value, pd.DataFrame):
        return _describe_frame(value)
    if isinstance(value, pd.Series):
        return Series(value.name, str(value.dtype), _list_values(value), _list_index(value.index))
    if isinstance(value, dict):
        return {key: describe(item) for key, item in value.items()}
    if isinstance(value, list):
        return _describe_items(value)
    if isinstance(value, tuple):
        return tuple(_describe_items(list(value)))
    if isinstance(value, set | frozenset):
        return set(value)
    if is_sparse(value):
        return _describe_sparse(value)
    return Opaque(f"{type(value).__module__}.{type(value).__qualname__}", _text_of(value))


def to_pandas(value: object) -> object:
    """Return the real object, made with this process's pandas; what is not described stays as it is."""
    if isinstance(value, Frame):
        return _make_frame(value)
    if isinstance(value, Series):
        series = make_series(value.values, value.dtype, value.name)
        return series if value.index is None else series.set_axis(_make_index(value.index))
    if isinstance(value, Sparse):
        return _make_sparse(value)
    if isinstance(value, dict):
        return {key: to_pandas(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_pandas(item) for item in value]
    return value


def text_dtype_here() -> str:
    """Return the dtype that this process's pandas infers for a list of str."""
    return "str" if _PANDAS_3 else "object"


def make_series(values: list[object], dtype: str, name: Any = None) -> pd.Series[Any]:
    """Return a pandas Series of the dtype, TEXT being what this pandas infers for a list of str."""
    dtype = text_dtype_here() if dtype == TEXT else dtype
    cells: Any = values
    if dtype == "object":
        cells = make_object_array(values)
    elif dtype.startswith("datetime64[") and "," not in dtype:
        # By way of numpy, for pandas before 2.2 takes no date beyond nanoseconds here, whatever the unit
        cells = np.array([None if value is pd.NaT else value for value in values], dtype=dtype)
    made: pd.Series[Any] = pd.Series(cells, dtype=dtype, name=name)
    return made


def _describe_items(items: list[object]) -> list[object]:
    if set(map(type, items)) <= ATOMS:
        return items
    return [describe(item) for item in items]


def _describe_frame(frame: pd.DataFrame) -> Frame:
    columns = tuple(
        ColumnData(name, str(column.dtype), _list_values(column))
        for name, column in ((frame.columns[i], frame.iloc[:, i]) for i in range(frame.shape[1]))
    )
    return Frame(columns, len(frame), _list_index(frame.index))


def _list_values(column: pd.Series[Any]) -> list[object]:
    return _describe_items(column.tolist()) if column.dtype == object else column.tolist()


def _list_index(index: pd.Index[Any]) -> list[object] | None:
    plain = isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1
    return None if plain else index.tolist()


def _make_frame(frame: Frame) -> pd.DataFrame:
    index = pd.RangeIndex(frame.rows) if frame.index is None else _make_index(frame.index)
    columns = [make_series(column.values, column.dtype).set_axis(index) for column in frame.columns]
    # Positions first: names may come twice, and a list of Series keeps each dtype
    made: pd.DataFrame = pd.DataFrame(dict(enumerate(columns)), index=index)
    if columns:
        made.columns = _make_index(frame.names)
    return made


def _make_index(labels: Iterable[object]) -> pd.Index[Any]:
    index: pd.Index[Any] = pd.Index(list(labels))
    return index


def make_object_array(values: Sequence[object]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the values as an object array of one dimension, also where they are lists of one length."""
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = to_pandas(value)
    return array


def is_sparse(value: object) -> bool:
    """Return whether the value is one of the two scipy matrices that MLflow takes, without importing scipy."""
    return type(value).__module__.startswith("scipy.sparse") and getattr(value, "format", "") in {
        "csr",
        "csc",
    }


def _describe_sparse(matrix: Any) -> Sparse:
    return Sparse(
        matrix.format,
        str(matrix.dtype),
        (int(matrix.shape[0]), int(matrix.shape[1])),
        matrix.data.tolist(),
        matrix.indices.tolist(),
        matrix.indptr.tolist(),
    )


def _make_sparse(sparse: Sparse) -> object:
    import scipy.sparse  # noqa: PLC0415 - scipy may be missing, and no other kind of data needs it

    make = scipy.sparse.csc_matrix if sparse.format == "csc" else scipy.sparse.csr_matrix
    parts = (np.array(sparse.data, dtype=sparse.dtype), np.array(sparse.indices), np.array(sparse.indptr))
    return make(parts, shape=sparse.shape)


def _text_of(value: object) -> str:
    try:
        return repr(value)[:_LONGEST_TEXT]
    except Exception as error:  # noqa: BLE001 - a user's class may do anything in its repr
        return f"<repr failed: {type(error).__name__}>"
