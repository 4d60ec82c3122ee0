"""Input examples, as `load_input_example` reads them and `predict` then takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mlcheck.fit.arrays import COLUMN_DTYPES, array_trouble
from mlcheck.fit.casting import cast_trouble
from mlcheck.fit.columns import Judge, fit_columns
from mlcheck.fit.enforcing import enforce_trouble, nested_troubles
from mlcheck.fit.tables import Table, read_columns, read_list, read_split
from mlcheck.fit.tensors import fit_arrays, fit_sparse, fit_table, refuse_raw
from mlcheck.fit.trouble import REFUSED, Keys, Misfit, Trouble, listing, worst
from mlcheck.signature import (
    Array,
    Column,
    Object,
    Scalar,
    Schema,
    Vector,
    is_column_schema,
    is_named,
    is_tensor_schema,
)

Release = tuple[int, int]

# An array of Python objects passes for these, whatever they are.
_OPAQUE = ("boolean", "string", "binary")


def explain_form(kind: str, data: object, where: Keys = ()) -> Misfit | None:
    """Return why MLflow cannot read an example of this kind (`dataframe`, `ndarray`, …) at all, None if it can."""
    if kind == "dataframe":
        table = read_split(data, where)
        return table if isinstance(table, Misfit) else None
    if kind.startswith("sparse_matrix_"):
        return _explain_sparse(kind, data, where)
    return None


def _explain_sparse(kind: str, data: object, where: Keys) -> Misfit | None:
    hint = 'write it as {"data": […], "indices": […], "indptr": […], "shape": [rows, columns]}'
    if not isinstance(data, dict):
        return Misfit(REFUSED, "this is no object with the parts of a sparse matrix", where, hint)
    for key in ("data", "indices", "indptr", "shape"):
        if not isinstance(data.get(key), list):
            return Misfit(REFUSED, f"there is no list {key!r}, which a sparse matrix has", where, hint)
    shape = data["shape"]
    if len(shape) != 2 or not all(type(size) is int and size >= 0 for size in shape):
        return Misfit(REFUSED, "'shape' is no pair of numbers", (*where, "shape"), hint)
    if len(data["data"]) != len(data["indices"]):
        return Misfit(REFUSED, "'data' and 'indices' differ in length", (*where, "indices"), hint)
    lines = shape[1] if kind == "sparse_matrix_csc" else shape[0]
    if len(data["indptr"]) != lines + 1:
        found = f"'indptr' has {len(data['indptr'])} entries, a matrix of this shape has {lines + 1}"
        return Misfit(REFUSED, found, (*where, "indptr"), hint)
    return None


def fit_example(kind: str, data: object, inputs: Schema, release: Release, where: Keys = ()) -> Iterator[Misfit]:
    """Yield what does not fit in an example of a form that MLflow can read.

    release: (major, minor) of the MLflow that reads it; where: the keys that lead to the example in its file.
    """
    if is_tensor_schema(inputs):
        yield from _fit_for_tensors(kind, data, inputs, release, where)
    elif is_column_schema(inputs):
        yield from _fit_for_columns(kind, data, inputs, release, where)


def _fit_for_tensors(kind: str, data: object, inputs: Schema, release: Release, where: Keys) -> Iterator[Misfit]:
    assert is_tensor_schema(inputs)
    if kind == "dataframe":
        table = read_split(data, where)
        if isinstance(table, Table):
            yield from fit_table(inputs, table, release)
    elif kind == "ndarray":
        yield from fit_arrays(inputs, data, where)
    elif kind == "json_object":
        yield refuse_raw(inputs, data, where)
    elif kind.startswith("sparse_matrix_") and isinstance(data, dict):
        yield from fit_sparse(inputs, data, where)


def _fit_for_columns(
    kind: str, data: object, inputs: tuple[Column, ...], release: Release, where: Keys
) -> Iterator[Misfit]:
    if kind == "dataframe":
        table = read_split(data, where)
        if isinstance(table, Table):
            yield from fit_columns(inputs, table, casting_judge(release))
    elif kind == "json_object":
        yield from _fit_raw(data, inputs, release, where)
    elif kind == "ndarray":
        yield from _fit_array_for_columns(data, inputs, release, where)
    elif kind.startswith("sparse_matrix_"):
        message = "the signature declares columns, for which predict takes no sparse matrix"
        yield Misfit(REFUSED, message, where, "pass a DataFrame as input_example, or declare a tensor", subject="form")


def casting_judge(release: Release) -> Judge:
    """Return what judges columns that MLflow casts to the signature before it enforces it."""

    def judge(column: Column, values: Sequence[object]) -> Trouble | None:
        if isinstance(column.type, Scalar):
            return cast_trouble(column.type.name, values, required=bool(column.required), release=release)
        return worst([*nested_troubles(column, values, release=release)])

    return judge


def _enforcing_judge(release: Release) -> Judge:
    def judge(column: Column, values: Sequence[object]) -> Trouble | None:
        if isinstance(column.type, Scalar):
            return enforce_trouble(column.type.name, values, release=release)
        return worst([*nested_troubles(column, values, release=release)])

    return judge


def _fit_raw(data: object, inputs: tuple[Column, ...], release: Release, where: Keys) -> Iterator[Misfit]:
    if data is None or (data == [] and not _are_all_optional(inputs)):
        found = "null" if data is None else "an empty list"
        yield Misfit(
            REFUSED, f"the example is {found}, which predict refuses", where, "save a real one", subject="form"
        )
        return
    table = _raw_table(data, inputs, where, _is_cell)
    if isinstance(table, Misfit):
        yield table
    elif table is not None:
        yield from fit_columns(inputs, table, _enforcing_judge(release))


def _are_all_optional(inputs: tuple[Column, ...]) -> bool:
    return is_named(inputs) and not any(column.required for column in inputs)


def _raw_table(
    data: object, inputs: tuple[Column, ...], where: Keys, is_cell: Callable[[object], bool]
) -> Table | Misfit | None:
    """Return the DataFrame that `predict` makes of a plain Python value; None where pandas does odd things.

    is_cell: which values of a dictionary are cells of a row, not columns.
    """
    if isinstance(data, list):
        return read_list(data, where)
    if not isinstance(data, dict):
        return read_list([data], where)
    one_row = any(isinstance(column.type, (Array, Object, Vector)) for column in inputs) or all(
        map(is_cell, data.values())
    )
    if not one_row and not all(isinstance(value, list) for value in data.values()):
        return None
    return read_columns(data, where, one_row=one_row)


def _is_cell(value: object) -> bool:
    # MLflow takes a list of texts for one cell, too.
    return _is_scalar(value) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _is_scalar(value: object) -> bool:
    return not isinstance(value, (list, dict))


def _fit_array_for_columns(data: object, inputs: tuple[Column, ...], release: Release, where: Keys) -> Iterator[Misfit]:
    table = array_table(data, inputs, where)
    if isinstance(table, Misfit):
        yield table
    elif table is not None:
        yield from fit_columns(inputs, table, array_judge(release))


def array_table(data: object, inputs: tuple[Column, ...], where: Keys) -> Table | Misfit | None:
    """Return the table of values that MLflow makes numpy arrays of, None where pandas does odd things."""
    if isinstance(data, dict) and not is_named(inputs):
        message = f"the example is an object with {listing(list(data))}, the columns of the signature have no names"
        return Misfit(REFUSED, message, where, "write the values as a list", subject="form")
    if isinstance(data, list) and is_named(inputs) and len(inputs) == 1 and not any(map(_is_object, data)):
        one_row = not isinstance(inputs[0].type, Scalar)
        return read_columns({str(inputs[0].name): data}, where, one_row=one_row)
    if data is None or data == [] or (not is_named(inputs) and _is_list_of_objects(data)):
        return None
    return _raw_table(data, inputs, where, _is_scalar)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and any(map(_is_object, value))


def array_judge(release: Release) -> Judge:
    """Return what judges columns that MLflow makes numpy arrays of; only what numpy refuses counts."""

    def judge(column: Column, values: Sequence[object]) -> Trouble | None:
        if isinstance(column.type, Scalar):
            return _judge_scalars(column.type, values)
        return worst([*nested_troubles(column, values, release=release)])

    return judge


def _judge_scalars(declared: Scalar, values: Sequence[object]) -> Trouble | None:
    odd = next((i for i, value in enumerate(values) if isinstance(value, list) and value), None)
    if odd is not None:
        effect = f"predict takes no lists for {declared}"
        return None if declared.name in _OPAQUE else Trouble(REFUSED, "lists", effect, odd)
    trouble = array_trouble(COLUMN_DTYPES[declared.name], list(values), strict=False)
    if trouble is None or trouble.level != REFUSED:
        return None
    index, *inner = trouble.inner
    return Trouble(trouble.level, trouble.found, trouble.effect, int(index), tuple(inner))
