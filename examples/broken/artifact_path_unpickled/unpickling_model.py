"""A classifier with a text column, whose encoder cannot be read back."""

from __future__ import annotations

import pickle
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from xgboost import XGBClassifier


class UnpicklingModel(PythonModel):
    """Encodes the column `size`, then answers with the probabilities of malignant and benign."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open both artifacts."""
        # The fault: an artifact is a path, and `loads` takes bytes.
        self.encoder = pickle.loads(context.artifacts["encoder"])
        self.classifier = XGBClassifier()
        self.classifier.load_model(context.artifacts["classifier"])

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> np.ndarray:
        """Return probabilities of shape (rows, 2)."""
        if model_input.empty:
            return np.empty((0, 2), np.float32)
        size = model_input["size"].map(self.encoder).astype(float)
        return self.classifier.predict_proba(model_input.assign(size=size))


mlflow.models.set_model(UnpicklingModel())
