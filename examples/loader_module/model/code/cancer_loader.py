"""Loads the breast-cancer classifier: MLflow calls `_load_pyfunc` with the path of the saved data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from xgboost import XGBClassifier


class CancerModel:
    """Any class with a `predict` will do."""

    def __init__(self, classifier: XGBClassifier) -> None:
        self.classifier = classifier

    def predict(self, data: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of malignant and benign, shape (rows, 2)."""
        # XGBoost 3.4 answers no rows with an array of shape (0, 0).
        return self.classifier.predict_proba(data) if len(data) else np.empty((0, 2), np.float32)


def _load_pyfunc(data_path: str) -> CancerModel:
    classifier = XGBClassifier()
    classifier.load_model(data_path)
    return CancerModel(classifier)
