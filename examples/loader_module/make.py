"""Save a model whose class knows nothing of MLflow: a loader module in `code_paths` reads it from `data_path`."""

from importlib.metadata import version

import mlflow.pyfunc
from cancer_loader import CancerModel
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

classifier = XGBClassifier(n_estimators=20, max_depth=3, base_score=0.5, random_state=0)
classifier.fit(train, train_diagnosis)
classifier.save_model("classifier.json")
print(f"accuracy {classifier.score(test, test_diagnosis):.3f}")

mlflow.pyfunc.save_model(
    "model",
    loader_module="cancer_loader",
    # Two models in one process share the names of their modules: `utils.py` would be found only once.
    code_paths=["cancer_loader.py"],
    data_path="classifier.json",
    signature=infer_signature(test, CancerModel(classifier).predict(test)),
    input_example=test.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
