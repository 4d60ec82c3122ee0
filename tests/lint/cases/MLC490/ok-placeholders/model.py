A = "AKIAIOSFODNN7EXAMPLE"
B = "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
C = "postgresql://user:password@localhost/db"
D = f"mysql://{user}:{password}@db7.acme.net/prod"
E = "sk-your-key"
F = "-----BEGIN PRIVATE KEY-----"
user = password = ""
import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Sum())
