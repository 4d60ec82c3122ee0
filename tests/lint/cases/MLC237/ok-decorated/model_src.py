import mlflow
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    @with_params
    def predict(self, context, model_input):
        return model_input["a"]


mlflow.models.set_model(Model())
