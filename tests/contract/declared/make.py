"""Made the model folders beside it, each by the MLflow and Python that its name says.

uv run --no-project --python 3.10 --with mlflow==2.16.2 --with scikit-learn==1.4.2 --with 'setuptools<81' --with pip --with wheel make.py mlflow-2.16.2-python-3.10
uv run --no-project --python 3.8 --with mlflow==2.9.2 --with scikit-learn==1.2.2 --with 'setuptools<81' --with pip --with wheel make.py mlflow-2.9.2-python-3.8
"""  # noqa: E501 - to be copied

import sys

import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature
from sklearn.ensemble import GradientBoostingClassifier

frame = pd.DataFrame({"age": [20.0, 30.0, 40.0, 55.0], "height": [1.5, 1.6, 1.75, 1.8]})
model = GradientBoostingClassifier(n_estimators=3, max_depth=1, random_state=0).fit(frame, [0, 0, 1, 1])
signature = infer_signature(frame, model.predict(frame))
mlflow.sklearn.save_model(model, sys.argv[1], signature=signature, input_example=frame.head(2))
