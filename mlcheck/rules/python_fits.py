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


@rule("MLC339", Severity.ERROR, since="0.1.0", reads="environment")
def pin_not_for_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pinned releases that cannot be installed on the Python that the environment declares.

    ## Why is this bad?
    The environment cannot be built: the release dropped that Python, or came before it and has no wheel for it. It
    is a warning where pip builds it from source instead, which takes a compiler, long, and often fails. What is
    known: NumPy, pandas, SciPy, scikit-learn, TensorFlow, PyTorch, ONNX Runtime, PyArrow, pip, setuptools.

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
        if python is None or len(python.release) < 2:
            continue
        for line in lines:
            mismatch = _mismatch(line, python) if line.text not in seen else None
            if mismatch is not None:
                seen.add(line.text)
                yield _not_for(line, python, mismatch)


def _mismatch(line: Requirement, python: DeclaredPython) -> Mismatch | None:
    version = line.pinned_version if line.kind == "named" else None
    if version is None or not line.name or not marker_holds(line, python.release):
        return None
    return python_mismatch(line.name, version, python.release)


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


@rule("MLC340", Severity.ERROR, since="0.1.0", reads="environment")
def environment_python_too_old_for_mlflow(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a Python in conda.yaml or python_env.yaml on which the pinned MLflow does not install.

    ## Why is this bad?
    pip refuses it (`Requires-Python`), so the environment cannot be built. The same of `python_version` in MLmodel
    is told by mlflow-does-not-run-on-python (MLC123).

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
    recorded = next((python for python in environment.pythons if python.source == MLMODEL), None)
    python = environment.python
    pins = [line for line in environment.installed if line.name in {"mlflow", "mlflow-skinny"}]
    version = pins[0].pinned_version if pins else None
    if python is None or version is None or (recorded is not None and recorded.release[:2] == python.release[:2]):
        return
    needs = requires_python(version.release)
    if needs and len(python.release) > 1 and python.text and not allows(needs, Version(_text(python))):
        message = f"{pins[0].text!r} needs Python {needs}: {python.source} declares {_text(python)}"
        hint = f"write the Python that the model was made with ({recorded.text})" if recorded else "pin an older MLflow"
        yield Problem(message, python.location, hint, subject="python")


def _text(python: DeclaredPython) -> str:
    return ".".join(map(str, python.release))
