def _load_pyfunc(path):
    model = XGBClassifier()
    model.load_model(path)
    return model
