"""Values that reach `predict` as plain Python, and must pass enforcement as they are: `json_object` examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mlcheck.fit.datetimes import explain_unreadable
from mlcheck.fit.kinds import (
    DESCRIPTIONS,
    INT_LIMITS,
    ColumnKind,
    are_zeros_and_ones,
    column_kind,
    kind_of,
    reads_as_float,
)
from mlcheck.fit.trouble import LOST, REFUSED, Keys, Trouble, worst
from mlcheck.signature import AnyType, Array, Column, ColumnType, Map, Object, Scalar, Vector

_ZEROS_AND_ONES = (2, 16)
_WHOLE_ARRAYS = (2, 21)  # before, the items of an array were enforced one by one
_TEXTS = ("string", "binary")
_MAX_DEPTH = 50

# Which dtypes of a DataFrame pass for a type. `text` and `mixed` are looked into; where pandas 3 makes `str` of a
# column of text, MLflow refuses it for boolean, double and datetime, which is a matter of pandas, not of the example.
_ACCEPTED: Final[dict[str, frozenset[ColumnKind]]] = {
    "boolean": frozenset({"bool", "text", "mixed"}),
    "integer": frozenset(),
    "long": frozenset({"int"}),
    "float": frozenset(),
    "double": frozenset({"float", "text", "mixed"}),
    "string": frozenset({"text", "mixed"}),
    "binary": frozenset({"text", "mixed"}),
    "datetime": frozenset({"text", "mixed"}),
}
_FOUND: Final[dict[ColumnKind, str]] = {
    "bool": "booleans",
    "int": "whole numbers",
    "uint": "whole numbers of 64 bits",
    "float": "numbers with a decimal point",
    "text": "text",
    "mixed": "a mixture",
}
_PANDAS: Final[dict[ColumnKind, str]] = {
    "bool": "bool",
    "int": "int64",
    "uint": "uint64",
    "float": "float64",
    "text": "text",
    "mixed": "object",
}


def enforce_trouble(declared: str, values: Sequence[object], *, release: tuple[int, int]) -> Trouble | None:
    """Return why `predict` refuses a column of a scalar type that holds these JSON values, None if it takes them."""
    if not values:
        return None
    kind = column_kind(values)
    if kind in _ACCEPTED[declared]:
        return worst([*_cell_troubles(declared, values)]) if kind in {"text", "mixed"} else None
    if declared in ("float", "double") and kind == "int" and _are_accepted_bits(values, release):
        return None
    index = next((i for i, value in enumerate(values) if value is not None), 0)
    found = _describe(kind, values)
    if _is_lost(declared, kind, values):
        effect = f"predict refuses {_PANDAS[kind]} for {declared}, and JSON has no numbers of 32 bits"
        return Trouble(LOST, found, effect, index)
    return Trouble(REFUSED, found, f"predict refuses {_PANDAS[kind]} for {declared}", index)


def _describe(kind: ColumnKind, values: Sequence[object]) -> str:
    if all(value is None for value in values):
        return "nothing but null"
    return f"{_FOUND[kind]} and null" if kind == "float" and None in values else _FOUND[kind]


def _are_accepted_bits(values: Sequence[object], release: tuple[int, int]) -> bool:
    return release >= _ZEROS_AND_ONES and are_zeros_and_ones(values)


def _is_lost(declared: str, kind: ColumnKind, values: Sequence[object]) -> bool:
    if declared == "integer" and kind == "int":
        low, high = INT_LIMITS["integer"]
        return all(low <= value <= high for value in values if isinstance(value, int))
    return declared == "float" and kind == "float"


def _cell_troubles(declared: str, values: Sequence[object]) -> Iterator[Trouble]:
    for index, value in enumerate(values):
        if declared == "double":
            # pandas takes an empty list for NaN.
            if (isinstance(value, (list, dict)) and value) or (isinstance(value, str) and not _may_be_float(value)):
                yield Trouble(REFUSED, DESCRIPTIONS[kind_of(value)], "predict cannot make a number of it", index)
        elif declared == "datetime" and value is not None:
            # pandas takes numbers among texts for nanoseconds since 1970.
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            known = "" if number else "it is no datetime"
            reason = explain_unreadable(value) if isinstance(value, str) else known
            if reason:
                yield Trouble(REFUSED, DESCRIPTIONS[kind_of(value)], reason, index)


def _may_be_float(text: str) -> bool:
    return not text.strip() or reads_as_float(text)


def nested_troubles(column: Column, values: Sequence[object], *, release: tuple[int, int]) -> Iterator[Trouble]:
    """Yield what does not fit in a column of lists, objects or maps, whose cells are enforced one by one."""
    walk = _Walk(release)
    for index, value in enumerate(values):
        for inner, found in walk.of_value(column.type, value, required=bool(column.required), keys=()):
            yield Trouble(found.level, found.found, found.effect, index, inner, found.declared)


class _Walk:
    """Goes through a nested value and its type side by side."""

    def __init__(self, release: tuple[int, int]) -> None:
        self.release = release

    def of_value(
        self, declared: ColumnType, value: object, *, required: bool, keys: Keys
    ) -> Iterator[tuple[Keys, Trouble]]:
        """Yield the places inside of `value` that do not fit, and why."""
        if isinstance(declared, AnyType) or len(keys) > _MAX_DEPTH:
            return
        if isinstance(declared, Vector):
            declared = Array(Scalar("double"))
        if isinstance(declared, Scalar):
            yield from self.of_scalar(declared, value, required=required, keys=keys)
        elif not required and (value is None or value == ([] if isinstance(declared, Array) else {})):
            return
        elif isinstance(declared, Array):
            yield from self.of_array(declared, value, required=required, keys=keys)
        elif isinstance(declared, Object):
            yield from self.of_object(declared, value, keys=keys)
        elif isinstance(declared, Map):
            yield from self.of_map(declared, value, required=required, keys=keys)

    def of_scalar(
        self, declared: Scalar, value: object, *, required: bool, keys: Keys
    ) -> Iterator[tuple[Keys, Trouble]]:
        if value is None or isinstance(value, (list, dict)):
            if value is not None or required:
                yield keys, _wrong(declared, value)
            return
        trouble = enforce_trouble(declared.name, [value], release=self.release)
        if trouble is not None:
            yield keys, Trouble(trouble.level, trouble.found, trouble.effect, declared=str(declared))

    def of_array(self, declared: Array, value: object, *, required: bool, keys: Keys) -> Iterator[tuple[Keys, Trouble]]:
        if isinstance(declared.items, AnyType) and value is None:
            return
        if not isinstance(value, list):
            yield keys, _wrong(declared, value)
        elif isinstance(declared.items, Scalar) and self.release < _WHOLE_ARRAYS:
            for index, item in enumerate(value):
                yield from self.of_scalar(declared.items, item, required=required, keys=(*keys, index))
        elif isinstance(declared.items, Scalar) and declared.items.name in _TEXTS and any(map(_is_list, value)):
            yield (
                keys,
                Trouble(REFUSED, "lists in a list", f"predict takes no {declared} of them", declared=str(declared)),
            )
        elif isinstance(declared.items, Scalar):
            trouble = enforce_trouble(declared.items.name, value, release=self.release)
            if trouble is not None:
                yield (
                    (*keys, trouble.index),
                    Trouble(trouble.level, trouble.found, trouble.effect, declared=str(declared.items)),
                )
        else:
            for index, item in enumerate(value):
                yield from self.of_value(declared.items, item, required=required, keys=(*keys, index))

    def of_object(self, declared: Object, value: object, *, keys: Keys) -> Iterator[tuple[Keys, Trouble]]:
        if not isinstance(value, dict):
            yield keys, _wrong(declared, value)
            return
        known = {prop.name: prop for prop in declared.properties}
        missing = [name for name, prop in known.items() if prop.required and name not in value]
        if missing:
            effect = "predict refuses the object"
            yield keys, Trouble(REFUSED, f"no property {missing[0]!r}, which is required", effect, declared="object")
        for name, item in value.items():
            if name in known:
                prop = known[name]
                yield from self.of_value(prop.type, item, required=prop.required, keys=(*keys, name))
            else:
                found = f"a property {name!r} that is not declared"
                yield keys, Trouble(REFUSED, found, "predict refuses the object", declared="object")

    def of_map(self, declared: Map, value: object, *, required: bool, keys: Keys) -> Iterator[tuple[Keys, Trouble]]:
        if isinstance(declared.values, AnyType) and value is None:
            return
        if not isinstance(value, dict):
            yield keys, _wrong(declared, value)
            return
        for name, item in value.items():
            yield from self.of_value(declared.values, item, required=required, keys=(*keys, name))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _wrong(declared: ColumnType, value: object) -> Trouble:
    return Trouble(REFUSED, DESCRIPTIONS[kind_of(value)], "predict refuses it", declared=str(declared))
