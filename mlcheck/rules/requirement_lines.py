"""Rules about single requirement lines: ones that pip cannot read, and files that it cannot open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import local_path, read_environment
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement, mask_credentials
from mlcheck.rules.registry import rule


def _all_lines(folder: ModelFolder) -> tuple[Requirement, ...]:
    environment = read_environment(folder)
    return (*environment.lines, *environment.build, *environment.constraints)


@rule("MLC320", Severity.ERROR, since="0.1.0")
def unreadable_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirement lines that pip cannot read.

    ## Why is this bad?
    pip stops at the first such line and installs nothing: the model's environment cannot be built. MLflow itself
    passes over the line without a word.

    ## Bad
        numpy=2.1.0
        scikit-learn==1.7.2 scipy==1.16.3
        pandas==latest

    ## Good
        numpy==2.1.0
        scikit-learn==1.7.2
        scipy==1.16.3
        pandas

    ## What to do
    Write one requirement a line: a name, then `==` and a version.

    ## Based on
    pip's `req_file.py` and the `packaging` library; pip 24.1 and later refuse versions that are not PEP 440
    """
    for line in _all_lines(folder):
        text = mask_credentials(line.text)
        if line.kind == "unreadable":
            what, hint = _explain(line.text)
            yield Problem(f"pip cannot read {text!r}: {what}", line.location, hint, subject=text)
        elif line.kind in {"path", "vcs-or-url"} and line.target.endswith(".whl") and not line.name and _is_ours(line):
            message = f"{text!r} is no name of a wheel: pip reads NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
            yield Problem(message, line.location, "give the wheel the name that it was built with", subject=text)


def _is_ours(line: Requirement) -> bool:
    """Tell whether a file lies in the folder or on the network: other paths have a finding of their own."""
    return local_path(line) is not None or _is_url(line.target)


def _explain(text: str) -> tuple[str, str]:
    """Return what is wrong with an unreadable line and what to write."""
    name = re.match(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?", text)
    single = re.fullmatch(r"([A-Za-z0-9][\w.-]*)\s*=\s*(\d[^\s=]*)(?:=\S*)?", text)
    if re.match(r"<{7}|={7}|>{7}|\|{7}", text):
        return "a merge conflict that was left open", "resolve the conflict"
    if not text.isascii():
        return "names are plain ASCII letters, digits, '-', '_' and '.'", "type the line again"
    if "=>" in text or "=<" in text:
        return "the operators are '>=' and '<='", f"write `{text.replace('=>', '>=').replace('=<', '<=')}`"
    if single:
        return "a single '=' is for conda, pip needs '=='", f"write `{single[1]}=={single[2]}`"
    if text.startswith("-") or re.search(r"\s--?\w", text):
        return "it does not take that option in a requirements file", "remove the option"
    if name and re.match(r"\s*(?:[=<>!~]=?=?[^\s,;]+)?\s+[A-Za-z]", text[name.end() :]):
        return "more than one requirement", "write one requirement a line"
    if name and re.match(r"\s*[=<>!~]", text[name.end() :]):
        return "that is no version", f"write `{name[0]}==1.2.3` with a version that exists"
    return "that is no requirement", "write `name==1.2.3`"


_UNIVERSAL = "put it into the folder and name it by its relative path"


def _is_url(target: str) -> bool:
    """Tell whether a target is on the network; `file:` and `git+file:` are not, a drive letter is no scheme."""
    return bool(re.match(r"(?!(?:\w+\+)?file:)[A-Za-z][A-Za-z0-9+.-]+:/", target, re.IGNORECASE))


def _names_file(line: Requirement) -> bool:
    """Tell whether a line names something on the local disk."""
    kinds = {"file", "constraint", "path", "editable", "url", "vcs-or-url"}
    bare = re.sub(r"^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(?=\S+:/)", "", line.target)
    return (line.kind in kinds or line.option == "--find-links") and not _is_url(bare)


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
    `mlflow/utils/requirements_utils.py::_parse_requirements`, MLflow 1.20 to 3.18;
    https://github.com/mlflow/mlflow/issues/12958
    """
    for line in _all_lines(folder):
        if line.kind in {"file", "constraint"} and _is_url(line.target):
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


@rule("MLC322", Severity.ERROR, since="0.1.0")
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
    for line in _all_lines(folder):
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
    MLflow 1.26 to 3.18 (`mlflow/utils/virtualenv.py::_create_virtualenv`)
    """
    for line in _all_lines(folder):
        outside = _names_file(line) and local_path(line) is None
        missing = _names_file(line) and not outside and not folder.has(line.target.partition("[")[0])
        if line.kind == "editable" and not outside and not missing:
            text = mask_credentials(line.text)
            message = f"{text!r} is an editable install: MLflow deletes the copy that it would point to"
            hint = "drop `-e`, or ship the code with `code_paths`"
            yield Problem(message, line.location, hint, subject=mask_credentials(line.target))
