import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, context, model_input, params=None):
        params = {"k": 1}
        return model_input["a"] * params["k"]


mlflow.models.set_model(Model())
