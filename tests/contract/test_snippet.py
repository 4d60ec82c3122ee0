"""The code of a snippet makes the very case that it stands for, and stays short."""

from __future__ import annotations

import base64
import datetime as dt
import math
import zlib
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlcheck.contract.data import TEXT, ColumnData, Frame, describe, to_pandas
from mlcheck.contract.snippet import code_for, predict_snippet

NAMES = {
    "pd": pd,
    "np": np,
    "base64": base64,
    "zlib": zlib,
    "datetime": dt,
    "Decimal": Decimal,
}


def made(value: object) -> Any:
    return eval(code_for(value), dict(NAMES))


def column(name: object, dtype: str, *values: object) -> ColumnData:
    return ColumnData(name, dtype, list(values))


def numbered(count: int, dtype: str = "float64", rows: int = 1) -> list[ColumnData]:
    return [column(f"f{i}", dtype, *(float(i + row) for row in range(rows))) for i in range(count)]


NOON = dt.datetime(2024, 1, 15, 12)  # noqa: DTZ001 - a time without zone is what is meant
KINDS = [
    column("whole", "int64", 5, 2**60),
    column("narrow", "int8", 5, -5),
    column("flag", "bool", True, False),
    column("gap", "float64", math.nan, math.inf),
    column("word", TEXT, "a'b", "\n"),
    column("gone", TEXT, "a", None),
    column("thing", "object", [1, 2], {"k": None}),
    column("raw", "object", b"\x00", None),
    column("day", "datetime64[ns]", NOON, pd.NaT),
    column("maybe", "Int64", 5, pd.NA),
    column("kind", "category", "x", "y"),
    column(7, "float32", 1.5, -0.0),
]

FRAMES = {
    "wide": Frame(tuple(numbered(300)), 1),
    "wide, one value": Frame(tuple(column(f"f{i}", "float32", 0.5, 0.5) for i in range(50)), 2),
    "wide, another one among them": Frame((*numbered(20), column("age", "int64", -1), *numbered(40)[20:]), 1),
    "wide, of all kinds": Frame((*KINDS, *numbered(20, rows=2)), 2),
    "wide, of kinds in turn": Frame(
        tuple(column(f"c{i}", ("float64", "int64", TEXT)[i % 3], (0.5, 5, "x")[i % 3]) for i in range(60)), 1
    ),
    "wide, with index": Frame(tuple(numbered(15, rows=2)), 2, [7, 3]),
    "wide, without rows": Frame(tuple(column(f"f{i}", "float64") for i in range(20)), 0),
    "wide, other names": Frame(tuple(column(f"f{i}{{x}}", "float64", 1.0) for i in range(20)), 1),
    "narrow, of all kinds": Frame(tuple(KINDS), 2),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_made_as_it_was(name: str) -> None:
    frame = FRAMES[name]
    pd.testing.assert_frame_equal(made(frame), to_pandas(frame), check_exact=True)  # type: ignore[arg-type]
    assert isinstance(describe(made(frame)), Frame)


def test_a_wide_frame_takes_a_few_lines() -> None:
    snippet = predict_snippet("models/churn", FRAMES["wide, another one among them"], comment="expected: an answer")
    assert snippet.count("\n") < 20
    assert "dtype='int64'" in snippet
    assert 'columns=[f"f{i}" for i in range(0, 20)]' in snippet
    assert code_for(FRAMES["wide"]).count("\n") == 2
    assert len(code_for(FRAMES["wide, one value"])) < 120
