"""Save an XGBoost classifier with MLflow's own flavor, which is also what `mlflow.xgboost.autolog()` uses.

`mlflow.xgboost.log_model` takes the same arguments as `save_model`; saving needs no tracking server.
"""

from importlib.metadata import version

import mlflow.xgboost
from cancer_classifier import CancerClassifier
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

# A plain XGBClassifier would do as well, were it not for tables without rows: XGBoost 3.4 answers them with an array
# of shape (0, 0).
classifier = CancerClassifier(n_estimators=20, max_depth=3, base_score=0.5, random_state=0)
classifier.fit(train, train_diagnosis)
print(f"accuracy {classifier.score(test, test_diagnosis):.3f}")

mlflow.xgboost.save_model(
    classifier,
    "model",
    # A class of one's own travels with the model.
    code_paths=["cancer_classifier.py"],
    # The signature describes what the model really answers, so it is inferred from its own predictions.
    signature=infer_signature(test, classifier.predict(test)),
    input_example=test.head(3),
    # MLflow adds the pin of mlflow itself. XGBClassifier needs scikit-learn to be installed.
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
