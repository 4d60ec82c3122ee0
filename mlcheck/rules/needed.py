"""Rules about what has to be in the environment: the flavor's library, MLflow and pandas."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import BUILD_TOOLS, REQUIREMENTS, Environment, local_path, marker_holds, read_environment
from mlcheck.facts.dependencies import brings, is_known
from mlcheck.facts.flavors import PYFUNC, needed_distributions, recorded_versions
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.facts.packages import pip_name, wrong_name
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement
from mlcheck.rules.registry import rule
from mlcheck.signature import Column, Scalar

# Well-known distributions that no other one brings, and that bring no library of a flavor.
_ALONE = frozenset(
    {"configparser", "dataclasses", "defusedxml", "enum34", "gmpy2", "lz4", "numexpr", "pathlib", "pydot"}
)


def _declared(environment: Environment) -> frozenset[str]:
    """Return the distributions that are asked for on Linux, wrong names put right."""
    python = environment.python.release if environment.python else ()
    names = {line.name for line in environment.lines if line.name and marker_holds(line, python)}
    names |= {pip_name(spec.name) for spec in environment.conda}
    right = {known.right for name in names if (known := wrong_name(name)) is not None}
    return frozenset(names | right)


def _brought(names: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(brings(name) for name in names))


def _may_bring_more(folder: ModelFolder, names: frozenset[str]) -> bool:
    """Tell whether something is asked for whose own requirements are not known."""
    lines = read_environment(folder).lines
    unread = any(_leads_nowhere(folder, line) for line in lines)
    unnamed = any(line.kind in {"path", "vcs-or-url", "editable"} and not line.name for line in lines)
    return unread or unnamed or any(not is_known(name) and name not in _ALONE | BUILD_TOOLS for name in names)


def _leads_nowhere(folder: ModelFolder, line: Requirement) -> bool:
    """Tell whether a line includes a file that is not in the folder."""
    return line.kind == "file" and not folder.has(local_path(line) or "..")


def _place(environment: Environment) -> Location:
    """Return where a missing requirement would be added: the first line of the file that pip gets."""
    if environment.has_requirements and not environment.requirements:
        return Location(REQUIREMENTS, 1, 1)
    places = [one.location for one in environment.installed] + [one.location for one in environment.conda]
    return Location(places[0].path, places[0].line, places[0].column)


@rule("MLC350", Severity.ERROR, since="0.1.0", reads="environment")
def library_not_required(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a flavor whose library is not among the requirements.

    ## Why is this bad?
    In an environment made for the model, loading fails with `ModuleNotFoundError`. MLflow's own inference of
    requirements falls back to a few lines when it fails, with a warning that is easily missed. It is a warning where
    a listed package may bring the library along: then the version is left to the day of the build.

    ## Bad
        flavors: pytorch            (MLmodel)
        mlflow==3.17.2              (requirements.txt, all of it)

    ## Good
        mlflow==3.17.2
        torch==2.9.1

    ## What to do
    Add the library with the version that the flavor records, or log the model again with `pip_requirements=`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6056, https://github.com/mlflow/mlflow/issues/7731,
    https://github.com/mlflow/mlflow/issues/14145
    """
    environment = read_environment(folder)
    names = _declared(environment)
    if not names:
        return
    brought = _brought(names)
    for flavor, conf in folder.flavors.items():
        for group in needed_distributions(flavor, conf) if flavor != PYFUNC else ():
            if not names.intersection(group) and not _on_databricks(folder, group):
                yield from _library_problem(folder, flavor, group, brought)


def _on_databricks(folder: ModelFolder, group: tuple[str, ...]) -> bool:
    """Tell whether a library is part of the runtime that the model was logged in, where nobody requires it."""
    return "pyspark" in group and "databricks_runtime" in folder.mlmodel_data


def _library_problem(
    folder: ModelFolder, flavor: str, group: tuple[str, ...], brought: frozenset[str]
) -> Iterator[Problem]:
    environment = read_environment(folder)
    recorded = [one for one in recorded_versions(flavor, folder.flavors[flavor]) if one.distributions[0] in group]
    version = f"=={recorded[0].value.partition('+')[0]}" if recorded else ""
    hint = f"add `{group[0]}{version}`"
    left_out = next((line for line in environment.lines if line.name in group), None)
    if left_out is not None:
        message = f"flavor {flavor!r} needs {group[0]!r}, which the marker of {left_out.text!r} leaves out"
        yield Problem(message, left_out.location, "correct the marker", subject=group[0])
    elif not brought.intersection(group):
        uncertain = _may_bring_more(folder, _declared(environment))
        message = f"flavor {flavor!r} needs {group[0]!r}, which is not among the requirements"
        severity = Severity.WARNING if uncertain else None
        yield Problem(message, _place(environment), hint, subject=group[0], severity=severity)
    elif recorded:
        message = f"flavor {flavor!r} needs {group[0]!r}, which only comes along with others, in whatever version"
        yield Problem(message, _place(environment), hint, subject=group[0], severity=Severity.WARNING)


@rule("MLC351", Severity.WARNING, since="0.1.0", reads="environment")
def mlflow_not_required(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements without MLflow.

    ## Why is this bad?
    `mlflow models serve`, `build-docker` and all who load the model need MLflow in the model's environment. MLflow
    adds itself to what it writes: somebody took it out, or replaced the file.

    ## Bad
        scikit-learn==1.7.2

    ## Good
        mlflow==3.17.2
        scikit-learn==1.7.2

    ## What to do
    Add the MLflow that saved the model (`mlflow_version` in MLmodel).

    ## Based on
    `mlflow/utils/environment.py`, MLflow 1.10 to 3.17
    """
    environment = read_environment(folder)
    lines = environment.installed
    unclear = any(line.kind == "unreadable" or _leads_nowhere(folder, line) for line in lines)
    if not folder.pyfunc or unclear or not (lines or environment.has_requirements):
        return
    brought = _brought(frozenset(line.name for line in lines if line.name))
    conda = {pip_name(spec.name) for spec in environment.conda} if lines == environment.conda_pip else set()
    mentioned = any("mlflow" in line.text.lower() for line in lines) or bool(conda & set(MLFLOW_DISTRIBUTIONS))
    if not mentioned and not brought.intersection(MLFLOW_DISTRIBUTIONS):
        version = f"=={folder.mlflow_version}" if folder.mlflow_version else ""
        message = "the requirements do not contain mlflow, which every environment that serves the model needs"
        yield Problem(message, _place(environment), f"add `mlflow{version}`", subject="mlflow")


@rule("MLC352", Severity.ERROR, since="0.1.0", reads="environment")
def pandas_not_required(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements with mlflow-skinny and without pandas or NumPy.

    ## Why is this bad?
    mlflow-skinny brings neither, and `import mlflow.pyfunc` needs both: "No module named 'numpy'". It is a warning
    where another package may bring them along.

    ## Bad
        mlflow-skinny==3.17.2

    ## Good
        mlflow-skinny==3.17.2
        pandas==2.3.3

    ## What to do
    Add pandas, which brings NumPy, or use mlflow instead of mlflow-skinny.

    ## Based on
    mlflow-skinny 2.16 and 3.17
    """
    environment = read_environment(folder)
    names = _declared(environment)
    brought = _brought(names)
    missing = [name for name in ("pandas", "numpy") if name not in brought]
    if folder.pyfunc and "mlflow" not in brought and "mlflow-skinny" in brought and missing:
        line = next((one for one in environment.lines if one.name == "mlflow-skinny"), None)
        severity = Severity.WARNING if _may_bring_more(folder, names) else None
        message = f"mlflow-skinny does not bring {missing[0]}, which loading the model needs"
        place = line.location if line else _place(environment)
        yield Problem(message, place, "add pandas, or use mlflow", subject=missing[0], severity=severity)


@rule("MLC353", Severity.WARNING, since="0.1.0", reads="signature")
def strings_of_pandas_3(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pandas 3 with an MLflow before 3.9 and string columns in the signature.

    ## Why is this bad?
    pandas 3 keeps texts as `str` instead of `object`, which MLflow before 3.9 refuses for a column of type
    `string`: "Incompatible input types". mlflow itself does not install beside pandas 3 before 3.15 (MLC337);
    mlflow-skinny does.

    ## Bad
        mlflow-skinny==3.4.0
        pandas==3.0.0

    ## Good
        mlflow-skinny==3.4.0
        pandas==2.3.3

    ## What to do
    Pin `pandas<3`, or a later MLflow.

    ## Based on
    MLflow 3.0 and 3.10 tried with pandas 3.1
    """
    pins: dict[str, Requirement] = {}
    for line in read_environment(folder).installed:
        if line.name in {"pandas", "mlflow-skinny"} and line.pinned_version is not None:
            pins.setdefault(line.name, line)
    pandas, mlflow = (pins[name].pinned_version if name in pins else None for name in ("pandas", "mlflow-skinny"))
    if pandas is None or mlflow is None or pandas.major < 3 or mlflow >= Version("3.9"):
        return
    inputs = folder.signature.inputs if folder.signature else None
    texts = [one for one in inputs or () if isinstance(one, Column) and one.type == Scalar("string")]
    if texts:
        message = f"MLflow {mlflow} refuses the texts of pandas {pandas} in column {texts[0].name!r} of type 'string'"
        yield Problem(message, pins["pandas"].location, "pin `pandas<3`, or MLflow 3.9 or later", subject="pandas")
