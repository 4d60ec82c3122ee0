def _load_pyfunc(path):
    return THRESHOLD


if __name__ == "__main__":
    THRESHOLD = 0.5
    print(_load_pyfunc("x"))
