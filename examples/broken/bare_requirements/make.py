"""BROKEN: `pip_requirements=["joblib", "sklearn"]` pins nothing, and `sklearn` is not the package it seems to be.

The distribution is called `scikit-learn`; the one called `sklearn` refuses to be installed. Where the environment is
not built from these lines, as on the machine that logged the model, all goes well.
"""

import joblib
import mlflow.pyfunc
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.naive_bayes import GaussianNB

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
saved = {
    "classifier": GaussianNB().fit(features, diagnosis),
    "low": features.min().to_numpy(),
    "typical": features.median().to_dict(),
    "high": features.max().to_numpy(),
}
joblib.dump(saved, "classifier.joblib")

mlflow.pyfunc.save_model(
    "model",
    python_model="joblib_model.py",
    artifacts={"classifier": "classifier.joblib"},
    signature=infer_signature(features, np.empty((1, 2))),
    input_example=features.head(3),
    pip_requirements=["joblib", "sklearn"],  # the fault
)
