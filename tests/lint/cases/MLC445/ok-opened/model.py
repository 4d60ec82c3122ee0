import mlflow
from mlflow.pyfunc import PythonModel
import pickle


class Sum(PythonModel):
    def load_context(self, context):
        with open(context.artifacts["encoder"], "rb") as file:
            self.encoder = pickle.load(file)
        self.other = pickle.loads(open(context.artifacts["other"], "rb").read())

    def predict(self, context, model_input, params=None):
        return self.encoder


mlflow.models.set_model(Sum())
