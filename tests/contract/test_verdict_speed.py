"""Judging costs less than what it foresees: the table decides by dtype, and reads values only where they decide."""

from __future__ import annotations

import copy
import json
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models.utils import _enforce_schema
from mlflow.types import Schema

from mlcheck.contract.data import describe
from mlcheck.contract.verdict import judge
from mlcheck.signature import Signature
from tests.contract.oracles import VERSIONS


def columns(count: int, type_: dict[str, Any]) -> str:
    return json.dumps([{**type_, "name": f"c{i}", "required": True} for i in range(count)])


def table(count: int, values: Any) -> Any:
    return pd.DataFrame({f"c{i}": values for i in range(count)})


CASES: dict[str, tuple[str, Any]] = {
    "30 columns": (columns(30, {"type": "double"}), table(30, np.ones(100))),
    "300 columns": (columns(300, {"type": "long"}), table(300, np.arange(10))),
    "100,000 rows": (columns(3, {"type": "double"}), table(3, np.ones(100_000))),
    "texts": (columns(10, {"type": "string"}), table(10, ["a"] * 1000)),
    "arrays": (columns(1, {"type": "array", "items": {"type": "long"}}), table(1, [[1, 2, 3]] * 100)),
}


def seconds(act: Callable[[], object]) -> float:
    act()
    return min(timeit.repeat(act, number=3, repeat=5))


@pytest.mark.parametrize("name", CASES)
def test_judging_is_cheaper_than_enforcing(name: str) -> None:
    inputs, data = CASES[name]
    schema, signature = Schema.from_json(inputs), Signature.from_mlmodel({"inputs": inputs})
    described = describe(data)
    assert judge(signature, data, **VERSIONS).kind == "accept"
    enforcing = seconds(lambda: _enforce_schema(copy.copy(data), schema))
    assert seconds(lambda: judge(signature, data, **VERSIONS)) < enforcing
    assert seconds(lambda: judge(signature, described, **VERSIONS)) < enforcing
