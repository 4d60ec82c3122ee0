"""Wrap a classifier in a `PythonModel`, so that `predict` answers with a probability per class.

The wrapper is saved as source ("models from code"): a pickled class would only load on the Python that pickled it.
"""

from importlib.metadata import version

import mlflow.pyfunc
from mlflow.models import infer_signature
from probability_model import as_table
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

# Any other base score, also the one that XGBoost picks by itself, is misread without a word by XGBoost before 3.1.
classifier = XGBClassifier(n_estimators=20, max_depth=3, base_score=0.5, random_state=0)
classifier.fit(train, train_diagnosis)
classifier.save_model("classifier.json")
print(f"accuracy {classifier.score(test, test_diagnosis):.3f}")

mlflow.pyfunc.save_model(
    "model",
    python_model="probability_model.py",
    artifacts={"classifier": "classifier.json"},
    # `predict` answers with probabilities: a signature inferred from `test_diagnosis` would promise labels.
    signature=infer_signature(test, as_table(classifier, test)),
    input_example=test.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
