"""Draws schemas of columns, and data of every form for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from mlcheck.contract.data import Frame, Series, Sparse
from tests.contract.drawing.nested import fitting_value, nested_types, plain_value, scalar_types
from tests.contract.drawing.tables import frames
from tests.contract.drawing.values import NAMES, SCALARS, anything, arrays, chance, single, weighted


@st.composite
def column_schemas(draw: Any, kinds: tuple[str, ...], optional_key: str) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of columns; `optional_key` is how this MLflow says it."""
    named = draw(st.integers(0, 3)) > 0
    nested = nested_types(kinds) if kinds else scalar_types
    types = draw(st.lists(st.one_of(scalar_types, scalar_types, nested), min_size=1, max_size=4))
    schema = []
    for i, type_ in enumerate(types):
        item = dict(type_)
        if named:
            item["name"] = _column_name(draw, i)
            _draw_required(draw, item, optional_key)
        elif item["type"] not in SCALARS and draw(st.booleans()):
            item["required"] = True
        schema.append(item)
    return schema


def _column_name(draw: Any, position: int) -> object:
    odd = draw(st.integers(0, 79))
    return {40: "", 41: 0, 42: 1, 43: "a"}.get(odd, NAMES[position])


def _draw_required(draw: Any, item: dict[str, Any], optional_key: str) -> None:
    choice = draw(st.sampled_from(["nothing", "required", "optional"]))
    if optional_key == "optional":
        if choice == "optional":
            item["optional"] = True
    elif choice != "nothing":
        item["required"] = choice == "required"


@st.composite
def column_data(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any data for a schema of columns."""
    form = draw(
        st.sampled_from(["frame"] * 18 + ["columns"] * 6 + ["row"] * 4 + ["rows"] * 4 + ["list", "other", "array"])
    )
    names = [item.get("name", i) for i, item in enumerate(schema)]
    if form == "frame":
        return draw(frames(schema))
    if form == "other":
        return draw(other_data)
    if form == "array":
        return draw(st.one_of(arrays, st.just(np.ones((2, len(schema))))))
    size = draw(st.integers(0, 3))
    if form == "columns":
        return {
            name: draw(_column_values(item, size))
            for name, item in zip(names, schema, strict=True)
            if not chance(draw, 20)
        }
    rows = [_draw_row(draw, names, schema) for _ in range(size if form == "rows" else 1)]
    if form == "list":
        return draw(st.lists(anything, max_size=3) | st.lists(st.lists(single, max_size=3), max_size=3))
    return rows if form == "rows" else rows[0]


def _draw_row(draw: Any, names: list[Any], schema: list[dict[str, Any]]) -> dict[Any, Any]:
    return {
        name: draw(weighted(fitting_value(item), anything, 15))
        for name, item in zip(names, schema, strict=True)
        if not chance(draw, 20)
    }


def _column_values(item: dict[str, Any], size: int) -> st.SearchStrategy[Any]:
    values = st.lists(weighted(fitting_value(item), anything, 15), min_size=size, max_size=size)
    same = st.lists(plain_value(item["type"]), min_size=size, max_size=size) if item["type"] in SCALARS else values
    as_series = same.map(lambda v: Series(None, "object", v))
    packed = st.one_of(same, same.map(np.array) if item["type"] in SCALARS else same, as_series)
    return weighted(packed, values | anything, 5)


other_data = st.one_of(
    anything,
    st.just({}),
    st.just([]),
    st.sets(st.integers(0, 3)),
    st.builds(
        lambda values, name, index: Series(name, "object", values, index),
        st.lists(single, min_size=2, max_size=2),
        st.sampled_from([None, "a", 0]),
        st.sampled_from([None, [5, 6]]),
    ),
    st.sampled_from(["float64", "int64", "float32"]).flatmap(
        lambda d: st.sampled_from(["csr", "csc"]).map(lambda f: Sparse(f, d, (2, 2), [1, 2], [0, 1], [0, 1, 2]))
    ),
    st.just(Frame((), 0)),
    st.just(Frame((), 2)),
    st.just(np.zeros((2, 2, 2))),
    st.just(np.array(["a", "b"], dtype=object)),
)
