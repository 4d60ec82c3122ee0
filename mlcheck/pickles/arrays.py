"""The arrays that joblib writes into a pickle as plain bytes, right behind the object that describes them."""

from __future__ import annotations

import math
import re

from mlcheck.pickles.stream import Window
from mlcheck.pickles.values import Made, Ref

_OBJECTS = -1


def array_after(window: Window, made: Made) -> int:
    """Return how many bytes of an array follow an object in the window: 0 if none, -1 if a pickle of objects does.

    The padding before the array, which tells its own length, is passed over. Raises ValueError if the array's size
    cannot be told.
    """
    function, state = made.function, made.state
    if not isinstance(function, Ref) or function.name != "NumpyArrayWrapper" or not isinstance(state, dict):
        return 0
    if "numpy_pickle" not in function.module:
        return 0
    width = _item_size(state.get("dtype"))
    if width == _OBJECTS:
        return _OBJECTS
    if isinstance(state.get("numpy_array_alignment_bytes"), int):
        window.skip(window.number(1))
    shape = state.get("shape")
    if not isinstance(shape, tuple) or not all(isinstance(extent, int) for extent in shape):
        raise ValueError
    return width * math.prod(extent for extent in shape if isinstance(extent, int))


def _item_size(dtype: object) -> int:
    """Return the size in bytes of an item of a pickled `numpy.dtype`, -1 for references to objects."""
    arguments = dtype.arguments if isinstance(dtype, Made) else None
    code = arguments[0] if arguments else None
    found = re.fullmatch(r"[<>=|]?([a-zA-Z])(\d+)", code if isinstance(code, str) else "")
    if found is None:
        raise ValueError
    if found[1] == "O":
        return _OBJECTS
    return int(found[2]) * (4 if found[1] == "U" else 1)
