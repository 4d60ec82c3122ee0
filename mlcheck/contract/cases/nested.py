"""Edges and violations inside nested types: one place of a good value changed at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlcheck.contract.cases.edge_values import present_edges
from mlcheck.contract.domain import Path, Values, make_value
from mlcheck.signature import AnyType, Array, ColumnType, Map, Object, Scalar, Vector

_DOUBLE: Final = Scalar("double")
_OF_ANY_TYPE: Final[tuple[Any, ...]] = (None, 0, "", [], {}, {"a": [1, None]})


@dataclass(frozen=True, slots=True)
class Change:
    """A nested value that differs in one place from a good one.

    `where` is the place ("" for the whole, ".price", "[0]"), `what` the kind of change, `given` what is there now.
    """

    what: str
    where: str
    value: Any
    given: Any


def items_of(type_: Array | Vector) -> ColumnType:
    """Return the type of the elements."""
    return _DOUBLE if isinstance(type_, Vector) else type_.items


def nested_edges(type_: ColumnType, good: Any, leaves: Mapping[Path, Values], path: Path = ()) -> Iterator[Change]:
    """Yield every edge inside a plain value of the type; inside what is null in it, those of a typical value."""
    good = make_value(type_, leaves, 0, path) if good is None else good
    if isinstance(type_, Scalar):
        yield from (Change("value", "", edge, edge) for edge in present_edges(type_.name, leaves[path]))
    elif isinstance(type_, AnyType):
        yield from (Change("value", "", edge, edge) for edge in _OF_ANY_TYPE)
    elif isinstance(type_, Array | Vector):
        yield from (Change("length", "", some, some) for some in ([], list(good[:1]), list(good[:1]) * 100))
        inner = nested_edges(items_of(type_), good[0], leaves, path) if good else ()
        yield from (Change(c.what, f"[0]{c.where}", [c.value, *good[1:]], c.given) for c in inner)
    elif isinstance(type_, Map):
        yield Change("length", "", {}, {})
        yield from _inside(good, dict.fromkeys(good, type_.values), leaves, path, keyed=False)
    else:
        yield from _inside(good, {item.name: item.type for item in type_.properties}, leaves, path, keyed=True)


def _inside(
    good: dict[str, Any], types: Mapping[str, ColumnType], leaves: Mapping[Path, Values], path: Path, *, keyed: bool
) -> Iterator[Change]:
    for key, value in good.items():
        for change in nested_edges(types[key], value, leaves, (*path, key) if keyed else path):
            yield Change(change.what, f".{key}{change.where}", {**good, key: change.value}, change.given)


def absences(type_: ColumnType, good: Any) -> Iterator[Change]:
    """Yield the value with each optional property left out and then null in turn, at every depth that it has."""
    if good is None:
        return
    if isinstance(type_, Array) and good:
        for c in absences(type_.items, good[0]):
            yield Change(c.what, f"[0]{c.where}", [c.value, *good[1:]], c.given)
    elif isinstance(type_, Map):
        for key, value in good.items():
            for c in absences(type_.values, value):
                yield Change(c.what, f".{key}{c.where}", {**good, key: c.value}, c.given)
    elif isinstance(type_, Object):
        for item in type_.properties:
            if not item.required:
                rest = {key: value for key, value in good.items() if key != item.name}
                yield Change("absent", f".{item.name}", rest, None)
                yield Change("null", f".{item.name}", {**good, item.name: None}, None)
            if item.name in good:
                for c in absences(item.type, good[item.name]):
                    yield Change(c.what, f".{item.name}{c.where}", {**good, item.name: c.value}, c.given)


# One of each that JSON and Python have
_STRANGERS: Final[tuple[Any, ...]] = ("word", 1.5, 5, True, b"abc", ["word"], {"key": 1}, None)


def nested_violations(type_: ColumnType, good: Any) -> Iterator[Change]:
    """Yield what may violate the type, one place at a time; whether it does is for the verdict to say.

    `good` and the values yielded are native ones, as enforcement sees them.
    """
    if isinstance(type_, AnyType):
        return
    yield from (Change(_what(type_, stranger), "", stranger, stranger) for stranger in _STRANGERS)
    if isinstance(type_, Array | Vector) and len(good):
        for c in nested_violations(items_of(type_), good[0]):
            yield Change(c.what, f"[0]{c.where}", [c.value, *list(good)[1:]], c.given)
    elif isinstance(type_, Map):
        yield Change("non-string-key", "", dict(enumerate(good.values())), 0)
        yield from _wrong_inside(good, dict.fromkeys(good, type_.values))
    elif isinstance(type_, Object):
        yield Change("undeclared-property", ".undeclared", {**good, "undeclared": 1}, 1)
        for item in type_.properties:
            rest = {key: value for key, value in good.items() if key != item.name}
            yield Change("missing-property", f".{item.name}", rest, None)
        yield from _wrong_inside(good, {item.name: item.type for item in type_.properties})


def _wrong_inside(good: dict[str, Any], types: Mapping[str, ColumnType]) -> Iterator[Change]:
    for key, value in good.items():
        for c in nested_violations(types[key], value):
            yield Change(c.what, f".{key}{c.where}", {**good, key: c.value}, c.given)


def _what(type_: ColumnType, stranger: object) -> str:
    if stranger is None:
        return "null"
    if isinstance(type_, Scalar):
        return "list-for-scalar" if isinstance(stranger, list | dict) else "element"
    return "dtype" if isinstance(stranger, list | dict) else "scalar-for-nested"
