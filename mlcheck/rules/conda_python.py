"""Rules about the Python that conda.yaml asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.match_spec import CondaSpec
from mlcheck.rules.registry import rule

# MLflow's own expression (1.26 to 3.17), for the package python
_READ_BY_MLFLOW = re.compile(r"^python(?P<operator><=|>=|==|!=|<|>|=)?(?P<version>[\d.]+)?$")
_ONE_MINOR = re.compile(r"^(?:={0,3}|~=)\d+\.\d+(?:\.[\d*]+)*$")


def _pythons(folder: ModelFolder) -> list[CondaSpec]:
    return [spec for spec in folder.conda_specs if spec.name == "python" and spec.readable]


def _mlflow_reads_conda(folder: ModelFolder) -> bool:
    """Tell whether MLflow takes the Python of virtualenv and uv environments from conda.yaml."""
    return folder.python_env is None and not folder.has(folder.python_env_path)


def _fixes_minor(version: str) -> bool:
    if _ONE_MINOR.match(version):
        return not version.startswith("~=") or version.count(".") > 1
    bounds = re.fullmatch(r">=3\.(\d+)(?:\.\d+)*,<3\.(\d+)(?:\.0+a?0*)?", version)
    return bounds is not None and int(bounds[2]) == int(bounds[1]) + 1


@rule("MLC311", Severity.ERROR, since="0.1.0", reads="environment")
def mlflow_refuses_conda_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a Python in conda.yaml that MLflow stops at, in folders where it has to read it there.

    ## Why is this bad?
    Without python_env.yaml MLflow reads the Python of virtualenv and uv environments from conda.yaml, and raises
    `MlflowException` for `python`, `python<3.11`, `python>3` and `python!=3.9`: the model cannot be served or
    containerised.

    ## Bad
        dependencies:
        - python<3.11

    ## Good
        dependencies:
        - python=3.10.14

    ## What to do
    Pin the Python that trained the model (`python_version` in MLmodel), or log the model again: MLflow 1.26 and
    later write python_env.yaml.

    ## Based on
    `_PythonEnv.get_dependencies_from_conda_yaml`, the same from MLflow 1.26 to 3.17
    """
    if not _mlflow_reads_conda(folder):
        return
    for spec in _pythons(folder)[:1]:
        match = _READ_BY_MLFLOW.match(spec.text)
        if match is not None and match["operator"] in {None, "<", ">", "!="}:
            message = f"MLflow refuses {spec.text!r}: it has no python_env.yaml to read and needs one version here"
            yield Problem(message, spec.location, _pin_hint(folder), subject="python")


def _pin_hint(folder: ModelFolder) -> str:
    recorded = folder.pyfunc.get("python_version")
    return f"write `python={recorded}`" if isinstance(recorded, str) else "write one version, such as `python=3.11.7`"


@rule("MLC312", Severity.WARNING, since="0.1.0", reads="environment")
def conda_python_not_fixed(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a conda.yaml that leaves the Python open, or names it in a form that MLflow does not read.

    ## Why is this bad?
    conda takes the newest Python that fits, and pickled functions load only in the minor version that wrote them.
    Without python_env.yaml, MLflow silently takes the Python that it runs on itself for all forms but
    `python=3.11.7`, `python==3.11.7`, `python>=3.11` and `python<=3.11`: `python 3.11`, `python=3.11.*`,
    `conda-forge::python=3.11`, `python>=3.10,<3.12`.

    ## Bad
        dependencies:
        - python>=3.9

    ## Good
        dependencies:
        - python=3.11.7

    ## What to do
    Write the Python that trained the model as `python=X.Y.Z`.

    ## Based on
    `_PythonEnv.get_dependencies_from_conda_yaml`, the same from MLflow 1.26 to 3.17
    """
    document = folder.conda
    items = document.get("dependencies") if document else None
    # Entries of other types may be meant as the Python: they are for conda-shape to say.
    if document is None or not isinstance(items, list) or not all(isinstance(item, str | dict) for item in items):
        return
    hint = _pin_hint(folder)
    silent = _mlflow_reads_conda(folder)
    pythons = _pythons(folder)
    if not pythons and not _names_python_somehow(folder):
        what = "no Python among the conda packages: conda takes the newest one"
        message = f"{what}, MLflow the one that it runs on" if silent else what
        yield Problem(message, document.locate("dependencies"), hint, subject="python")
    for spec in pythons[:1]:
        problem = _what_is_open(spec, silent)
        if problem:
            yield Problem(problem, spec.location, hint, subject="python")


def _names_python_somehow(folder: ModelFolder) -> bool:
    return any(spec.name == "python" for spec in folder.conda_specs)


def _what_is_open(spec: CondaSpec, silent: bool) -> str:
    match = _READ_BY_MLFLOW.match(spec.text)
    refused = match is not None and match["operator"] in {None, "<", ">", "!="}
    if silent and refused:
        return ""  # mlflow-refuses-conda-python
    if not _fixes_minor(spec.version):
        end = ", MLflow the one that it runs on" if silent and match is None else ""
        return f"{spec.text!r} leaves the Python open: conda takes the newest one that fits{end}"
    if silent and match is None and not spec.build:
        return f"MLflow does not read {spec.text!r}: without python_env.yaml it takes the Python that it runs on"
    return ""


@rule("MLC313", Severity.ERROR, since="0.1.0", reads="environment")
def several_conda_pythons(folder: ModelFolder) -> Iterator[Problem]:
    """Finds more than one Python among the packages of conda.yaml.

    ## Why is this bad?
    conda has to satisfy both and stops when it cannot. Without python_env.yaml MLflow takes the first for the
    Python and asks pip to install the second one as a package, which fails. It is a warning where both say the
    same and MLflow does not read them.

    ## Bad
        dependencies:
        - python=3.8.5
        - python=3.11.7

    ## Good
        dependencies:
        - python=3.11.7

    ## What to do
    Keep the one that trained the model.

    ## Based on
    MLflow 1.26 to 3.17 (`_PythonEnv.get_dependencies_from_conda_yaml`)
    """
    first, *others = _pythons(folder) or [CondaSpec("", Location(""), "", "")]
    for spec in others:
        same = (spec.version, spec.build) == (first.version, first.build)
        severity = Severity.WARNING if same and not _mlflow_reads_conda(folder) else None
        message = f"a second Python, {spec.text!r} beside {first.text!r} on line {first.location.line}"
        yield Problem(message, spec.location, "keep one of the two", subject="python", severity=severity)
