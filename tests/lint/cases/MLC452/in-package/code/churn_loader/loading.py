def load(path):
    return 1
