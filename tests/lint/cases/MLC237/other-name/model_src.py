import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, model_input, **kwargs):
        return model_input["a"] * kwargs["k"]


mlflow.models.set_model(Model())
