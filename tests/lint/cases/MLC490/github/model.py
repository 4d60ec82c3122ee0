TOKEN = "ghp_Qb7Zt2KfW9xLmD4vHs8RpYc3Ng6JuE5aTk1M"
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
