"""The verdict on data and params for a signature, by what is documented and measured, never by asking MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlcheck.contract.data import Frame
from mlcheck.contract.verdict.columns import judge_columns
from mlcheck.contract.verdict.facts import Fact, facts_of
from mlcheck.contract.verdict.hints import judge_hinted
from mlcheck.contract.verdict.params import judge_params
from mlcheck.contract.verdict.readers import judge_signature
from mlcheck.contract.verdict.tensors import judge_tensors
from mlcheck.contract.verdict.types import ACCEPT, Verdict, decide, leave_open
from mlcheck.signature import is_column_schema, is_tensor_schema

if TYPE_CHECKING:
    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Signature


def judge(
    signature: Signature,
    data: object,
    params: object = None,
    *,
    mlflow_version: str,
    pandas_version: str,
    numpy_version: str | None = None,
) -> Verdict:
    """Return what `PyFuncModel.predict(data, params)` must do before it calls the model.

    `data` and `params` are real objects or those of mlcheck.contract.data, and are not changed. Never raises
    for any of them; raises packaging's InvalidVersion for a version that is none.
    """
    facts = facts_of(mlflow_version, pandas_version, numpy_version)
    unreadable = judge_signature(signature, facts)
    return judge_call(signature, data, params, facts) if unreadable is ACCEPT else unreadable


def judge_call(signature: Signature, data: object, params: object, facts: Facts) -> Verdict:
    """Return the verdict on a call; whatever the touch of the data raises leaves it open."""
    try:
        return decide((_judge_data(signature, data, facts), judge_params(signature.params, params, facts)))
    except Exception as error:  # noqa: BLE001 - a user's class may raise at every touch
        return leave_open(f"the data cannot be looked at: it raises {type(error).__name__}")


def _judge_data(signature: Signature, data: object, facts: Facts) -> Verdict:
    schema = signature.inputs
    if schema is None:
        return ACCEPT
    if signature.from_type_hint and Fact.TYPE_HINTS in facts:
        return judge_hinted(schema, data)
    if Fact.MEASURED not in facts and not isinstance(data, pd.DataFrame | Frame | np.ndarray):
        return leave_open("what MLflow before 2.9 makes of anything but tables and arrays was not measured")
    if is_tensor_schema(schema):
        return judge_tensors(schema, data, facts)
    assert is_column_schema(schema)
    return judge_columns(schema, data, facts)
