"""Base rows: the plainest typical input of a model, from which all other cases are made by few edits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.types import Case, Edit, Intent, Kind
from mlcheck.contract.data import ColumnData, Frame
from mlcheck.contract.domain import DTYPES, Domain, InputDomain, is_null, make_value, to_native
from mlcheck.signature import Column, ColumnType, Scalar, Tensor

# Inner dimensions that are free have this size where no example shows another; where there are two, they may be
# those of an image, which layers of a network make smaller and smaller
_FREE_SIZE: Final = 4
_FREE_IMAGE_SIZE: Final = 32


def has_data(domain: Domain) -> bool:
    """Return whether an input can be made at all: the signature has inputs, and arrays of their shapes exist."""
    return bool(domain.inputs) and all(_is_possible(item) for item in domain.inputs)


def can_call(domain: Domain) -> bool:
    """Return whether there is any data to call the model with: made here, or the input example."""
    return has_data(domain) or domain.example is not None


def _is_possible(item: InputDomain) -> bool:
    return isinstance(item.spec, Column) or (min(item.spec.shape, default=0) >= -1 and () in item.leaves)


def takes_list(domain: Domain) -> bool:
    """Return whether the model takes a list of values: MLflow writes such a signature from a type hint."""
    return domain.signature.from_type_hint and not takes_tensors(domain)


def takes_tensors(domain: Domain) -> bool:
    """Return whether the inputs are tensors."""
    return bool(domain.inputs) and isinstance(domain.inputs[0].spec, Tensor)


def is_named(domain: Domain) -> bool:
    """Return whether the inputs have names."""
    return domain.inputs[0].spec.name is not None


def takes_rows(domain: Domain) -> bool:
    """Return whether the model takes any number of rows: columns do, tensors do if the first dimension is free."""
    return all(isinstance(item.spec, Column) or item.spec.shape[:1] == (-1,) for item in domain.inputs)


def base_rows(domain: Domain) -> int:
    """Return how many different base rows there are to start from."""
    return domain.rows or 10


def base_case(domain: Domain, rows: int = 1, offset: int = 0, kind: Kind = "typical") -> Case:
    """Return the case of `rows` base rows, beginning with the one of number `offset`."""
    return Case(base_data(domain, rows, offset), None, kind, typical_intent(rows))


def typical_intent(rows: int) -> Intent:
    """Return the intent of rows that nothing was done to."""
    return Intent("typical", "there is one typical row" if rows == 1 else f"there are {rows} typical rows")


def base_data(domain: Domain, rows: int = 1, offset: int = 0) -> Any:
    """Return the base rows as the model takes them: Frame, array, arrays by name or list.

    Where no input can be made, it is the input example's data, or None. Parts are shared: never to be changed.
    """
    if not has_data(domain):
        return domain.example.data if domain.example else None
    if takes_list(domain):
        # Plain values, for it is Python's own types, or pydantic's, that the model looks for
        return [base_cell(domain.inputs[0], offset + row) for row in range(rows)]
    if takes_tensors(domain):
        arrays = {item.name: base_array(item, rows, offset) for item in domain.inputs}
        return arrays if is_named(domain) else arrays[0]
    return Frame(base_columns(domain, rows, offset), rows)


@lru_cache(maxsize=512)
def base_columns(domain: Domain, rows: int, offset: int) -> tuple[ColumnData, ...]:
    """Return the base rows column by column; shared by all cases, never to be changed."""
    kept = [(i, item) for i, item in enumerate(domain.inputs) if item.name not in domain.absent]
    return tuple(make_column(item, [base_cell(item, row + offset, i) for row in range(rows)]) for i, item in kept)


def base_cell(item: InputDomain, row: int, position: int = 0) -> Any:
    """Return the plain value of an input in a base row; where none is shown, neighbours differ from each other."""
    if item.shown:
        return item.shown[row % len(item.shown)]
    assert isinstance(item.spec, Column)
    return make_value(item.spec.type, item.leaves, row + position)


def make_column(item: InputDomain, values: list[Any]) -> ColumnData:
    """Return the column of plain values as enforcement passes it unchanged."""
    assert isinstance(item.spec, Column)
    type_ = item.spec.type
    if isinstance(type_, Scalar):
        return ColumnData(item.name, dtype_for(type_.name, values), values)
    return ColumnData(item.name, "object", [to_native(value, type_) for value in values])


def dtype_for(scalar: str, values: list[Any]) -> str:
    """Return the dtype that holds the values: `object` for missing booleans, the type's own otherwise."""
    return "object" if scalar == "boolean" and None in values else DTYPES[scalar]


def type_of(item: InputDomain) -> ColumnType:
    """Return the type of a column."""
    assert isinstance(item.spec, Column)
    return item.spec.type


@lru_cache(maxsize=512)
def base_array(item: InputDomain, rows: int, offset: int) -> np.ndarray[Any, Any]:
    """Return the base rows of a tensor (all of it where the first dimension is fixed), read-only."""
    assert isinstance(item.spec, Tensor)
    shape = item.spec.shape
    if shape[:1] == (-1,):
        array = np.stack([_tensor_row(item, offset + row) for row in range(max(rows, 1))])[:rows]
    elif item.shown:
        array = np.array(item.shown[offset % len(item.shown)])
    else:
        array = _plain_array(item, shape, offset)
    array.setflags(write=False)
    return array


def _tensor_row(item: InputDomain, row: int) -> np.ndarray[Any, Any]:
    assert isinstance(item.spec, Tensor)
    if not item.shown:
        return _plain_array(item, item.spec.shape[1:], row)
    # Rows of other sizes than the first one's could not be stacked
    alike = [array for array in item.shown if array.shape == item.shown[0].shape]
    return np.asarray(alike[row % len(alike)])


def _plain_array(item: InputDomain, shape: tuple[int, ...], index: int) -> np.ndarray[Any, Any]:
    free = _FREE_IMAGE_SIZE if shape.count(-1) > 1 else _FREE_SIZE
    sizes = tuple(free if size == -1 else size for size in shape)
    some = [item.leaves[()].at(index + i) for i in range(min(17, max(1, int(np.prod(sizes)))))]
    return np.resize(make_array(some, item.spec.dtype), sizes)  # type: ignore[union-attr,arg-type]


def make_array(values: list[Any], dtype: str) -> np.ndarray[Any, Any]:
    """Return plain values as an array of the dtype, whole numbers standing for spans of time."""
    if np.dtype(dtype).kind == "m":
        return np.array(values).astype(dtype)
    if np.dtype(dtype).kind == "M":
        values = [np.datetime64("NaT") if is_null(value) else value for value in values]
    return np.array(values, dtype=dtype)


def replace_column(frame: Frame, column: ColumnData) -> Frame:
    """Return the frame with the column of that name replaced, or added as the last one."""
    if column.name in frame.names:
        return Frame(tuple(column if old.name == column.name else old for old in frame.columns), frame.rows)
    return Frame((*frame.columns, column), frame.rows)


def apply_edits(domain: Domain, rows: int, offset: int, edits: tuple[Edit, ...]) -> Any:
    """Return the base rows with the edits made; what is not edited is shared."""
    if takes_tensors(domain):
        return _edit_arrays(domain, rows, offset, edits)
    if takes_list(domain):
        return _edited_values(domain, rows, offset, edits).get(0) or base_data(domain, rows, offset)
    columns = list(base_columns(domain, rows, offset))
    for name, values in _edited_values(domain, rows, offset, edits).items():
        column = make_column(inputs_by_name(domain)[name][1], values)
        place = _place_of(domain, name)
        columns[place : place + (name not in domain.absent)] = [column]
    return Frame(tuple(columns), rows)


def _edited_values(domain: Domain, rows: int, offset: int, edits: tuple[Edit, ...]) -> dict[object, list[Any]]:
    """Return the plain values of the columns that are edited."""
    changed: dict[object, list[Any]] = {}
    for edit in edits:
        if edit.name not in changed:
            position, item = inputs_by_name(domain)[edit.name]
            changed[edit.name] = [base_cell(item, offset + row, position) for row in range(rows)]
        changed[edit.name][edit.row or 0] = edit.value
    return changed


def _place_of(domain: Domain, name: object) -> int:
    """Return the position of the column in base rows; an absent one comes last."""
    if name in domain.absent:
        return len(domain.inputs)
    before = domain.inputs[: inputs_by_name(domain)[name][0]] if domain.absent else ()
    return inputs_by_name(domain)[name][0] - sum(item.name in domain.absent for item in before)


@lru_cache(maxsize=64)
def inputs_by_name(domain: Domain) -> dict[object, tuple[int, InputDomain]]:
    """Return the position and the domain of each input."""
    return {item.name: (i, item) for i, item in enumerate(domain.inputs)}


def _edit_arrays(domain: Domain, rows: int, offset: int, edits: tuple[Edit, ...]) -> Any:
    arrays: dict[object, Any] = {item.name: base_array(item, rows, offset) for item in domain.inputs}
    edited = {edit.name for edit in edits}
    arrays = {name: array.copy() if name in edited else array for name, array in arrays.items()}
    for edit in edits:
        position = edit.element if edit.row is None else (edit.row, *edit.element)
        arrays[edit.name] = _put(arrays[edit.name], position, edit.value)
    return arrays if is_named(domain) else arrays[0]


def _put(array: np.ndarray[Any, Any], position: tuple[int, ...], value: Any) -> np.ndarray[Any, Any]:
    """Put a value into the array, which is made wider where a text needs it."""
    if array.dtype.kind in "US":
        array = array.astype(np.result_type(array, np.array(value, dtype=array.dtype.char)))
    if array.dtype.kind in "mM":
        value = make_array([value], str(array.dtype))[0]
    array[position] = value
    return array
