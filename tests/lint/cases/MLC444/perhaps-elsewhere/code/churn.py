import mlflow


def register(model):
    mlflow.models.set_model(model)
