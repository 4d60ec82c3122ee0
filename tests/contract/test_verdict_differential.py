"""Holds `judge` against the installed MLflow's own enforcement; runs in any MLflow from 2.9 on.

MLCHECK_DIFFERENTIAL_EXAMPLES=10000 pytest tests/contract/test_verdict_differential.py
"""

from __future__ import annotations

import copy
import os
import warnings
from typing import Any

import mlflow
import pandas as pd
from hypothesis import HealthCheck, given, settings
from verdict_cases import cases

from mlcheck.contract.data import to_pandas
from mlcheck.contract.verdict import Verdict, judge
from mlcheck.signature import Signature

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
EXAMPLES = int(os.environ.get("MLCHECK_DIFFERENTIAL_EXAMPLES", "300"))


def enforce(mapping: dict[str, Any], data: object, params: object) -> str:
    """Return what MLflow does: "" or the name of the exception."""
    from mlflow.models.signature import ModelSignature
    from mlflow.models.utils import _enforce_params_schema, _enforce_schema

    signature = ModelSignature.from_dict(mapping)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _enforce_schema(data, signature.inputs)
            _enforce_params_schema(params, signature.params)
        except Exception as error:
            return type(error).__name__
    return ""


def judge_here(mapping: dict[str, Any], data: object, params: object) -> Verdict:
    signature = Signature.from_mlmodel(mapping)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge(signature, data, params, mlflow_version=mlflow.__version__, pandas_version=pd.__version__)


def real(value: object) -> object:
    return copy.deepcopy(to_pandas(value))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(cases(VERSION))
def test_judge_says_what_mlflow_does(case: tuple[dict[str, Any], Any, Any]) -> None:
    mapping, data, params = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        handed = real(data)
        for_mlflow = real(data)
    error = enforce(mapping, for_mlflow, real(params))
    verdicts = [judge_here(mapping, data, params), judge_here(mapping, handed, params)]
    for verdict in verdicts:
        assert "cannot be looked at" not in verdict.reason, verdict
        if verdict.kind == "unspecified":
            continue
        assert verdict.error in {error, "Exception"}, (verdict, error)
        assert (verdict.kind == "accept") == (error == ""), (verdict, error)
    assert verdicts[0].kind == verdicts[1].kind, verdicts
