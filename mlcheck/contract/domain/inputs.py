"""The domain of one column or tensor: the values shown for it, and what is typical for each scalar in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np

from mlcheck.contract.domain.configured import apply_configuration
from mlcheck.contract.domain.nested import Path, make_value
from mlcheck.contract.domain.plain import PLAIN, scalar_of_dtype
from mlcheck.contract.domain.rows import MOST_ROWS
from mlcheck.contract.domain.values import Source, Values, is_null, values_from_shown
from mlcheck.signature import (
    AnyType,
    Array,
    Column,
    ColumnType,
    Map,
    Name,
    Scalar,
    Signature,
    Tensor,
    Vector,
    input_name,
)

Settings: TypeAlias = Mapping[str, Mapping[str, Any]]

# Elements of a shown tensor that are looked at
_MOST_ELEMENTS: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class InputDomain:
    """The domain of one column or tensor.

    `shown` has its value in each row of the sample or the example (an array for a tensor), or nothing where
    neither tells. `leaves` has the typical scalars by path: () for a scalar column and for the elements of a tensor.
    """

    name: Name
    spec: Column | Tensor
    shown: tuple[Any, ...]
    leaves: Mapping[Path, Values]


def unique_inputs(signature: Signature) -> list[tuple[Name, Column | Tensor]]:
    """Return the inputs by the name that enforcement looks for; of two of one name the last counts."""
    return list({input_name(spec, i): spec for i, spec in enumerate(signature.inputs or ())}.items())


def leaf_types(type_: ColumnType, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and the name of every scalar in the type."""
    if isinstance(type_, Scalar):
        yield path, type_.name
    elif isinstance(type_, Vector):
        yield path, "double"
    elif isinstance(type_, Array):
        yield from leaf_types(type_.items, path)
    elif isinstance(type_, Map):
        yield from leaf_types(type_.values, path)
    elif not isinstance(type_, AnyType):
        for item in type_.properties:
            yield from leaf_types(item.type, (*path, item.name))


def leaves_of(spec: Column | Tensor) -> dict[Path, str]:
    """Return the scalar types in an input by path; () stands for the elements of a tensor."""
    if isinstance(spec, Column):
        return dict(leaf_types(spec.type))
    scalar = scalar_of_dtype(spec.dtype)
    return {(): scalar} if scalar else {}


def is_typical(item: InputDomain, value: object) -> bool:
    """Return whether the value (an element of it for a tensor) is a typical one of the input."""
    if isinstance(item.spec, Tensor):
        return item.leaves[()].contains(value)
    if not isinstance(item.spec.type, Scalar) and any(value == shown for shown in item.shown):
        return True
    good = item.shown[0] if item.shown else make_value(item.spec.type, item.leaves, 0)
    return _is_like(item, item.spec.type, good, value, ())


def _is_like(item: InputDomain, type_: ColumnType, good: Any, value: Any, path: Path) -> bool:
    """Return whether the value has the shape of a good one and typical scalars."""
    if isinstance(type_, Scalar):
        return item.leaves[path].contains(value)
    if isinstance(type_, AnyType) or good is None or value is None or len(good) != len(value):
        return type(good) is type(value) and bool(good == value)
    if isinstance(type_, Array | Vector):
        items = Scalar("double") if isinstance(type_, Vector) else type_.items
        return all(_is_like(item, items, *pair, path) for pair in zip(good, value, strict=True))
    if good.keys() != value.keys():
        return False
    if isinstance(type_, Map):
        return all(_is_like(item, type_.values, good[key], value[key], path) for key in good)
    types = {each.name: each.type for each in type_.properties}
    return all(_is_like(item, types[key], good[key], value[key], (*path, key)) for key in good)


def input_domain(
    name: Name, spec: Column | Tensor, source: Source, cells: Sequence[Any], settings: Settings, *, learned: Settings
) -> InputDomain:
    """Return the domain of an input of which the source shows the values in some rows (none for "plain")."""
    found: dict[Path, list[Any]] = {}
    if isinstance(spec, Tensor):
        found[()] = _elements(cells)
    else:
        for cell in cells:
            _collect(cell, spec.type, (), found)
    leaves = {}
    for path, scalar in leaves_of(spec).items():
        values = values_from_shown(found.get(path, ()), source) or PLAIN[scalar]
        key = ".".join((str(name), *path))
        if setting := settings.get(key):
            values = apply_configuration(values, setting, scalar, name)
        elif seen := learned.get(key):
            values = replace(apply_configuration(values, seen, scalar, name), source="model")
        leaves[path] = values
    return InputDomain(name, spec, tuple(_fit(_thin(cells), spec, leaves)), leaves)


def _thin(cells: Sequence[Any]) -> list[Any]:
    """Return as many rows as are worth keeping, spread over all of them, the first among them."""
    count = min(len(cells), MOST_ROWS)
    return [cells[i * len(cells) // count] for i in range(count)]


def _fit(cells: Sequence[Any], spec: Column | Tensor, leaves: Mapping[Path, Values]) -> list[Any]:
    """Return the shown values with those replaced that the configuration excludes or the type cannot hold."""
    if isinstance(spec, Tensor) or not isinstance(spec.type, Scalar):
        return list(cells)
    values = leaves[()]
    holds_null = spec.type.name not in ("integer", "long", "boolean")
    fits = [values.contains(cell) and (holds_null or not is_null(cell)) for cell in cells]
    return [cell if fit else values.at(row) for row, (cell, fit) in enumerate(zip(cells, fits, strict=True))]


def _collect(value: Any, type_: ColumnType, path: Path, found: dict[Path, list[Any]]) -> None:
    """Gather the scalars of a value by path."""
    if isinstance(type_, Scalar):
        found.setdefault(path, []).append(value)
    elif isinstance(type_, Array | Vector):
        items = Scalar("double") if isinstance(type_, Vector) else type_.items
        for item in value or ():
            _collect(item, items, path, found)
    elif isinstance(type_, Map):
        for item in (value or {}).values():
            _collect(item, type_.values, path, found)
    elif not isinstance(type_, AnyType):
        for property_ in type_.properties:
            if value and property_.name in value:
                _collect(value[property_.name], property_.type, (*path, property_.name), found)


def _elements(arrays: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
    elements: list[Any] = []
    for array in arrays:
        flat = array.reshape(-1)[: _MOST_ELEMENTS - len(elements)]
        elements += (flat.astype("datetime64[us]") if flat.dtype.kind == "M" else flat).tolist()
    return (
        elements
        if all(isinstance(item, int | float | complex | str | bytes) or is_null(item) for item in elements)
        else []
    )
