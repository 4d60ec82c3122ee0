import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, context, model_input):
        params = self.params
        return model_input["a"] * params["k"]


mlflow.models.set_model(Model())
