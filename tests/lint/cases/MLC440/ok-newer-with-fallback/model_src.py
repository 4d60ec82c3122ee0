import sys
try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib
if sys.version_info >= (3, 14):
    import annotationlib
import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"y": model_input["a"] + model_input["b"]})


mlflow.models.set_model(Sum())
