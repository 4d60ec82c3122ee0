from sklearn.preprocessing import scale


def encode(x):
    return scale(x)
