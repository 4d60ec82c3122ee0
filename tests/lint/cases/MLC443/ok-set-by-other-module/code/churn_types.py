def null():
    return NULL
