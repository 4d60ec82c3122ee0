"""Rules about the files that requirements consist of and name: their encoding, and whether they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import REQUIREMENTS, is_remote, local_path, read_environment
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.parts import shared_by
from mlcheck.requirements import Requirement, mask_credentials
from mlcheck.rules.registry import rule


@rule("MLC319", Severity.ERROR, since="0.1.0", reads="environment")
def requirements_not_utf8(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a requirements.txt, or a file that it includes, that is not UTF-8.

    ## Why is this bad?
    `pyfunc.load_model` reads the file to compare versions and raises `UnicodeDecodeError` on Linux, even for an
    accent in a comment. Windows editors and PowerShell's `>` write such files.

    ## Bad
        # modèle de prévision          (saved as Latin-1)
        mlflow==3.17.2

    ## Good
        # modèle de prévision          (saved as UTF-8)
        mlflow==3.17.2

    ## What to do
    Save the file as UTF-8.

    ## Based on
    MLflow 1.20 to 3.17 (`mlflow/utils/requirements_utils.py` opens it without an encoding)
    """
    named = [local_path(line) for line in read_environment(folder).everything if line.kind in {"file", "constraint"}]
    for path in dict.fromkeys([REQUIREMENTS, *named]):
        raw = folder.read_bytes(path) if path is not None and folder.has(path) else None
        try:
            (raw or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            column = error.start - error.object.rfind(b"\n", 0, error.start)
            message = f"not UTF-8: byte 0x{error.object[error.start]:02x}, at which loading the model fails"
            yield Problem(message, Location(path or "", line, column), "save the file as UTF-8", subject=path or "")


_UNIVERSAL = "put it into the folder and name it by its relative path"


def _names_file(line: Requirement) -> bool:
    """Tell whether a line names something on the local disk."""
    if line.kind not in _WITH_TARGET and line.option != "--find-links":
        return False
    bare = re.sub(r"^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(?=\S+:/)", "", line.target)
    return not is_remote(bare)


@shared_by("environment")
def _naming_files(folder: ModelFolder) -> tuple[Requirement, ...]:
    """Return the lines that may name something on the local disk."""
    environment = read_environment(folder)
    return tuple(line for line in environment.everything if line.kind in {"file", "constraint"} or _names_file(line))


_WITH_TARGET = frozenset({"file", "constraint", "path", "editable", "url", "vcs-or-url"})


def _verb(line: Requirement) -> str:
    verbs = {"file": "includes", "constraint": "takes constraints from", "option": "looks for packages in"}
    return verbs.get(line.kind, "installs")


@rule("MLC321", Severity.ERROR, since="0.1.0")
def requirement_file_missing(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirement lines that name a file or folder which is not there: `-r`, `-c`, wheels, local packages.

    ## Why is this bad?
    `-r` and `-c` in requirements.txt fail already at load: `pyfunc.load_model` reads the file to compare versions
    and raises `FileNotFoundError`. For the others, building the environment fails. A folder for `--find-links` is a
    warning: pip goes on without it.

    ## Bad
        -c constraints.txt          (and no such file in the folder)
        wheels/acme-1.0-py3-none-any.whl

    ## Good
        -c constraints.txt          (and constraints.txt beside it)

    ## What to do
    Add the file. Files given to `extra_pip_requirements` are not copied by MLflow: ship them with `code_paths`
    (`code/acme-1.0-py3-none-any.whl`).

    ## Based on
    `mlflow/utils/requirements_utils.py::_parse_requirements`, MLflow 1.20 to 3.17;
    https://github.com/mlflow/mlflow/issues/12958
    """
    for line in _naming_files(folder):
        if line.kind in {"file", "constraint"} and is_remote(line.target):
            yield from _remote_file(line)
            continue
        path = local_path(line) if _names_file(line) else None
        if path is not None and not folder.has(path.partition("[")[0]):
            severity = Severity.WARNING if line.kind == "option" else None
            message = f"{line.location.path} {_verb(line)} {line.target!r}, which is not in the folder"
            yield Problem(message, line.location, _missing_hint(folder, path), subject=path, severity=severity)


def _remote_file(line: Requirement) -> Iterator[Problem]:
    # MLflow reads requirements.txt at load, and knows these options only with a blank behind them.
    if line.location.path.endswith(".txt") and re.match(r"(?:-[rc]|--requirement|--constraint)\s", line.text):
        target = mask_credentials(line.target)
        message = f"{line.option} {target!r} is a URL: MLflow opens it as a file, and loading fails"
        yield Problem(message, line.location, "put the file into the folder", subject=target)


def _missing_hint(folder: ModelFolder, path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    there = [entry.path for entry in folder.files if entry.path.rsplit("/", 1)[-1] == name]
    return f"{there[0]!r} is there: name that one" if there else "add it, or take the line out"


# Where Databricks mounts its storage: there on its clusters, and nowhere else.
_DATABRICKS = ("/dbfs/", "/Workspace/", "/Volumes/")


@rule("MLC322", Severity.ERROR, since="0.1.0", reads="environment")
def requirement_outside_folder(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirement lines with a path of the author's machine: absolute, `file:`, `~` or `..`.

    ## Why is this bad?
    The path is on no other machine: the environment cannot be built, or is built with something else. `pip freeze`
    writes such lines (`pkg @ file:///croot/…`) for packages that conda installed. Paths of Databricks are a
    warning: they work on its clusters only.

    ## Bad
        certifi @ file:///croot/certifi_1665076670883/work/certifi
        ../libs/acme-1.0-py3-none-any.whl

    ## Good
        certifi==2022.9.24
        code/acme-1.0-py3-none-any.whl

    ## What to do
    Name the release (`pip list --format=freeze` writes it that way), or put the wheel into the folder.

    ## Based on
    pip 20 and later; https://github.com/mlflow/mlflow/issues/22881
    """
    for line in read_environment(folder).everything:
        if _names_file(line) and line.target and local_path(line) is None:
            databricks = line.target.startswith(_DATABRICKS)
            mild = databricks or line.option == "--find-links"
            where = "exists on Databricks only" if databricks else "is a path of the author's machine"
            subject = line.name or line.target
            message = f"{line.target!r} {where}: {line.location.path} {_verb(line)} it"
            hint = f"write `{line.name}==` and its version" if line.kind == "url" and line.name else _UNIVERSAL
            yield Problem(message, line.location, hint, subject=subject, severity=Severity.WARNING if mild else None)


@rule("MLC323", Severity.WARNING, since="0.1.0")
def editable_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds editable installs (`-e`), which belong on a developer's machine.

    ## Why is this bad?
    MLflow installs from a copy of the folder that it deletes afterwards, which an editable install goes on pointing
    to; uv takes no editable install from version control at all.

    ## Bad
        -e git+https://github.com/acme/features.git#egg=features

    ## Good
        features @ git+https://github.com/acme/features.git@3f786850e387550fdab836ed7e6dc881de23001b

    ## What to do
    Drop `-e`, or ship the code with `code_paths`.

    ## Based on
    MLflow 1.26 to 3.17 (`mlflow/utils/virtualenv.py::_create_virtualenv`)
    """
    for line in read_environment(folder).everything:
        if line.kind != "editable":
            continue
        outside = _names_file(line) and local_path(line) is None
        missing = _names_file(line) and not outside and not folder.has(line.target.partition("[")[0])
        if not outside and not missing:
            text = mask_credentials(line.text)
            message = f"{text!r} is an editable install: MLflow deletes the copy that it would point to"
            hint = "drop `-e`, or ship the code with `code_paths`"
            yield Problem(message, line.location, hint, subject=mask_credentials(line.target))
