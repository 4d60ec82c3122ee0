A = "Qb7Zt2KfW9xLmD4vHs8RpYc3Ng6JuE5aTk1MoXwVzBrFhCdPyAiSlGqUeOnIjR0tBv"
B = "8f3b2c9d7e1a4f60b5d8c2e7a9134f6b"
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
