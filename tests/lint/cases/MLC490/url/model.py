DB = "postgresql://churn:vK8-rT2x@db7.acme.net/prod"
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
