class Model:
    factor = 2

    def predict(self, x):
        return x * factor


def _load_pyfunc(path):
    return Model()
