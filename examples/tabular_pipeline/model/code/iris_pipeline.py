"""A scikit-learn pipeline that takes what its signature allows, even if the training data never had it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

TEXT, FLAG = "species", "long_sepal"
NUMBERS = ["petal_length_mm", "sepal_width_cm"]


class TolerantPipeline(Pipeline):
    """Fills in what is missing and keeps numbers within the range of the training data."""

    def fit(self, X: pd.DataFrame, y: pd.Series | None = None, **params: Any) -> TolerantPipeline:  # noqa: N803
        """Remember the range of each number, then fit the steps."""
        numbers = X[NUMBERS]
        self.low_, self.high_ = numbers.min().to_dict(), numbers.max().to_dict()
        self.typical_ = numbers.median().to_dict()
        return super().fit(self.complete(X), y, **params)

    def predict(self, X: pd.DataFrame, **params: Any) -> np.ndarray:  # noqa: N803
        """Return one estimate per row, also for no rows at all, which scikit-learn's own steps refuse."""
        return super().predict(self.complete(X), **params) if len(X) else np.empty(0)

    def complete(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return a table with every column, without nulls and without numbers beyond the known range."""
        text = data[TEXT].astype(object)
        known = {TEXT: text.where(text.notna(), "unknown").map(str), FLAG: data[FLAG].astype(bool)}
        for name in NUMBERS:
            # The optional column may be left out altogether.
            numbers = data[name] if name in data else pd.Series(np.nan, index=data.index)
            within = pd.to_numeric(numbers).astype(float).clip(self.low_[name], self.high_[name])
            known[name] = within.fillna(self.typical_[name])
        return pd.DataFrame(known)
