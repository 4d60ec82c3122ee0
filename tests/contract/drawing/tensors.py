"""Draws schemas of tensors, and data of every form for them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mlcheck.contract.data import TEXT, ColumnData, Frame
from tests.contract.drawing.columns import other_data
from tests.contract.drawing.tables import cells_of, draw_index
from tests.contract.drawing.values import NAMES, SCALARS, anything, chance

TENSOR_DTYPES = ["float32", "float64", "int64", "int32", "uint8", "bool", "str", "bytes", "object", "datetime64[ns]"]
shapes = st.lists(st.sampled_from([-1, -1, 1, 2, 3]), max_size=3)


@st.composite
def tensor_schemas(draw: Any) -> list[dict[str, Any]]:
    """Draw the JSON of a schema of tensors."""
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    named = count > 1 or draw(st.booleans())
    schema = []
    for i in range(count):
        spec = {"dtype": draw(st.sampled_from(TENSOR_DTYPES)), "shape": draw(shapes)}
        if draw(st.integers(0, 2)) and spec["shape"]:
            spec["shape"][0] = -1
        schema.append({"type": "tensor", "tensor-spec": spec, **({"name": NAMES[i]} if named else {})})
    return schema


@st.composite
def ndarrays(draw: Any, spec: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Draw an array for the tensor; one in four is of another shape or dtype."""
    shape = [draw(st.integers(0, 3)) if size == -1 else size for size in spec["shape"]]
    if chance(draw, 8):
        shape = draw(st.lists(st.integers(0, 3), max_size=4))
    dtype = spec["dtype"] if not chance(draw, 8) else draw(st.sampled_from([*TENSOR_DTYPES, "float16", ">f4", "<U3"]))
    return np.zeros(shape, dtype=dtype)


@st.composite
def tensor_data(draw: Any, schema: list[dict[str, Any]]) -> Any:
    """Draw any data for a schema of tensors."""
    form = draw(st.sampled_from(["natural"] * 10 + ["frame"] * 8 + ["array", "dict", "other", "list"]))
    specs = [item["tensor-spec"] for item in schema]
    named = "name" in schema[0]
    if form == "natural" and named:
        given = {item["name"]: draw(ndarrays(item["tensor-spec"])) for item in schema if not chance(draw, 20)}
        return {**given, **({"more": np.ones(1)} if chance(draw, 10) else {})}
    if form in {"array", "natural"}:
        return draw(ndarrays(specs[0]))
    if form == "dict":
        return {item.get("name", "a"): draw(anything) for item in schema}
    if form == "list":
        return draw(ndarrays(specs[0])).tolist()
    return draw(_tensor_frame(schema)) if form == "frame" else draw(other_data)


@st.composite
def _tensor_frame(draw: Any, schema: list[dict[str, Any]]) -> Frame:
    rows = draw(st.sampled_from([0, 1, 2, 2, 3]))
    named = "name" in schema[0]
    names = [item["name"] for item in schema] if named else NAMES[: draw(st.integers(1, 3))]
    specs = [item["tensor-spec"] for item in schema] if named else [schema[0]["tensor-spec"]] * len(names)
    columns = []
    for name, spec in zip(names, specs, strict=True):
        columns.append(ColumnData(name, *draw(_tensor_column(spec, rows))))
    return Frame(tuple(columns), rows, draw_index(draw, rows))


@st.composite
def _tensor_column(draw: Any, spec: dict[str, Any], rows: int) -> tuple[str, list[object]]:
    form = draw(st.sampled_from(["numbers", "numbers", "lists", "lists", "arrays", "anything"]))
    if form == "numbers":
        dtype = draw(
            st.sampled_from(["float64", "float32", "int64", "int32", "bool", TEXT, "datetime64[ns]", "object", "Int64"])
        )
        return dtype, draw(cells_of(dtype, rows, draw(st.sampled_from(SCALARS))))
    if form == "anything":
        return "object", draw(st.lists(anything, min_size=rows, max_size=rows))
    size = math.prod(size for size in spec["shape"][1:] if size != -1)
    # Bytes that are no date are a segmentation fault in numpy 1
    items = [1.5, 2, "a", "1", None, True, *([] if spec["dtype"].startswith("datetime") else [b"x"])]
    item = draw(st.sampled_from(items))
    sizes = [size if not chance(draw, 20) else draw(st.integers(0, 4)) for _ in range(rows)]
    cells: list[object] = [[item] * n for n in sizes]
    if form == "arrays":
        cells = [np.array(cell) for cell in cells]
    return "object", cells
