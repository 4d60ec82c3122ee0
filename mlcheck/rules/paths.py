"""Rules about the paths that MLmodel names: they must be relative, portable, inside the folder and there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mlcheck.finding import Edit, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.named import Reference, escapes, is_absolute, is_there, references
from mlcheck.rules.near import near_match
from mlcheck.rules.registry import rule

_LESS_THAN_LOADING = {"environment", "example", "extra"}


def _lowered(reference: Reference) -> Severity | None:
    return Severity.WARNING if reference.role in _LESS_THAN_LOADING else None


@rule("MLC401", Severity.ERROR, since="0.1.0")
def missing_file(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a file or directory that MLmodel names and that is not in the folder.

    A directory where a file belongs, and a file in the place of the code directory, count as well.

    ## Why is this bad?
    MLflow checks no path before it opens it: the model fails with `FileNotFoundError` at load, or much later when
    `load_context` opens the artifact. The usual causes are a `.gitignore` that keeps models out, a partial upload
    and files that were moved by hand. A missing environment file, example or extra file is a warning: the model
    loads, but its environment cannot be built from it, or the example cannot be shown.

    ## Bad
        flavors:
          sklearn:
            pickled_model: data/model.pkl      (and model.pkl lies at the root of the folder)

    ## Good
        flavors:
          sklearn:
            pickled_model: model.pkl

    ## What to do
    Add the file, or name the one that is there. If it is left out by .gitignore, track it (with git-LFS) or do
    not keep the folder in git. Logging the model again writes all of it.

    ## Based on
    `pyfunc.load_model` and the flavors' `_load_pyfunc`, MLflow 1.0 to 3.17;
    https://github.com/mlflow/mlflow/issues/7083, https://github.com/mlflow/mlflow/issues/22141
    """
    missing, wrong = _judge_references(folder)
    elsewhere = _all_elsewhere(folder, tuple(missing))
    if elsewhere and folder.mlmodel is not None:
        message = f"none of the files that MLmodel names lies beside it: they are in {elsewhere!r}"
        hint = f"move MLmodel into {elsewhere!r}, or the files to MLmodel"
        yield Problem(message, folder.mlmodel.locate(), hint, subject=elsewhere)
        return
    for target, group in missing.items():
        first = group[0]
        also = f" ({' and '.join(one.label for one in group[1:])} too)" if len(group) > 1 else ""
        severity = None if any(_lowered(one) is None for one in group) else Severity.WARNING
        near = near_match(folder, first)
        hint = near or "add it (is it ignored by git, or was the upload cut short?) or log the model again"
        message = f"{first.label} names {target!r}{also}, which is not in the folder"
        yield Problem(message, first.location, hint, subject=target, severity=severity)
    yield from _of_wrong_kind(wrong)


def _of_wrong_kind(references: list[Reference]) -> Iterator[Problem]:
    for one in {reference.target: reference for reference in reversed(references)}.values():
        found, wanted = ("a file", "a directory") if one.directory else ("a directory", "a file")
        message = f"{one.label} names {one.value!r}, which is {found} and must be {wanted}"
        hint = "name the one that is meant, or log the model again"
        yield Problem(message, one.location, hint, subject=one.target, severity=_lowered(one))


def _judge_references(folder: ModelFolder) -> tuple[dict[str, list[Reference]], list[Reference]]:
    """Return the references whose file is missing, by what they name, and those with something else in its place."""
    missing: dict[str, list[Reference]] = {}
    wrong = []
    for reference in references(folder):
        if reference.outside and not (reference.basename_only and "\\" not in reference.value):
            continue
        if folder.entry(reference.target) is not None:
            if reference.directory and reference.role == "code" and not reference.target.endswith(_IMPORTABLE):
                wrong.append(reference)
        elif not is_there(folder, reference):
            missing.setdefault(reference.target, []).append(reference)
        elif reference.directory is False:
            wrong.append(reference)
    return missing, wrong


_IMPORTABLE = (".zip", ".egg", ".whl", ".pyz")
"""Archives that Python imports from as if they were directories."""


def _all_elsewhere(folder: ModelFolder, missing: tuple[str, ...]) -> str:
    """Return the directory where all that MLmodel names lies together, one level or more off; "" for any other case."""
    if len(missing) < _SEVERAL or any(is_there(folder, one) for one in references(folder) if not one.outside):
        return ""
    first, *others = missing
    for entry in folder.files:
        prefix = entry.path.removesuffix(first)
        if entry.path.endswith(f"/{first}") and all(folder.has(prefix + other) for other in others):
            return prefix
    above = os.path.dirname(folder.root)
    return "../" if not folder.partial and all(os.path.exists(os.path.join(above, path)) for path in missing) else ""


_SEVERAL = 2
"""So many files that are missing together were left behind together."""


@rule("MLC402", Severity.ERROR, since="0.1.0")
def absolute_path(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a key of MLmodel that names a file by an absolute path or a URI.

    ## Why is this bad?
    MLflow joins the value to the folder; an absolute one wins, so the model loads from one place on the author's
    machine, or not at all, and a folder from somebody else can name any file of the machine that loads it. A URI
    is taken as the name of a file.

    ## Bad
        artifacts:
          weights:
            path: /home/me/weights.bin

    ## Good
        artifacts:
          weights:
            path: artifacts/weights.bin

    ## What to do
    Copy the file into the folder and name it relative to the folder. MLflow does so for `artifacts=` and
    `code_paths=` when it logs the model.

    ## Based on
    `os.path.join` in `pyfunc.load_model`, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/4031,
    https://github.com/mlflow/mlflow/issues/3144
    """
    for reference in references(folder):
        if is_absolute(reference.value) and "\\" not in reference.value and not reference.basename_only:
            message = f"{reference.label} is {reference.value!r}: paths must be relative to the model folder"
            hint = near_match(folder, reference) or "copy the file into the folder and name it there"
            yield Problem(message, reference.location, hint, subject=reference.label)


@rule("MLC403", Severity.ERROR, since="0.1.0")
def backslash_in_path(folder: ModelFolder) -> Iterator[Problem]:
    r"""Finds a key of MLmodel that names a file with backslashes, as Windows writes paths.

    ## Why is this bad?
    Only Windows takes `\` for a separator. Linux and macOS look for a file whose name holds the backslash: the
    model was logged on Windows and does not load where it is served.

    ## Bad
        model_code_path: C:\work\model.py

    ## Good
        model_code_path: model.py

    ## What to do
    Write `/` instead, and no drive.

    ## Based on
    MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/2759,
    https://github.com/mlflow/mlflow/issues/11862, https://github.com/mlflow/mlflow/issues/19744
    """
    for reference in references(folder):
        if "\\" in reference.value:
            message = f"{reference.label} is {reference.value!r}: only Windows takes backslashes for separators"
            forward = reference.value.replace("\\", "/")
            plain = forward.rsplit("/", 1)[-1] if is_absolute(forward) or reference.basename_only else forward
            fix = (Edit(reference.location, reference.value, plain),) if folder.has(plain) else ()
            yield Problem(message, reference.location, f"write {plain!r}", subject=reference.label, fix=fix)


@rule("MLC404", Severity.ERROR, since="0.1.0")
def path_leaves_folder(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a key of MLmodel whose relative path leads out of the folder.

    ## Why is this bad?
    The file is not part of the model: it is not there once the folder is copied or registered. MLflow does not
    check it either, so a folder from somebody else can read any file that way.

    ## Bad
        artifacts:
          passwords:
            path: ../../../../etc/passwd

    ## Good
        artifacts:
          words:
            path: artifacts/words.txt

    ## What to do
    Copy the file into the folder and name it there.

    ## Based on
    `os.path.join` in `pyfunc.load_model`, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/pull/7002
    """
    for reference in references(folder):
        if escapes(reference.value) and not is_absolute(reference.value) and not reference.basename_only:
            message = f"{reference.label} is {reference.value!r}, which leads out of the model folder"
            hint = near_match(folder, reference) or "copy the file into the folder and name it there"
            yield Problem(message, reference.location, hint, subject=reference.label)
