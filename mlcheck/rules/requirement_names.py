"""Rules about the names of requirements: wrong ones, and packages that do not belong into a model's environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import marker_holds, read_environment
from mlcheck.facts.imports import is_stdlib
from mlcheck.facts.packages import DEVELOPMENT, PLATFORM_ONLY, WrongName, wrong_name
from mlcheck.finding import Edit, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement
from mlcheck.rules.mending import rename_line
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed

# Projects on PyPI that carry the name of a standard module and are what their users want, or do no harm.
_GOOD_BACKPORTS = frozenset({"configparser", "contextvars", "dataclasses", "ipaddress", "typing", "zoneinfo"})
# Names that pip finds nothing for, as everybody who tried it knows.
_NOT_ON_PYPI = frozenset(
    {"itertools", "json", "math", "os", "pickle", "random", "re", "sqlite3", "sys", "time", "tkinter"}
)


def is_standard_library(name: str) -> bool:
    """Tell whether a distribution name is that of a module of Python, and of no backport that people need."""
    return name not in _GOOD_BACKPORTS and wrong_name(name) is None and is_stdlib(name.replace("-", "_"))


@rule("MLC330", Severity.ERROR, since="0.1.0", reads="environment")
def wrong_distribution_name(folder: ModelFolder) -> Iterator[Problem]:
    """Finds packages under their import name or an old name: `sklearn`, `cv2`, `yaml`.

    ## Why is this bad?
    pip finds nothing of that name, or a stub that refuses to install, or a package of somebody else. It is a warning
    where something is installed all the same, and a note for old copies of standard modules (`enum34`, `pathlib`),
    which MLflow's own inference writes down when they are installed.

    ## Bad
        sklearn
        PIL

    ## Good
        scikit-learn==1.7.2
        pillow==12.0.0

    ## What to do
    Write the name that the finding gives, with the version that the model was made with.

    ## Based on
    The stubs on PyPI (`sklearn` refuses to install since 2023); https://github.com/scikit-learn/sklearn-pypi-package
    """
    for line in read_environment(folder).lines:
        known = wrong_name(line.name) if line.kind == "named" and line.name else None
        if known is not None and not _is_old_release(line, known):
            message, hint, severity = _judge_name(line, known)
            fix = _mend_name(folder, line, known)
            yield Problem(message, line.location, hint, subject=line.name or "", severity=severity, fix=fix)


def _mend_name(folder: ModelFolder, line: Requirement, known: WrongName) -> tuple[Edit, ...]:
    if known.kind == "other" or not re.fullmatch(r"[a-z0-9-]+", known.right):
        return ()
    if line.name == "sklearn":
        # Versions of the stub are 0.0 and 0.0.post1 to 0.0.post12; any other is meant for scikit-learn itself.
        return rename_line(folder, line, known.right, drop_version=(line.pinned or "").startswith("0.0"))
    # Under another name a version may be that of the module, which need not be one of the distribution.
    return () if line.specifier else rename_line(folder, line, known.right)


def _is_old_release(line: Requirement, known: WrongName) -> bool:
    """Tell whether a stub is pinned to a release from before it became one."""
    version = line.pinned_version
    return line.name == "azure" and known.kind == "refuses" and version is not None and version.major < 5


def _judge_name(line: Requirement, known: WrongName) -> tuple[str, str, Severity | None]:
    hint = f"write `{known.right}`" if known.right else "take the line out"
    if "," in known.right:
        hint = f"name {known.right}"
    if known.kind == "missing":
        named = f": it is called {known.right!r}" if known.right else ""
        return f"pip finds no package {line.name!r}{named}", hint, None
    if known.kind == "refuses":
        if line.name == "sklearn" and line.pinned in {"0.0", "0"}:
            return f"{line.name!r} is an empty package that asks for the newest {known.right!r}", hint, Severity.WARNING
        return f"the package {line.name!r} refuses to be installed: {known.right!r} is meant", hint, None
    if known.kind == "stub":
        message = f"{line.name!r} is an empty package that asks for the newest {known.right!r}"
        return message, hint, Severity.WARNING
    if known.kind == "other":
        return f"{line.name!r} is another project: is {known.right!r} meant?", hint, Severity.WARNING
    message = f"{line.name!r} is a copy of a module that Python has itself"
    return message, hint, Severity.NOTE


@rule("MLC331", Severity.ERROR, since="0.1.0", reads="environment")
def standard_library_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds modules of Python itself among the requirements (`pickle`, `os`, `json`).

    ## Why is this bad?
    There is nothing to install: pip stops with "No matching distribution found", and a name that is free today may
    be somebody's malware tomorrow. It is a warning for names that pip may find something under.

    ## Bad
        pickle==4.0

    ## Good
        (no line: pickle comes with Python)

    ## What to do
    Take the line out.

    ## Based on
    `sys.stdlib_module_names`; https://github.com/databricks/automl/pull/133
    """
    for line in read_environment(folder).lines:
        if line.kind == "named" and line.name and is_standard_library(line.name):
            message = f"{line.name!r} is a module of Python itself, not a package to install"
            severity = None if line.name in _NOT_ON_PYPI else Severity.WARNING
            yield Problem(message, line.location, "take the line out", subject=line.name, severity=severity)


@rule("MLC332", Severity.NOTE, since="0.1.0", reads="environment")
def development_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds packages that develop, test or show a model (`ipython`, `black`) among its requirements.

    ## Why is this bad?
    They make the image larger and slower to build, bring versions that others have to agree with, and add to what
    has to be patched. pytest beside skops is left alone: loading skops files needed it.

    ## Bad
        ipython==8.12.0
        black==24.1.0

    ## Good
        (only what the model imports)

    ## What to do
    Take them out, unless the model imports them. MLflow writes down whatever was imported while it tried the model:
    log from a script instead of a notebook.

    ## Based on
    https://github.com/mlflow/mlflow/pull/24208, https://github.com/mlflow/mlflow/issues/7635
    """
    lines = read_environment(folder).lines
    skops = any(line.name == "skops" for line in lines)
    found = [line for line in lines if line.name in DEVELOPMENT and not (skops and line.name == "pytest")]
    if found:
        names = listed([str(line.name) for line in found])
        verb = "serves" if len(found) == 1 else "serve"
        message = f"{names} {verb} development, not prediction"
        yield Problem(message, found[0].location, "take out what the model does not import", subject="development")


@rule("MLC333", Severity.WARNING, since="0.1.0", reads="environment")
def platform_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds packages that exist for Windows or macOS only, without a marker that says so.

    ## Why is this bad?
    Servers and containers run Linux, where pip finds no such package and installs nothing at all. MLflow writes
    them down when the model is logged on such a machine.

    ## Bad
        tensorflow-macos==2.12.0

    ## Good
        tensorflow==2.12.0

    ## What to do
    Name the package for all platforms, or add a marker: `pywin32==306; sys_platform == "win32"`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/7731, https://github.com/mlflow/mlflow/pull/11687
    """
    environment = read_environment(folder)
    python = environment.python.release if environment.python else (3, 11)
    for line in environment.lines:
        known = PLATFORM_ONLY.get(line.name or "") if line.kind == "named" else None
        if known is not None and marker_holds(line, python):
            platform, right = known
            message = f"{line.name!r} exists for {platform} only: pip finds nothing to install on Linux"
            pinned = f"=={line.pinned}" if line.pinned and right == "tensorflow" else ""
            hint = f"write `{right}{pinned}`" if right else f"take it out, or add a marker for {platform}"
            if right in environment.names:
                hint = f"take it out: {right!r} is there too"
            yield Problem(message, line.location, hint, subject=line.name or "")
