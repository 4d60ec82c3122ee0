import mlflow
from mlflow.pyfunc import PythonModel
import os


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        os.environ['A_KEY'] = '1'
        return os.environ['A_KEY']


mlflow.models.set_model(Sum())
