async def wait(x): return await x
returned = 1  # return
import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"y": model_input["a"] + model_input["b"]})


mlflow.models.set_model(Sum())
