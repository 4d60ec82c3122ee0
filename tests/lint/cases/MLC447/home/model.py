import mlflow
from mlflow.pyfunc import PythonModel
import joblib


class Sum(PythonModel):
    def load_context(self, context):
        self.encoder = joblib.load("/home/jane/churn/encoder.joblib")

    def predict(self, context, model_input, params=None):
        return self.encoder


mlflow.models.set_model(Sum())
