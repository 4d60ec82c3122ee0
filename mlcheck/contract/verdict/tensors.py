"""Arrays, and tables taken for arrays, against schemas of tensors."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from mlcheck.contract.data import Sparse, describe, to_pandas
from mlcheck.contract.data.describing import is_sparse, make_series
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.quiet import quiet
from mlcheck.contract.verdict.tables import Cells, Table, as_frame, name_kind
from mlcheck.contract.verdict.types import ACCEPT, Verdict, decide, explain, refuse
from mlcheck.facts.numpy_dtypes import canonical_dtype
from mlcheck.signature import Name, Tensor, input_name, is_named

if TYPE_CHECKING:
    from mlcheck.contract.verdict.facts import Facts

AnyArray: TypeAlias = np.ndarray[Any, Any]


def judge_tensors(schema: tuple[Tensor, ...], data: object, facts: Facts) -> Verdict:
    """Return the verdict on any data for a schema of tensors."""
    frame = as_frame(data)
    given = data if frame is None else Table(frame, facts)
    return _judge_named(schema, given) if is_named(schema) else _judge_unnamed(schema[0], given)


def _judge_named(schema: tuple[Tensor, ...], data: object) -> Verdict:
    keys = [input_name(tensor, i) for i, tensor in enumerate(schema)]
    if len(set(keys)) == 1 and isinstance(data, np.ndarray):
        data = {keys[0]: data}
    given: list[object] = []
    if isinstance(data, Table | dict):
        given = list(data.names if isinstance(data, Table) else data)
    missing = [key for key in keys if key not in given]
    if missing:
        return refuse(f"a dict of arrays with {missing} expected, {name_kind(data)} with {given} given")
    return decide(
        _judge_input(tensor, key, data).within(f"tensor {key!r}") for key, tensor in zip(keys, schema, strict=True)
    )


def _judge_input(tensor: Tensor, key: Name, data: object) -> Verdict:
    if isinstance(data, Table):
        positions = [i for i, name in enumerate(data.names) if name == key]
        return _judge_column(tensor, data, positions)
    value = data[key]  # type: ignore[index]
    if isinstance(value, np.ndarray):
        return judge_array(tensor, value.shape, value.dtype)
    return refuse(f"an array expected, {name_kind(value)} given")


def _judge_unnamed(tensor: Tensor, data: object) -> Verdict:
    if isinstance(data, np.ndarray):
        return judge_array(tensor, data.shape, data.dtype)
    if isinstance(data, Sparse):
        return judge_array(tensor, data.shape, np.dtype(data.dtype))
    if is_sparse(data):
        return _judge_unnamed(tensor, describe(data))
    if isinstance(data, Table):
        return _judge_table(tensor, data)
    return refuse(f"an array expected, {name_kind(data)} given")


def _judge_table(tensor: Tensor, table: Table) -> Verdict:
    columns = len(table.names)
    if not columns or not table.rows:
        return refuse("an array expected, an empty DataFrame given")
    if columns == 1:
        return _judge_column(tensor, table, [0])
    if tensor.shape != (-1, columns):
        return refuse(f"an array of shape {tensor.shape} expected, a DataFrame with {columns} columns given")
    return judge_array(tensor, (table.rows, columns), _common_dtype(table))


def _common_dtype(table: Table) -> np.dtype[Any]:
    """Return the dtype of `to_numpy()`."""
    if isinstance(table.data, pd.DataFrame):
        return table.data.to_numpy().dtype
    if all(canonical_dtype(dtype) for dtype in table.dtypes):
        return _common_numpy_dtype(tuple(table.dtypes))
    frame = to_pandas(table.data)
    assert isinstance(frame, pd.DataFrame)
    return frame.to_numpy().dtype


@lru_cache(maxsize=256)
def _common_numpy_dtype(dtypes: tuple[str, ...]) -> np.dtype[Any]:
    empty = pd.DataFrame({i: make_series([], dtype) for i, dtype in enumerate(dtypes)})
    common: np.dtype[Any] = empty.to_numpy().dtype
    return common


def judge_array(tensor: Tensor, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Verdict:
    """Return the verdict on an array by its shape and dtype; nothing is converted."""
    if tensor.dtype == "object" and tensor.shape == (-1,):
        return ACCEPT
    if dtype.kind == "O" and len(shape) == 1 and -1 in tensor.shape[1:]:
        return ACCEPT  # arrays of several lengths, held as objects
    if len(shape) != len(tensor.shape) or any(
        want not in (-1, size) for want, size in zip(tensor.shape, shape, strict=True)
    ):
        return refuse(f"shape {tensor.shape} expected, {shape} given")
    if _plain_dtype(dtype) != _numpy_dtype(tensor.dtype):
        return refuse(f"dtype {tensor.dtype} expected, {dtype} given, and arrays are not converted")
    return ACCEPT


def _plain_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(dtype.kind) if dtype.kind in "US" else dtype


@lru_cache(maxsize=256)
def _numpy_dtype(name: str) -> np.dtype[Any] | None:
    try:
        return np.dtype(name)
    except TypeError:  # float128 and complex256 are not on every platform
        return None


def _judge_column(tensor: Tensor, table: Table, positions: list[int]) -> Verdict:
    """Return the verdict on a column that is reshaped, and if it holds no arrays converted, to the tensor."""
    if not tensor.shape:
        return refuse("an array without dimensions expected, a column given", "IndexError")
    if tensor.shape[0] != -1 or -1 in tensor.shape[1:]:
        return refuse(f"shape {tensor.shape} expected, which no column has: only the first dimension may be -1")
    if len(positions) > 1:
        return refuse(f"one column expected, {len(positions)} of this name given", "KeyError")
    cells = table.column(positions[0])
    first = _first_position(table)
    if isinstance(first, Verdict):
        return first
    return _judge_elements(tensor, cells, first)


def _first_position(table: Table) -> int | Verdict:
    """Return where the row with the label 0 is, whose value MLflow takes for the kind of all values."""
    index = table.index
    if 0 in index:
        found = index.get_loc(0)
        if isinstance(found, int):
            return found
        return refuse("one row with the label 0 expected, several given")
    numeric = index.inferred_type in {"integer", "mixed-integer", "floating", "complex"}
    if numeric or Fact.LABELS_ONLY in table.facts or isinstance(index, pd.RangeIndex):
        return refuse("a row with the label 0 expected, the index has none", "KeyError")
    return 0 if table.rows else refuse("at least one row expected, none given", "IndexError")


def _judge_elements(tensor: Tensor, cells: Cells, first: int) -> Verdict:
    sample = cells.to_list()[first]
    try:
        with quiet():
            if np.isscalar(sample):
                return _judge_scalars(tensor, cells)
            if isinstance(sample, list) and np.isscalar(sample[0]):
                return _judge_lists(tensor, cells.to_list())
    except Exception as error:  # noqa: BLE001 - numpy's own errors come out of enforcement
        return refuse(f"values that make an array of {tensor.dtype} expected: {explain(error)}", type(error).__name__)
    if isinstance(sample, np.ndarray):
        return _judge_arrays(tensor, cells.to_list())
    return refuse(f"numbers, lists or arrays expected, {name_kind(sample)} given")


def _judge_scalars(tensor: Tensor, cells: Cells) -> Verdict:
    if tensor.shape not in {(-1,), (-1, 1)}:
        return refuse(f"shape {tensor.shape} expected, a column of single values given")
    array = np.array(cells.to_series(), dtype=_numpy_dtype(tensor.dtype)).reshape(tensor.shape)
    return judge_array(tensor, array.shape, array.dtype)


def _judge_lists(tensor: Tensor, values: list[Any]) -> Verdict:
    try:
        array = _cast(np.vstack(values).reshape(tensor.shape), _numpy_dtype(tensor.dtype))
    except ValueError as error:
        return refuse(
            f"lists of one length for shape {tensor.shape} and dtype {tensor.dtype} expected: {explain(error)}"
        )
    return _judge_rows(array, values)


def _cast(array: AnyArray, dtype: np.dtype[Any] | None) -> AnyArray:
    # numpy 1 dies of a segmentation fault where bytes are no date; text makes it raise as numpy 2 does
    if array.dtype.kind == "S" and dtype is not None and dtype.kind == "M":
        array = array.astype("U")
    return array.astype(dtype)


def _judge_arrays(tensor: Tensor, values: list[Any]) -> Verdict:
    try:
        array = np.vstack(values).reshape(tensor.shape)
    except ValueError as error:
        return refuse(f"arrays of one length for shape {tensor.shape} expected: {explain(error)}")
    except Exception as error:  # noqa: BLE001 - numpy's own errors come out of enforcement
        return refuse(f"arrays of one length expected: {explain(error)}", type(error).__name__)
    return _judge_rows(array, values)


def _judge_rows(array: AnyArray, values: list[Any]) -> Verdict:
    if len(array) != len(values):
        return refuse(f"{len(values)} rows expected, the values make {len(array)}")
    return ACCEPT
