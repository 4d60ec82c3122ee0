import mlflow
from mlflow.pyfunc import PythonModel
from mlflow import MlflowClient


class Sum(PythonModel):
    def load_context(self, context):
        self.encoder = MlflowClient().get_run("abc")

    def predict(self, context, model_input, params=None):
        return self.encoder


mlflow.models.set_model(Sum())
