"""A scikit-learn classifier read with joblib."""

from __future__ import annotations

import joblib
import mlflow.models
from mlflow.pyfunc import PythonModel


class JoblibModel(PythonModel):
    """Answers with the probabilities of malignant and benign."""

    def load_context(self, context):
        """Read the classifier and the range of its training data."""
        saved = joblib.load(context.artifacts["classifier"])
        self.classifier = saved["classifier"]
        self.low, self.typical, self.high = saved["low"], saved["typical"], saved["high"]

    def predict(self, context, model_input, params=None):
        """Return probabilities of shape (rows, 2)."""
        known = model_input.clip(self.low, self.high, axis=1).fillna(self.typical)
        # scikit-learn refuses to be asked about no rows.
        return self.classifier.predict_proba(known) if len(known) else known.to_numpy()[:, :2]


mlflow.models.set_model(JoblibModel())
