"""What is said of data for type hints, against MLflow's own validation of hints."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pydantic
import pytest
from mlflow.exceptions import MlflowException
from mlflow.types.type_hints import _infer_schema_from_list_type_hint, _validate_data_against_type_hint

from mlcheck.contract.verdict import judge
from mlcheck.signature import Signature


class Row(pydantic.BaseModel):
    """As models in the wild have them."""

    x: int
    tags: list[str] = []
    note: str | None = None


VALUES: list[Any] = [
    *("word", 1, 1.5, True, b"b", None, dt.datetime(2024, 1, 1), dt.date(2024, 1, 1), np.float64(1), np.str_("a")),  # noqa: DTZ001
    *([], ["a"], [1], [1.5], [True, 1], [[1.5]], [None], (1, 2), {1, 2}, np.zeros(2)),
    *({}, {"x": 1}, {"x": "a"}, {"x": [1]}, {1: "a"}, {"x": 1, "tags": ["a"], "note": None}, {"tags": []}),
]
HINTS = [str, int, float, bool, bytes, dt.datetime, list[float], list[list[int]], dict[str, int], dict[str, list[str]]]


@pytest.mark.parametrize("hint", [*HINTS, Row, Any], ids=str)
def test_what_is_said_of_a_type_hint_is_what_mlflow_does(hint: Any) -> None:
    schema = json.dumps(_infer_schema_from_list_type_hint(list[hint]).to_dict())
    signature = Signature.from_mlmodel({"inputs": schema}, from_type_hint=True)
    said = set()
    for data in (*VALUES, *([value] for value in VALUES)):
        verdict = judge(signature, data, mlflow_version="3.17.2", pandas_version="3.0.0").kind
        said.add(verdict)
        if verdict != "unspecified":
            assert verdict == ("accept" if _is_taken(data, list[hint]) else "refuse"), data
    assert said >= {"accept", "refuse"}


def _is_taken(data: object, hint: Any) -> bool:
    try:
        _validate_data_against_type_hint(data, hint)
    except MlflowException:
        return False
    return True
