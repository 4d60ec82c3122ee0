"""A classifier whose caller chooses between classes, probabilities and log-probabilities."""

from __future__ import annotations

from typing import Any

import joblib
import mlflow.models
import numpy as np
from mlflow.pyfunc import PythonModel, PythonModelContext

METHODS = ("predict", "predict_proba", "predict_log_proba")
DEFAULT = "predict_proba"


class MethodModel(PythonModel):
    """Answers with two float64 columns, malignant and benign, whatever the method."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the classifier and the range of its training data."""
        saved = joblib.load(context.artifacts["classifier"])
        self.classifier = saved["classifier"]
        self.low, self.typical, self.high = saved["low"], saved["typical"], saved["high"]

    def predict(
        self, context: PythonModelContext, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> np.ndarray:
        """Return an array of shape (rows, 2); raise ValueError for a method that is not one of METHODS."""
        method = (params or {}).get("predict_method")
        method = DEFAULT if method is None else method
        if method not in METHODS:
            raise ValueError(f"predict_method is {method!r}, must be one of {', '.join(METHODS)}")
        if len(model_input) == 0:
            return np.empty((0, 2))
        return self.answer(method, self.within_range(model_input))

    def answer(self, method: str, data: np.ndarray) -> np.ndarray:
        """Return what the classifier's `method` says, with labels as one column per class."""
        if method == "predict":
            chosen = self.classifier.predict(data)
            return (chosen[:, np.newaxis] == self.classifier.classes_).astype(np.float64)
        return getattr(self.classifier, method)(data)

    def within_range(self, data: np.ndarray) -> np.ndarray:
        """Return `data` with nothing in it that training never saw: scikit-learn refuses NaN and infinity."""
        return np.where(np.isnan(data), self.typical, np.clip(data, self.low, self.high))


mlflow.models.set_model(MethodModel())
