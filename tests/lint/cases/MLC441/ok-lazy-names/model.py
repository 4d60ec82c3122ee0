import mlflow
from mlflow.pyfunc import PythonModel
from churn import anything


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
