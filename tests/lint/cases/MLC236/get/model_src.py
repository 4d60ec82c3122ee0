import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, context, model_input, params=None):
        top_k = params.get("top_k", 5)
        return model_input.head(top_k)


mlflow.models.set_model(Model())
