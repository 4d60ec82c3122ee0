"""Data seen as a table: what real and described DataFrames have in common, read only where it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data import Frame, Opaque, Series, to_pandas
from mlcheck.contract.data.describing import make_series
from mlcheck.contract.verdict.inference import given_dtype, inferred_dtype, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlcheck.contract.verdict.facts import Facts

FRAMES: Final = (pd.DataFrame, Frame)


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: its dtype as the model's pandas calls it, and its values where somebody asks for them."""

    dtype: str
    load: Callable[[], pd.Series[Any] | Sequence[object]]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.load())

    def to_list(self) -> list[Any]:
        """Return the cells as Python values."""
        cells = self.load()
        return cells.tolist() if isinstance(cells, pd.Series) else list(cells)

    def to_series(self) -> pd.Series[Any]:
        """Return the column as a real one of this process's pandas, with the plain index."""
        cells = self.load()
        if isinstance(cells, pd.Series):
            return cells.reset_index(drop=True)
        return make_series(list(cells), self.dtype)

    def has_nulls(self) -> bool:
        """Return whether a value is missing."""
        cells = self.load()
        return bool(cells.hasnans) if isinstance(cells, pd.Series) else any(map(is_null, cells))


class Table:
    """A DataFrame, real or described; `made_here` tells that this process's pandas chose the dtypes."""

    def __init__(self, data: pd.DataFrame | Frame, facts: Facts, *, made_here: bool = False) -> None:
        self.data = data
        self.facts = facts
        self.made_here = made_here

    @cached_property
    def names(self) -> list[object]:
        """The column names, in order."""
        return self.data.names if isinstance(self.data, Frame) else list(self.data.columns)

    @cached_property
    def rows(self) -> int:
        """The number of rows."""
        return self.data.rows if isinstance(self.data, Frame) else len(self.data)

    @cached_property
    def index(self) -> pd.Index[Any]:
        """The row labels."""
        if isinstance(self.data, pd.DataFrame):
            return self.data.index
        index: pd.Index[Any] = pd.RangeIndex(self.data.rows) if self.data.index is None else pd.Index(self.data.index)
        return index

    @cached_property
    def dtypes(self) -> list[str]:
        """The dtypes as the model's pandas calls them."""
        return [self._dtype(position) for position in range(len(self.names))]

    def _dtype(self, position: int) -> str:
        if isinstance(self.data, Frame):
            return given_dtype(self.data.columns[position].dtype, self.facts)
        if self.made_here:
            return inferred_dtype(self.data.iloc[:, position], self.facts)
        return given_dtype(_dtype_name(self._real_dtypes[position]), self.facts)

    @cached_property
    def _real_dtypes(self) -> list[Any]:
        assert isinstance(self.data, pd.DataFrame)
        return self.data.dtypes.tolist()

    def column(self, position: int) -> Cells:
        """Return the column at the position."""
        return Cells(self._dtype(position), lambda: self._load(position))

    def _load(self, position: int) -> pd.Series[Any] | Sequence[object]:
        if isinstance(self.data, Frame):
            described = self.data.columns[position]
            return _fill_nulls(described.values, self._dtype(position))
        # By name where that is possible, which is ten times faster than by position
        return self.data[self.names[position]] if self._by_name else self.data.iloc[:, position]

    @cached_property
    def _by_name(self) -> bool:
        columns = self.data.columns
        return isinstance(columns, pd.Index) and columns.nlevels == 1 and columns.is_unique


def as_frame(data: object) -> pd.DataFrame | Frame | None:
    """Return a DataFrame or Series, real or described, as a DataFrame; None for anything else."""
    if isinstance(data, FRAMES):
        return data
    if isinstance(data, Series):
        data = to_pandas(data)
    return pd.DataFrame(data) if isinstance(data, pd.Series) else None


def name_kind(data: object) -> str:
    """Return what the kind of data is called in a message."""
    return data.type_name if isinstance(data, Opaque) else type(data).__name__


def _fill_nulls(values: list[object], dtype: str) -> list[object]:
    """Return the values with the null of the dtype for None, which only objects keep."""
    if dtype in {"object", "bool"} or dtype.startswith(("int", "uint")) or None not in values:
        return values
    null: object = math.nan
    if dtype.startswith(("datetime64", "timedelta64")):
        null = pd.NaT
    elif dtype[0] in "IUF" or dtype in {"string", "boolean"}:
        null = pd.NA
    return [null if value is None else value for value in values]


def _dtype_name(dtype: Any) -> str:
    return _numpy_name(dtype) if isinstance(dtype, np.dtype) else str(dtype)


@lru_cache(maxsize=256)
def _numpy_name(dtype: np.dtype[Any]) -> str:
    return str(dtype)
