"""BROKEN: the loader module uses `XGBClassifier` and imports it nowhere, since the notebook around it once did.

MLflow copies the module without importing it, so the NameError waits for whoever loads the model.
"""

from importlib.metadata import version

import mlflow.pyfunc
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
classifier = XGBClassifier(n_estimators=10, max_depth=2, base_score=0.5, random_state=0).fit(features, diagnosis)
classifier.save_model("classifier.json")

mlflow.pyfunc.save_model(
    "model",
    loader_module="forgetful_loader",
    code_paths=["forgetful_loader.py"],
    data_path="classifier.json",
    signature=infer_signature(features, np.empty((1, 2), np.float32)),
    input_example=features.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
