def _load_pyfunc(path):
    if path is None:
        return missing
    return 1
