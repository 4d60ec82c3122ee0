import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        if (n := len(model_input)) > 1:
            return n
        return 0


mlflow.models.set_model(Sum())
