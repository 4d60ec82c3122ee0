class Scorer:
    pass
