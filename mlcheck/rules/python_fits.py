"""Rules about the Python of the environment: what cannot be installed on it."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import DeclaredPython, marker_holds, read_environment
from mlcheck.facts.mlflow_versions import requires_python
from mlcheck.facts.releases import Mismatch, python_mismatch
from mlcheck.finding import Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.pep440 import allows
from mlcheck.requirements import Requirement
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed


@rule("MLC339", Severity.ERROR, since="0.1.0", reads="environment")
def pin_not_for_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pinned releases that cannot be installed on the Python that the environment declares.

    ## Why is this bad?
    The environment cannot be built: the release dropped that Python, or came before it and has no wheel for it. It
    is a warning where pip builds it from source instead, which takes a compiler, long, and often fails. Several
    releases that all want a newer Python are one finding, at that Python. What is known: NumPy,
    pandas, SciPy, scikit-learn, TensorFlow, PyTorch, ONNX Runtime, PyArrow, pip, setuptools.

    ## Bad
        python: 3.12.4              (python_env.yaml)
        numpy==1.21.0               (requirements.txt)

    ## Good
        python: 3.9.18
        numpy==1.21.0

    ## What to do
    Use the Python and the versions that the model was made with.

    ## Based on
    The wheels on PyPI in November 2026, for Linux on x86-64
    """
    seen: set[str] = set()
    for python, lines in read_environment(folder).builds:
        if python is None:
            continue
        misfits = _own_misfits(folder, python, lines)
        fresh = [(line, mismatch) for line, mismatch in misfits if line.text not in seen]
        seen.update(line.text for line, _ in misfits)
        dropped = [line for line, mismatch in fresh if mismatch.kind == "dropped"]
        for line, mismatch in fresh:
            if len(dropped) < _SEVERAL or mismatch.kind != "dropped":
                yield _not_for(line, python, mismatch)
        if len(dropped) >= _SEVERAL:
            yield _too_old(python, dropped)


_SEVERAL = 2
"""So many pins that all want a newer Python were made with one: the Python is what is wrong."""


def _own_misfits(
    folder: ModelFolder, python: DeclaredPython, lines: tuple[Requirement, ...]
) -> list[tuple[Requirement, Mismatch]]:
    """Return the pins that a Python does not take, but for those that other rules explain."""
    environment = read_environment(folder)
    found = _misfits(python, lines)
    recorded = environment.recorded
    if recorded is not None and recorded.release[:2] != python.release[:2]:
        explained = {line.text for line, _ in found} - {line.text for line, _ in _misfits(recorded, lines)}
        found = [(line, mismatch) for line, mismatch in found if line.text not in explained]
    if _refusing_mlflow(python, lines) is not None:
        found = [(line, mismatch) for line, mismatch in found if mismatch.kind != "dropped"]
    return found


def _misfits(python: DeclaredPython, lines: tuple[Requirement, ...]) -> list[tuple[Requirement, Mismatch]]:
    if len(python.release) < 2:
        return []
    pairs = ((line, _mismatch(line, python)) for line in lines)
    return [(line, mismatch) for line, mismatch in pairs if mismatch is not None]


def _mismatch(line: Requirement, python: DeclaredPython) -> Mismatch | None:
    version = line.pinned_version if line.kind == "named" else None
    if version is None or not line.name or not marker_holds(line, python.release):
        return None
    return python_mismatch(line.name, version, python.release)


def _refusing_mlflow(python: DeclaredPython, lines: tuple[Requirement, ...]) -> tuple[Requirement, str] | None:
    """Return the pin of an MLflow that does not install on a Python, and the Python that it needs."""
    pins = [line for line in lines if line.name in {"mlflow", "mlflow-skinny"} and line.kind == "named"]
    version = pins[0].pinned_version if pins else None
    needs = requires_python(version.release) if version is not None else ""
    refused = needs and len(python.release) > 1 and not allows(needs, Version(_text(python)))
    return (pins[0], needs) if refused else None


def refused_pin(folder: ModelFolder, python: DeclaredPython) -> str:
    """Return a pin that cannot be installed on a declared Python, as it is written; "" if there is none."""
    for declared, lines in read_environment(folder).builds:
        if declared == python:
            refused = _refusing_mlflow(python, lines)
            found = [line.text for line, mismatch in _misfits(python, lines) if mismatch.kind != "no-wheel"]
            return refused[0].text if refused else next(iter(found), "")
    return ""


_REASONS = {
    "dropped": "no longer supports {python}",
    "too-old": "is too old for {python}",
    "no-wheel": "is built from source, as it has no wheel for {python}",
}


def _not_for(line: Requirement, python: DeclaredPython, mismatch: Mismatch) -> Problem:
    minor = ".".join(map(str, python.release[:2]))
    declared = f"Python {minor}, which {python.source} declares"
    message = f"{line.text!r} {_REASONS[mismatch.kind].format(python=declared)}"
    span = f"{mismatch.first} to {mismatch.last}" if mismatch.last else f"{mismatch.first} or later"
    hint = f"Python {minor} takes {line.name} {span}: use the Python and the version that the model was made with"
    severity = Severity.WARNING if mismatch.kind == "no-wheel" else None
    return Problem(message, line.location, hint, subject=line.name or "", severity=severity)


def _too_old(python: DeclaredPython, lines: list[Requirement]) -> Problem:
    minor = ".".join(map(str, python.release[:2]))
    shown = listed([line.text for line in lines])
    message = f"{shown} no longer support Python {minor}, which {python.source} declares"
    hint = "use the Python and the versions that the model was made with"
    return Problem(message, python.location, hint, subject=f"python {minor}")


@rule("MLC340", Severity.ERROR, since="0.1.0", reads="environment")
def environment_python_too_old_for_mlflow(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a Python in conda.yaml or python_env.yaml on which the pinned MLflow does not install.

    ## Why is this bad?
    pip refuses it (`Requires-Python`), so the environment cannot be built. Where MLmodel declares another Python,
    python-versions-differ (MLC343) tells it; where no environment file declares one,
    mlflow-does-not-run-on-python (MLC123) does.

    ## Bad
        python=3.7.16               (conda.yaml)
        mlflow==2.9.2

    ## Good
        python=3.11.7
        mlflow==2.9.2

    ## What to do
    Use the Python that the model was made with.

    ## Based on
    `Requires-Python` of MLflow 1.20 to 3.17
    """
    environment = read_environment(folder)
    recorded = environment.recorded
    for python, lines in environment.builds:
        other = python is None or (recorded is not None and recorded.release[:2] != python.release[:2])
        refused = None if python is None or other or python.source == MLMODEL else _refusing_mlflow(python, lines)
        if refused is not None and python is not None:
            line, needs = refused
            message = f"{line.text!r} needs Python {needs}: {python.source} declares {_text(python)}"
            hint = "use the Python and the MLflow that the model was made with"
            yield Problem(message, python.location, hint, subject="python")
            return


def _text(python: DeclaredPython) -> str:
    return ".".join(map(str, python.release))
