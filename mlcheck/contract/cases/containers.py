"""Enumerates the containers, other than the plain one, in which MLflow takes the same rows."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import base_case, has_data, is_named, takes_list, takes_rows, takes_tensors
from mlcheck.contract.cases.types import Case, Intent
from mlcheck.contract.data import TEXT, ColumnData, Frame, Series
from mlcheck.contract.domain import DTYPES, Domain
from mlcheck.signature import Tensor

# Python's own ints and floats are int64 and float64 to pandas, which MLflow does not narrow to these
_NEEDS_DTYPE: Final = {"integer", "float"}
_ONE_DTYPE: Final = ({"double"}, {"long"}, {"boolean"})


def container_cases(domain: Domain) -> list[Case]:
    """Return the same rows in every other container that the signature allows, to be predicted alike."""
    if not has_data(domain) or takes_list(domain):
        return []
    base = base_case(domain, 2 if takes_rows(domain) else 1)
    if takes_tensors(domain):
        made = _frames_of_tensors(domain, base.data)
    elif is_named(domain):
        made = _named_containers(base.data, _type_names(domain))
    else:
        made = _unnamed_containers(base.data, _type_names(domain))
    return [Case(data, None, "container", Intent("container", f"the rows are in {name}"), base) for name, data in made]


def _type_names(domain: Domain) -> set[str]:
    # Nested ones count as one name each, which is no scalar's
    return {str(item.spec.type) for item in domain.inputs if not isinstance(item.spec, Tensor)}


def _named_containers(frame: Any, types: set[str]) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []
    scalars_only = types <= DTYPES.keys()
    if not types & _NEEDS_DTYPE:
        made.append(("a list of records", [dict(zip(frame.names, row, strict=True)) for row in _rows(frame)]))
        # A dictionary of lists of text alone is one row to MLflow
        if scalars_only and types != {"string"}:
            made.append(("a dictionary of lists", {column.name: list(column.values) for column in frame.columns}))
    if scalars_only:
        made.append(("a dictionary of arrays", {column.name: _array(column) for column in frame.columns}))
    return made + _series(frame)


def _unnamed_containers(frame: Any, types: set[str]) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []
    if not types & _NEEDS_DTYPE:
        made.append(("a list of lists", _rows(frame)))
    if types in _ONE_DTYPE:
        made.append(("an array", np.array(_rows(frame))))
    return made + _series(frame)


def _rows(frame: Frame) -> list[list[Any]]:
    return [list(row) for row in zip(*(column.values for column in frame.columns), strict=True)]


def _array(column: ColumnData) -> np.ndarray[Any, Any]:
    return np.array(column.values, dtype="object" if column.dtype == TEXT else column.dtype)


def _series(frame: Frame) -> list[tuple[str, Any]]:
    if len(frame.columns) != 1:
        return []
    column = frame.columns[0]
    return [("a Series", Series(column.name, column.dtype, column.values))]


def _frames_of_tensors(domain: Domain, data: Any) -> list[tuple[str, Any]]:
    """Return the tensors as DataFrames, which MLflow takes where only the first dimension is free."""
    if not all(isinstance(item.spec, Tensor) and _fits_column(item.spec) for item in domain.inputs):
        return []
    if isinstance(data, dict):
        columns = tuple(_list_column(name, array) for name, array in data.items())
        return [("a DataFrame of lists", Frame(columns, len(columns[0].values)))]
    made: list[tuple[str, Any]] = [("a DataFrame of lists", Frame((_list_column(0, data),), len(data)))]
    if data.ndim == 2 and data.shape[1] > 1:
        split = (ColumnData(i, str(data.dtype), data[:, i].tolist()) for i in range(data.shape[1]))
        made.append(("a DataFrame of columns", Frame(tuple(split), len(data))))
    return made


def _fits_column(spec: Tensor) -> bool:
    fixed = spec.shape[:1] == (-1,) and all(size > 0 for size in spec.shape[1:])
    return fixed and np.dtype(spec.dtype).kind in "iuf"


def _list_column(name: object, array: np.ndarray[Any, Any]) -> ColumnData:
    if array.ndim == 1:
        return ColumnData(name, str(array.dtype), array.tolist())
    return ColumnData(name, "object", [row.reshape(-1).tolist() for row in array])
