class Model(PythonModel):
    pass


def _load_pyfunc(path):
    return Model()
