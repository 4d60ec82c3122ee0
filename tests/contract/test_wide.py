"""Models of many columns: the one column with a fault is found, in few calls; sound ones are left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlcheck.config import ModelSettings
from mlcheck.contract.checking import run_check
from mlcheck.contract.checks import load_checks
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Severity
from mlcheck.folder import ModelFolder
from tests.contract.test_mutants import check, model

WIDTH = 120
TYPES = ("double", "long", "string", "double", "boolean")
WIDE = [{"type": TYPES[i % len(TYPES)], "name": f"c{i}"} for i in range(WIDTH)]
SOUND = "return pd.DataFrame({'y': X['c0'] + X['c118'].fillna(0.0)})"
UNENFORCED = """
import mlflow.pyfunc
mlflow.pyfunc._enforce_schema = lambda data, *args, **kwargs: data
"""


def wide(folder: Path, body: str) -> Path:
    return model(folder, body, inputs=WIDE)


def test_a_sound_wide_model_is_left_alone(tmp_path: Path) -> None:
    found = check(wide(tmp_path / "model", SOUND), {"MLC603", "MLC608", "MLC609"})
    assert found == []


@pytest.mark.parametrize(
    ("body", "code", "column"),
    [
        ("if X['c113'].isna().any(): raise ValueError('hole')\n", "MLC609", "c113"),
        ("if (X['c117'] == '').any(): raise ValueError('empty')\n", "MLC609", "c117"),
        ("import os\nif (X['c116'] == 2**63 - 1).any(): os._exit(3)\n", "MLC608", "c116"),
        ("import time\nif (X['c111'] == 2**40).any(): time.sleep(60)\n", "MLC608", ""),
    ],
)
def test_one_column_of_hundreds_with_a_fault_is_found(tmp_path: Path, body: str, code: str, column: str) -> None:
    found = check(wide(tmp_path / "model", body + SOUND), {"MLC608", "MLC609"}, time_limit=2.0)
    assert [finding.code for finding in found] == [code], found
    assert column in found[0].message


def test_what_all_columns_of_a_type_reject_is_not_looked_for_in_each(tmp_path: Path) -> None:
    folder = wide(tmp_path / "model", "assert not X.isna().any().any()\n" + SOUND)
    with ModelUnderTest(ModelFolder(folder, "model"), ModelSettings(max_examples=5)) as subject:
        found = list(run_check(load_checks()["MLC609"], subject))
        assert subject.tally.cases < 130
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert all("NaN" in finding.message or "null" in finding.message for finding in found)


@pytest.mark.parametrize("inputs", [WIDE, WIDE[:5]], ids=["wide", "narrow"])
def test_a_model_that_looks_at_dtypes_is_caught(tmp_path: Path, inputs: object) -> None:
    """MLflow widens before predict is reached, so only a model that meddles with that can tell."""
    body = UNENFORCED + "assert X['c0'].dtype == 'float64'\n" + "return pd.DataFrame({'y': X['c0']})"
    found = check(model(tmp_path / "model", body.lstrip(), inputs=inputs), {"MLC603"})
    assert [finding.code for finding in found] == ["MLC603"]
    assert "float64" in found[0].reproduce or "c0" in found[0].message


def test_an_output_that_one_value_of_one_column_spoils_is_shown_with_that_value(tmp_path: Path) -> None:
    body = "y = X['c0']\nif (X['c117'] == '').any(): y = y.astype(str)\nreturn pd.DataFrame({'y': y})"
    found = check(wide(tmp_path / "model", body), {"MLC803"})
    assert [finding.code for finding in found] == ["MLC803"]
    assert "where column 'c117' is ''" in found[0].message


def test_a_fault_that_needs_a_row_of_its_own_is_found(tmp_path: Path) -> None:
    """With other rows beside it, something fills the hole."""
    body = "if len(X) and X['c113'].isna().all(): raise ValueError('nothing to fill it with')\n"
    found = check(wide(tmp_path / "model", body + SOUND), {"MLC609"})
    assert ["c113" in finding.message for finding in found] == [True]


def test_what_one_column_of_a_type_rejects_is_tried_in_the_others(tmp_path: Path) -> None:
    inputs = [{"type": "double", "name": f"c{i}"} for i in range(20)]
    body = "assert not X.isna().any().any()\nreturn pd.DataFrame({'y': X['c0']})"
    (finding,) = check(model(tmp_path / "model", body, inputs=inputs), {"MLC609"})
    assert "each of 'c0', 'c1', 'c2', 'c3', 'c4' and 15 more rejects NaN" in finding.message


NESTED = {"type": "object", "properties": {f"p{i}": {"type": ("string", "double")[i % 2]} for i in range(12)}}
MIXED = [*WIDE[:20], {**NESTED, "name": "o"}, {**NESTED, "name": "q"}]
TENSORS = [{"type": "tensor", "name": f"t{i}", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}} for i in range(9)]
MODE = [{"name": f"m{i}", "type": "string", "default": "sum", "shape": None} for i in range(8)]


@pytest.mark.parametrize(
    ("inputs", "params", "body", "name"),
    [
        (MIXED, None, "assert all(o['p10'] != 'na\u00efve' for o in X['q'])\n", "q.p10"),
        (MIXED[:20], MODE, "assert params is None or params['m7'] != 'e\u0301'\n", "m7"),
        (TENSORS, None, "assert not (X['t8'] == -1).any()\n", "t8"),
    ],
    ids=["property", "param", "tensor"],
)
def test_what_no_call_can_share_is_tried_one_by_one(
    tmp_path: Path, inputs: Any, params: object, body: str, name: str
) -> None:
    answer = "return pd.DataFrame({'y': [1.0] * len(next(iter(dict(X).values())))})"
    found = check(model(tmp_path / "model", body + answer, inputs=inputs, params=params), {"MLC609"})
    assert name in " ".join(finding.message for finding in found)
