"""Which types skops loads without being told to trust them, release by release, and which are fine to trust.

Tried with skops 0.11 to 0.16 on models of scikit-learn 1.9, LightGBM, XGBoost and statsmodels.
"""

from __future__ import annotations

import re
from functools import cache

from packaging.version import Version

from mlcheck.pep440 import allows

# Nodes whose class skops has always trusted.
_PLAIN_NODES = frozenset(
    {
        *("BytearrayNode", "BytesNode", "DefaultDictNode", "JsonNode", "MaskedArrayNode", "NdArrayNode", "SGDNode"),
        *("RandomGeneratorNode", "RandomStateNode", "SliceNode", "SparseMatrixNode", "DatetimeTimedeltaNode"),
        *("CachedNode", "ZoneInfoNode", "LossNode", "ConstructorFromReduceNode"),
    }
)
# Containers: all their subclasses need trust, and so does a data type of NumPy.
_CONTAINERS: dict[str, tuple[str, ...]] = {
    "DictNode": ("builtins.dict", "collections.OrderedDict"),
    "ListNode": ("builtins.list",),
    "SetNode": ("builtins.set",),
    "TupleNode": ("builtins.tuple",),
    "DTypeNode": (),
}
# full name → the releases of skops that do not trust it, by the first pattern that fits
_UNTRUSTED: tuple[tuple[str, str], ...] = (
    (r"sklearn\.tree\._tree\.Tree", ">=0.15"),
    (r"sklearn\.ensemble\._hist_gradient_boosting\.predictor\.TreePredictor", "!=0.14.*"),
    (r"sklearn\._loss\.(?:link|loss)\.\w+", "<0.14"),
    (r"sklearn\.ensemble\._hist_gradient_boosting\.binning\._BinMapper", "<0.14"),
    (r"sklearn\.calibration\._(?:CalibratedClassifier|SigmoidCalibration)", ""),
    (r"sklearn\.gaussian_process\.(?:kernels\.\w+|_gpc\._\w+)", ""),
    (r"sklearn\.metrics\._(?:dist_metrics|scorer|classification|regression|ranking)\.\w+", ""),
    (r"sklearn\.model_selection\._split\.\w+", ""),
    (r"sklearn\.neighbors\._(?:kd_tree|ball_tree)\.\w+", ""),
    (r"sklearn\.neural_network\._stochastic_optimizers\.\w+", ""),
    (r"sklearn\.utils\._bunch\.Bunch", ""),
    (r"scipy\.(?:stats\._\w+|interpolate\._bsplines|_lib\.[\w.]+)\.\w+", ""),
)
_NEWEST = Version("0.16.0")
_OTHERS_UNKNOWN = frozenset({"sklearn", "numpy", "scipy", "builtins", "collections", "quantile_forest", "pandas"})
_VETTED = frozenset({"sklearn", "numpy", "scipy", "xgboost", "lightgbm", "catboost", "quantile_forest", "pandas"})
_SAFE = frozenset(
    {
        *("collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque"),
        *("datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.timezone", "decimal.Decimal"),
        *("fractions.Fraction", "functools.partial", "operator.itemgetter", "pathlib.PosixPath", "uuid.UUID"),
        *("builtins.type", "builtins.slice", "builtins.range", "builtins.object", "random.Random"),
    }
)


def untrusted_in(node: str, name: str) -> str | None:
    """Return the releases of skops that refuse a type unless told to trust it; None if none do or it is not known.

    node: the `__loader__` of the type's entry in the archive. name: its module and class.
    """
    if node in _PLAIN_NODES or name in _CONTAINERS.get(node, ()):
        return None
    if node in _CONTAINERS or (node == "TypeNode" and name.startswith("collections.")):
        return ""
    for pattern, releases in _patterns():
        if pattern.fullmatch(name):
            return releases
    return None if name.partition(".")[0] in _OTHERS_UNKNOWN else ""


def refuses(releases: str, skops: Version | None) -> bool | None:
    """Return whether a release of skops refuses a type.

    Where no release is pinned it is the newest that is installed: None if that one refuses what others do not.
    """
    if not releases:
        return True
    if skops is not None:
        return allows(releases, skops)
    return None if allows(releases, _NEWEST) else False


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), releases) for pattern, releases in _UNTRUSTED)


def is_vetted(name: str) -> bool:
    """Return whether a type is one that models are made of, so that trusting it is fine."""
    return name in _SAFE or name.partition(".")[0] in _VETTED
