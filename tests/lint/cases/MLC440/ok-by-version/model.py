import sys

if sys.version_info >= (3, 12):
    import tomllib
else:
    import tomli as tomllib
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
