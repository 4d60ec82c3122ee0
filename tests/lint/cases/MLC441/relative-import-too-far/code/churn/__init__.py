from ..common import x
