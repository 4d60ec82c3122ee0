import mlflow
from mlflow.pyfunc import PythonModel
import os


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        if 'A_KEY' in os.environ:
            return os.environ['A_KEY']
        return ''


mlflow.models.set_model(Sum())
