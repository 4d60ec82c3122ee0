"""Rules about python_env.yaml, from which MLflow builds virtualenv and uv environments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import REQUIREMENTS, read_environment
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.registry import rule


@rule("MLC314", Severity.WARNING, since="0.1.0", reads="environment")
def python_env_python_not_fixed(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a python_env.yaml whose Python is missing or is not one version.

    ## Why is this bad?
    Without `python` MLflow silently takes the Python that it runs on itself, and pickled functions load only in the
    minor version that wrote them. pyenv takes a text for the beginning of a version (`3.1` becomes 3.19) and fails
    on ranges and stars.

    ## Bad
        python: '>=3.9'

    ## Good
        python: 3.11.7

    ## What to do
    Write the Python that trained the model as X.Y.Z. It is a note where only the last number is missing: the newest
    patch release is taken.

    ## Based on
    MLflow 1.26 to 3.17 (`_PythonEnv`, `_find_latest_installable_python_version`);
    https://github.com/mlflow/mlflow/issues/7387
    """
    document = folder.python_env
    if document is None or not isinstance(document.data, dict):
        return
    value = document.get("python")
    recorded = folder.pyfunc.get("python_version")
    hint = f"write `python: {recorded}`" if isinstance(recorded, str) else "write one version, such as `python: 3.11.7`"
    if value is None:
        place = document.locate("python") if "python" in document.data else document.locate()
        message = "no Python: MLflow takes the one that it runs on"
        yield Problem(message, place, hint, subject="python")
    elif isinstance(value, str):
        place = document.locate("python")
        text = value.strip()
        if re.fullmatch(r"\d+\.\d+", text):
            message = f"python {value!r} leaves the patch release open"
            yield Problem(message, place, hint, subject="python", severity=Severity.NOTE)
        elif re.fullmatch(r"\d+", text):
            message = f"python {value!r} leaves the minor version open: the newest one is taken"
            yield Problem(message, place, hint, subject="python")
        elif not re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?", text):
            message = f"python {value!r} is not one version: pyenv cannot install it"
            yield Problem(message, place, hint, subject="python")


@rule("MLC315", Severity.ERROR, since="0.1.0", reads="environment")
def python_env_installs_nothing(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a python_env.yaml without dependencies: an environment made from it has none of the packages.

    ## Why is this bad?
    MLflow installs what `dependencies` lists and does not look at requirements.txt by itself. Serving fails with
    `ModuleNotFoundError`, first of all for mlflow.

    ## Bad
        python: 3.11.7
        build_dependencies: [pip, setuptools, wheel]

    ## Good
        python: 3.11.7
        build_dependencies: [pip, setuptools, wheel]
        dependencies:
        - -r requirements.txt

    ## What to do
    Add `-r requirements.txt` to `dependencies`.

    ## Based on
    MLflow 1.26 to 3.17 (`mlflow/utils/virtualenv.py::_create_virtualenv`)
    """
    document = folder.python_env
    if document is None or not isinstance(document.data, dict):
        return
    listed = document.get("dependencies")
    if (listed is None or listed == []) and not read_environment(folder).python_env:
        place = document.locate("dependencies") if "dependencies" in document.data else document.locate()
        count = len(folder.requirements or ())
        lost = f"the {count} lines of {REQUIREMENTS} are not installed" if count else "nothing is installed"
        message = f"no dependencies: {lost} in environments made with virtualenv or uv"
        yield Problem(message, place, "add `- -r requirements.txt` to `dependencies`", subject="dependencies")
