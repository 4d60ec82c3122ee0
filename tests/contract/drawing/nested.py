"""Draws types that are not scalar, and values of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.contract.drawing.values import POOLS, SCALARS, anything, arrays, chance, numpy_scalars, weighted

scalar_types = st.sampled_from(SCALARS).map(lambda name: {"type": name})


@st.composite
def nested_types(draw: Any, kinds: tuple[str, ...], depth: int = 2) -> dict[str, Any]:
    """Draw a type that is not scalar, of the kinds that this MLflow knows."""
    kind = draw(st.sampled_from(kinds))
    inner = scalar_types if depth == 0 else scalar_types | nested_types(kinds, depth - 1)
    if kind == "array":
        return {"type": "array", "items": draw(inner)}
    if kind == "map":
        return {"type": "map", "values": draw(inner)}
    if kind == "object":
        names = draw(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=3, unique=True))
        properties = {name: draw(inner.filter(lambda t: t["type"] != "sparkml_vector")) for name in names}
        for spec in properties.values():
            if draw(st.booleans()):
                spec["required"] = draw(st.booleans())
        return {"type": "object", "properties": properties}
    return {"type": kind}


def nested_values(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values of the type, with a fault here and there."""
    return weighted(fitting_value(type_), st.none() | anything, 25)


def fitting_value(type_: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values of the type that fit, but for what is inside them."""
    kind = type_["type"]
    if kind == "array":
        return _array_value(type_["items"])
    if kind == "sparkml_vector":
        return st.lists(st.sampled_from([1.5, 2.5, 0.0]), max_size=3) | arrays
    if kind == "map":
        return st.dictionaries(st.sampled_from(["x", "y", "k"]), nested_values(type_["values"]), max_size=2)
    if kind == "object":
        return object_value(type_["properties"])
    if kind == "any":
        return anything
    return weighted(plain_value(kind), POOLS[kind] | numpy_scalars, 5)


def plain_value(kind: str) -> st.SearchStrategy[Any]:
    """Draw the one value of the scalar type that fits everywhere."""
    values: dict[str, Any] = {"integer": np.int32(1), "long": 2, "float": np.float32(1.5), "double": 2.5}
    values |= {"boolean": True, "string": "s", "binary": b"s", "datetime": np.datetime64("2024-01-01")}
    return st.just(values[kind])


def _array_value(items: dict[str, Any]) -> st.SearchStrategy[Any]:
    if items["type"] not in SCALARS:
        return weighted(st.lists(nested_values(items), max_size=2), arrays, 15)
    same = plain_value(items["type"])
    return weighted(st.lists(same, max_size=3), st.lists(POOLS[items["type"]] | st.none(), max_size=3) | arrays, 4)


@st.composite
def object_value(draw: Any, properties: dict[str, Any]) -> dict[Any, Any]:
    """Draw a dict with the properties, seldom with one more or one less."""
    value: dict[Any, Any] = {}
    for name, spec in properties.items():
        if (spec.get("required", True) and not chance(draw, 25)) or draw(st.booleans()):
            value[name] = draw(nested_values(spec))
    if chance(draw, 25):
        value[draw(st.sampled_from(["other", 3]))] = 1
    return value
