"""Loads the breast-cancer classifier, or would do so."""

from __future__ import annotations

import numpy as np
import pandas as pd


class CancerModel:
    """Any class with a `predict` will do."""

    def __init__(self, classifier) -> None:
        self.classifier = classifier

    def predict(self, data: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of malignant and benign, shape (rows, 2)."""
        return self.classifier.predict_proba(data) if len(data) else np.empty((0, 2), np.float32)


def _load_pyfunc(data_path: str) -> CancerModel:
    classifier = XGBClassifier()  # noqa: F821 - the fault: `from xgboost import XGBClassifier` is missing
    classifier.load_model(data_path)
    return CancerModel(classifier)
