import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, model_input, params=None):
        params = {"k": 1, **(params or {})}
        return model_input["a"] * params["k"]


mlflow.models.set_model(Model())
