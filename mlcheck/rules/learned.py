"""What model files say about the features that a model learned from, read without running any code.

XGBoost keeps their names in JSON and in UBJSON, LightGBM in text; scikit-learn's `feature_names_in_` stands in the JSON
of a skops archive, and between the opcodes of a pickle.
"""

from __future__ import annotations

from typing import Literal

from mlcheck.folder import ModelFolder
from mlcheck.records import record

Library = Literal["XGBoost", "LightGBM", "scikit-learn"]


@record(frozen=True, slots=True)
class Learned:
    """The features of a model: their names if it knows them, and how many there are (0 if that is not known).

    `by_name`: the model compares the names of a DataFrame's columns, and their order, with its own.
    `exact`: it refuses any other number of features, a smaller one too.
    `takes_arrays`: it also takes an array, which has no names. `certain`: nothing of somebody's own stands between.
    `needed`: a transformer that takes what it needs from any number of columns needs these, of all it has `seen`.
    """

    library: Library
    path: str
    names: tuple[str, ...] = ()
    count: int = 0
    by_name: bool = False
    exact: bool = True
    takes_arrays: bool = True
    certain: bool = True
    needed: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


def data_path(folder: ModelFolder, flavor: str, key: str) -> str:
    """Return the path of the model file that a flavor names, empty where it names none."""
    value = folder.flavors.get(flavor, {}).get(key) or folder.pyfunc.get("data") or folder.pyfunc.get("model_path")
    return value if isinstance(value, str) else ""
