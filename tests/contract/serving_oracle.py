"""Asks the installed MLflow's scoring server what it does with a request; no server is started."""

from __future__ import annotations

import warnings
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models.signature import ModelSignature
from mlflow.models.utils import _enforce_params_schema, _enforce_schema
from mlflow.pyfunc import scoring_server

from mlcheck.contract.verdict import Verdict, judge_payload
from mlcheck.signature import Signature

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])


class Model:
    """What the scoring server needs of a pyfunc model: enforcement, and no inner model."""

    def __init__(self, signature: ModelSignature, *, from_type_hint: bool) -> None:
        self.signature = signature
        self.from_type_hint = from_type_hint
        self.metadata = self

    def get_params_schema(self) -> Any:
        return self.signature.params

    def _is_signature_from_type_hint(self) -> bool:
        return self.from_type_hint

    def predict(self, data: object, params: object = None) -> list[int]:
        if not self.from_type_hint:
            _enforce_schema(data, self.signature.inputs)
        _enforce_params_schema(params, self.signature.params)
        return [1]


def serve(mapping: dict[str, Any], body: str, content_type: str, *, from_type_hint: bool = False) -> str:
    """Return "" if the request is answered, and else the status or the exception."""
    signature = ModelSignature.from_dict(mapping)
    model = Model(signature, from_type_hint=from_type_hint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            answer = scoring_server.invocations(body, content_type, model, signature.inputs)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return "" if answer.status == 200 else str(answer.status)


def judge_here(mapping: dict[str, Any], body: str, content_type: str, *, from_type_hint: bool = False) -> Verdict:
    """Return the verdict for the versions that are installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge_payload(
            Signature.from_mlmodel(mapping, from_type_hint=from_type_hint),
            body,
            content_type=content_type,
            mlflow_version=mlflow.__version__,
            pandas_version=pd.__version__,
            numpy_version=np.__version__,
        )
