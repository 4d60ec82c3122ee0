"""Rules about the modules that pickles import: they must be shipped, required, and in the pinned release."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import read_environment
from mlcheck.facts.bytecode import imports_of
from mlcheck.facts.dependencies import is_known
from mlcheck.facts.imports import distributions_of
from mlcheck.facts.moved_modules import lacking
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.module_origins import Origin, origin_of
from mlcheck.rules.pickled import ModelPickle, pickles
from mlcheck.rules.registry import rule

_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_MAIN = ("__main__", "__mp_main__")


@rule("MLC463", Severity.ERROR, since="0.1.0")
def pickled_module_not_declared(folder: ModelFolder) -> Iterator[Problem]:
    """Finds modules that a pickle imports and that neither the model's code nor a requirement brings.

    ## Why is this bad?
    A pickle holds the names of classes and functions, not their source. Loading it fails with
    `ModuleNotFoundError: No module named …` wherever that module happens not to be installed. It is a warning for
    artifacts, which the model may or may not load, for imports within functions that the pickle carries, and if a
    requirement that mlcheck does not know may bring the module.

    ## Bad
        python_model.pkl holds churn.features.Encoder     (no code directory; requirements.txt: mlflow, scikit-learn)

    ## Good
        python_model.pkl holds churn.features.Encoder
        code/churn/features.py

    ## What to do
    Log the model with `code_paths=["churn"]`, or add the distribution that has the module to the requirements.

    ## Based on
    https://github.com/mlflow/mlflow/issues/9514, https://github.com/mlflow/mlflow/issues/10766,
    https://github.com/mlflow/mlflow/issues/3258
    """
    for found in pickles(folder):
        if found.use != "other":
            yield from _undeclared(folder, found)


def _undeclared(folder: ModelFolder, found: ModelPickle) -> Iterator[Problem]:
    told: set[str] = set()
    for module, example, at_load in _imports(found):
        origin = origin_of(folder, module)
        name = module.partition(".")[0]
        if name in told or name in _MAIN or origin in ("there", "unknown"):
            continue
        told.add(name)
        when = "needs" if at_load else "has a function that imports"
        why = _REASONS[origin]
        message = f"{found.label} {when} the module {name!r}{example}, {why}"
        severity = _severity(found, module, origin, at_load=at_load)
        hint = f"log the model with code_paths=[…] so that {name!r} is shipped, or add its distribution"
        yield Problem(message, found.location, hint, subject=f"{found.member} {name}", severity=severity)


_REASONS: dict[Origin, str] = {
    "missing": "which is neither in the model's code nor in what its requirements bring",
    "perhaps": "which is not in the model's code, and no requirement is known to bring it",
    "removed": "which the declared Python no longer has",
}


def _severity(found: ModelPickle, module: str, origin: Origin, *, at_load: bool) -> Severity | None:
    if origin == "perhaps":
        well_known = any(is_known(name) for name in distributions_of(module))
        return Severity.NOTE if well_known or not at_load else Severity.WARNING
    return None if at_load and found.use == "model" else Severity.WARNING


def _imports(found: ModelPickle) -> Iterator[tuple[str, str, bool]]:
    """Yield the modules that a pickle imports, with an example in brackets, and whether it does so when loaded."""
    for ref in found.facts.references:
        yield ref.module, f" ({ref})" if ref.name else "", True
    for module in found.facts.imports:
        yield module, "", True
    for code in found.facts.code:
        for module in (
            () if _CATCHES.intersection(code.names) else imports_of(code.bytecode, code.names, code.arguments)
        ):
            yield module, f" ({code.name})", False


@rule("MLC464", Severity.ERROR, since="0.1.0")
def pickled_in_main(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that look for a class or function in the script that made them (`__main__`).

    ## Why is this bad?
    Loading looks in the program that loads: `AttributeError: Can't get attribute 'Encoder' on <module '__main__'>`.
    It only works in the script or notebook that wrote it. `pickle` and `joblib` write that for what a script or a
    notebook defines; cloudpickle carries such classes by value instead. It is a warning for artifacts.

    ## Bad
        joblib.dump(Encoder(), "encoder.joblib")             (class Encoder stands in the same script)

    ## Good
        from churn.features import Encoder
        joblib.dump(Encoder(), "encoder.joblib")             (and code_paths=["churn"])

    ## What to do
    Move the class to a module, import it, dump the object again and ship the module with `code_paths`; or use
    cloudpickle.

    ## Based on
    Python's `pickle`; https://github.com/mlflow/mlflow/issues/3827
    """
    for found in pickles(folder):
        names = [ref.name for ref in found.facts.references if ref.module in _MAIN]
        if names and found.use != "other":
            message = f"{found.label} looks for {names[0]!r} in the script that loads it (__main__)"
            hint = "move it to a module, dump it again and ship the module with code_paths=[…]"
            severity = None if found.use == "model" else Severity.WARNING
            yield Problem(message, found.location, hint, subject=f"{found.member} {names[0]}", severity=severity)


@rule("MLC467", Severity.ERROR, since="0.1.0")
def pickled_module_moved(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that import modules which the pinned release of scikit-learn, NumPy, SciPy or pandas lacks.

    ## Why is this bad?
    Loading fails with `ModuleNotFoundError: No module named 'numpy._core.numeric'`. Pickles hold the names of private
    modules, which move between releases: the model was saved with another release than the requirements pin.
    It is a warning for artifacts.

    ## Bad
        model.pkl imports sklearn.linear_model.logistic
        scikit-learn==1.5.2             (requirements.txt)

    ## Good
        model.pkl imports sklearn.linear_model._logistic
        scikit-learn==1.5.2

    ## What to do
    Pin the release that the model was saved with, or log the model again.

    ## Based on
    The wheels of scikit-learn 0.20 to 1.9, NumPy 1.25 to 2.4, SciPy 1.7 and 1.8, pandas 1.3 to 3.1
    """
    pins = _pins(folder)
    for found in pickles(folder) if pins else ():
        for module in sorted({ref.module for ref in found.facts.references} if found.use != "other" else ()):
            for gap in lacking(module):
                release = pins.get(gap.distribution)
                if release is not None and gap.includes(release):
                    message = f"{found.label} needs {module!r}, which {gap.distribution} {release} does not have"
                    hint = f"pin the {gap.distribution} that the model was saved with (none of {gap.releases})"
                    severity = None if found.use == "model" else Severity.WARNING
                    subject = f"{found.member} {module}"
                    yield Problem(message, found.location, hint, subject=subject, severity=severity)


def _pins(folder: ModelFolder) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for line in read_environment(folder).installed:
        if line.name and line.pinned_version is not None:
            found.setdefault(line.name, line.pinned_version)
    return found
