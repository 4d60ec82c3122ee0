"""A classifier that answers with probabilities, in the Python of its day."""

from __future__ import annotations

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel
from xgboost import XGBClassifier


class OlderModel(PythonModel):
    """Answers with the probabilities of malignant and benign."""

    def load_context(self, context):
        """Read the classifier from the file that was saved with the model."""
        self.classifier = XGBClassifier()
        self.classifier.load_model(context.artifacts["classifier"])

    def predict(self, context, model_input: pd.DataFrame, params=None) -> np.ndarray:
        """Return probabilities of shape (rows, 2)."""
        return self.classifier.predict_proba(model_input) if len(model_input) else np.empty((0, 2), np.float32)


mlflow.models.set_model(OlderModel())
