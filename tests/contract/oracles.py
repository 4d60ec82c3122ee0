"""Asks the installed MLflow itself: its enforcement, and its scoring server without a server."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models.signature import ModelSignature
from mlflow.models.utils import _enforce_params_schema, _enforce_schema

from mlcheck.contract.data import to_pandas

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
VERSIONS = {
    "mlflow_version": mlflow.__version__,
    "pandas_version": pd.__version__,
    "numpy_version": np.__version__,
}


def make_real(value: object) -> Any:
    """Return the described value as pandas objects that nobody else holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return copy.deepcopy(to_pandas(value))


def enforce(mapping: dict[str, Any], data: Any, params: Any) -> str:
    """Return "" if enforcement lets the data through, and else the name of the exception."""
    signature = ModelSignature.from_dict(mapping)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _enforce_schema(data, signature.inputs)
            _enforce_params_schema(params, signature.params)
        except Exception as error:  # noqa: BLE001 - every exception is an outcome
            return type(error).__name__
    return ""


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

    def predict(self, data: Any, params: Any = None) -> list[int]:
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
            # Needs flask or fastapi, by the version
            from mlflow.pyfunc import scoring_server  # noqa: PLC0415

            invocations: Any = scoring_server.invocations
            answer = invocations(body, content_type, model, signature.inputs)
        except Exception as error:  # noqa: BLE001 - every exception is an outcome
            return f"{type(error).__name__}: {error}"
    return "" if answer.status == 200 else str(answer.status)
