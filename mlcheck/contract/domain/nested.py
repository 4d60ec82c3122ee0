"""Values of nested types: making plain ones, and giving them the numpy types that enforcement asks for inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from mlcheck.signature import AnyType, Array, ColumnType, Map, Scalar, Vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.contract.domain.values import Values

# Property names on the way to a scalar inside a nested type; elements of arrays and maps add nothing to it
Path: TypeAlias = tuple[str, ...]

# Inside lists and dictionaries MLflow sees int64 in an int and float64 in a float, which it does not narrow,
# and no scalar in a datetime
_NUMPY_DTYPES: Final = {"integer": "int32", "float": "float32", "datetime": "datetime64[ns]"}
_DOUBLE: Final = Scalar("double")


def make_value(type_: ColumnType, leaves: Mapping[Path, Values], index: int, path: Path = ()) -> Any:
    """Return the typical value of that number: short lists, objects with every property."""
    if isinstance(type_, Scalar):
        return leaves[path].at(index)
    if isinstance(type_, Vector):
        return [leaves[path].at(index + i) for i in range(3)]
    if isinstance(type_, Array):
        return [make_value(type_.items, leaves, index + i, path) for i in range(2)]
    if isinstance(type_, Map):
        return {key: make_value(type_.values, leaves, index + i, path) for i, key in enumerate(("first", "second"))}
    if isinstance(type_, AnyType):
        return ("apple", "pear", "plum")[index % 3]
    items = enumerate(type_.properties)
    return {item.name: make_value(item.type, leaves, index + i, (*path, item.name)) for i, item in items}


def to_native(value: Any, type_: ColumnType) -> Any:
    """Return a plain value with the numpy types that enforcement asks for inside: `int32` for `integer`, and so on."""
    if value is None or isinstance(type_, AnyType):
        return value
    if isinstance(type_, Scalar):
        dtype = _NUMPY_DTYPES.get(type_.name)
        return value if dtype is None else np.array(value).astype(dtype)[()]
    if isinstance(type_, Array | Vector):
        return _native_list(value, _DOUBLE if isinstance(type_, Vector) else type_.items)
    if isinstance(type_, Map):
        return {key: to_native(item, type_.values) for key, item in value.items()}
    types = {item.name: item.type for item in type_.properties}
    return {key: to_native(item, types[key]) for key, item in value.items()}


def _native_list(values: Any, items: ColumnType) -> Any:
    dtype = _NUMPY_DTYPES.get(items.name) if isinstance(items, Scalar) else None
    if dtype is None or None in values:
        return [to_native(value, items) for value in values]
    return np.array(values).astype(dtype) if values else []
