"""Holds the verdicts against the installed MLflow; runs with any MLflow from 2.9 on, and at length with

MLCHECK_DIFFERENTIAL_EXAMPLES=10000 pytest tests/contract/test_verdict_differential.py
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mlcheck.contract.verdict import Verdict, judge, judge_payload
from mlcheck.signature import Signature
from tests.contract.drawing.cases import cases
from tests.contract.drawing.requests import requests
from tests.contract.oracles import VERSION, VERSIONS, enforce, make_real, serve

EXAMPLES = int(os.environ.get("MLCHECK_DIFFERENTIAL_EXAMPLES", "300"))
at_length = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@at_length
@given(cases(VERSION))
def test_judge_says_what_enforcement_does(case: tuple[dict[str, Any], Any, Any]) -> None:
    mapping, data, params = case
    outcome = enforce(mapping, make_real(data), make_real(params))
    signature = Signature.from_mlmodel(mapping)
    described = judge(signature, data, params, **VERSIONS)
    real = judge(signature, make_real(data), make_real(params), **VERSIONS)
    check(described, outcome)
    check(real, outcome)
    assert described.kind == real.kind


@at_length
@given(requests(VERSION))
def test_judge_payload_says_what_the_scoring_server_does(request: tuple[dict[str, Any], str, str]) -> None:
    pytest.importorskip("mlflow.pyfunc.scoring_server", exc_type=ImportError)
    mapping, body, content_type = request
    outcome = serve(*request)
    verdict = judge_payload(Signature.from_mlmodel(mapping), body, content_type=content_type, **VERSIONS)
    check(verdict, outcome and verdict.error, outcome)


def check(verdict: Verdict, outcome: str, *more: str) -> None:
    assert "cannot be looked at" not in verdict.reason, verdict
    if verdict.kind != "unspecified":
        assert (verdict.kind == "accept") == (outcome == ""), (verdict, outcome, *more)
        assert verdict.error in {outcome, "Exception"}, (verdict, outcome, *more)
