import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, model_input: list[str], params=None):
        n = (params or {}).get("n", 1)
        return [text * n for text in model_input]


mlflow.models.set_model(Model())
