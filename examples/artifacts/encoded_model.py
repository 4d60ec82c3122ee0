"""A classifier with a text column, which an encoder turns into numbers first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from xgboost import XGBClassifier


class EncodedModel(PythonModel):
    """Encodes the column `size`, then answers with the probabilities of malignant and benign."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open both artifacts; each entry of `context.artifacts` is a path."""
        self.encoder = json.loads(Path(context.artifacts["encoder"]).read_text())
        self.classifier = XGBClassifier()
        self.classifier.load_model(context.artifacts["classifier"])

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> np.ndarray:
        """Return probabilities of shape (rows, 2)."""
        if model_input.empty:
            return np.empty((0, 2), np.float32)
        # A size that the encoder has never seen becomes NaN, which XGBoost takes as "missing".
        size = model_input["size"].map(self.encoder).astype(float)
        return self.classifier.predict_proba(model_input.assign(size=size))


mlflow.models.set_model(EncodedModel())
