"""Enumerates what may be missing: optional columns and properties, left out or null."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from mlcheck.contract.cases.base import (
    base_cell,
    base_columns,
    has_data,
    is_named,
    make_column,
    replace_column,
    takes_list,
    takes_tensors,
)
from mlcheck.contract.cases.nested import Change, absences
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Intent
from mlcheck.contract.data import ColumnData, Frame
from mlcheck.contract.domain import DTYPES, WHOLE_RANGES, Domain, InputDomain
from mlcheck.signature import Column, Scalar

_SEVERAL: Final = 3
# Scalar types whose own dtype has a missing value; the others need a column of objects
_NULLS: Final = {"float": math.nan, "double": math.nan, "datetime": None, "string": None}


def optional_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return each optional column and property left out, and null, in turn; last all of the columns, of several rows.

    Whole numbers are never null, for no pandas dtype that MLflow takes for them has a missing value.
    """
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return Cases((), 0)
    groups = [Group(str(item.spec), tuple(_makers(domain, item, i))) for i, item in enumerate(domain.inputs)]
    optional = [item.name for item in domain.inputs if _is_optional(item)]
    if len(optional) == len(domain.inputs) > 1:
        groups.append(Group("all", (partial(_without, domain, *optional),)))
    elif optional and is_named(domain):  # a table without columns has no rows either
        groups.append(Group("all", (partial(_without, domain, *optional, rows=_SEVERAL),)))
    return take(groups, limit)


def _is_optional(item: InputDomain) -> bool:
    return isinstance(item.spec, Column) and not item.spec.required


def _makers(domain: Domain, item: InputDomain, position: int) -> Iterator[Callable[[], Case]]:
    assert isinstance(item.spec, Column)
    if _is_optional(item) and is_named(domain):
        yield partial(_without, domain, item.name)
        if str(item.spec.type) not in WHOLE_RANGES:
            yield partial(_null_column, domain, item, str(item.spec.type))
    good = None if isinstance(item.spec.type, Scalar) else base_cell(item, 0, position)
    if good is not None:
        for change in absences(item.spec.type, good):
            yield partial(_without_property, domain, item, change)


def _without(domain: Domain, *names: object, rows: int = 1) -> Case:
    frame = Frame(tuple(column for column in base_columns(domain, rows, 0) if column.name not in names), rows)
    if len(names) == 1:
        several = f" of {rows} rows" if rows > 1 else ""
        intent = Intent("absent", f"optional column {names[0]!r} is left out{several}", "column", names[0])
    else:
        intent = Intent("absent", f"all {len(names)} optional columns are left out")
    return Case(frame, None, "optional-absent", intent)


def _null_column(domain: Domain, item: InputDomain, type_name: str) -> Case:
    dtype = DTYPES[type_name] if type_name in _NULLS else "object"
    column = ColumnData(item.name, dtype, [_NULLS.get(type_name)])
    intent = Intent("null", f"optional column {item.name!r} is null", "column", item.name)
    return Case(replace_column(Frame(base_columns(domain, 1, 0), 1), column), None, "optional-null", intent)


def _without_property(domain: Domain, item: InputDomain, change: Change) -> Case:
    data = replace_column(Frame(base_columns(domain, 1, 0), 1), make_column(item, [change.value]))
    place = f"{item.name}{change.where}"
    if change.what == "absent":
        intent = Intent("absent", f"optional property {place!r} is left out", "property", item.name, None, change.where)
        return Case(data, None, "optional-absent", intent)
    intent = Intent("null", f"optional property {place!r} is null", "property", item.name, None, change.where)
    return Case(data, None, "optional-null", intent)
