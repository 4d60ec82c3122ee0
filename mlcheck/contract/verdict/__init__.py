"""The contract as data: what enforcement must do with given data, for every MLflow from 2.9 on."""

from __future__ import annotations

from mlcheck.contract.verdict.judging import judge
from mlcheck.contract.verdict.payload import judge_payload
from mlcheck.contract.verdict.types import Verdict

__all__ = ["Verdict", "judge", "judge_payload"]
