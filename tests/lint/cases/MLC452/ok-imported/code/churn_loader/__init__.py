from .loading import load as _load_pyfunc
