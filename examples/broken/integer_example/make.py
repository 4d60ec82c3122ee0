"""BROKEN: the input example is typed by hand and has whole numbers for columns that are `double`.

`5` becomes an int64, which `predict` refuses where the signature says `double`. Worse are the servers that learn the
types of a request from the example: they cut 5.9 down to 5. It should be `5.0`.
"""

from importlib.metadata import version

import mlflow.xgboost
import pandas as pd
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from species_classifier import SpeciesClassifier

features, species = load_iris(return_X_y=True, as_frame=True)
classifier = SpeciesClassifier(n_estimators=10, max_depth=2, base_score=0.5, random_state=0).fit(features, species)

# `mlflow.pyfunc.save_model` refuses such an example; the flavors save it with no more than a warning.
mlflow.xgboost.save_model(
    classifier,
    "model",
    code_paths=["species_classifier.py"],
    signature=infer_signature(features, classifier.predict(features)),
    input_example=pd.DataFrame([[5, 3, 1, 0], [6, 3, 5, 2]], columns=features.columns),  # the fault
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "xgboost")],
)
