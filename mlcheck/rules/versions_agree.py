"""Rules about versions that MLmodel and the environment files declare: they must be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import DeclaredPython, read_environment
from mlcheck.facts.flavors import PYFUNC, RecordedVersion, recorded_versions
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.facts.packages import pip_name
from mlcheck.finding import Edit, Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.pep440 import allows
from mlcheck.requirements import Requirement, read_version
from mlcheck.rules.python_fits import refused_pin
from mlcheck.rules.registry import rule
from mlcheck.rules.versions import is_for_other_mlflow


@rule("MLC343", Severity.ERROR, since="0.1.0", reads="environment")
def python_versions_differ(folder: ModelFolder) -> Iterator[Problem]:
    """Finds different Pythons in MLmodel, conda.yaml and python_env.yaml.

    ## Why is this bad?
    What cloudpickle writes of functions and classes loads only in the minor version that wrote it ("unknown opcode",
    "code() argument 13 must be str"): for a model with `python_model` another minor version is an error, and so is
    a Python that one of the pinned releases cannot be installed on. Otherwise it is a warning,
    and so is another patch release: the files no longer describe one environment, somebody edited
    one of them.

    ## Bad
        python_version: 3.8.12      (MLmodel)
        python=3.8.5                (conda.yaml)

    ## Good
        python_version: 3.8.12
        python=3.8.12

    ## What to do
    Write the Python that trained the model, `python_version` in MLmodel, into the other files.

    ## Based on
    MLflow writes the same Python into all three, 1.26 to 3.17; https://github.com/mlflow/mlflow/issues/5419,
    https://github.com/mlflow/mlflow/issues/7635
    """
    pythons = read_environment(folder).pythons
    first = read_environment(folder).recorded
    differing: dict[str, list[DeclaredPython]] = {}
    for python in pythons:
        if first is not None and not python.agrees_with(first):
            differing.setdefault(".".join(map(str, python.release)), []).append(python)
    for version, places in differing.items():
        if first is not None:
            yield _python_differs(folder, first, version, places)
    if first is not None and first.source == MLMODEL:
        yield from _python_kept_out(folder, first)


def _python_differs(folder: ModelFolder, first: DeclaredPython, version: str, places: list[DeclaredPython]) -> Problem:
    files = " and ".join(python.source for python in places)
    expected = ".".join(map(str, first.release))
    alone = len(places) > 1  # of three files one says something else: it is the one that somebody edited
    message = f"{first.source} declares Python {expected}, {files} {version}"
    if not alone:
        message = f"{files} declares Python {version}, {first.source} {expected}"
    same_minor = places[0].release[:2] == first.release[:2]
    refused = "" if same_minor else next(filter(None, (refused_pin(folder, python) for python in places)), "")
    if refused:
        message += f", and {refused!r} does not install on {version if alone else 'it'}"
    serious = (_pickled_by(folder, first) or refused) and not same_minor
    hint = f"write {expected} into {files}" if first.source == MLMODEL else "write one of the two into both"
    fix = tuple(_rewrite_python(python, expected) for python in places) if first.source == MLMODEL else ()
    if alone:
        hint, fix = "write the Python that trained the model into all three", ()
    place = first.location if alone else places[0].location
    return Problem(message, place, hint, subject="python", severity=None if serious else Severity.WARNING, fix=fix)


def _pickled_by(folder: ModelFolder, python: DeclaredPython) -> bool:
    """Tell whether that Python pickled the model's code, as far as MLmodel says."""
    return "python_model" in folder.pyfunc and python.source == MLMODEL


def _python_kept_out(folder: ModelFolder, first: DeclaredPython) -> Iterator[Problem]:
    """Yield ranges of conda.yaml that the Python of MLmodel is not in."""
    for spec in folder.conda_specs if len(first.release) > 1 else ():
        if spec.name == "python" and re.fullmatch(_RANGE, spec.version):
            text = ".".join(map(str, first.release))
            # Of 3.11 alone, the first release may be too old for a range, and the last one too new
            exact = [text] if len(first.release) > 2 else [f"{text}.0", f"{text}.99"]
            if not any(allows(spec.version, Version(one)) for one in exact):
                message = f"{spec.text!r} keeps out Python {text}, which {first.source} declares"
                severity = None if _pickled_by(folder, first) else Severity.WARNING
                yield Problem(message, spec.location, f"write `python={text}`", "python range", severity)


_RANGE = r"(?:(?:[<>]=?|!=|~=(?=\d+\.\d))\d{1,9}(?:\.\d{1,9})*(?:,(?!$)|$))+"


def _rewrite_python(python: DeclaredPython, expected: str) -> Edit:
    """Return an edit that puts another version in the place of the one that a file declares."""
    return Edit(python.location, python.text, re.sub(r"\d+(?:\.\d+)*(?:\.\*)?", expected, python.text, count=1))


def _lines_of(folder: ModelFolder, names: frozenset[str]) -> list[Requirement]:
    """Return the lines that install one of some distributions, from the file that pip gets."""
    installed = read_environment(folder).installed
    return [line for line in installed if line.name in names and line.kind == "named" and line.specifier]


def _excluded(line: Requirement, version: Version) -> bool:
    """Tell whether a line keeps out a version, local parts and missing zeros aside."""
    pinned = line.pinned_version
    public = Version(version.public)
    if pinned is not None:
        return Version(pinned.public) != public
    return not line.allows(public)


@rule("MLC344", Severity.WARNING, since="0.1.0")
def mlflow_version_differs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements that install another MLflow than the one that saved the model.

    ## Why is this bad?
    Each release reads and enforces signatures a little differently: what was tried with one is served by another.
    Another patch release is a note. Where that MLflow cannot load the folder at all, unreadable-by-pinned-mlflow
    (MLC122) or loader-module-not-in-mlflow (MLC120) says why.

    ## Bad
        mlflow_version: 2.16.2      (MLmodel)
        mlflow==2.9.2               (requirements.txt)

    ## Good
        mlflow_version: 2.16.2
        mlflow==2.16.2

    ## What to do
    Pin the MLflow that saved the model, or log the model again with the one to be used.

    ## Based on
    MLflow pins itself since 2.4; https://github.com/mlflow/mlflow/issues/3043
    """
    saved = folder.mlflow_version
    if saved is None or saved.is_devrelease:
        return
    for line in _lines_of(folder, frozenset(MLFLOW_DISTRIBUTIONS))[:1]:
        if _excluded(line, saved) and not is_for_other_mlflow(folder):
            pinned = line.pinned_version
            mild = pinned is not None and pinned.release[:2] == saved.release[:2]
            message = f"{line.text!r} is not the MLflow that saved the model, {saved}"
            hint = f"write `{line.name}=={saved}`"
            severity = Severity.NOTE if mild else None
            yield Problem(message, line.location, hint, subject=line.name or "", severity=severity)


@rule("MLC345", Severity.ERROR, since="0.1.0", reads="environment")
def library_version_differs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements that install another release of the model's library than the one MLmodel records.

    ## Why is this bad?
    Estimators of scikit-learn are pickled, and another minor release may fail to load them or predict wrongly
    without a word: an error. For other libraries, whose own formats last longer, it is a warning; another patch
    release is a note.

    ## Bad
        sklearn_version: 0.24.1     (MLmodel)
        scikit-learn==1.5.2         (requirements.txt)

    ## Good
        sklearn_version: 1.5.2
        scikit-learn==1.5.2

    ## What to do
    Pin the release that saved the model, or train and log it again with the one to be used.

    ## Based on
    https://github.com/mlflow/mlflow/issues/12638, https://github.com/kserve/kserve/issues/3733 and
    https://scikit-learn.org/stable/model_persistence.html
    """
    for flavor, conf in folder.flavors.items():
        for recorded in recorded_versions(flavor, conf) if flavor != PYFUNC else ():
            yield from _library_differs(folder, flavor, recorded)


def _library_differs(folder: ModelFolder, flavor: str, recorded: RecordedVersion) -> Iterator[Problem]:
    version = read_version(recorded.value)
    if version is None:
        return
    for text, place, other in _other_releases(folder, recorded, version):
        severity = None if flavor == "sklearn" else Severity.WARNING
        if other is not None and other.release[:2] == version.release[:2]:
            severity = Severity.NOTE
        message = f"{text!r} is not the release that saved the model: {recorded.key} is {recorded.value}"
        hint = f"write `{recorded.distributions[0]}=={version.public}`"
        yield Problem(message, place, hint, subject=recorded.distributions[0], severity=severity)


def _other_releases(
    folder: ModelFolder, recorded: RecordedVersion, version: Version
) -> Iterator[tuple[str, Location, Version | None]]:
    """Yield what installs a library in another release: text, place and the release where it is one."""
    lines = _lines_of(folder, frozenset(recorded.distributions))
    for line in lines[:1]:
        if _excluded(line, version):
            yield line.text, line.location, line.pinned_version
    for spec in read_environment(folder).conda if not lines else ():
        exact = read_version(spec.version.lstrip("=").removesuffix(".*"))
        concerned = pip_name(spec.name) in recorded.distributions
        if concerned and exact is not None and exact.release != version.release[: len(exact.release)]:
            yield spec.text, spec.location, exact


@rule("MLC346", Severity.WARNING, since="0.1.0", reads="environment")
def cloudpickle_version_differs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a pickled Python model whose cloudpickle is not the one that the requirements install.

    ## Why is this bad?
    What one cloudpickle writes another one may not read, above all across major releases. Another minor release is
    a note, and so is a cloudpickle that is not listed: MLflow brings one along.

    ## Bad
        cloudpickle_version: 1.2.2  (MLmodel)
        cloudpickle==3.1.2          (requirements.txt)

    ## Good
        cloudpickle_version: 3.1.2
        cloudpickle==3.1.2

    ## What to do
    Pin the recorded release.

    ## Based on
    MLflow warns of it at load, 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/2429
    """
    recorded = next(recorded_versions(PYFUNC, folder.pyfunc), None)
    version = read_version(recorded.value) if recorded else None
    if recorded is None or version is None or folder.mlmodel is None:
        return
    for text, place, other in _other_releases(folder, recorded, version):
        message = f"{text!r} is not the release that pickled the model: cloudpickle_version is {recorded.value}"
        same_major = other is not None and other.major == version.major
        severity = Severity.NOTE if same_major else None
        yield Problem(
            message, place, f"write `cloudpickle=={recorded.value}`", subject="cloudpickle", severity=severity
        )
    environment = read_environment(folder)
    if "python_model" in folder.pyfunc and environment.installed and "cloudpickle" not in environment.names:
        place = folder.mlmodel.locate("flavors", PYFUNC, recorded.key)
        message = f"the model was pickled by cloudpickle {recorded.value}, which the requirements do not pin"
        hint = f"add `cloudpickle=={recorded.value}`"
        yield Problem(message, place, hint, subject="cloudpickle", severity=Severity.NOTE)
