import mlflow
from mlflow.pyfunc import ChatModel


class Model(ChatModel):
    def predict(self, context, messages, params):
        return params["custom"]


mlflow.models.set_model(Model())
