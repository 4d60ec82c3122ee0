"""Data seen as a table: what `DataFrame`s, described ones and other containers have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from mlcheck.contract.data import Frame, Opaque, Series, to_pandas
from mlcheck.contract.data.describing import make_series
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.inference import given_dtype, inferred_dtype
from mlcheck.contract.verdict.types import MLFLOW_ERROR, Verdict, leave_open, refuse
from mlcheck.signature import Array, Object, Vector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Column


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: its dtype as the model's pandas calls it, and its values where somebody asks for them."""

    dtype: str
    source: pd.Series[Any] | Sequence[object]

    def to_list(self) -> list[Any]:
        """Return the cells as Python values."""
        return self.source.tolist() if isinstance(self.source, pd.Series) else list(self.source)

    def to_series(self) -> pd.Series[Any]:
        """Return the column as a real one of this process's pandas, with the plain index."""
        if isinstance(self.source, pd.Series):
            return self.source.reset_index(drop=True)
        return make_series(list(self.source), self.dtype)


@dataclass(frozen=True, slots=True)
class Table:
    """A DataFrame, real or described; `made_here` tells that this process's pandas chose the dtypes."""

    data: pd.DataFrame | Frame
    facts: Facts
    made_here: bool = False

    @property
    def names(self) -> list[object]:
        """The column names, in order."""
        return self.data.names if isinstance(self.data, Frame) else list(self.data.columns)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.data.rows if isinstance(self.data, Frame) else len(self.data)

    @property
    def index(self) -> pd.Index[Any]:
        """The row labels."""
        if isinstance(self.data, pd.DataFrame):
            return self.data.index
        index: pd.Index[Any] = pd.RangeIndex(self.data.rows) if self.data.index is None else pd.Index(self.data.index)
        return index

    def column(self, position: int) -> Cells:
        """Return the column at the position."""
        if isinstance(self.data, Frame):
            described = self.data.columns[position]
            return Cells(given_dtype(described.dtype, self.facts), described.values)
        real = self.data.iloc[:, position]
        name = inferred_dtype(real, self.facts) if self.made_here else given_dtype(str(real.dtype), self.facts)
        return Cells(name, real)


NotATable: TypeAlias = Verdict


def as_table(data: object) -> pd.DataFrame | Frame | None:
    """Return a DataFrame or Series, real or described, as a DataFrame; None for anything else."""
    if isinstance(data, pd.DataFrame | Frame):
        return data
    if isinstance(data, Series):
        data = to_pandas(data)
    return pd.DataFrame(data) if isinstance(data, pd.Series) else None


def make_table(data: object, schema: tuple[Column, ...], facts: Facts) -> Table | NotATable:
    """Return the table that enforcement makes of the data for a schema of columns, or why it makes none."""
    given = as_table(data)
    if given is not None:
        return Table(given, facts)
    if isinstance(data, Opaque) and data.type_name.startswith("pyspark."):
        return leave_open("a Spark DataFrame is enforced on its first ten rows, which mlcheck does not see")
    try:
        made = _make_frame(data, schema, facts)
    except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and so does enforcement
        return refuse(f"a DataFrame cannot be made of the {name_kind(data)}: {error}", _error_name(data, facts, error))
    if made is None:
        return refuse(f"a DataFrame or what one can be made of is expected, {name_kind(data)} given")
    return Table(made, facts, made_here=True)


def _make_frame(data: object, schema: tuple[Column, ...], facts: Facts) -> pd.DataFrame | None:
    source: Any = None
    if _is_scalar_input(data, facts):
        source = [data]
    elif isinstance(data, dict):
        real: Any = to_pandas(data)
        source = [real] if _is_one_row(real, schema, facts) else _flatten(real)
    elif isinstance(data, list | np.ndarray):
        source = to_pandas(data)
    return None if source is None else pd.DataFrame(source)


def _is_scalar_input(data: object, facts: Facts) -> bool:
    return bool(np.isscalar(data)) if Fact.ANY_SCALAR_IS_A_ROW in facts else isinstance(data, str | bytes)


def _is_one_row(data: Mapping[object, object], schema: tuple[Column, ...], facts: Facts) -> bool:
    """Return whether the dict is a row, not columns: by the schema, or because no value has a length.

    Maps and `any` do not make it a row (up to 3.17 at least), arrays, objects and vectors do.
    """
    if Fact.NESTED_ONE_ROW in facts and any(isinstance(spec.type, Array | Object | Vector) for spec in schema):
        return True
    return all(map(_is_row_value, data.values())) or all(map(_is_text_cell, data.values()))


def _is_row_value(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or bool(np.isscalar(value))


def _is_text_cell(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.type == np.str_ and value.shape == ()


def _flatten(data: Mapping[object, object]) -> dict[object, object]:
    # A DataFrame takes no array of two dimensions for a column
    return {
        key: value.tolist() if isinstance(value, np.ndarray) and value.ndim > 1 else value
        for key, value in data.items()
    }


def _error_name(data: object, facts: Facts, error: Exception) -> str:
    if Fact.RAW_CONTAINER_ERRORS not in facts:
        return MLFLOW_ERROR
    # A dict of columns is made into a table inside a `try` of MLflow's own
    return MLFLOW_ERROR if isinstance(data, dict) else type(error).__name__


def name_kind(data: object) -> str:
    """Return what the kind of data is called in a message."""
    return data.type_name if isinstance(data, Opaque) else type(data).__name__
