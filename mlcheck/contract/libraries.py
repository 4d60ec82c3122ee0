"""What the loaders of well-known libraries import: learnt from the first model of each, for the forks of the next.

A model of scikit-learn spends more time importing than in all its checks. The first one of a run is loaded in a
process that has imported nothing but mlflow. What that load has imported is imported once more, by a forkserver of
its own, from which the processes of other models with the same loader are forked.

Only for models whose code is the library's alone: one that brings code may lean on what others have imported, and
one that names environment variables may want them set before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlcheck.folder import ModelFolder

# Those whose import starts no threads and that compute in a fork what they compute elsewhere: tested for each
_LOADERS: Final = frozenset(
    {"mlflow.lightgbm", "mlflow.onnx", "mlflow.sklearn", "mlflow.statsmodels", "mlflow.xgboost"}
)

# Any other package that a pipeline names may change at import what all models see, such as scikit-learn's own settings
_PACKAGES: Final = frozenset(
    [
        "joblib",
        "lightgbm",
        "mlflow",
        "narwhals",
        "numpy",
        "onnx",
        "onnxruntime",
        "pandas",
        "patsy",
        "pyarrow",
        "scipy",
        "skops",
        "sklearn",
        "statsmodels",
        "threadpoolctl",
        "xgboost",
    ]
)


@dataclass(frozen=True, slots=True)
class Library:
    """Modules, by full name in the order of their import, that are imported before a fork; `name` stands for them."""

    name: str
    modules: tuple[str, ...]


_learnt: Final[dict[tuple[str | None, str], Library]] = {}
"""By interpreter and the name of the library."""


def find_library(folder: ModelFolder, python: str | None) -> Library | None:
    """Return what may be imported before the folder's model is loaded with the interpreter, if that is known."""
    return _learnt.get((python, _name(folder))) if _brings_no_code(folder) else None


def learn_library(folder: ModelFolder, python: str | None, modules: tuple[str, ...]) -> None:
    """Take note of what the load of the folder's model has imported of well-known packages."""
    known = tuple(name for name in modules if name.partition(".")[0] in _PACKAGES)
    name = _name(folder)
    if name.partition(" ")[0] in _LOADERS and known and _brings_no_code(folder):
        _learnt.setdefault((python, name), Library(name, known))


def _name(folder: ModelFolder) -> str:
    """Return the loader's name; models of scikit-learn are read by skops, or by pickle, which imports far less."""
    loader = str(folder.pyfunc.get("loader_module"))
    is_skops = "skops" in str(folder.flavors.get("sklearn"))
    return f"{loader} by skops" if is_skops else loader


def _brings_no_code(folder: ModelFolder) -> bool:
    names_variables = folder.mlmodel_data.get("env_vars") or folder.read_text("environment_variables.txt")
    return not folder.pyfunc.get("code") and not names_variables
