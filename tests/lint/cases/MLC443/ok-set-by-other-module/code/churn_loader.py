import churn_types


def _load_pyfunc(path):
    return churn_types.null()
