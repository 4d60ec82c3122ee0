"""Enumerates what must be answered: the example, typical rows, and the same rows in other dtypes and orders."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import (
    apply_edits,
    base_array,
    base_case,
    has_data,
    is_named,
    replace_column,
    takes_list,
    takes_rows,
    takes_tensors,
    type_of,
)
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Edit, Intent
from mlcheck.contract.data import TEXT, ColumnData, Frame
from mlcheck.contract.domain import Domain, InputDomain, is_null

# Rows of the typical cases; none at all is an edge
SIZES: Final = (1, 2, 7, 100)
_MOST_ELEMENTS: Final = 2_000_000
_EXTRA: Final = "mlcheck_extra"
# By declared type: the narrower dtypes that enforcement widens
_NARROWER: Final = {
    "integer": ("int8", "int16", "uint8", "uint16"),
    "long": ("int8", "int16", "int32", "uint8", "uint32"),
    "float": ("float16",),
    "double": ("int8", "int16", "int32", "uint8", "uint32", "float16", "float32"),
}
# Typical values that are looked through for one that a narrower dtype holds
_MOST_TRIED: Final = 20


def example_case(domain: Domain) -> Case | None:
    """Return the saved input example as a case, with its params; None where there is none."""
    if domain.example is None:
        return None
    return Case(domain.example.data, domain.example.params, "example", Intent("example", "the saved input example"))


def typical_cases(domain: Domain) -> list[Case]:
    """Return cases of 1, 2, 7 and 100 typical rows; none where no inputs can be made.

    It is one case where the number of rows is fixed, and fewer where rows are as large as images.
    """
    if not has_data(domain):
        return []
    sizes = SIZES if takes_rows(domain) else SIZES[:1]
    return [base_case(domain, rows) for rows in sizes if rows <= 2 or rows * _row_size(domain) <= _MOST_ELEMENTS]


def _row_size(domain: Domain) -> int:
    return sum(base_array(item, 1, 0).size if takes_tensors(domain) else 1 for item in domain.inputs)


def upcast_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return cases of a narrower dtype per column that MLflow widens, to be predicted as in the declared dtype."""
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return Cases((), 0)
    return take([_upcast_group(domain, item) for item in domain.inputs], limit)


def _upcast_group(domain: Domain, item: InputDomain) -> Group:
    return Group(str(type_of(item)), tuple(partial(_upcast, domain, item, *one) for one in narrower_columns(item)))


def narrower_columns(item: InputDomain) -> list[tuple[Edit, ColumnData]]:
    """Return the column of one typical value in each narrower dtype that holds it, and the edit with that value."""
    found = [(dtype, _value_fit_for(item, dtype)) for dtype in _NARROWER.get(str(type_of(item)), ())]
    return [
        (
            Edit("column", item.name, value),
            ColumnData(item.name, dtype, [int(value) if np.dtype(dtype).kind in "iu" else value]),
        )
        for dtype, value in found
        if value is not None
    ]


def _value_fit_for(item: InputDomain, dtype: str) -> Any:
    """Return a typical value that the narrower dtype holds exactly, None where none is found."""
    values = item.leaves[()]
    shown = [value for value in item.shown[:_MOST_TRIED] if not is_null(value)]
    candidates = [*shown, *(values.at(i) for i in range(_MOST_TRIED))]
    if values.low is not None:
        candidates += [type(values.low)(number) for number in (math.ceil(values.low), math.floor(values.high))]
    narrowed = (_narrow(value, np.dtype(dtype)) for value in candidates)
    return next((value for value in narrowed if value is not None and values.contains(value)), None)


def _narrow(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return the value nearest to the given one that the dtype holds; None for fractions and what is too large."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return float(dtype.type(value))
    info = np.iinfo(dtype)
    return value if info.min <= value <= info.max and value == math.floor(value) else None


def _upcast(domain: Domain, item: InputDomain, edit: Edit, narrow: ColumnData) -> Case:
    intent = Intent("value", str(edit), "column", item.name, edit.value)
    frame = apply_edits(domain, 1, 0, (edit,))
    declared = Case(frame, None, "typical", intent, None, (edit,))
    sentence = f"column {item.name!r} is {narrow.dtype} where {type_of(item)} is declared"
    changed = Intent("dtype", sentence, "column", item.name, narrow.dtype)
    return Case(replace_column(frame, narrow), None, "upcast", changed, declared, (edit,))


def reordered_cases(domain: Domain) -> list[Case]:
    """Return cases with the columns (or the names of tensors) in another order, to be predicted alike."""
    if not has_data(domain) or not is_named(domain) or takes_list(domain) or len(domain.inputs) < 2:
        return []
    base = base_case(domain, 2)
    noun = "tensors" if takes_tensors(domain) else "columns"
    items = list(base.data.columns) if isinstance(base.data, Frame) else list(base.data.items())  # type: ignore[attr-defined]
    orders = {"reversed": items[::-1], "in another order": items[1:] + items[:1]}
    cases = [_reordered(base, items, f"the {noun} are {name}") for name, items in orders.items()]
    return cases if len(items) > 2 else cases[:1]


def _reordered(base: Case, items: list[Any], sentence: str) -> Case:
    data = Frame(tuple(items), base.data.rows) if isinstance(base.data, Frame) else dict(items)
    return Case(data, None, "reordered", Intent("order", sentence), base)


def extra_column_cases(domain: Domain) -> list[Case]:
    """Return cases with undeclared columns of several dtypes, which are dropped: to be predicted alike."""
    if not has_data(domain) or takes_list(domain) or takes_tensors(domain):
        return []
    return [_extra_column(domain, dtype, value) for dtype, value in (("int64", 5), (TEXT, "word"), ("object", None))]


def _extra_column(domain: Domain, dtype: str, value: object) -> Case:
    base = base_case(domain)
    assert isinstance(base.data, Frame)
    extra = ColumnData(_EXTRA if is_named(domain) else len(domain.inputs), dtype, [value])
    # Without names only what comes after the declared columns is extra
    first = is_named(domain) and dtype == TEXT
    columns = (extra, *base.data.columns) if first else (*base.data.columns, extra)
    intent = Intent(
        "extra", f"there is an undeclared column {extra.name!r} of dtype {dtype}", "column", extra.name, dtype
    )
    return Case(Frame(columns, 1), None, "extra-column", intent, base)
