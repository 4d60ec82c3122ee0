import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input: list[int], params=None):
        return model_input


mlflow.models.set_model(Sum())
