"""Finds the reader for what a model file says about its features."""

from __future__ import annotations

from mlcheck.folder import ModelFolder
from mlcheck.rules.flavors import loader_of
from mlcheck.rules.learned import Learned
from mlcheck.rules.learned_by_boosters import read_lightgbm, read_xgboost
from mlcheck.rules.learned_by_sklearn import read_sklearn

_READERS = {
    "mlflow.xgboost": read_xgboost,
    "mlflow.lightgbm": read_lightgbm,
    "mlflow.sklearn": read_sklearn,
}


def read_learned(folder: ModelFolder) -> Learned | None:
    """Return what the model file of a folder says about its features, None where nothing certain can be read."""
    reader = _READERS.get(loader_of(folder))
    return reader(folder) if reader is not None else None
