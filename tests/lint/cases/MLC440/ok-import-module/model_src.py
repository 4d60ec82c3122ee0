import importlib

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


NAME = "torch"
try:
    torch = importlib.import_module("torch")
except ImportError:
    torch = None
plugin = importlib.import_module(f"{NAME}.x") if NAME == "y" else None
mlflow_again = importlib.import_module("mlflow.pyfunc")


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"y": model_input["a"] + model_input["b"]})


mlflow.models.set_model(Sum())
