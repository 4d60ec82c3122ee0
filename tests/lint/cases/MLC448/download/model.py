import mlflow
from mlflow.pyfunc import PythonModel
import nltk
import requests


class Sum(PythonModel):
    def load_context(self, context):
        self.encoder = requests.get("https://a.example/x").json()
        nltk.download("punkt")

    def predict(self, context, model_input, params=None):
        return self.encoder


mlflow.models.set_model(Sum())
