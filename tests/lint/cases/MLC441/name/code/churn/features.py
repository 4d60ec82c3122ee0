def decode(x):
    return x
