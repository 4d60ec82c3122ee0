def load_pyfunc(path):
    return 1
