import cloudpickle


def _load_pyfunc(path):
    return cloudpickle.loads(path)
