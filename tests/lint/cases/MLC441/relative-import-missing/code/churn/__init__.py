from .features import x
