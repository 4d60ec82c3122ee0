"""BROKEN: `load_context` gives `pickle.loads` the path of an artifact, as if it were the bytes in the file.

Nothing is loaded while the model is logged, so it is saved without a word and fails wherever it is loaded.
"""

import pickle
from importlib.metadata import version
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

SIZES = ["small", "medium", "large"]

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
size = pd.cut(features["mean radius"], [0, 12, 16, 100], labels=SIZES).astype(str)
features = features[["mean texture", "mean smoothness", "worst concavity"]].assign(size=size)

encoder = {name: code for code, name in enumerate(SIZES)}
classifier = XGBClassifier(n_estimators=10, max_depth=2, base_score=0.5, random_state=0)
classifier.fit(features.assign(size=size.map(encoder).astype(float)), diagnosis)

Path("encoder.pkl").write_bytes(pickle.dumps(encoder))
classifier.save_model("classifier.json")

mlflow.pyfunc.save_model(
    "model",
    python_model="unpickling_model.py",
    artifacts={"encoder": "encoder.pkl", "classifier": "classifier.json"},
    signature=infer_signature(features, np.empty((1, 2), np.float32)),
    input_example=features.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
