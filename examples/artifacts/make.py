"""Save a model that is made of several files: `artifacts` names them, `load_context` opens them.

Here they are an encoder for a text column and an XGBoost classifier. Both are stored as JSON, which any later Python,
pandas and XGBoost can read.
"""

import json
from importlib.metadata import version
from pathlib import Path

import mlflow.pyfunc
import pandas as pd
from encoded_model import EncodedModel
from mlflow.models import infer_signature
from mlflow.pyfunc import PythonModelContext
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

SIZES = ["small", "medium", "large"]

features, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
size = pd.cut(features["mean radius"], [0, 12, 16, 100], labels=SIZES).astype(str)
features = features[["mean texture", "mean smoothness", "worst concavity"]].assign(size=size)
train, test, train_diagnosis, test_diagnosis = train_test_split(features, diagnosis, random_state=0)

encoder = {name: code for code, name in enumerate(SIZES)}
classifier = XGBClassifier(n_estimators=20, max_depth=3, base_score=0.5, random_state=0)
classifier.fit(train.assign(size=train["size"].map(encoder).astype(float)), train_diagnosis)

artifacts = {"encoder": "encoder.json", "classifier": "classifier.json"}
Path(artifacts["encoder"]).write_text(json.dumps(encoder))
classifier.save_model(artifacts["classifier"])

# Asking the wrapper itself for the answer that the signature is inferred from leaves no room for a difference.
model = EncodedModel()
model.load_context(PythonModelContext(artifacts, model_config=None))
answer = model.predict(None, test)
print(f"accuracy {(answer.argmax(axis=1) == test_diagnosis).mean():.3f}")

mlflow.pyfunc.save_model(
    "model",
    python_model="encoded_model.py",
    artifacts=artifacts,
    signature=infer_signature(test, answer),
    input_example=test.head(3),
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
