"""Draws schemas of params, and params for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.contract.drawing.nested import object_value
from tests.contract.drawing.values import NAMES, POOLS, anything, chance, weighted

PARAM_DEFAULTS: dict[str, object] = {
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.5,
    "double": 1.5,
    "string": "s",
    "datetime": "2024-01-01T00:00:00",
}


@st.composite
def param_schemas(draw: Any, *, objects: bool) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of params."""
    schema: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(0, 3))]:
        if objects and chance(draw, 4):
            properties = {"x": {"type": "long"}, "y": {"type": "string", "required": False}}
            schema.append(
                {"name": name, "type": "object", "properties": properties, "default": {"x": 1}, "shape": None}
            )
            continue
        type_ = draw(st.sampled_from(sorted(PARAM_DEFAULTS)))
        listed = chance(draw, 4)
        default = [PARAM_DEFAULTS[type_]] if listed else PARAM_DEFAULTS[type_]
        schema.append({"name": name, "type": type_, "default": default, "shape": [-1] if listed else None})
    return schema


@st.composite
def param_values(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any params for the schema."""
    if chance(draw, 12):
        return draw(anything)
    params: dict[Any, Any] = {}
    for item in schema:
        if draw(st.integers(0, 3)):
            params[item["name"]] = draw(_param_value(item))
    if chance(draw, 10):
        params[draw(st.sampled_from(["unknown", 5]))] = draw(anything)
    return params


def _param_value(item: dict[str, Any]) -> st.SearchStrategy[Any]:
    if item["type"] == "object":
        return st.one_of(object_value(item["properties"]), anything)
    pool = POOLS[item["type"]] | st.just(item["default"] if item["shape"] is None else item["default"][0])
    if item["shape"] is None:
        return weighted(pool, anything, 5)
    return weighted(st.lists(pool, max_size=3), st.lists(anything, max_size=2) | anything, 5)
