try:
    from fast import encode
except ImportError:

    def encode(x):
        return x
