"""A classifier that answers with a probability for each class."""

from __future__ import annotations

from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from xgboost import XGBClassifier

CLASSES = ["malignant", "benign"]


def as_table(classifier: XGBClassifier, data: pd.DataFrame) -> pd.DataFrame:
    """Return one column of probabilities per class, one row per row of `data`."""
    # XGBoost 3.4 answers no rows with an array of shape (0, 0).
    answer = classifier.predict_proba(data) if len(data) else np.empty((0, len(CLASSES)), np.float32)
    return pd.DataFrame(answer, columns=CLASSES, index=data.index)


class ProbabilityModel(PythonModel):
    """Answers with probabilities instead of labels."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the classifier from the file that was saved with the model."""
        self.classifier = XGBClassifier()
        self.classifier.load_model(context.artifacts["classifier"])

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the probabilities as a DataFrame with a column per class."""
        return as_table(self.classifier, model_input)


mlflow.models.set_model(ProbabilityModel())
