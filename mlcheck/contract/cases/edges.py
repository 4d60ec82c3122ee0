"""Enumerates what a signature allows and few have thought of, input by input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases.base import (
    apply_edits,
    base_array,
    base_cell,
    base_data,
    has_data,
    is_named,
    make_array,
    takes_list,
    takes_rows,
)
from mlcheck.contract.cases.edge_values import dtype_edges, edge_values, present_edges
from mlcheck.contract.cases.nested import nested_edges
from mlcheck.contract.cases.params import param_edge_groups
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Edit, Intent, Kind, show_value, subject
from mlcheck.contract.data import ColumnData, Frame
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
    return take(groups + param_edge_groups(domain), limit)


def _row_makers(domain: Domain) -> Iterator[Callable[[], Case]]:
    if takes_rows(domain):
        yield partial(_rows_case, domain, [], "there are no rows")
        yield partial(_rows_case, domain, [0, 0], "the same row comes twice")


def _rows_case(domain: Domain, rows: list[int], sentence: str) -> Case:
    return Case(_pick_rows(base_data(domain), rows), None, "edge", Intent("rows", sentence))


def _pick_rows(data: Any, rows: list[int]) -> Any:
    if isinstance(data, np.ndarray):
        return data[rows]
    if isinstance(data, list):
        return [data[row] for row in rows]
    if isinstance(data, dict):
        return {name: array[rows] for name, array in data.items()}
    columns = (ColumnData(c.name, c.dtype, [c.values[row] for row in rows]) for c in data.columns)
    return Frame(tuple(columns), len(rows))


def _makers(domain: Domain, item: InputDomain, position: int) -> Iterator[Callable[[], Case]]:
    if isinstance(item.spec, Tensor):
        yield from _tensor_makers(domain, item, item.spec)
        return
    type_ = item.spec.type
    good = base_cell(item, 0, position)
    if item.name in domain.absent:
        intent = Intent("present", f"optional column {item.name!r} is given", "column", item.name, good)
        yield partial(_column_case, domain, item, good, intent)
    if isinstance(type_, Scalar):
        # Type hints say where null is allowed, columns do not
        edges = present_edges if takes_list(domain) else edge_values
        for value in edges(type_.name, item.leaves[()]):
            yield partial(edge_case, domain, Edit("column", item.name, value))
    elif good is not None:
        for change in nested_edges(type_, good, item.leaves):
            sentence = f"{subject('column', item.name)}{change.where} is {show_value(change.given)}"
            intent = Intent(change.what, sentence, "property", item.name, change.given, change.where)
            yield partial(_column_case, domain, item, change.value, intent)


def edge_case(domain: Domain, edit: Edit) -> Case:
    """Return the case of one row with the edge value in its column, whatever row the edit names."""
    alone = Edit(edit.place, edit.name, edit.value)
    intent = Intent("value", str(alone), edit.place, edit.name, edit.value)
    return Case(apply_edits(domain, 1, 0, (alone,)), None, "edge", intent, None, (alone,))


def _column_case(domain: Domain, item: InputDomain, value: Any, intent: Intent) -> Case:
    edits = (Edit("column", item.name, value),)
    return Case(apply_edits(domain, 1, 0, edits), None, "edge", intent, None, edits)


def _tensor_makers(domain: Domain, item: InputDomain, spec: Tensor) -> Iterator[Callable[[], Case]]:
    if base_array(item, 1, 0).size:
        for value in dtype_edges(spec.dtype):
            yield partial(_element_case, domain, item, spec, value)
            yield partial(_filled_case, domain, item, value)
    for axis, size in enumerate(spec.shape):
        if axis and size == -1:
            for inner in _INNER_SIZES:
                yield partial(_resized_case, domain, item, axis, inner)


def _element_case(domain: Domain, item: InputDomain, spec: Tensor, value: Any) -> Case:
    free = spec.shape[:1] == (-1,)
    edits = (Edit("tensor", item.name, value, 0 if free else None, (0,) * (len(spec.shape) - free)),)
    intent = Intent("value", str(edits[0]), "tensor", item.name, value)
    return Case(apply_edits(domain, 1, 0, edits), None, "edge", intent, None, edits)


def _filled_case(domain: Domain, item: InputDomain, value: Any) -> Case:
    array = base_array(item, 1, 0)
    whole = np.broadcast_to(make_array([value], _bare_dtype(array)), array.shape).copy()
    sentence = f"every element of {subject('tensor', item.name)} is {show_value(value)}"
    return tensor_case(domain, item, whole, Intent("fill", sentence, "tensor", item.name, value))


def _bare_dtype(array: np.ndarray[Any, Any]) -> str:
    """Return the dtype without the length that texts happen to have."""
    return array.dtype.char if array.dtype.kind in "US" else str(array.dtype)


def _resized_case(domain: Domain, item: InputDomain, axis: int, size: int) -> Case:
    array = base_array(item, 1, 0)
    resized = np.take(array, np.arange(size) % max(1, array.shape[axis]), axis=axis)
    sentence = f"dimension {axis} of {subject('tensor', item.name)} is {size}"
    return tensor_case(domain, item, resized, Intent("shape", sentence, "tensor", item.name, size))


def tensor_case(domain: Domain, item: InputDomain, array: Any, intent: Intent, kind: Kind = "edge") -> Case:
    """Return the base case with the tensor replaced by something else."""
    data = {**base_data(domain), item.name: array} if is_named(domain) else array
    return Case(data, None, kind, intent)
