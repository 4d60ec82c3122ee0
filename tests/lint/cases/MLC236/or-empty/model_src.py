import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def predict(self, context, model_input, params=None):
        options = params or {}
        k = options.get("k", 1)
        scale = options["scale"] if "scale" in options else 1
        return model_input["a"] * k * scale


mlflow.models.set_model(Model())
