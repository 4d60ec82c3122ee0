"""Takes examples and samples apart into one list of values per input, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from mlcheck.contract.data import Frame, Series, Sparse
from mlcheck.contract.domain.coercion import coerce
from mlcheck.signature import (
    Array,
    Column,
    Name,
    Object,
    Schema,
    Tensor,
    input_name,
    is_column_schema,
    is_named,
    is_tensor_schema,
)

# Rows of an example or a sample that are taken as they are
MOST_ROWS = 100


def rows_by_input(data: object, schema: Schema) -> dict[Name, list[Any]]:
    """Return the rows that the data holds for each input, as plain values of its type (arrays for tensors).

    Inputs that the data lacks, or holds in another type, are left out. All lists are of one length.
    """
    found = _tensor_rows(data, schema) if is_tensor_schema(schema) else {}
    if is_column_schema(schema):
        found = _column_rows(data, schema)
    rows: dict[Name, list[Any]] = {}
    for i, spec in enumerate(schema):
        name = input_name(spec, i)
        if name in found:
            try:
                rows[name] = [_read_cell(cell, spec) for cell in found[name][:MOST_ROWS]]
            except (ValueError, TypeError, OverflowError):
                continue
    lengths = {len(cells) for cells in rows.values()}
    return rows if len(lengths) == 1 else {}


def _read_cell(cell: object, spec: Column | Tensor) -> object:
    if isinstance(spec, Column):
        return coerce(cell, spec.type)
    array = np.asarray(cell, dtype=spec.dtype)
    sizes = spec.shape[1:] if spec.shape and spec.shape[0] == -1 else spec.shape
    if array.ndim != len(sizes) or any(
        size not in (-1, actual) for size, actual in zip(sizes, array.shape, strict=True)
    ):
        raise ValueError(f"shape {array.shape} does not fit {sizes}")
    return array


def _tensor_rows(data: object, schema: tuple[Tensor, ...]) -> dict[Name, list[Any]]:
    if isinstance(data, Sparse):
        data = _densify(data)
    if isinstance(data, Frame):
        return _frame_tensors(data, schema)
    if isinstance(data, np.ndarray) and len(schema) == 1:
        data = {input_name(schema[0], 0): data}
    if not isinstance(data, Mapping):
        return {}
    found: dict[Name, list[Any]] = {}
    for i, spec in enumerate(schema):
        array = data.get(input_name(spec, i))
        if isinstance(array, np.ndarray) and array.ndim:
            found[input_name(spec, i)] = list(array) if spec.shape[:1] == (-1,) else [array]
    return found


def _frame_tensors(frame: Frame, schema: tuple[Tensor, ...]) -> dict[Name, list[Any]]:
    cells: dict[object, list[Any]] = {column.name: column.values for column in frame.columns}
    if not is_named(schema):
        rows = (
            next(iter(cells.values())) if len(cells) == 1 else [list(row) for row in zip(*cells.values(), strict=True)]
        )
        cells = {0: rows}
    found: dict[Name, list[Any]] = {}
    for i, spec in enumerate(schema):
        name = input_name(spec, i)
        if name in cells:
            with suppress(ValueError):  # its cells are no arrays of that shape
                found[name] = [np.reshape(cell, spec.shape[1:]) for cell in cells[name]]
    return found


def _densify(sparse: Sparse) -> np.ndarray[Any, Any]:
    dense = np.zeros(sparse.shape, dtype=sparse.dtype)
    for major in range(len(sparse.indptr) - 1):
        for at in range(sparse.indptr[major], sparse.indptr[major + 1]):
            minor = sparse.indices[at]
            dense[(major, minor) if sparse.format == "csr" else (minor, major)] = sparse.data[at]
    return dense


def _column_rows(data: object, schema: tuple[Column, ...]) -> dict[Name, list[Any]]:
    if isinstance(data, Series):
        return {input_name(schema[0], 0): data.values}
    if isinstance(data, Frame):
        return _by_position([(column.name, column.values) for column in data.columns], schema)
    if isinstance(data, np.ndarray):
        data = data.tolist()
    if isinstance(data, Mapping):
        return _mapping_rows(data, schema)
    if isinstance(data, list) and data:
        return _list_rows(data, schema)
    return {input_name(schema[0], 0): [data]} if data is not None and data != [] else {}


def _by_position(columns: list[tuple[Any, list[Any]]], schema: tuple[Column, ...]) -> dict[Name, list[Any]]:
    """Return the columns by the name of their input: their own where the schema has names, else by position."""
    if is_named(schema):
        return dict(columns)
    return {i: values for i, (_, values) in enumerate(columns)}


def _mapping_rows(data: Mapping[Any, Any], schema: tuple[Column, ...]) -> dict[Name, list[Any]]:
    cells = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in data.items()}
    if _is_one_row(cells, schema):
        return _by_position([(name, [value]) for name, value in cells.items()], schema)
    if not all(isinstance(value, list) for value in cells.values()):
        return {}
    return _by_position(list(cells.items()), schema)


def _is_one_row(cells: Mapping[Any, Any], schema: tuple[Column, ...]) -> bool:
    """Return whether MLflow takes the dictionary for one row, not for columns."""
    if any(isinstance(column.type, Array | Object) for column in schema):
        return True
    return all(
        not isinstance(value, list | dict) or (isinstance(value, list) and all(isinstance(v, str) for v in value))
        for value in cells.values()
    )


def _list_rows(data: list[Any], schema: tuple[Column, ...]) -> dict[Name, list[Any]]:
    if all(isinstance(row, dict) for row in data) and is_named(schema):
        names = dict.fromkeys(name for row in data for name in row)
        return {name: [row.get(name) for row in data] for name in names}
    if len(schema) == 1:
        return {input_name(schema[0], 0): data}
    if all(isinstance(row, list) for row in data) and len({len(row) for row in data}) == 1:
        return {input_name(spec, i): [row[i] for row in data] for i, spec in enumerate(schema) if i < len(data[0])}
    return {}
