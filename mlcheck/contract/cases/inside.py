"""Draws one change inside of a nested value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    return _Inside(draw, item, beyond).change(type_, good, ())


@dataclass(frozen=True, slots=True)
class _Inside:
    draw: Draw
    item: InputDomain
    beyond: bool

    def change(self, type_: ColumnType, good: Any, path: Path) -> Any:
        if isinstance(type_, Scalar):
            return self.draw(self.leaf(type_.name, path))
        if good is None:
            return make_value(type_, self.item.leaves, 0, path) if self.beyond else good
        if isinstance(type_, AnyType):
            return self.draw(json_values()) if self.beyond else good
        if isinstance(type_, Array | Vector):
            return self.change_array(items_of(type_), list(good), path)
        if isinstance(type_, Map):
            return self.change_map(type_, good, path)
        return self.change_object(type_, good, path)

    def leaf(self, scalar: str, path: Path) -> st.SearchStrategy[Any]:
        return any_present(scalar) if self.beyond else typical_value(self.item.leaves[path], scalar)

    def change_array(self, items: ColumnType, good: list[Any], path: Path) -> Any:
        if self.beyond and isinstance(items, Scalar):
            return self.draw(st.lists(self.leaf(items.name, path), max_size=_LONGEST_ARRAY))
        if not good:
            return good
        i = self.draw(st.integers(0, len(good) - 1))
        return [*good[:i], self.change(items, good[i], path), *good[i + 1 :]]

    def change_map(self, type_: Map, good: dict[str, Any], path: Path) -> Any:
        keys = st.sampled_from(sorted(good)) if good else st.nothing()
        if self.beyond:
            keys |= st.text()
        elif not good:
            return good
        key = self.draw(keys)
        return {**good, key: self.change(type_.values, good.get(key), path)}

    def change_object(self, type_: Object, good: dict[str, Any], path: Path) -> Any:
        known = [p for p in type_.properties if self.beyond or not is_null(good.get(p.name))]
        if not known:
            return good
        chosen = self.draw(st.sampled_from(known))
        if self.beyond and not chosen.required and chosen.name in good and self.draw(st.booleans()):
            return {key: value for key, value in good.items() if key != chosen.name}
        return {**good, chosen.name: self.change(chosen.type, good.get(chosen.name), (*path, chosen.name))}
