"""Rules about MLmodel as a whole: its flavors, misspelt keys, versions that nothing can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.facts.flavors import PYFUNC
from mlcheck.facts.mlflow_versions import PYFUNC_KEYS, TOP_LEVEL_KEYS
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import read_version
from mlcheck.rules.registry import rule

_EXTERNAL = "mlflow.model.isExternal"


def is_external(folder: ModelFolder) -> bool:
    """Return whether MLmodel only stands for a model that is kept elsewhere."""
    metadata = folder.mlmodel_data.get("metadata")
    return isinstance(metadata, dict) and metadata.get(_EXTERNAL) is True


@rule("MLC102", Severity.ERROR, since="0.1.0")
def no_python_function(folder: ModelFolder) -> Iterator[Problem]:
    """Finds models without the python_function flavor.

    ## Why is this bad?
    `mlflow.pyfunc.load_model`, `mlflow models serve`, `spark_udf` and every serving platform need it: they stop with
    `Model does not have the "python_function" flavor`. It is a note where MLflow writes such models itself: R
    functions, MLeap bundles, and estimators, pipelines or networks that cannot predict on their own.

    ## Bad
        flavors:
          xgboost:
            data: model.xgb

    ## Good
        flavors:
          python_function:
            loader_module: mlflow.xgboost
            data: model.xgb
          xgboost:
            data: model.xgb

    ## What to do
    Log the model again with `mlflow.<flavor>.log_model`, or wrap it in a `mlflow.pyfunc.PythonModel`.

    ## Based on
    `pyfunc.load_model`, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/4567
    """
    flavors = folder.mlmodel_data.get("flavors")
    if folder.mlmodel is None or not isinstance(flavors, dict) or PYFUNC in flavors or is_external(folder):
        return
    alone = [name for name in flavors if name in FLAVORS and FLAVORS[name].alone]
    named = ", ".join(repr(name) for name in flavors)
    message = f"there is no python_function flavor, only {named}" if named else "there is no flavor at all"
    hint = "log the model again, or wrap it in a mlflow.pyfunc.PythonModel"
    severity = Severity.NOTE if alone else None
    place = folder.mlmodel.locate("flavors", key=True)
    misspelt = next((name for name in flavors if _meant(name, (PYFUNC,), flavors)), "")
    if misspelt:
        hint, severity = f"did you mean {PYFUNC!r} instead of {misspelt!r}?", None
        place = folder.mlmodel.locate("flavors", misspelt, key=True)
    yield Problem(message, place, hint, subject="flavors", severity=severity)


@rule("MLC103", Severity.WARNING, since="0.1.0")
def misspelt_key(folder: ModelFolder) -> Iterator[Problem]:
    """Finds keys of MLmodel that are one or two letters away from one that MLflow knows and that is not there.

    ## Why is this bad?
    MLflow keeps unknown keys and says nothing: a model with `signatures:` has no signature. Keys that resemble
    nothing are left alone, they may be anybody's own.

    ## Bad
        signatures:
          inputs: '[{"type": "double", "name": "a"}]'

    ## Good
        signature:
          inputs: '[{"type": "double", "name": "a"}]'

    ## What to do
    Write the key as MLflow does.

    ## Based on
    `Model.from_dict` takes any key, MLflow 1.10 to 3.17
    """
    yield from _misspelt_in(folder, (), folder.mlmodel_data, TOP_LEVEL_KEYS.keys())
    for flavor, conf in folder.flavors.items():
        known: Collection[str] = PYFUNC_KEYS.keys()
        if flavor != PYFUNC:
            table = FLAVORS.get(flavor)
            own = [*(path.key for path in table.paths), *(key for key, _ in table.versions)] if table else []
            known = [*own, "code"]
        yield from _misspelt_in(folder, ("flavors", flavor), conf, known)
    env = folder.pyfunc.get("env")
    if isinstance(env, dict):
        yield from _misspelt_in(folder, ("flavors", PYFUNC, "env"), env, ("conda", "virtualenv"))
    flavors = folder.mlmodel_data.get("flavors")
    if isinstance(flavors, dict):
        yield from _misspelt_in(folder, ("flavors",), flavors, _FLAVOR_NAMES)


def _misspelt_in(
    folder: ModelFolder, parents: tuple[str, ...], found: Mapping[str, object], known: Collection[str]
) -> Iterator[Problem]:
    for key in found:
        meant = _meant(key, known, found)
        if meant and (*parents, meant) not in _TOLD_AS_MISSING and folder.mlmodel is not None:
            label = ".".join((*parents, key))
            message = f"key {label!r} means nothing to MLflow, which knows {meant!r}"
            place = folder.mlmodel.locate(*parents, key, key=True)
            yield Problem(message, place, f"write {meant!r}", subject=label)


_FLAVOR_NAMES = FLAVORS.keys() | {PYFUNC}
_TOLD_AS_MISSING = frozenset({("flavors",), ("flavors", PYFUNC), ("flavors", PYFUNC, "loader_module")})
"""Keys whose absence is an error that names the misspelt one (mlmodel-shape, no-python-function)."""


def _meant(key: object, known: Collection[str], found: Mapping[str, object]) -> str:
    if not isinstance(key, str) or key in known:
        return ""
    plain = key.lower().replace("-", "_")
    for candidate in known:
        allowed = 0 if len(candidate) < 5 else 1 if len(candidate) < 9 else 2
        if candidate not in found and _distance_within(plain, candidate.lower(), allowed):
            return candidate
    return ""


def _distance_within(one: str, other: str, limit: int) -> bool:
    """Return whether at most `limit` letters must be added, removed, changed or swapped with their neighbour."""
    if abs(len(one) - len(other)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] <= limit


@rule("MLC104", Severity.ERROR, since="0.1.0")
def external_model(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an MLmodel that says that the model is kept elsewhere, `mlflow.model.isExternal: true`.

    ## Why is this bad?
    MLflow 3.0 and later refuse to load it: "This model's artifacts are external". `mlflow.create_external_model`
    writes such records, without flavors: there it is a note. With flavors it is a mistake.

    ## Bad
        flavors:
          python_function:
            loader_module: mlflow.sklearn
        metadata:
          mlflow.model.isExternal: true

    ## Good
        flavors:
          python_function:
            loader_module: mlflow.sklearn
        metadata: {}

    ## What to do
    Remove the key if the model is in the folder; register the real model if it is not.

    ## Based on
    `pyfunc.load_model`, MLflow 3.0 to 3.17
    """
    if folder.mlmodel is not None and is_external(folder):
        message = f"metadata says {_EXTERNAL}: true: MLflow 3.0 and later refuse to load the model"
        severity = None if folder.flavors else Severity.NOTE
        place = folder.mlmodel.locate("metadata", _EXTERNAL)
        yield Problem(message, place, "remove the key if the model is in this folder", severity=severity)


@rule("MLC105", Severity.WARNING, since="0.1.0")
def unreadable_version(folder: ModelFolder) -> Iterator[Problem]:
    """Finds versions and times in MLmodel that cannot be read as such.

    ## Why is this bad?
    Nothing can be concluded from them: which MLflow wrote the folder, on which Python, when. MLflow compares
    `python_version` with the running Python and warns of every difference. A time is a note.

    ## Bad
        mlflow_version: latest
        flavors:
          python_function:
            python_version: three

    ## Good
        mlflow_version: 3.1.0
        flavors:
          python_function:
            python_version: 3.11.7

    ## What to do
    Write the version that the model was logged with, or log it again.

    ## Based on
    PEP 440; MLflow 1.25 to 3.17
    """
    if folder.mlmodel is None:
        return
    places: tuple[tuple[str, ...], ...] = (("mlflow_version",), ("flavors", PYFUNC, "python_version"))
    for keys in places:
        value = folder.mlmodel.get(*keys)
        if isinstance(value, str) and read_version(value) is None:
            message = f"{keys[-1]} is {value!r}, which is no version"
            hint = "write the version that the model was logged with, such as '3.11.7'"
            yield Problem(message, folder.mlmodel.locate(*keys), hint, subject=keys[-1])
    created = folder.mlmodel_data.get("utc_time_created")
    if isinstance(created, str) and not _is_time(created):
        message = f"utc_time_created is {created!r}, which is no time"
        place = folder.mlmodel.locate("utc_time_created")
        hint = "write it as YYYY-MM-DD HH:MM:SS.ffffff, in UTC"
        yield Problem(message, place, hint, subject="utc_time_created", severity=Severity.NOTE)


def _is_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text.strip().removesuffix("Z").removesuffix(" UTC"))
    except ValueError:
        return False
    return True
