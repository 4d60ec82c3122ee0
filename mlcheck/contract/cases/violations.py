"""Enumerates what enforcement must refuse: every kind of violation for every column, tensor and param."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import (
    base_array,
    base_cell,
    base_columns,
    base_data,
    has_data,
    inputs_by_name,
    is_named,
    replace_column,
    takes_list,
    takes_tensors,
    type_of,
)
from mlcheck.contract.cases.edges import tensor_case
from mlcheck.contract.cases.nested import nested_violations
from mlcheck.contract.cases.params import param_violation_groups
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.supplied import SUPPLIED, kind_of_violation
from mlcheck.contract.cases.types import Case, Cases, Intent, Place, show_value, subject
from mlcheck.contract.data import ColumnData, Frame
from mlcheck.contract.domain import PLAIN, WHOLE_RANGES, Domain, InputDomain, leaf_types, make_value, to_native
from mlcheck.contract.verdict import judge
from mlcheck.signature import AnyType, Column, ColumnType, Scalar, Signature, Tensor

_PROBE: Final = "column"
_OTHER_DTYPES: Final = (
    "float64",
    "float32",
    "int64",
    "int32",
    "uint8",
    "bool",
    "complex64",
    "str",
    "object",
    "datetime64[ns]",
)


_STRANGE_ELEMENTS: Final = ("word", 1.5, 5, True, b"abc", None, {"key": {1}}, [{1}])


@dataclass(frozen=True, slots=True)
class Violation:
    """A column of one value that is refused for a type; `dtype` None stands for a column left out."""

    what: str
    where: str
    dtype: str | None
    value: Any
    label: str


def violation_cases(domain: Domain, *, mlflow_version: str, pandas_version: str, limit: int | None = None) -> Cases:
    """Return every kind of violation for every column, tensor, property and param that these versions refuse.

    Where there are more than the limit, a fixed spread of inputs is taken, with every sort of input among them.
    """
    versions = (mlflow_version, pandas_version)
    return take(violation_groups(domain, *versions) + param_violation_groups(domain, *versions), limit)


def violation_groups(domain: Domain, mlflow_version: str, pandas_version: str) -> list[Group]:
    """Return the violations of the inputs, not made yet, by what they are about: the whole, then each input."""
    groups: list[Group] = []
    versions = (mlflow_version, pandas_version)
    if has_data(domain) and not takes_list(domain):
        groups.append(Group("data", _confirmed(domain, _whole_cases(domain), *versions)))
        groups += [_input_group(domain, item, *versions) for item in domain.inputs]
    elif has_data(domain):
        groups.append(Group("data", _confirmed(domain, _list_cases(domain), *versions)))
    return groups


def _list_cases(domain: Domain) -> Iterator[Case]:
    """Yield what is no list, and lists with an element of another type, for a signature from a type hint."""
    values = base_data(domain, 2)
    others = (("None", None), ("text", "word"), ("a set", {1, 2}), ("a tuple", tuple(values)), ("a dict", {"k": 1}))
    for label, data in others:
        yield Case(data, None, "violation", Intent("container", f"data is {label}", "data", None, label))
    for value in _STRANGE_ELEMENTS:
        what = "null" if value is None else "element"
        intent = Intent(what, f"an element of the list is {show_value(value)}", "data", None, value)
        yield Case([values[0], value], None, "violation", intent)


def _confirmed(
    domain: Domain, cases: Iterable[Case], mlflow_version: str, pandas_version: str
) -> tuple[Callable[[], Case], ...]:
    """Return makers of those cases that the versions refuse."""
    versions = {"mlflow_version": mlflow_version, "pandas_version": pandas_version}
    refused = [case for case in cases if judge(domain.signature, case.data, None, **versions).kind == "refuse"]
    return tuple(partial(_itself, case) for case in refused)


def _itself(case: Case) -> Case:
    return case


def _input_group(domain: Domain, item: InputDomain, mlflow_version: str, pandas_version: str) -> Group:
    if isinstance(item.spec, Tensor):
        cases = _tensor_cases(domain, item, item.spec)
        return Group(str(item.spec), _confirmed(domain, cases, mlflow_version, pandas_version))
    found = column_violations(item.spec.type, item.spec.required, mlflow_version, pandas_version)
    fitting = [violation for violation in found if violation.dtype is not None or is_named(domain)]
    makers = tuple(partial(make_violation, domain, item, violation) for violation in fitting)
    return Group((item.spec.type, item.spec.required), makers, by_rows=True)


@lru_cache(maxsize=1024)
def column_violations(
    type_: ColumnType, required: bool | None, mlflow_version: str, pandas_version: str
) -> tuple[Violation, ...]:
    """Return all violations of a column of the type that the versions refuse, judged on a signature of its own."""
    signature = Signature((Column(_PROBE, type_, required),))

    def is_refused(violation: Violation) -> bool:
        name = "another" if violation.dtype is None else _PROBE
        column = ColumnData(name, violation.dtype or "int64", [violation.value])
        versions = {"mlflow_version": mlflow_version, "pandas_version": pandas_version}
        return judge(signature, Frame((column,), 1), None, **versions).kind == "refuse"

    return tuple(filter(is_refused, _candidates(type_)))


def _candidates(type_: ColumnType) -> Iterator[Violation]:
    yield Violation("missing", "", None, 1, "missing")
    if isinstance(type_, Scalar):
        for supplied in SUPPLIED:
            what = kind_of_violation(type_.name, supplied)
            yield Violation(what, "", supplied.dtype, supplied.value, supplied.label or supplied.dtype)
    elif not isinstance(type_, AnyType):
        leaves = {path: PLAIN[scalar] for path, scalar in leaf_types(type_)}
        good = to_native(make_value(type_, leaves, 0), type_)
        for change in nested_violations(type_, good):
            yield Violation(
                change.what, change.where, "object", change.value, _describe_change(change.what, change.given)
            )


def _describe_change(what: str, given: Any) -> str:
    return {"missing-property": "missing", "undeclared-property": "given though undeclared"}.get(
        what, show_value(given)
    )


def make_violation(domain: Domain, item: InputDomain, violation: Violation, rows: int = 1, offset: int = 0) -> Case:
    """Return base rows with one column violating the signature."""
    place = subject("column", item.name) + violation.where
    columns = base_columns(domain, rows, offset)
    if violation.dtype is None:
        data = Frame(tuple(column for column in columns if column.name != item.name), rows)
        return Case(data, None, "violation", Intent("missing", f"{place} is missing", "column", item.name))
    values = _violating_values(domain, item, violation, rows, offset)
    data = replace_column(Frame(columns, rows), ColumnData(item.name, violation.dtype, values))
    sentence = f"{place} is {violation.label}" + ("" if violation.where else f" where {type_of(item)} is declared")
    inside: Place = "property" if violation.where else "column"
    intent = Intent(violation.what, sentence, inside, item.name, violation.label, violation.where)
    return Case(data, None, "violation", intent)


def _violating_values(domain: Domain, item: InputDomain, violation: Violation, rows: int, offset: int) -> list[Any]:
    """Return the wrong value in every row; of whole numbers only the last one is missing, as in real data."""
    values = [violation.value] * rows
    if violation.what == "null" and str(type_of(item)) in WHOLE_RANGES:
        position = inputs_by_name(domain)[item.name][0]
        values[:-1] = [base_cell(item, offset + row, position) for row in range(rows - 1)]
    return values


def _whole_cases(domain: Domain) -> Iterator[Case]:
    """Yield data of another kind altogether, and too few columns where they have no names."""
    for label, data in (("None", None), ("text", "word"), ("a set", {1, 2})):
        yield Case(data, None, "violation", Intent("container", f"data is {label}", "data", None, label))
    if takes_tensors(domain):
        yield from _whole_tensor_cases(domain)
    elif not is_named(domain):
        columns = base_columns(domain, 1, 0)
        for count in sorted({len(columns) - 1, 0}):
            sentence = f"there are {count} columns where {len(columns)} are declared"
            yield Case(Frame(columns[:count], 1), None, "violation", Intent("too-few-columns", sentence, "data"))


def _whole_tensor_cases(domain: Domain) -> Iterator[Case]:
    data = base_data(domain)
    if not is_named(domain):
        yield Case(data.tolist(), None, "violation", Intent("list-for-array", "data is a list, not an array", "data"))
        return
    for name in data:
        rest = {key: array for key, array in data.items() if key != name}
        yield Case(rest, None, "violation", Intent("missing", f"tensor {name!r} is missing", "tensor", name))


def _tensor_cases(domain: Domain, item: InputDomain, spec: Tensor) -> Iterator[Case]:
    place = subject("tensor", item.name)
    for what, sentence, wrong in _wrong_arrays(base_array(item, 1, 0), spec.shape):
        intent = Intent(what, f"{place} {sentence}", "tensor", item.name)
        yield tensor_case(domain, item, wrong, intent, "violation")


def _wrong_arrays(array: np.ndarray[Any, Any], shape: tuple[int, ...]) -> Iterator[tuple[str, str, Any]]:
    yield "rank", f"has {array.ndim + 1} dimensions, not {array.ndim}", array[..., np.newaxis]
    if array.ndim and array.shape[-1]:
        yield "rank", f"has {array.ndim - 1} dimensions, not {array.ndim}", array[..., 0]
    for axis, size in enumerate(shape):
        if size >= 0:
            for wrong in (size + 1, size - 1) if size else (1,):
                yield "dimension", f"has {wrong} in dimension {axis}, not {size}", _resize(array, axis, wrong)
    for dtype in _OTHER_DTYPES:
        if np.dtype(dtype) != array.dtype:
            yield "dtype", f"is {dtype}, not {array.dtype}", _recast(array, dtype)
    yield "list-for-array", "is a list, not an array", array.tolist()


def _resize(array: np.ndarray[Any, Any], axis: int, size: int) -> np.ndarray[Any, Any]:
    shape = (*array.shape[:axis], size, *array.shape[axis + 1 :])
    return np.resize(array, shape) if array.size else np.zeros(shape, dtype=array.dtype)


def _recast(array: np.ndarray[Any, Any], dtype: str) -> np.ndarray[Any, Any]:
    if np.dtype(dtype).kind == "M" or array.dtype.kind in "USOMm":
        return np.zeros(array.shape, dtype="int64").astype(dtype)
    with np.errstate(all="ignore"):
        return (array.real if np.dtype(dtype).kind != "c" else array).astype(dtype)
