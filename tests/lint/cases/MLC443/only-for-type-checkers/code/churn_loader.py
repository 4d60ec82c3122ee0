from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def _load_pyfunc(path) -> np.ndarray:
    return np.load(path)
