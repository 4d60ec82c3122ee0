"""The features that a scikit-learn model learned from, read from the opcodes of its pickle."""

from __future__ import annotations

from typing import Final

from packaging.version import Version

from mlcheck.folder import ModelFolder
from mlcheck.pickles.values import Made, Ref
from mlcheck.requirements import read_version
from mlcheck.rules.learned import Learned
from mlcheck.rules.pickled import pickles

# Estimators that hold a DataFrame's names against their own, and the number of columns against what they learned.
_STRICT_MODULES: Final = (
    "sklearn.linear_model.",
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting",
    "sklearn.tree.",
    "sklearn.svm.",
    "sklearn.naive_bayes",
    "sklearn.neighbors.",
    "sklearn.neural_network.",
    "sklearn.discriminant_analysis",
    "sklearn.preprocessing._data",
    "sklearn.preprocessing._encoders",
    "sklearn.impute._base",
    "sklearn.decomposition._pca",
    "sklearn.cluster._kmeans",
)
_COMPARES_NAMES: Final = Version("1.2")
"""From here on scikit-learn refuses a DataFrame with other names; releases before only warned."""


def is_column_transformer(name: str) -> bool:
    """Tell whether a class is the transformer that takes the columns it needs from any number of them."""
    return name == "sklearn.compose._column_transformer.ColumnTransformer"


def is_strict(module: str) -> bool:
    """Tell whether the estimators of a module hold the names and the number of columns against their own."""
    return module.startswith(_STRICT_MODULES)


def read_pickled(folder: ModelFolder, path: str) -> Learned | None:
    """Return what the pickle of a scikit-learn model says, where its first step is one of scikit-learn's own."""
    top = next((one.facts.top for one in pickles(folder) if one.path == path and one.facts.end == "stop"), None)
    estimator = _first_step(top)
    state, made_of = _state(estimator), _class_of(estimator)
    if made_of is None:
        return None
    release = read_version(folder.flavors.get("sklearn", {}).get("sklearn_version"))
    by_name = release is not None and release >= _COMPARES_NAMES
    if is_column_transformer(str(made_of)):
        needed, seen = (_needed_columns(state), _texts(state.get("feature_names_in_"))) if by_name else ((), ())
        return Learned("scikit-learn", path, needed=needed, seen=seen, by_name=by_name, exact=False)
    if not is_strict(made_of.module):
        return None
    names = _texts(state.get("feature_names_in_")) if by_name else ()
    count = state.get("n_features_in_")
    return Learned("scikit-learn", path, names, count if type(count) is int else len(names), by_name=bool(names))


def _class_of(value: object) -> Ref | None:
    """Return the class of an object: what is called to make it, or what `copyreg` is told to make."""
    made_by = value.function if isinstance(value, Made) else None
    if isinstance(made_by, Ref) and made_by.name == "_reconstructor" and isinstance(value, Made):
        made_by = (value.arguments or (None,))[0]
    return made_by if isinstance(made_by, Ref) else None


def _state(value: object) -> dict[str, object]:
    state = value.state if isinstance(value, Made) else None
    return state if isinstance(state, dict) else {}


def _first_step(value: object) -> object:
    """Return the estimator that meets the data first: the first step of pipelines."""
    for _ in range(_DEEPEST):
        if str(_class_of(value)) != "sklearn.pipeline.Pipeline":
            break
        steps = _state(value).get("steps")
        pair = steps[0] if isinstance(steps, list) and steps else None
        value = pair[1] if isinstance(pair, tuple) and len(pair) > 1 else None
    return value


_DEEPEST = 5


def _texts(value: object) -> tuple[str, ...]:
    """Return the texts of a pickled array of objects, none where it holds anything else."""
    state = value.state if isinstance(value, Made) else None
    if not isinstance(state, tuple) or len(state) < _ARRAY_STATE:
        return ()
    shape, items = state[1], state[4]
    whole = isinstance(items, list) and shape == (len(items),)
    return tuple(items) if whole and all(isinstance(item, str) for item in items) else ()


_ARRAY_STATE = 5
"""Version, shape, dtype, order and items of a pickled `numpy.ndarray`."""


def _needed_columns(state: dict[str, object]) -> tuple[str, ...]:
    """Return columns that the transformers of a ColumnTransformer learned from: it cannot do without them."""
    names: dict[str, None] = {}
    fitted = state.get("transformers_")
    for part in fitted if isinstance(fitted, list) else ():
        inner = part[1] if isinstance(part, tuple) and len(part) > 1 else None
        names.update(dict.fromkeys(_texts(_state(_first_step(inner)).get("feature_names_in_"))))
    return tuple(names)
