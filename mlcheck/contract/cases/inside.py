"""Draws one change inside of a nested value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hypothesis import strategies as st

from mlcheck.contract.cases.nested import items_of
from mlcheck.contract.cases.scalars import any_present, json_values, typical_value
from mlcheck.contract.domain import InputDomain, Path, is_null, make_value
from mlcheck.signature import AnyType, Array, ColumnType, Map, Object, Scalar, Vector

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

_LONGEST_ARRAY = 6


def draw_nested(draw: Draw, item: InputDomain, type_: ColumnType, good: Any, *, beyond: bool) -> Any:
    """Return the value with one place in it drawn anew; `beyond` allows more than typical values and lengths."""
    if good is None:
        return make_value(type_, item.leaves, 0) if beyond else good
    return _change(draw, item, type_, good, (), beyond)


def _change(draw: Draw, item: InputDomain, type_: ColumnType, good: Any, path: Path, beyond: bool) -> Any:
    if isinstance(type_, Scalar):
        return draw(_leaf(item, type_.name, path, beyond))
    if isinstance(type_, AnyType):
        return draw(json_values()) if beyond else good
    if isinstance(type_, Array | Vector):
        return _change_array(draw, item, items_of(type_), list(good or ()), path, beyond)
    if isinstance(type_, Map):
        return _change_map(draw, item, type_, good, path, beyond)
    return _change_object(draw, item, type_, good, path, beyond)


def _leaf(item: InputDomain, scalar: str, path: Path, beyond: bool) -> st.SearchStrategy[Any]:
    return any_present(scalar) if beyond else typical_value(item.leaves[path], scalar)


def _change_array(draw: Draw, item: InputDomain, items: ColumnType, good: list[Any], path: Path, beyond: bool) -> Any:
    if beyond and isinstance(items, Scalar):
        return draw(st.lists(_leaf(item, items.name, path, beyond), max_size=_LONGEST_ARRAY))
    if not good:
        return good
    i = draw(st.integers(0, len(good) - 1))
    return [*good[:i], _change(draw, item, items, good[i], path, beyond), *good[i + 1 :]]


def _change_map(draw: Draw, item: InputDomain, type_: Map, good: dict[str, Any], path: Path, beyond: bool) -> Any:
    keys = st.sampled_from(sorted(good)) if good else st.nothing()
    if beyond:
        keys |= st.text()
    elif not good:
        return good
    key = draw(keys)
    value = good[key] if key in good else make_value(type_.values, item.leaves, 0, path)
    return {**good, key: _change(draw, item, type_.values, value, path, beyond)}


def _change_object(draw: Draw, item: InputDomain, type_: Object, good: dict[str, Any], path: Path, beyond: bool) -> Any:
    known = [p for p in type_.properties if beyond or (p.name in good and not is_null(good[p.name]))]
    if not known:
        return good
    chosen = draw(st.sampled_from(known))
    if beyond and not chosen.required and chosen.name in good and draw(st.booleans()):
        return {key: value for key, value in good.items() if key != chosen.name}
    here = (*path, chosen.name)
    value = good.get(chosen.name)
    if value is None:
        value = make_value(chosen.type, item.leaves, 0, here)
    return {**good, chosen.name: _change(draw, item, chosen.type, value, here, beyond)}
