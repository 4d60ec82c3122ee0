import mlflow
from mlflow.pyfunc import PythonModel


class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        import scipy.stats
        return scipy.stats.zscore(model_input)


mlflow.models.set_model(Sum())
