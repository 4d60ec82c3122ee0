def _load_pyfunc(path):
    return 1
