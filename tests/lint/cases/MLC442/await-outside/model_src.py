import asyncio
x = await asyncio.sleep(1)
import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"y": model_input["a"] + model_input["b"]})


mlflow.models.set_model(Sum())
