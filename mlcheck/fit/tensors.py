"""Examples against a schema of tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mlcheck.fit.arrays import array_trouble, leaves, measure
from mlcheck.fit.casting import cast_trouble
from mlcheck.fit.kinds import kind_of, kinds_of
from mlcheck.fit.tables import Table, TableColumn
from mlcheck.fit.trouble import EXTRA, REFUSED, Keys, Misfit, Trouble, listing, show
from mlcheck.signature import IMPOSSIBLE_DIMENSION, Tensor, input_name, is_named

_HINT = "make example and signature from the same data, with infer_signature"
_CASTS = {"int32": "integer", "int64": "long", "float32": "float", "float64": "double", "bool": "boolean"}


def fit_arrays(schema: tuple[Tensor, ...], data: object, where: Keys, *, strict: bool = True) -> Iterator[Misfit]:
    """Yield what does not fit in nested lists, or in an object of them, for tensors.

    strict: whether whole numbers for a float dtype count.
    """
    if not is_named(schema):
        if isinstance(data, dict):
            message = f"the example is an object with {listing(list(data))}, the signature has one unnamed tensor"
            yield Misfit(REFUSED, message, where, _HINT, subject="form")
        else:
            yield from _fit_array(schema[0], "the tensor", data, where, strict=strict)
        return
    names = [input_name(spec, i) for i, spec in enumerate(schema)]
    if not isinstance(data, dict):
        if len(schema) == 1:
            yield from _fit_array(schema[0], f"tensor {names[0]!r}", data, where, strict=strict)
        else:
            message = f"the example is one array, the signature declares {listing(names)}"
            yield Misfit(REFUSED, message, where, "save an object with one array for each name", subject="form")
        return
    yield from _fit_tensor_names(names, list(data), where)
    for name, spec in zip(names, schema, strict=True):
        if name in data:
            yield from _fit_array(spec, f"tensor {name!r}", data[str(name)], (*where, str(name)), strict=strict)


def _fit_tensor_names(names: list[str | float], given: list[str], where: Keys) -> Iterator[Misfit]:
    missing = [name for name in names if name not in given]
    unknown = [name for name in given if name not in names]
    if missing:
        message = f"the signature declares {listing(missing)}, the example has only {listing(given) or 'nothing'}"
        yield Misfit(REFUSED, message, where, _HINT, subject=str(missing[0]))
    elif unknown:
        message = f"the example has {listing(unknown)}, which the signature does not declare: MLflow drops it"
        yield Misfit(EXTRA, message, where, "save the example without what predict does not take")


def _fit_array(spec: Tensor, name: str, data: object, where: Keys, *, strict: bool) -> Iterator[Misfit]:
    if spec.dtype == "object" or IMPOSSIBLE_DIMENSION in spec.shape:
        return
    shape = measure(data)
    if shape.odd is not None:
        message = f"{name} is ragged: its lists differ in length here, and numpy makes no array of them"
        yield Misfit(REFUSED, message, (*where, *shape.odd), "make all lists of a dimension the same length", name)
        return
    if 0 in shape.sizes:
        return
    if not _fits(shape.sizes, spec.shape):
        message = f"{name} is declared {_say(spec.shape)}, the example has the shape {_say(shape.sizes)}"
        yield Misfit(REFUSED, message, where, _shape_hint(shape.sizes, spec.shape), name)
        return
    trouble = array_trouble(spec.dtype, data, strict=strict)
    if trouble is not None:
        yield _value_misfit(trouble, name, spec, data, where)


def _fits(actual: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return len(actual) == len(expected) and all(
        wanted in (-1, size) for size, wanted in zip(actual, expected, strict=True)
    )


def _say(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _shape_hint(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    if len(actual) + 1 == len(expected):
        return "put the single item into a list: the first dimension counts the items"
    return _HINT


def _value_misfit(trouble: Trouble, name: str, spec: Tensor, data: object, where: Keys) -> Misfit:
    value = next((item for keys, item in leaves(data) if keys == trouble.inner or not trouble.inner), None)
    like = f" like {show(value)}" if value is not None and not isinstance(value, dict) else ""
    message = f"{name} is declared {spec.dtype}, the example has {trouble.found}{like}: {trouble.effect}"
    hint = f"write {value}.0 instead of {value}" if trouble.found == "whole numbers" else _HINT
    return Misfit(trouble.level, message, (*where, *trouble.inner), hint, name)


def refuse_raw(schema: tuple[Tensor, ...], data: object, where: Keys) -> Misfit:
    """Return why an example that stays plain Python (`json_object`) never passes for tensors."""
    wanted = "a dictionary of arrays" if is_named(schema) else "an array"
    found = {"list": "a list", "object": "a dictionary", "text": "text"}.get(kind_of(data), "a single value")
    message = f"the signature declares tensors, for which predict takes {wanted}, and this example is read as {found}"
    hint = "pass a numpy array as input_example, so that it is saved as type ndarray"
    return Misfit(REFUSED, message, where, hint, subject="form")


def fit_table(schema: tuple[Tensor, ...], table: Table, release: tuple[int, int]) -> Iterator[Misfit]:
    """Yield what does not fit in a DataFrame example for tensors."""
    if not table.rows:
        message = "the example has no rows: MLflow cannot make a tensor of such a DataFrame"
        yield Misfit(REFUSED, message, table.where, "save an example with rows", subject="rows")
    elif is_named(schema):
        names = [input_name(spec, i) for i, spec in enumerate(schema)]
        columns = {column.name: column for column in reversed(table.columns)}
        yield from _fit_tensor_names(names, [str(name) for name in columns], table.where)
        for name, spec in zip(names, schema, strict=True):
            if name in columns:
                yield from _fit_column(spec, columns[name], release)
    elif len(table.columns) == 1:
        yield from _fit_column(schema[0], table.columns[0], release)
    elif schema[0].shape != (-1, len(table.columns)):
        width = len(table.columns)
        message = f"the example is a DataFrame of {width} columns, the tensor is declared {_say(schema[0].shape)}"
        hint = f"declare (-1, {width}), or pass an array as input_example"
        yield Misfit(REFUSED, message, table.where, hint, subject="shape")
    else:
        yield from _fit_cells(schema[0], table.columns, release)


def _fit_column(spec: Tensor, column: TableColumn, release: tuple[int, int]) -> Iterator[Misfit]:
    """Yield why a column of a DataFrame does not become a tensor: of scalars, or of flat lists of one length."""
    shape = spec.shape
    if not shape or shape[0] != -1 or -1 in shape[1:]:
        message = f"column {column.name!r} is declared {_say(shape)}: a DataFrame takes -1 first and nowhere else"
        yield Misfit(REFUSED, message, column.place(0), "pass an array as input_example", str(column.name))
    elif isinstance(column.values[0], list):
        yield from _fit_list_cells(spec, column)
    elif shape not in ((-1,), (-1, 1)):
        message = f"column {column.name!r} has single values, the tensor is declared {_say(shape)}"
        yield Misfit(REFUSED, message, column.place(0), "pass an array as input_example", str(column.name))
    else:
        yield from _fit_cells(spec, (column,), release)


def _fit_list_cells(spec: Tensor, column: TableColumn) -> Iterator[Misfit]:
    size = math.prod(spec.shape[1:])
    for row, value in enumerate(column.values):
        found = measure(value)
        if isinstance(value, list) and len(found.sizes) == 1 and found.sizes[0] != size:
            message = f"column {column.name!r} has a list of {len(value)}, the tensor is declared {_say(spec.shape)}"
            hint = f"give each row a flat list of {size} values"
            yield Misfit(REFUSED, message, column.place(row), hint, str(column.name))
            return


def _fit_cells(spec: Tensor, columns: Sequence[TableColumn], release: tuple[int, int]) -> Iterator[Misfit]:
    """Yield columns of scalars that cannot be cast to the dtype of the tensor."""
    declared = _CASTS.get(spec.dtype)
    bad: list[tuple[TableColumn, Trouble]] = []
    for column in columns:
        if declared is None or any(isinstance(value, list) for value in column.values[:1]):
            continue
        trouble = cast_trouble(declared, column.values, required=True, release=release)
        if trouble is not None and trouble.level == REFUSED:
            bad.append((column, trouble))
    if bad:
        column, trouble = bad[0]
        noun, verb = ("columns", "have") if len(bad) > 1 else ("column", "has")
        names = listing([column.name for column, _ in bad])
        value = column.values[trouble.index]
        like = f" like {show(value)}" if value is not None else ""
        message = f"the tensor is declared {spec.dtype}, {noun} {names} {verb} {trouble.found}{like}: {trouble.effect}"
        yield Misfit(REFUSED, message, column.place(trouble.index), _HINT, subject=str(column.name))


def fit_sparse(schema: tuple[Tensor, ...], data: dict[str, object], where: Keys) -> Iterator[Misfit]:
    """Yield what does not fit in a sparse matrix, which keeps the dtype that numpy gives its numbers."""
    if is_named(schema):
        message = "the signature declares tensors with names, for which predict takes no sparse matrix"
        yield Misfit(REFUSED, message, where, "pass a dictionary of arrays as input_example", subject="form")
        return
    spec, shape, numbers = schema[0], data.get("shape"), data.get("data")
    if spec.dtype == "object":
        return
    if isinstance(shape, list) and not _fits(tuple(shape), spec.shape):
        message = f"the tensor is declared {_say(spec.shape)}, the matrix has the shape {_say(tuple(shape))}"
        yield Misfit(REFUSED, message, (*where, "shape"), _HINT, subject="shape")
    elif isinstance(numbers, list) and spec.dtype == "float64" and kinds_of(numbers) == {"whole"}:
        message = (
            f"the tensor is declared float64, the matrix has whole numbers like {numbers[0]}: predict refuses int64"
        )
        yield Misfit(REFUSED, message, (*where, "data", 0), f"write {numbers[0]}.0 instead of {numbers[0]}", "dtype")
