import mlflow
from mlflow.pyfunc import PythonModel
from mlflow.models import set_model as register


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


register(Sum())
