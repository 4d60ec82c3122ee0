from numpy import *


def _load_pyfunc(path):
    return zeros(3)
