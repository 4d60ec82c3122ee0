"""Rules about the conda packages in conda.yaml: what conda refuses, what others drop, what fits one platform only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import BUILD_TOOLS, read_environment
from mlcheck.facts.dependencies import is_known
from mlcheck.facts.flavors import needed_distributions
from mlcheck.facts.packages import CONDA_PLATFORM_ONLY, pip_name
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.match_spec import CondaSpec
from mlcheck.requirements import mask_credentials
from mlcheck.rules.conda import written_before_1_25
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed

_LOOKED_AT = 1000  # characters: the expression takes quadratic time for some texts
_PIP_SYNTAX = re.compile(r"^-|@|://|;|~=.*;|\.whl$|^git\+|\[[^=\[\]]*\]")


@rule("MLC306", Severity.ERROR, since="0.1.0", reads="environment")
def conda_refuses_package(folder: ModelFolder) -> Iterator[Problem]:
    """Finds entries among the conda packages that conda cannot read: pip options, URLs, markers, broken versions.

    ## Why is this bad?
    `conda env create` stops with `InvalidMatchSpec` before it installs anything. Lines of a requirements.txt belong
    into the pip section.

    ## Bad
        dependencies:
        - python=3.11.7
        - -r requirements.txt
        - numpy>=1.26 <2

    ## Good
        dependencies:
        - python=3.11.7
        - numpy>=1.26,<2
        - pip
        - pip:
          - -r requirements.txt

    ## What to do
    Move lines for pip into the pip section; write versions with a comma between their parts.

    ## Based on
    conda 26, `conda.models.match_spec.MatchSpec`
    """
    for spec in folder.conda_specs:
        text = mask_credentials(spec.text)
        if not spec.readable:
            for_pip = _PIP_SYNTAX.search(spec.text, 0, _LOOKED_AT)
            hint = "move it into the pip section" if for_pip else "write it as `name`, `name=1.2` or `name>=1.2,<2`"
            yield Problem(f"conda cannot read {text!r}", spec.location, hint, subject=text)
        elif re.search(r"\w\[[\w, -]+\]", spec.text):
            message = f"{text!r} asks for extras, which conda ignores"
            hint = "move it into the pip section"
            yield Problem(message, spec.location, hint, subject=text, severity=Severity.WARNING)


@rule("MLC307", Severity.WARNING, since="0.1.0", reads="environment")
def conda_build_string(folder: ModelFolder) -> Iterator[Problem]:
    """Finds conda packages with a build (`python=3.8.5=h7579374_1`): the very file of one platform.

    ## Why is this bad?
    `conda env export` writes them. Builds exist for one platform only and vanish from channels: elsewhere, or a
    year later, conda says `ResolvePackageNotFound`. MLflow ignores such a line when it looks for the Python.

    ## Bad
        - python=3.8.5=h7579374_1

    ## Good
        - python=3.8.5

    ## What to do
    Export with `conda env export --no-builds`, or cut the last part of each line.

    ## Based on
    conda's documentation; MLflow 1.26 to 3.17 (`_CONDA_DEPENDENCY_REGEX`)
    """
    built = [spec for spec in folder.conda_specs if spec.readable and spec.build and spec.build != "*"]
    if built:
        first = built[0]
        more = (
            f" and {len(built) - 1} more name builds, which exist" if len(built) > 1 else " names a build, which exists"
        )
        message = f"{first.text!r}{more} for one platform only"
        yield Problem(message, first.location, f"write {_without_build(first)!r}", subject="build")


def _without_build(spec: CondaSpec) -> str:
    return f"{spec.name}{spec.version if spec.version[:1] in '=<>!~' else '=' + spec.version}"


@rule("MLC309", Severity.WARNING, since="0.1.0", reads="environment")
def conda_only_package(folder: ModelFolder) -> Iterator[Problem]:
    """Finds conda packages that pip is not asked for: they are there only in an environment made by conda.

    ## Why is this bad?
    `mlflow models serve`, `build-docker` and `mlflow.models.predict` make environments with virtualenv or uv
    unless they are told otherwise, and these drop all conda packages but Python, pip, setuptools and wheel. It is a
    warning where the library of a flavor is among them, else a note: nobody but the author knows whether the model
    needs the package. What MLflow before 1.18 wrote is a note.

    ## Bad
        dependencies:
        - python=3.11.7
        - scikit-learn=1.7.2
        - pip
        - pip:
          - mlflow==3.17.2

    ## Good
        dependencies:
        - python=3.11.7
        - pip
        - pip:
          - mlflow==3.17.2
          - scikit-learn==1.7.2

    ## What to do
    Move what the model imports into the pip section and into requirements.txt. Libraries that are no Python
    packages (compilers, CUDA) have to be there by other means.

    ## Based on
    MLflow 1.26 to 3.17 (`_PythonEnv.get_dependencies_from_conda_yaml`); MLflow before 1.18 wrote some libraries as
    conda packages itself
    """
    environment = read_environment(folder)
    asked = {line.name for line in environment.lines}
    only = [
        spec
        for spec in environment.conda
        if spec.readable
        and spec.name not in BUILD_TOOLS
        and not {spec.name, pip_name(spec.name)} & asked
        and spec.name not in CONDA_PLATFORM_ONLY
        and not _conda_name(spec.name)
    ]
    if only:
        needed = _needed(folder)
        only.sort(key=lambda spec: (pip_name(spec.name) not in needed, not is_known(pip_name(spec.name))))
        verb, them = ("is a conda package", "it") if len(only) == 1 else ("are conda packages", "them")
        what = listed([spec.name for spec in only])
        message = f"{what} {verb} only: environments made with virtualenv or uv lack {them}"
        hint = "add what the model imports to the pip section and to requirements.txt"
        mild = pip_name(only[0].name) not in needed or written_before_1_25(folder)
        severity = Severity.NOTE if mild else None
        yield Problem(message, only[0].location, hint, subject="conda", severity=severity)


def _needed(folder: ModelFolder) -> frozenset[str]:
    """Return the libraries of the flavors, under all their names."""
    groups = [group for flavor, conf in folder.flavors.items() for group in needed_distributions(flavor, conf)]
    return frozenset(name for group in groups for name in group)


def _conda_name(name: str) -> str:
    """Return what conda-forge calls a package that has another name there, "" for all others."""
    return {"torch": "pytorch", "tables": "pytables", "sklearn": "scikit-learn"}.get(name, "")


@rule("MLC310", Severity.WARNING, since="0.1.0", reads="environment")
def pip_name_among_conda_packages(folder: ModelFolder) -> Iterator[Problem]:
    """Finds conda packages under the name that they have on PyPI only (`torch`, `sklearn`).

    ## Why is this bad?
    conda-forge has no package of that name: `conda env create` fails with `ResolvePackageNotFound`.

    ## Bad
        dependencies:
        - torch=2.4.1

    ## Good
        dependencies:
        - pytorch=2.4.1

    ## What to do
    Use conda's name, or move the line into the pip section.

    ## Based on
    The packages of conda-forge
    """
    for spec in folder.conda_specs:
        right = _conda_name(spec.name)
        if right:
            message = f"conda-forge has no package {spec.name!r}: there it is called {right!r}"
            hint = f"write `{right}`, or move the line into the pip section"
            yield Problem(message, spec.location, hint, subject=spec.name)


@rule("MLC316", Severity.WARNING, since="0.1.0", reads="environment")
def conda_platform_package(folder: ModelFolder) -> Iterator[Problem]:
    """Finds conda packages that exist for Windows or macOS only (`vs2015_runtime`, `appnope`).

    ## Why is this bad?
    `conda env export` writes down everything that is installed. Servers and containers run Linux, where conda stops
    with `ResolvePackageNotFound`.

    ## Bad
        - vs2015_runtime=14.27
        - wincertstore=0.2

    ## Good
        (only what the model imports)

    ## What to do
    Take them out; `conda env export --from-history` lists only what was asked for.

    ## Based on
    The packages of conda-forge and Anaconda
    """
    found = [spec for spec in folder.conda_specs if spec.name in CONDA_PLATFORM_ONLY]
    if found:
        platforms = " or ".join(sorted({CONDA_PLATFORM_ONLY[spec.name] for spec in found}))
        names = listed([spec.name for spec in found])
        verb = "exists" if len(found) == 1 else "exist"
        message = f"{names} {verb} for {platforms} only: conda cannot make the environment on Linux"
        yield Problem(message, found[0].location, "take out what the model does not import", subject="platform")
