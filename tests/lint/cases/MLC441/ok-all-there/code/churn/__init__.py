from .features import *
from .scores import A
