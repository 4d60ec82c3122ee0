"""Rules about the MLflow that the requirements pin: whether it can load this folder, and run on this Python."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import read_environment
from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.facts.flavors import PYFUNC
from mlcheck.facts.mlflow_versions import (
    FEATURES,
    MINORS,
    Feature,
    loader_life,
    readable_by,
    requires_python,
    within,
)
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.parts import shared_by
from mlcheck.pep440 import allows
from mlcheck.requirements import Requirement, read_version
from mlcheck.rules.features import used_features
from mlcheck.rules.flavors import loader_of
from mlcheck.rules.registry import rule


@shared_by("environment")
def _pin(folder: ModelFolder) -> tuple[Requirement, Version] | None:
    """Return the requirement that pins MLflow, and its version."""
    for requirement in folder.all_requirements:
        version = requirement.pinned_version
        if requirement.name in _MLFLOW and version is not None:
            return requirement, version
    return None


_MLFLOW = ("mlflow", "mlflow-skinny")
_Minors = tuple[tuple[int, int], ...]


@shared_by("environment")
def _asked(folder: ModelFolder) -> tuple[Requirement, _Minors] | None:
    """Return the requirement that keeps newer MLflow releases away, and the minor releases that it allows."""
    for requirement in folder.all_requirements:
        if requirement.name in _MLFLOW and not _is_open(requirement):
            version = requirement.pinned_version
            exact = (version.major, version.minor) if version is not None else None
            return requirement, (exact,) if exact else _allowed(requirement)
    return None


def _allowed(requirement: Requirement) -> _Minors:
    """Return the minor releases of MLflow that a requirement allows, in order."""
    return tuple(one for one in MINORS if any(requirement.allows(Version(f"{one[0]}.{one[1]}.{x}")) for x in _PATCHES))


_PATCHES = (99, *range(10))


def _said(asked: tuple[Requirement, _Minors]) -> str:
    requirement, minors = asked
    path, version = requirement.location.path, requirement.pinned_version
    if version is not None:
        return f"{path} pins {requirement.name} {version}"
    return f"{path} takes {requirement.name} up to {'.'.join(map(str, minors[-1]))}"


def _life(since: str, until: str) -> str:
    return f"MLflow {since} to {until} have it" if until else f"MLflow {since} and later have it"


@rule("MLC120", Severity.ERROR, since="0.1.0", reads="environment")
def loader_module_not_in_mlflow(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a loader_module that the pinned MLflow does not have: removed since, or not there yet.

    ## Why is this bad?
    Loading fails with `ModuleNotFoundError: No module named 'mlflow.fastai'`. MLflow 2.20 removed gluon, 3.0 fastai
    and mleap, 3.7 diviner and promptflow. It is a note where MLflow is not pinned and the newest one has no such
    module.

    ## Bad
        loader_module: mlflow.fastai          (requirements.txt: mlflow==3.1.0)

    ## Good
        loader_module: mlflow.fastai          (requirements.txt: mlflow==2.22.4)

    ## What to do
    Pin an MLflow that has the module, or log the model again with a flavor that lives.

    ## Based on
    The wheels of MLflow 1.10 to 3.17
    """
    loader = loader_of(folder)
    life = loader_life(loader)
    if folder.mlmodel is None or life is None:
        return
    place = folder.mlmodel.locate("flavors", PYFUNC, "loader_module")
    asked = _asked(folder)
    if asked is not None and _lacks_loader(folder, asked):
        message = f"{_said(asked)}, which has no loader module {loader!r}: {_life(*life)}"
        yield Problem(message, place, "pin an MLflow that has it", subject=loader)
    elif asked is None and life[1] and any(_is_open(one) for one in folder.all_requirements):
        message = f"the newest MLflow has no loader module {loader!r}, and the requirements do not pin MLflow"
        hint = f"pin an MLflow up to {life[1]}"
        yield Problem(message, place, hint, subject=loader, severity=Severity.NOTE)


def _is_open(requirement: Requirement) -> bool:
    """Return whether a requirement is MLflow with nothing that keeps the newest away."""
    upper = requirement.operators & {"<", "<=", "==", "~=", "==="}
    return requirement.name in _MLFLOW and not upper


@rule("MLC121", Severity.WARNING, since="0.1.0", reads="environment")
def flavor_not_in_mlflow(folder: ModelFolder) -> Iterator[Problem]:
    """Finds flavors that the pinned MLflow does not have: removed since, or not there yet.

    ## Why is this bad?
    `mlflow.<flavor>.load_model` is not there in that release. The model may still load as python_function, if that
    has another loader.

    ## Bad
        flavors:
          mleap: …                  (requirements.txt: mlflow==3.1.0)

    ## Good
        flavors:
          mleap: …                  (requirements.txt: mlflow==2.22.4)

    ## What to do
    Pin an MLflow that has the flavor, or remove the flavor from MLmodel.

    ## Based on
    The wheels of MLflow 1.10 to 3.17
    """
    asked = _asked(folder)
    if asked is None or not asked[1] or folder.mlmodel is None:
        return
    for name in folder.flavors:
        flavor = FLAVORS.get(name)
        by_loader = flavor is not None and flavor.loader != "" and flavor.loader == loader_of(folder)
        lives = flavor is None or any(within(one, flavor.since, flavor.until) for one in asked[1])
        if flavor is not None and not by_loader and not lives:
            message = f"{_said(asked)}, which has no flavor {name!r}: {_life(flavor.since, flavor.until)}"
            place = folder.mlmodel.locate("flavors", name, key=True)
            yield Problem(message, place, "pin an MLflow that has it", subject=name)


@rule("MLC122", Severity.ERROR, since="0.1.0")
def unreadable_by_pinned_mlflow(folder: ModelFolder) -> Iterator[Problem]:
    """Finds what the MLflow in the requirements cannot read: newer types, keys and formats, or older ones.

    ## Why is this bad?
    A folder that was written by one MLflow and is served by another fails with errors that name neither:
    `ColSpec.__init__() got an unexpected keyword argument 'required'`. A range counts too if none of the releases
    in it can read the folder (`mlflow<2.10`). It is a warning where only the input example
    or the building of the environment suffers.

    ## Bad
        inputs: '[{"name": "a", "type": "double", "required": true}]'       (requirements.txt: mlflow==2.9.2)

    ## Good
        inputs: '[{"name": "a", "type": "double", "required": true}]'       (requirements.txt: mlflow==2.22.0)

    ## What to do
    Pin the MLflow that wrote the folder (`mlflow_version` in MLmodel), or log the model with the pinned one.

    ## Based on
    MLflow 2.9, 2.16, 2.22, 3.0, 3.10 and 3.17 reading what the others wrote
    """
    asked = _asked(folder)
    if asked is None:
        return
    for group in _unreadable(folder, asked):
        fact, place = next((one for one in group if one[0].fatal), group[0])
        others = [f"{one.what} needs {_span(one)}" for one, _ in group if one is not fact]
        also = f"; likewise {', '.join(others)}" if others else ""
        message = f"{fact.what} needs MLflow {_span(fact)}: {_said(asked)}, which {fact.failure}{also}"
        hint = "pin the MLflow that wrote the folder, or log the model again with the pinned one"
        severity = None if fact.fatal else Severity.WARNING
        yield Problem(message, place, hint, subject=fact.what, severity=severity)


def _span(fact: Feature) -> str:
    return f"{fact.since} to {fact.until}" if fact.until else f"{fact.since} or later"


def _unreadable(folder: ModelFolder, asked: tuple[Requirement, _Minors]) -> list[list[tuple[Feature, Location]]]:
    """Return what none of the releases that are asked for can read: what is too new for them, and what too old."""
    groups: dict[bool, list[tuple[Feature, Location]]] = {}
    for feature, place in used_features(folder).items():
        if asked[1] and all(readable_by(feature, one) for one in asked[1]):
            groups.setdefault(bool(FEATURES[feature].until), []).append((FEATURES[feature], place))
    return list(groups.values())


def _lacks_loader(folder: ModelFolder, asked: tuple[Requirement, _Minors]) -> bool:
    life = loader_life(loader_of(folder))
    return life is not None and bool(asked[1]) and not any(within(one, *life) for one in asked[1])


def is_for_other_mlflow(folder: ModelFolder) -> bool:
    """Tell whether the MLflow that is asked for cannot load the folder at all, which is told with its reason."""
    asked = _asked(folder)
    if asked is None:
        return False
    return _lacks_loader(folder, asked) or any(one.fatal for group in _unreadable(folder, asked) for one, _ in group)


@rule("MLC123", Severity.WARNING, since="0.1.0", reads="environment")
def mlflow_does_not_run_on_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a python_version in MLmodel on which the pinned MLflow does not install.

    ## Why is this bad?
    pip refuses it (`Requires-Python`), so an environment with that Python cannot be built. MLflow 2.0 needs Python
    3.8, 2.18 needs 3.9, 3.2 needs 3.10. What conda.yaml and python_env.yaml declare is the affair of
    environment-python-too-old-for-mlflow (MLC340) and python-versions-differ (MLC343).

    ## Bad
        python_version: 3.9.18          (requirements.txt: mlflow==3.5.0)

    ## Good
        python_version: 3.11.7          (requirements.txt: mlflow==3.5.0)

    ## What to do
    Log the model again on a Python that the pinned MLflow runs on.

    ## Based on
    `Requires-Python` of MLflow 1.20 to 3.17
    """
    python, declared = read_version(folder.pyfunc.get("python_version")), read_environment(folder).python
    if folder.mlmodel is None or python is None or (declared is not None and declared.source != MLMODEL):
        return
    place = folder.mlmodel.locate("flavors", PYFUNC, "python_version")
    pin = _pin(folder)
    needs = requires_python(pin[1].release) if pin else ""
    if python < Version("3"):
        message = f"python_version is {python}: MLflow 1.20 and later need Python 3.6 or later"
        yield Problem(message, place, "log the model again on Python 3", subject="python")
    elif pin is not None and needs and not allows(needs, python):
        said = _said((pin[0], ((pin[1].major, pin[1].minor),)))
        message = f"python_version is {python}, but {said}, which needs Python {needs}"
        hint = "log the model again on a Python that it runs on, or pin an older MLflow"
        yield Problem(message, place, hint, subject="python")
