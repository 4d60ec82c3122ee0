import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def score(self, context, model_input):
        return 1


mlflow.models.set_model(Sum())
