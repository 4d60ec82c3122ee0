import lightgbm


def _load_pyfunc(path):
    return lightgbm.Booster(model_file=path)
