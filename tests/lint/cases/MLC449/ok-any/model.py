import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, *args, **kwargs):
        return 1


mlflow.models.set_model(Sum())
