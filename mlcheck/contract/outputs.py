"""Does an output keep what the signature's outputs promise: kind, names, types, shape, rows."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from mlcheck.contract.data import ColumnData, Frame, Opaque, Series, Sparse
from mlcheck.contract.inferred import dtype_type, fits, is_null, value_type
from mlcheck.signature import (
    AnyType,
    Array,
    Column,
    ColumnType,
    Map,
    Object,
    Scalar,
    Schema,
    Tensor,
    Vector,
    is_named,
    is_tensor_schema,
)

Aspect = Literal["kind", "names", "type", "shape", "rows", "null"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which an output breaks the promise; `mild` when a caller can still make sense of it."""

    aspect: Aspect
    expected: str
    found: str
    subject: str = ""
    mild: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An output read as columns; `named` is false where the container has no names for them."""

    columns: tuple[ColumnData, ...]
    rows: int
    named: bool


def output_mismatches(schema: Schema, output: object, rows: int | None) -> Iterator[Mismatch]:
    """Yield every way in which `output` differs from the output schema.

    `rows` is the number of input rows, `None` where the input has no rows to count.
    """
    if output is None:
        yield Mismatch("null", describe_schema(schema), "None")
    elif is_tensor_schema(schema):
        yield from _tensor_mismatches(schema, output, rows)
    else:
        yield from _column_mismatches(cast("tuple[Column, ...]", schema), output, rows)


def describe_schema(schema: Schema) -> str:
    """Return a schema in a few words: `columns 'a' (double), 'b' (long)` or `a float32 array of shape (-1, 2)`."""
    if is_tensor_schema(schema):
        if not is_named(schema):
            return _describe_tensor(schema[0])
        return "a dict of " + ", ".join(f"{spec.name!r}: {_describe_tensor(spec)}" for spec in schema)
    listed = ", ".join(
        f"{_quoted(spec.name, i)} ({spec})" for i, spec in enumerate(cast("tuple[Column, ...]", schema[:8]))
    )
    more = f" and {len(schema) - 8} more" if len(schema) > 8 else ""
    return f"column{'s' if len(schema) > 1 else ''} {listed}{more}"


def _describe_tensor(spec: Tensor) -> str:
    return f"a numpy array of dtype {spec.dtype} and shape {spec.shape}"


def _quoted(name: object, position: int) -> str:
    return f"#{position}" if name is None else repr(name)


def describe_output(output: object) -> str:
    """Return what an output is, in a few words."""
    if isinstance(output, Frame):
        listed = ", ".join(f"{column.name!r} ({column.dtype})" for column in output.columns[:8])
        return f"a DataFrame of {output.rows} row{'s' if output.rows != 1 else ''} with columns {listed or 'none'}"
    if isinstance(output, Series):
        return f"a Series of {len(output.values)} values, dtype {output.dtype}, name {output.name!r}"
    if isinstance(output, np.ndarray):
        return f"a numpy array of dtype {output.dtype} and shape {output.shape}"
    if isinstance(output, (list, tuple, set, dict)):
        return f"a {type(output).__name__} of {len(output)}: {_short(output)}"
    if isinstance(output, Opaque):
        return f"a {output.type_name}"
    if isinstance(output, Sparse):
        return f"a scipy {output.format} matrix of shape {output.shape}"
    return f"{_short(output)} ({type(output).__name__})"


def _short(value: object, limit: int = 120) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --- columns ---------------------------------------------------------------------------------------------


def _column_mismatches(schema: tuple[Column, ...], output: object, rows: int | None) -> Iterator[Mismatch]:
    table = read_table(output, schema)
    if table is None:
        yield Mismatch("kind", describe_schema(schema), describe_output(output))
        return
    if isinstance(output, (list, tuple)) and not output:
        table = Table(tuple(ColumnData(spec.name, "object", []) for spec in schema), 0, named=is_named(schema))
    if is_named(schema) and not table.named:
        # One nameless column can be nothing else than the one declared column.
        mild = len(schema) == 1 and len(table.columns) == 1
        yield Mismatch("kind", describe_schema(schema), f"{describe_output(output)}, without column names", mild=mild)
        if not mild:
            return
    pairs = yield from _pair(schema, table)
    for spec, column in pairs:
        yield from _value_mismatches(spec, column)
    if rows is not None and table.rows != rows and not _holds_whole_columns(output, schema):
        expected = f"{rows} row{'s' if rows != 1 else ''}, one per input row"
        found = f"{table.rows} row{'s' if table.rows != 1 else ''}"
        # One answer to all rows: its signature looks like that of one answer to each, so nobody knows what was meant.
        one_for_all = isinstance(output, (dict, str, bytes, int, float, np.generic))
        yield Mismatch("rows", expected, found, mild=one_for_all)


def _holds_whole_columns(output: object, schema: tuple[Column, ...]) -> bool:
    """Tell whether an output is a dict of lists that was logged as such: `infer_signature` makes arrays of them."""
    return isinstance(output, dict) and any(isinstance(spec.type, Array) for spec in schema)


def _pair(schema: tuple[Column, ...], table: Table) -> Generator[Mismatch, None, list[tuple[Column, ColumnData]]]:
    """Yield what is wrong with the names, and return the declared columns that the table has, with their data."""
    if not (is_named(schema) and table.named):
        if len(table.columns) != len(schema):
            yield Mismatch("names", f"{len(schema)} columns", f"{len(table.columns)} columns")
        return list(zip(schema, table.columns, strict=False))
    wanted = [spec.name for spec in schema]
    found = [column.name for column in table.columns]
    missing = [spec.name for spec in schema if spec.required is not False and spec.name not in found]
    extra = [name for name in found if name not in wanted]
    repeated = sorted({repr(name) for name in found if found.count(name) > 1})
    if missing or extra or repeated:
        yield Mismatch(
            "names", f"columns {wanted}", f"columns {found}", subject=_name_subject(missing, extra, repeated)
        )
    elif [name for name in wanted if name in found] != found:
        yield Mismatch("names", f"columns in the order {wanted}", f"columns in the order {found}", subject="order")
    by_name = {column.name: column for column in table.columns}
    return [(spec, by_name[spec.name]) for spec in schema if spec.name in by_name]


def _name_subject(missing: list[Any], extra: list[Any], repeated: list[str]) -> str:
    parts = (("missing", missing), ("extra", extra), ("repeated", repeated))
    return "; ".join(f"{what} {names}" for what, names in parts if names)


def _value_mismatches(spec: Column, column: ColumnData) -> Iterator[Mismatch]:
    name = _quoted(column.name, 0)
    present = [value for value in column.values if not is_null(value)]
    by_dtype = dtype_type(column.dtype)
    if isinstance(spec.type, Scalar) and by_dtype is not None:
        if by_dtype != spec.type.name and (present or column.dtype == "bool"):
            yield Mismatch("type", f"column {name} of type {spec.type}", f"{by_dtype} (dtype {column.dtype})", name)
    else:
        wrong = next((value for value in present if not fits(value, spec.type)), None)
        if wrong is not None:
            found = f"{value_type(wrong)}: {_short(wrong, 60)}"
            yield Mismatch("type", f"column {name} of type {spec.type}", found, name)
    if spec.required is not False and len(present) < len(column.values) and _counts_as_missing(column, spec.type):
        nulls = [value for value in column.values if is_null(value)]
        null = None if any(value is None for value in nulls) else nulls[0]  # of floats, it is None that counts
        found = "None" if null is None else "NaN" if isinstance(null, (float, np.floating)) else "a missing value"
        yield Mismatch("null", f"a value in every row of the required column {name}", found, name)


def _counts_as_missing(column: ColumnData, declared: ColumnType) -> bool:
    # NaN in a float column is a number to pandas and numpy; a check of its own looks at it.
    if isinstance(declared, Scalar) and declared.name in {"float", "double"}:
        return any(value is None for value in column.values)
    return True


def read_table(output: object, schema: tuple[Column, ...]) -> Table | None:
    """Read an output as columns, the way `infer_signature` does; `None` where it has no such form."""
    if isinstance(output, Frame):
        return Table(output.columns, output.rows, named=True)
    if isinstance(output, Series):
        column = ColumnData(output.name, output.dtype, output.values)
        return Table((column,), len(output.values), named=output.name is not None)
    if isinstance(output, np.ndarray):
        return _table_of_array(output, schema)
    if isinstance(output, dict):
        return _table_of_dict(output, schema)
    if isinstance(output, (list, tuple)):
        return _table_of_list(list(output), schema)
    if isinstance(output, (str, bytes, int, float, np.generic)):
        return Table((ColumnData(None, "object", [output]),), 1, named=False)
    return None


def _table_of_array(output: Any, schema: tuple[Column, ...]) -> Table | None:
    nested = len(schema) == 1 and isinstance(schema[0].type, (Array, Vector))
    if output.ndim == 1 or (nested and output.ndim > 1):
        dtype = "object" if nested else str(output.dtype)
        return Table((ColumnData(None, dtype, list(output)),), output.shape[0], named=False)
    if output.ndim != 2:
        return None
    columns = tuple(ColumnData(None, str(output.dtype), list(output[:, i])) for i in range(output.shape[1]))
    return Table(columns, output.shape[0], named=False)


def _table_of_dict(output: dict[Any, Any], schema: tuple[Column, ...]) -> Table:
    declared = {spec.name: spec.type for spec in schema}
    many = all(isinstance(value, (list, np.ndarray, Series)) for value in output.values()) and not any(
        isinstance(declared.get(name), (Array, Vector)) for name in output
    )
    if not many:
        columns = tuple(ColumnData(name, "object", [value]) for name, value in output.items())
        return Table(columns, 1, named=True)
    columns = tuple(_column_of(name, value) for name, value in output.items())
    return Table(columns, max((len(column.values) for column in columns), default=0), named=True)


def _column_of(name: object, value: Any) -> ColumnData:
    if isinstance(value, Series):
        return ColumnData(name, value.dtype, value.values)
    dtype = str(value.dtype) if isinstance(value, np.ndarray) else "object"
    return ColumnData(name, dtype, list(value))


def _table_of_list(output: list[Any], schema: tuple[Column, ...]) -> Table:
    # A type hint such as list[dict[str, float]] declares one nameless column, whose cells are the dicts
    one_cell = len(schema) == 1 and schema[0].name is None and isinstance(schema[0].type, (Object, Map, AnyType))
    if output and not one_cell and all(isinstance(row, dict) for row in output):
        names = list(dict.fromkeys(key for row in output for key in row))
        columns = tuple(ColumnData(name, "object", [row.get(name) for row in output]) for name in names)
        return Table(columns, len(output), named=True)
    return Table((ColumnData(None, "object", output),), len(output), named=False)


# --- tensors ---------------------------------------------------------------------------------------------


def _tensor_mismatches(schema: tuple[Tensor, ...], output: object, rows: int | None) -> Iterator[Mismatch]:
    if not is_named(schema):
        yield from _array_mismatches(schema[0], output, rows, "")
        return
    if not isinstance(output, dict):
        yield Mismatch("kind", describe_schema(schema), describe_output(output))
        return
    wanted = [spec.name for spec in schema]
    if set(wanted) != set(output):
        missing = [name for name in wanted if name not in output]
        extra = [name for name in output if name not in wanted]
        yield Mismatch("names", f"tensors {wanted}", f"{list(output)}", subject=_name_subject(missing, extra, []))
    for spec in schema:
        if spec.name in output:
            yield from _array_mismatches(spec, output[spec.name], rows, repr(spec.name))


def _array_mismatches(spec: Tensor, output: object, rows: int | None, name: str) -> Iterator[Mismatch]:
    if not isinstance(output, np.ndarray):
        yield Mismatch("kind", _describe_tensor(spec), describe_output(output), name)
        return
    dtype = {"U": "str", "S": "bytes"}.get(output.dtype.kind, str(output.dtype))
    if dtype != spec.dtype and {dtype, spec.dtype} != {"bytes", "S"}:
        yield Mismatch("type", f"dtype {spec.dtype}", f"dtype {output.dtype}", name)
    if len(output.shape) != len(spec.shape) or any(
        want not in (-1, got) for want, got in zip(spec.shape, output.shape, strict=False)
    ):
        # A wrong first dimension is said better by the row check.
        yield Mismatch("shape", f"shape {spec.shape}", f"shape {output.shape}", name)
    elif rows is not None and spec.shape[:1] == (-1,) and output.shape[0] != rows:
        expected = f"{rows} along the first dimension, one per input row"
        yield Mismatch("rows", expected, f"shape {output.shape}", name)
    if output.dtype == object and any(value is None for value in output.flat):
        yield Mismatch("null", f"a value in every cell of {_describe_tensor(spec)}", "None", name)
