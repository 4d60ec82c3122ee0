"""The rule about models without any environment file."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.environment import REQUIREMENTS
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.rules.registry import rule


@rule("MLC354", Severity.WARNING, since="0.1.0")
def no_environment(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a model without any environment file.

    ## Why is this bad?
    Nothing says which packages the model needs: `mlflow models serve` and `build-docker` fail or take what happens
    to be installed, and nobody can load it a year later.

    ## Bad
        MLmodel
        model.pkl

    ## Good
        MLmodel
        conda.yaml
        model.pkl
        python_env.yaml
        requirements.txt

    ## What to do
    Log the model again: MLflow writes the three files. Or write requirements.txt and python_env.yaml by hand and
    name the latter under `flavors.python_function.env`.

    ## Based on
    MLflow 1.0 to 3.17; files that MLmodel names and that are missing are told by missing-file (MLC401)
    """
    env = folder.pyfunc.get("env")
    named = isinstance(env, str) or (isinstance(env, dict) and any(isinstance(value, str) for value in env.values()))
    files = (REQUIREMENTS, folder.conda_path, folder.python_env_path)
    if folder.pyfunc and not named and not any(folder.has(path) for path in files):
        message = "no conda.yaml, python_env.yaml or requirements.txt: nothing says which packages the model needs"
        hint = "log the model again, or write requirements.txt and python_env.yaml"
        yield Problem(message, Location(MLMODEL, 1, 1), hint, subject="environment")
