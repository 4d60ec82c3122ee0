import mlflow
from mlflow.pyfunc import PythonModel


def own(f):
    return f


class Sum(PythonModel):
    @own
    def predict(self, model_input, context, extra):
        return 1


mlflow.models.set_model(Sum())
