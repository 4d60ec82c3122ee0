"""Rules about skops archives: what they hold must be trusted, and only what may be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import read_environment
from mlcheck.facts.pickle_callables import kind_of
from mlcheck.facts.skops_types import is_vetted, refuses, untrusted_in
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.module_origins import own_modules
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed

_LARGEST_SCHEMA = 16 << 20
_FILES = (("sklearn", "pickled_model"), ("lightgbm", "data"))
_BUILTIN_FUNCTIONS = frozenset({"builtins.getattr", "builtins.map", "builtins.filter", "builtins.iter"})
_GETTERS = frozenset({"operator.attrgetter", "operator.methodcaller"})


@rule("MLC480", Severity.ERROR, since="0.1.0")
def untrusted_skops_type(folder: ModelFolder) -> Iterator[Problem]:
    """Finds types in a skops archive that skops does not trust and that MLmodel does not name as trusted.

    ## Why is this bad?
    Loading fails: `UntrustedTypesFoundException: Untrusted types found in the file`. Which types skops trusts changes
    with its releases: 0.15 stopped trusting the trees of random forests. It is a warning where no release of skops
    is pinned and a part of the releases refuses the type.

    ## Bad
        skops==0.16.0                  (requirements.txt)
        skops_trusted_types: null      (MLmodel; model.skops holds sklearn.neighbors._kd_tree.KDTree)

    ## Good
        skops_trusted_types:
        - sklearn.metrics._dist_metrics.EuclideanDistance64
        - sklearn.neighbors._kd_tree.KDTree

    ## What to do
    If you know where the model comes from, log it again with `skops_trusted_types=[…]`, or pin the skops it was saved
    with.

    ## Based on
    skops 0.11 to 0.16; https://github.com/mlflow/mlflow/pull/24208, https://github.com/skops-dev/skops/issues/498
    """
    for flavor, key in _FILES:
        conf = folder.flavors.get(flavor, {})
        path, trusted = conf.get(key), conf.get("skops_trusted_types")
        named = set(map(str, trusted)) if isinstance(trusted, list) else set()
        if folder.mlmodel is None or not isinstance(path, str) or not path.endswith(".skops"):
            continue
        place = folder.mlmodel.locate("flavors", flavor, "skops_trusted_types")
        pinned = _pinned_skops(folder)
        untrusted: dict[str, list[str]] = {}
        for node, name in sorted(_types_in(folder, path)):
            releases = untrusted_in(node, name)
            refused = releases is not None and refuses(releases, pinned)
            if releases is not None and name not in named and refused is not False:
                untrusted.setdefault("skops" if refused else f"skops {releases}", []).append(name)
        for who, names in untrusted.items():
            message = (
                f"{path!r} holds {listed(names)}, which {who} does not trust and skops_trusted_types does not name"
            )
            it = "it" if len(names) == 1 else "them"
            hint = f"name {it} under skops_trusted_types if you know where the model comes from"
            severity = None if who == "skops" else Severity.WARNING
            yield Problem(message, place, hint, subject=" ".join(names), severity=severity)


def _pinned_skops(folder: ModelFolder) -> Version | None:
    lines = read_environment(folder).installed
    return next((line.pinned_version for line in lines if line.name == "skops"), None)


def _types_in(folder: ModelFolder, path: str) -> set[tuple[str, str]]:
    """Return the kinds of nodes and the names of types that a skops archive holds; nothing if it cannot be read."""
    stream = None if folder.partial else folder.open(path)
    if stream is None:
        return set()
    import zipfile  # noqa: PLC0415 - few folders hold such archives

    try:
        with stream, zipfile.ZipFile(stream) as archive:
            if archive.getinfo("schema.json").file_size > _LARGEST_SCHEMA:
                return set()
            schema = json.loads(archive.read("schema.json"))
    except (OSError, KeyError, ValueError, RecursionError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        return set()
    return set(_nodes(schema))


def _nodes(schema: object) -> Iterator[tuple[str, str]]:
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            module, name, loader = (node.get(key) for key in ("__module__", "__class__", "__loader__"))
            if isinstance(module, str) and isinstance(name, str) and isinstance(loader, str):
                yield loader, f"{module}.{name}"


@rule("MLC481", Severity.ERROR, since="0.1.0")
def unsafe_skops_trust(folder: ModelFolder) -> Iterator[Problem]:
    """Finds types that MLmodel tells skops to trust and that nobody should have to.

    ## Why is this bad?
    skops refuses what it does not know, and MLflow takes the list of exceptions from the model itself: whoever
    wrote the model decides what is trusted. A name that runs commands or code is an error, one of a library that
    is not known for models a warning, one of the model's own code a note: that code is run in any case.

    ## Bad
        skops_trusted_types:
        - os.system

    ## Good
        skops_trusted_types:
        - xgboost.core.Booster
        - xgboost.sklearn.XGBClassifier

    ## What to do
    Take the name out unless you know why it is there; do not load a model of strangers that asks for it.

    ## Based on
    `mlflow.sklearn` and `mlflow.lightgbm`, MLflow 3.9 to 3.17; https://github.com/mlflow/mlflow/pull/25686
    """
    for flavor, conf in folder.flavors.items():
        trusted = conf.get("skops_trusted_types")
        for index, name in enumerate(trusted if isinstance(trusted, list) else ()):
            verdict = _judge(folder, name) if isinstance(name, str) else None
            if verdict is not None and folder.mlmodel is not None:
                why, severity = verdict
                place = folder.mlmodel.locate("flavors", flavor, "skops_trusted_types", index)
                message = f"skops is told to trust {name!r}, {why}"
                hint = "take it out unless you know why it is there"
                yield Problem(message, place, hint, subject=name, severity=severity)


def _judge(folder: ModelFolder, name: str) -> tuple[str, Severity | None] | None:
    module, _, last = name.rpartition(".")
    if kind_of(module, last) in ("runs", "reaches") or name in _BUILTIN_FUNCTIONS:
        return "which can run commands or code, or reach files", None
    if name in _GETTERS:
        return "which leads to any attribute of any object", Severity.WARNING
    if is_vetted(name) or module == "builtins":
        return None
    if module.partition(".")[0] in own_modules(folder):
        return "which is the model's own code", Severity.NOTE
    return "which is not of a library that models are made of", Severity.WARNING
