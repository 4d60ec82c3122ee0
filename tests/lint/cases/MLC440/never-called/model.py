import mlflow
from mlflow.pyfunc import PythonModel


def train():
    import optuna

    return optuna


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
