"""Are two outputs the same prediction, and how outputs are cut into rows and put in another order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from mlcheck.contract.data import ColumnData, Frame, Opaque, Series, Sparse
from mlcheck.contract.inferred import is_null

_TOLERANCES: Final = {2: (1e-2, 1e-3), 4: (1e-4, 1e-6), 8: (1e-7, 1e-9)}
"""Bytes of a float → relative and absolute tolerance: wide enough for another order of summation, as in a batch of
another size, and far narrower than anything that a caller would notice."""


def difference(left: object, right: object, *, tolerance_bytes: int = 8) -> str | None:
    """Return where two outputs differ, in words; `None` when they are the same prediction.

    Floats are compared with a tolerance that fits the narrower of their dtypes; NaN equals NaN. `tolerance_bytes`
    can only widen it (4 treats all floats as float32).
    """
    return _difference(left, right, "", tolerance_bytes)


def _difference(left: Any, right: Any, where: str, width: int) -> str | None:
    if isinstance(left, Frame) and isinstance(right, Frame):
        return _frame_difference(left, right, where, width)
    if isinstance(left, Series) and isinstance(right, Series):
        return _list_difference(left.values, right.values, where, _width(left.dtype, right.dtype, width))
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return _array_difference(left, right, where, width)
    if isinstance(left, dict) and isinstance(right, dict):
        return _dict_difference(left, right, where, width)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return _list_difference(left, right, where, width)
    if isinstance(left, Sparse) and isinstance(right, Sparse):
        parts = ("shape", "data", "indices", "indptr")
        return _first(
            _difference(getattr(left, part), getattr(right, part), f"{where}.{part}", width) for part in parts
        )
    if isinstance(left, Opaque) and isinstance(right, Opaque):
        # Its text may hold an address; the type is all that can be compared.
        return None if left.type_name == right.type_name else _say(where, left.type_name, right.type_name)
    return None if _same_value(left, right, width) else _say(where, left, right)


def _first(found: Any) -> str | None:
    return next((item for item in found if item is not None), None)


def _say(where: str, left: object, right: object) -> str:
    prefix = f"{where.lstrip('. ')}: " if where else ""
    return f"{prefix}{_short(left)} and {_short(right)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _width(left: str, right: str, width: int) -> int:
    sizes = {"float16": 2, "float32": 4, "Float32": 4}
    return min(sizes.get(left, 8), sizes.get(right, 8), width)


def _same_value(left: Any, right: Any, width: int) -> bool:
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    if isinstance(left, (bool, np.bool_)) or isinstance(right, (bool, np.bool_)):
        return isinstance(left, (bool, np.bool_)) and isinstance(right, (bool, np.bool_)) and bool(left) == bool(right)
    if isinstance(left, (int, float, np.number)) and isinstance(right, (int, float, np.number)):
        return _close(left, right, width)
    return bool(type(left) is type(right) and left == right) or str(left) == str(right)


def _close(left: Any, right: Any, width: int) -> bool:
    if isinstance(left, (int, np.integer)) and isinstance(right, (int, np.integer)):
        return int(left) == int(right)
    sizes = [value.dtype.itemsize for value in (left, right) if isinstance(value, np.floating)]
    relative, absolute = _TOLERANCES[min([width, *sizes, 8]) if min([width, *sizes, 8]) in _TOLERANCES else 8]
    return math.isclose(float(left), float(right), rel_tol=relative, abs_tol=absolute)


def _frame_difference(left: Frame, right: Frame, where: str, width: int) -> str | None:
    if left.names != right.names:
        return _say(f"{where} columns", left.names, right.names)
    if left.rows != right.rows:
        return _say(f"{where} number of rows", left.rows, right.rows)
    return _first(
        _list_difference(one.values, two.values, f"{where} column {one.name!r}", _width(one.dtype, two.dtype, width))
        for one, two in zip(left.columns, right.columns, strict=True)
    )


def _list_difference(left: Sequence[Any], right: Sequence[Any], where: str, width: int) -> str | None:
    if len(left) != len(right):
        return _say(f"{where} length", len(left), len(right))
    return _first(
        _difference(one, two, f"{where} row {index}" if not where.endswith("]") else f"{where}[{index}]", width)
        for index, (one, two) in enumerate(zip(left, right, strict=True))
    )


def _dict_difference(left: dict[Any, Any], right: dict[Any, Any], where: str, width: int) -> str | None:
    if set(left) != set(right):
        return _say(f"{where} keys", list(left), list(right))
    return _first(_difference(left[key], right[key], f"{where} {key!r}", width) for key in left)


def _array_difference(left: Any, right: Any, where: str, width: int) -> str | None:
    if left.shape != right.shape:
        return _say(f"{where} shape", left.shape, right.shape)
    if left.dtype.kind not in "fc" or right.dtype.kind not in "fc":
        return _list_difference(left.ravel().tolist(), right.ravel().tolist(), where, width)
    relative, absolute = _TOLERANCES.get(min(left.dtype.itemsize, right.dtype.itemsize, width), _TOLERANCES[8])
    with np.errstate(all="ignore"):
        same = np.isclose(left, right, rtol=relative, atol=absolute, equal_nan=True)
    if bool(same.all()):
        return None
    position = tuple(int(i) for i in np.argwhere(~same)[0])
    return _say(f"{where} {list(position)}", left[position].item(), right[position].item())


def row_count(data: object) -> int | None:
    """Return how many rows an input or output has; `None` where it is no container of rows."""
    if isinstance(data, Frame):
        return data.rows
    if isinstance(data, (Series, list, tuple)):
        return len(data.values) if isinstance(data, Series) else len(data)
    if isinstance(data, np.ndarray):
        return int(data.shape[0]) if data.ndim else None
    if isinstance(data, Sparse):
        return int(data.shape[0])
    if isinstance(data, dict):
        counts = {row_count(value) for value in data.values()}
        return counts.pop() if len(counts) == 1 else None
    return None


def take_rows(data: object, rows: Sequence[int]) -> object:
    """Return the given rows of an input or output, in that order; what has no rows is returned as it is."""
    if isinstance(data, Frame):
        columns = tuple(ColumnData(item.name, item.dtype, _pick(item.values, rows)) for item in data.columns)
        return Frame(columns, len(rows), None if data.index is None else _pick(data.index, rows))
    if isinstance(data, Series):
        return Series(data.name, data.dtype, _pick(data.values, rows), None)
    if isinstance(data, np.ndarray):
        return data[list(rows)] if data.ndim else data
    if isinstance(data, dict):
        return {key: take_rows(value, rows) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return _pick(list(data), rows)
    return data


def _pick(values: Sequence[Any], rows: Sequence[int]) -> list[Any]:
    return [values[row] for row in rows]


def concatenate(outputs: Sequence[object]) -> object:
    """Return the outputs of several calls as the output of one call on all their rows; needs at least one."""
    first = outputs[0]
    if isinstance(first, Frame) and all(isinstance(item, Frame) and item.names == first.names for item in outputs):
        return _concatenate_frames(outputs)  # type: ignore[arg-type]
    if isinstance(first, Series) and all(isinstance(item, Series) for item in outputs):
        return Series(first.name, first.dtype, [value for item in outputs for value in item.values])  # type: ignore[attr-defined]
    if isinstance(first, np.ndarray) and all(isinstance(item, np.ndarray) for item in outputs):
        return _concatenate_arrays(outputs)
    if isinstance(first, dict) and all(isinstance(item, dict) and set(item) == set(first) for item in outputs):
        return {key: concatenate([item[key] for item in outputs]) for key in first}  # type: ignore[index]
    if isinstance(first, (list, tuple)):
        return [value for item in outputs for value in item]  # type: ignore[attr-defined]
    return list(outputs)


def _concatenate_frames(frames: Sequence[Frame]) -> Frame:
    columns = tuple(
        ColumnData(column.name, column.dtype, [value for frame in frames for value in frame.columns[index].values])
        for index, column in enumerate(frames[0].columns)
    )
    return Frame(columns, sum(frame.rows for frame in frames))


def _concatenate_arrays(arrays: Sequence[Any]) -> object:
    if all(array.ndim and array.shape[1:] == arrays[0].shape[1:] for array in arrays):
        return np.concatenate(list(arrays))
    return [value for array in arrays for value in (array if array.ndim else [array.item()])]
