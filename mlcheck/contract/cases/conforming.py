"""Enumerates what must be answered: typical rows, the example, and other ways of giving the same rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import (
    apply_edits,
    base_case,
    base_cell,
    base_columns,
    has_data,
    is_named,
    make_column,
    takes_list,
    takes_tensors,
    type_of,
)
from mlcheck.contract.cases.nested import absences
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Edit, Intent
from mlcheck.contract.data import TEXT, ColumnData, Frame, Series
from mlcheck.contract.domain import DTYPES, WHOLE_RANGES, Domain, InputDomain, is_null
from mlcheck.signature import Column, Scalar, Tensor

# Rows of the typical cases; none at all is an edge
SIZES: Final = (1, 2, 7, 100)
_EXTRA: Final = "mlcheck_extra"
# By declared type: the narrower dtypes that enforcement widens, and the bounds of the whole numbers among them
_NARROWER: Final = {
    "integer": ("int8", "int16", "uint8", "uint16"),
    "long": ("int8", "int16", "int32", "uint8", "uint32"),
    "float": ("float16",),
    "double": ("int8", "int16", "int32", "uint8", "uint32", "float16", "float32"),
}


def example_case(domain: Domain) -> Case | None:
    """Return the saved input example as a case, with its params; None where there is none."""
    if domain.example is None:
        return None
    params = domain.example.params
    return Case(domain.example.data, params, "example", Intent("example", "the saved input example"))


def typical_cases(domain: Domain) -> list[Case]:
    """Return cases of 1, 2, 7 and 100 typical rows; one case where the number of rows is fixed, none without inputs."""
    if not has_data(domain):
        return []
    return [base_case(domain, rows) for rows in (SIZES if takes_rows(domain) else SIZES[:1])]


def takes_rows(domain: Domain) -> bool:
    """Return whether the model takes any number of rows: columns do, tensors do if the first dimension is free."""
    return all(isinstance(item.spec, Column) or item.spec.shape[:1] == (-1,) for item in domain.inputs)


def upcast_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return cases of a narrower dtype per column that MLflow widens, to be predicted as in the declared dtype."""
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return Cases((), 0)
    groups = []
    for item in domain.inputs:
        scalar = str(type_of(item))
        found = ((dtype, value) for dtype in _NARROWER.get(scalar, ()) for value in _values_fit_for(item, dtype))
        makers = tuple(
            lambda item=item, dtype=dtype, value=value: _upcast(domain, item, dtype, value) for dtype, value in found
        )
        groups.append(Group(scalar, makers))
    return take(groups, limit)


def _values_fit_for(item: InputDomain, dtype: str) -> list[Any]:
    """Return a typical value that the narrower dtype holds exactly, in a list, or an empty list."""
    values = item.leaves[()]
    shown = [value for value in item.shown[:20] if not is_null(value)]
    candidates = [*shown, *(values.at(i) for i in range(20))]
    if values.low is not None:
        candidates += [type(values.low)(number) for number in (math.ceil(values.low), math.floor(values.high))]
    return [value for value in candidates if values.contains(value) and _holds(dtype, value)][:1]


def _holds(dtype: str, value: Any) -> bool:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            return float(kind.type(value)) == value
    info = np.iinfo(kind)
    return math.isfinite(value) and value == int(value) and bool(info.min <= value <= info.max)


def _upcast(domain: Domain, item: InputDomain, dtype: str, value: Any) -> Case:
    edit = Edit("column", item.name, value)
    declared = _edited(domain, edit)
    narrow = ColumnData(item.name, dtype, [int(value) if np.dtype(dtype).kind in "iu" else value])
    sentence = f"column {item.name!r} is {dtype} where {type_of(item)} is declared"
    data = replace_column(declared.data, narrow)
    return Case(data, None, "upcast", Intent("dtype", sentence, "column", item.name, dtype), declared, (edit,))


def _edited(domain: Domain, edit: Edit) -> Case:
    return Case(
        apply_edits(domain, 1, 0, (edit,)),
        None,
        "typical",
        Intent("value", str(edit), edit.place, edit.name),
        None,
        (edit,),
    )


def replace_column(frame: Frame, column: ColumnData) -> Frame:
    """Return the frame with the column of that name replaced, or added as the last one."""
    if column.name in frame.names:
        return replace(frame, columns=tuple(column if c.name == column.name else c for c in frame.columns))
    return replace(frame, columns=(*frame.columns, column))


def reordered_cases(domain: Domain) -> list[Case]:
    """Return cases with the columns (or the names of tensors) in another order, to be predicted alike."""
    if not has_data(domain) or not is_named(domain) or takes_list(domain) or len(domain.inputs) < 2:
        return []
    base = base_case(domain, 2)
    cases = []
    for sentence, order in (("reversed", slice(None, None, -1)), ("rotated", None)):
        data = _reorder(base.data, order)
        intent = Intent("order", f"{'tensors' if takes_tensors(domain) else 'columns'} {sentence}")
        cases.append(Case(data, None, "reordered", intent, base))
    return cases[: 1 if len(domain.inputs) == 2 else 2]


def _reorder(data: Any, order: slice | None) -> Any:
    items = list(data.columns) if isinstance(data, Frame) else list(data.items())
    moved = items[order] if order else items[1:] + items[:1]
    return Frame(tuple(moved), data.rows) if isinstance(data, Frame) else dict(moved)


def extra_column_cases(domain: Domain) -> list[Case]:
    """Return cases with undeclared columns of several dtypes, which are dropped: to be predicted alike."""
    if not has_data(domain) or takes_list(domain) or takes_tensors(domain):
        return []
    base = base_case(domain)
    assert isinstance(base.data, Frame)
    cases = []
    for dtype, value in (("int64", 5), (TEXT, "word"), ("object", None)):
        extra = ColumnData(_EXTRA if is_named(domain) else len(domain.inputs), dtype, [value])
        first = is_named(domain) and dtype == TEXT
        columns = (extra, *base.data.columns) if first else (*base.data.columns, extra)
        intent = Intent("extra", f"undeclared column {extra.name!r} of dtype {dtype}", "column", extra.name, dtype)
        cases.append(Case(Frame(columns, 1), None, "extra-column", intent, base))
    return cases


def container_cases(domain: Domain) -> list[Case]:
    """Return the same rows in every other container that the signature allows, to be predicted alike."""
    if not has_data(domain) or takes_list(domain):
        return []
    base = base_case(domain, 2 if takes_rows(domain) else 1)
    made = _tensor_containers(domain, base.data) if takes_tensors(domain) else _table_containers(domain, base.data)
    return [Case(data, None, "container", Intent("container", name), base) for name, data in made]


def _table_containers(domain: Domain, frame: Any) -> list[tuple[str, Any]]:
    scalars = [str(type_of(item)) for item in domain.inputs if item.name not in domain.absent]
    made: list[tuple[str, Any]] = []
    # Python's own ints and floats are int64 and float64 to pandas, which MLflow does not narrow
    plain = not {"integer", "float"} & set(scalars)
    rows = [list(row) for row in zip(*(column.values for column in frame.columns), strict=True)]
    if is_named(domain):
        if plain:
            made.append(("a list of records", [dict(zip(frame.names, row, strict=True)) for row in rows]))
        if plain and set(scalars) <= set(DTYPES) and set(scalars) != {"string"}:
            made.append(("a dictionary of lists", {c.name: list(c.values) for c in frame.columns}))
        if set(scalars) <= set(DTYPES):
            made.append(("a dictionary of arrays", {c.name: _column_array(c) for c in frame.columns}))
    elif plain:
        made.append(("a list of rows", rows))
        if len(set(scalars)) == 1 and scalars[0] in {"double", "long", "boolean"}:
            made.append(("an array", np.array(rows)))
    if len(frame.columns) == 1:
        column = frame.columns[0]
        made.append(("a Series", Series(column.name, column.dtype, column.values)))
    return made


def _column_array(column: ColumnData) -> np.ndarray[Any, Any]:
    dtype = "object" if column.dtype == TEXT else column.dtype
    return np.array(column.values, dtype=dtype)


def _tensor_containers(domain: Domain, data: Any) -> list[tuple[str, Any]]:
    """Return a DataFrame for the tensors where MLflow takes one: the first dimension free, the others fixed."""
    specs = [item.spec for item in domain.inputs]
    if any(not isinstance(spec, Tensor) or spec.shape[:1] != (-1,) or -1 in spec.shape[1:] for spec in specs):
        return []
    if any(np.dtype(spec.dtype).kind not in "iuf" for spec in specs):  # type: ignore[union-attr]
        return []
    if is_named(domain):
        return [
            (
                "a DataFrame of lists",
                Frame(tuple(_list_column(n, a) for n, a in data.items()), len(next(iter(data.values())))),
            )
        ]
    made: list[tuple[str, Any]] = [("a DataFrame of lists", Frame((_list_column(0, data),), len(data)))]
    if data.ndim == 2 and data.shape[1] > 1:
        columns = (ColumnData(i, str(data.dtype), data[:, i].tolist()) for i in range(data.shape[1]))
        made.append(("a DataFrame of columns", Frame(tuple(columns), len(data))))
    return made


def _list_column(name: object, array: np.ndarray[Any, Any]) -> ColumnData:
    if array.ndim == 1:
        return ColumnData(name, str(array.dtype), array.tolist())
    return ColumnData(name, "object", [row.reshape(-1).tolist() for row in array])


def optional_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return each optional column and property left out, and null, in turn; last all of them together."""
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return Cases((), 0)
    groups = [
        Group(("optional", str(type_of(item))), tuple(_absence_makers(domain, item, i)))
        for i, item in enumerate(domain.inputs)
    ]
    optional = [item.name for item in domain.inputs if not item.spec.required]  # type: ignore[union-attr]
    together = (lambda: _without(domain, set(optional)),) if len(optional) > 1 else ()
    return take([*groups, Group("all", together)], limit)


def _absence_makers(domain: Domain, item: InputDomain, position: int) -> list[Any]:
    assert isinstance(item.spec, Column)
    makers: list[Any] = []
    if not item.spec.required and is_named(domain):
        makers.append(lambda: _without(domain, {item.name}))
        if str(item.spec.type) not in WHOLE_RANGES:
            makers.append(lambda: _null_column(domain, item))
    if not isinstance(item.spec.type, Scalar):
        good = base_cell(item, 0, position)
        if good is not None:
            makers += [
                lambda change=change: _changed(domain, item, change) for change in absences(item.spec.type, good)
            ]
    return makers


def _without(domain: Domain, names: set[Any]) -> Case:
    frame = Frame(tuple(c for c in base_columns(domain, 1, 0) if c.name not in names), 1)
    listed = ", ".join(map(repr, sorted(names, key=str)))
    intent = Intent("absent", f"optional column{'s' * (len(names) > 1)} {listed} left out", "column", listed)
    return Case(frame, None, "optional-absent", intent)


def _null_column(domain: Domain, item: InputDomain) -> Case:
    """Return the base row with null in the column: NaN or NaT where the dtype has it, None in an object column else."""
    scalar = str(item.spec.type) if isinstance(item.spec, Column) else ""
    nulls = {"float": math.nan, "double": math.nan, "datetime": None, "string": None}
    dtype = DTYPES[scalar] if scalar in nulls else "object"
    frame = Frame(base_columns(domain, 1, 0), 1)
    data = replace_column(frame, ColumnData(item.name, dtype, [nulls.get(scalar)]))
    intent = Intent("null", f"optional column {item.name!r} is null", "column", item.name)
    return Case(data, None, "optional-null", intent)


def _changed(domain: Domain, item: InputDomain, change: Any) -> Case:
    data = replace_column(Frame(base_columns(domain, 1, 0), 1), make_column(item, [change.value]))
    state = "left out" if change.what == "absent" else "null"
    sentence = f"optional property {change.where.lstrip('.')!r} of column {item.name!r} is {state}"
    kind = "optional-absent" if change.what == "absent" else "optional-null"
    return Case(data, None, kind, Intent(change.what, sentence, "property", f"{item.name}{change.where}"))  # type: ignore[arg-type]
