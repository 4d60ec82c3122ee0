from .loading import *
