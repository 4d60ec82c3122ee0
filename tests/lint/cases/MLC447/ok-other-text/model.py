import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def load_context(self, context):
        self.encoder = "/home/jane/x".startswith("/home/jane/")
        print("see /home/jane/notes.txt")

    def predict(self, context, model_input, params=None):
        return self.encoder


mlflow.models.set_model(Sum())
