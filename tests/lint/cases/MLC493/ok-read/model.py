import os

api_key = os.environ.get('SCORER_API_KEY', '')
password = 'changeme-please'
token_url = 'https://a.example'
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
