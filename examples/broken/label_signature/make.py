"""BROKEN: the signature is inferred from the labels of the test set, and `predict` answers with probabilities.

It promises a column `target` of whole numbers; callers get two floats a row. MLflow never compares the two.
"""

from importlib.metadata import version

import mlflow.pyfunc
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

classifier = XGBClassifier(n_estimators=10, max_depth=2, base_score=0.5, random_state=0)
classifier.fit(train, train_diagnosis)
classifier.save_model("classifier.json")

mlflow.pyfunc.save_model(
    "model",
    python_model="two_probabilities.py",
    artifacts={"classifier": "classifier.json"},
    signature=infer_signature(test, test_diagnosis),  # the fault
    input_example=test.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
