exec("FACTOR = 2")


def _load_pyfunc(path):
    return FACTOR
