"""Enumerates what a signature allows and few have thought of, input by input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import (
    apply_edits,
    base_array,
    base_cell,
    base_data,
    has_data,
    is_named,
    type_of,
)
from mlcheck.contract.cases.conforming import takes_rows
from mlcheck.contract.cases.edge_values import dtype_edges, edge_values
from mlcheck.contract.cases.nested import nested_edges
from mlcheck.contract.cases.params import param_edges
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Edit, Intent, show_value, subject
from mlcheck.contract.domain import Domain, InputDomain
from mlcheck.signature import Scalar, Tensor

# Sizes that a free inner dimension is tried with
_INNER_SIZES: Final = (0, 1, 5)


def edge_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return each edge value in each column, tensor and param in turn, zero rows and rows that come twice.

    Values that are typical are no edges. Where there are more than the limit, a fixed spread of inputs is taken.
    """
    groups: list[Group] = []
    if has_data(domain):
        groups.append(Group("rows", tuple(_row_makers(domain))))
        groups += [Group(str(item.spec), tuple(_makers(domain, item, i))) for i, item in enumerate(domain.inputs)]
    found = take(groups, limit)
    left = None if limit is None else max(0, limit - len(found))
    of_params = param_edges(domain, left)
    return Cases(
        found.cases + of_params.cases,
        found.total + of_params.total,
        found.covered + of_params.covered,
        found.subjects + of_params.subjects,
    )


def _row_makers(domain: Domain) -> Iterator[Callable[[], Case]]:
    if takes_rows(domain):
        yield lambda: Case(base_data(domain, 0), None, "edge", Intent("rows", "no rows at all"))
        yield lambda: Case(_twice(base_data(domain)), None, "edge", Intent("rows", "the same row twice"))


def _twice(data: Any) -> Any:
    if isinstance(data, np.ndarray):
        return np.concatenate([data, data])
    if isinstance(data, list):
        return data * 2
    if isinstance(data, dict):
        return {name: np.concatenate([array, array]) for name, array in data.items()}
    columns = (type(c)(c.name, c.dtype, c.values * 2) for c in data.columns)
    return type(data)(tuple(columns), data.rows * 2)


def _makers(domain: Domain, item: InputDomain, position: int) -> Iterator[Callable[[], Case]]:
    if isinstance(item.spec, Tensor):
        yield from _tensor_makers(domain, item)
        return
    type_ = type_of(item)
    if item.name in domain.absent:
        value = base_cell(item, 0, position)
        yield lambda: _column_case(domain, item, value, "present", f"optional column {item.name!r} is given")
    if isinstance(type_, Scalar):
        for value in edge_values(type_.name, item.leaves[()]):
            yield lambda value=value: _column_case(domain, item, value, "value", str(Edit("column", item.name, value)))
        return
    good = base_cell(item, 0, position)
    for change in nested_edges(type_, good, item.leaves) if good is not None else ():
        place = f"{subject('column', item.name)}{change.where}"
        sentence = f"{place} is {show_value(change.given)}"
        yield lambda c=change, s=sentence: _column_case(domain, item, c.value, c.what, s)


def _column_case(domain: Domain, item: InputDomain, value: Any, what: str, sentence: str) -> Case:
    edit = Edit("column", item.name, value)
    intent = Intent(what, sentence, "column", item.name, value)
    return Case(apply_edits(domain, 1, 0, (edit,)), None, "edge", intent, None, (edit,))


def _tensor_makers(domain: Domain, item: InputDomain) -> Iterator[Callable[[], Case]]:
    assert isinstance(item.spec, Tensor)
    array = base_array(item, 1, 0)
    for value in dtype_edges(item.spec.dtype) if array.size else ():
        yield lambda value=value: _element_case(domain, item, value)
        yield lambda value=value: _filled_case(domain, item, value)
    for axis, size in enumerate(item.spec.shape):
        if axis and size == -1:
            for inner in _INNER_SIZES:
                yield lambda axis=axis, inner=inner: _resized_case(domain, item, axis, inner)


def _element_case(domain: Domain, item: InputDomain, value: Any) -> Case:
    array = base_array(item, 1, 0)
    rows = item.spec.shape[:1] == (-1,)  # type: ignore[union-attr]
    edit = Edit("tensor", item.name, value, 0 if rows else None, (0,) * (array.ndim - rows))
    intent = Intent("value", str(edit), "tensor", item.name, value)
    return Case(apply_edits(domain, 1, 0, (edit,)), None, "edge", intent, None, (edit,))


def _filled_case(domain: Domain, item: InputDomain, value: Any) -> Case:
    array = base_array(item, 1, 0)
    whole = np.broadcast_to(_one(value, array), array.shape).copy()
    sentence = f"every element of {subject('tensor', item.name)} is {show_value(value)}"
    return tensor_case(domain, item, whole, Intent("fill", sentence, "tensor", item.name, value))


def _one(value: Any, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind in "US":
        return np.array(value, dtype=array.dtype.char)
    return np.array(value).astype(array.dtype)


def _resized_case(domain: Domain, item: InputDomain, axis: int, size: int) -> Case:
    array = base_array(item, 1, 0)
    resized = np.take(array, np.arange(size) % max(1, array.shape[axis]), axis=axis)
    sentence = f"dimension {axis} of {subject('tensor', item.name)} is {size}"
    return tensor_case(domain, item, resized, Intent("shape", sentence, "tensor", item.name, size))


def tensor_case(domain: Domain, item: InputDomain, array: Any, intent: Intent, kind: Any = "edge") -> Case:
    """Return the base case with the tensor replaced by something else."""
    data = {**base_data(domain), item.name: array} if is_named(domain) else array
    return Case(data, None, kind, intent)
