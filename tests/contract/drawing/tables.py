"""Draws described DataFrames for a schema of columns."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from mlcheck.contract.data import TEXT, ColumnData, Frame
from tests.contract.drawing.nested import nested_values
from tests.contract.drawing.values import POOLS, SCALARS, anything, chance, moment, nulls, texts

INT_DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOAT_DTYPES = ["float16", "float32", "float64"]
NULLABLE = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean"]
DATES = ["datetime64[ns]", "datetime64[us]", "datetime64[s]", "datetime64[ns, UTC]"]
OTHERS = ["category", "string", TEXT, "timedelta64[ns]", "complex128", "period[D]"]
FITTING = {
    "boolean": ["bool", "boolean", "object"],
    "integer": ["int32", "int8", "uint8", "Int32"],
    "long": ["int64", "int32", "uint32", "Int64"],
    "float": ["float32", "float16", "Float32", "int64"],
    "double": ["float64", "float32", "int32", "Float64", "int64", "object"],
    "string": [TEXT, "object", "string"],
    "binary": ["object"],
    "datetime": ["datetime64[ns]", "datetime64[us]", "object"],
}
ALL_DTYPES = INT_DTYPES + FLOAT_DTYPES + NULLABLE + DATES + OTHERS + ["bool", "object"]


def cells_of(dtype: str, rows: int, scalar: str | None = None) -> st.SearchStrategy[list[object]]:
    """Draw the values of a column of the dtype; object columns hold what suits the type, or anything."""
    return st.lists(_cell(dtype, scalar), min_size=rows, max_size=rows)


def _cell(dtype: str, scalar: str | None) -> st.SearchStrategy[Any]:
    lower = dtype.lower()
    if lower == "boolean":
        return st.booleans() | st.just(pd.NA)
    if dtype == "bool":
        return st.booleans()
    if "int" in lower:
        numbers = st.integers(0, 3) if "u" in lower else st.integers(-3, 3)
        numbers = st.integers(0, 1) | numbers
        return numbers | st.just(pd.NA) if dtype[0] in "IU" else numbers
    if lower.startswith("float"):
        plain = st.sampled_from([0.0, 1.0, 1.5, -2.0, math.nan, math.inf])
        return st.sampled_from([1.0, 1.5, pd.NA]) if dtype[0] == "F" else plain
    if dtype.startswith("datetime64"):
        return _moment(dtype)
    if dtype == "timedelta64[ns]":
        return st.sampled_from([pd.Timedelta(1), pd.Timedelta("1D")])
    if dtype == "complex128":
        return st.just(1 + 2j)
    if dtype == "period[D]":
        return st.just("2024-01-01")
    if dtype in {"string", TEXT}:
        return texts | st.none()
    if dtype == "category":
        return texts
    return _object_cell(scalar)


def _moment(dtype: str) -> st.SearchStrategy[Any]:
    if "UTC" in dtype:
        return st.just(pd.Timestamp("2024-01-01", tz="UTC"))
    far = [] if "[ns]" in dtype else [moment("1600-01-01")]
    return st.sampled_from([moment("2024-01-01"), pd.NaT, *far])


def _object_cell(scalar: str | None) -> st.SearchStrategy[Any]:
    if scalar is None:
        return anything
    return st.one_of(POOLS[scalar], POOLS[scalar], st.none(), nulls)


@st.composite
def described_columns(draw: Any, name: object, rows: int, type_: dict[str, Any] | None) -> ColumnData:
    """Draw a column: as a rule one that could fit the type, sometimes of any dtype."""
    if type_ is not None and type_["type"] not in SCALARS:
        wild = chance(draw, 20)
        inner = anything if wild else nested_values(type_)
        return ColumnData(name, "object", draw(st.lists(inner, min_size=rows, max_size=rows)))
    scalar = type_["type"] if type_ is not None else None
    fits = scalar is not None and not chance(draw, 6)
    dtype = draw(st.sampled_from(FITTING[scalar] if fits and scalar else ALL_DTYPES))
    hint = scalar if scalar is not None and not chance(draw, 6) else None
    if dtype == "object" and chance(draw, 8):
        hint = draw(st.sampled_from(SCALARS))
    return ColumnData(name, dtype, draw(cells_of(dtype, rows, hint)))


@st.composite
def frames(draw: Any, schema: list[dict[str, Any]], *, lenient: bool = False) -> Frame:
    """Draw a table for the schema: columns left out, added, twice, in another order, other indexes."""
    rows = draw(st.sampled_from([0, 1, 2, 2, 3]))
    columns = []
    for i, item in enumerate(schema):
        if chance(draw, 15):
            continue
        columns.append(draw(described_columns(item.get("name", i), rows, item)))
    if chance(draw, 8):
        columns.append(draw(described_columns(draw(st.sampled_from(["extra", 0, "a", 7])), rows, None)))
    if chance(draw, 6):
        columns = draw(st.permutations(columns))
    return Frame(tuple(columns), rows, draw_index(draw, rows))


def draw_index(draw: Any, rows: int) -> list[object] | None:
    """Draw row labels: mostly none, or shifted, all the same, texts, or in reverse."""
    label = draw(st.sampled_from([None] * 10 + ["shifted", "twice", "text", "reversed"]))
    labels: dict[str, list[object]] = {
        "shifted": [i + 5 for i in range(rows)],
        "twice": [0] * rows,
        "text": [f"r{i}" for i in range(rows)],
        "reversed": list(reversed(range(rows))),
    }
    return labels.get(label)
