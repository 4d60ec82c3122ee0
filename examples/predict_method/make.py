"""Let the caller choose the method: a `predict_method` param, and arrays (tensors) in and out.

Whatever the caller chooses, the answer must fit the one signature. So `predict` does not answer with labels, which
would be one number per row, but with 1.0 for the class that it chose and 0.0 for the other.
"""

from importlib.metadata import version

import joblib
import mlflow.pyfunc
import numpy as np
from method_model import MethodModel
from mlflow.models import infer_signature
from mlflow.pyfunc import PythonModelContext
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

features, diagnosis = load_breast_cancer(return_X_y=True)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

# A joblib file is tied to scikit-learn's own attributes. GaussianNB's are the same from 1.3 to 1.9; those of
# LogisticRegression are not: one saved with 1.9 fails on 1.7.
saved = {
    "classifier": GaussianNB().fit(train, train_diagnosis),
    "low": train.min(axis=0),
    "typical": np.median(train, axis=0),
    "high": train.max(axis=0),
}
artifacts = {"classifier": "classifier.joblib"}
joblib.dump(saved, artifacts["classifier"])

params = {"predict_method": "predict_proba"}
model = MethodModel()
model.load_context(PythonModelContext(artifacts, model_config=None))
answer = model.predict(None, test, params)
print(f"accuracy {(answer.argmax(axis=1) == test_diagnosis).mean():.3f}")

mlflow.pyfunc.save_model(
    "model",
    python_model="method_model.py",
    artifacts=artifacts,
    # The values here are the defaults for callers who leave the param out.
    signature=infer_signature(test, answer, params=params),
    input_example=(test[:3], params),
    pip_requirements=[f"{name}=={version(name)}" for name in ("joblib", "numpy", "scikit-learn")],
)
