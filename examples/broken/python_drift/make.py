# /// script
# requires-python = "==3.8.*"
# dependencies = [
#   "mlflow==2.16.2", "numpy==1.24.4", "pandas==2.0.3", "scikit-learn==1.3.2", "xgboost==2.1.4",
#   "pip==24.3.1", "setuptools==75.3.4", "wheel==0.45.1",
# ]
# ///
"""BROKEN: conda.yaml asks for Python 3.8.5, and MLmodel says that the model was logged with 3.8.12.

A `conda_env` written by hand is kept as it is, while MLmodel and python_env.yaml take the version that runs. Which
Python the model meets then depends on which file its server reads. Run it with `uv run make.py`.
"""

import platform
from pathlib import Path

import mlflow.pyfunc
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
classifier = XGBClassifier(n_estimators=10, max_depth=2, base_score=0.5, random_state=0).fit(features, diagnosis)
classifier.save_model("classifier.json")

conda_env = {
    "name": "mlflow-env",
    "channels": ["conda-forge"],
    "dependencies": [
        "python=3.8.5",  # the fault
        "pip<=24.3.1",
        {
            "pip": [
                "mlflow==2.16.2",
                "numpy==1.24.4",
                "pandas==2.0.3",
                "scikit-learn==1.3.2",
                "xgboost==2.1.4",
            ]
        },
    ],
}
mlflow.pyfunc.save_model(
    "model",
    python_model="older_model.py",
    artifacts={"classifier": "classifier.json"},
    signature=infer_signature(features, np.empty((1, 2), np.float32)),
    input_example=features.head(3),
    conda_env=conda_env,
)

# Whichever Python 3.8 there is to run this, the folder tells of the one in the story.
for name in ("MLmodel", "python_env.yaml"):
    document = Path("model", name)
    document.write_text(document.read_text().replace(platform.python_version(), "3.8.12"))
