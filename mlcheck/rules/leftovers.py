"""Rules about what does not belong into a model folder: junk, second models, line ends, names that collide."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.rules.named import references
from mlcheck.rules.registry import rule

# name of a directory or file → what leaves it behind
_DIRECTORIES = {
    "__pycache__": "Python",
    ".ipynb_checkpoints": "Jupyter",
    ".pytest_cache": "pytest",
    ".ruff_cache": "ruff",
    ".idea": "PyCharm",
    ".vscode": "Visual Studio Code",
    "__MACOSX": "macOS",
    ".mypy_cache": "mypy",
}
# directories that the listing leaves out; at the root they belong to who keeps the model in a repository
_REPOSITORIES = {".git": "git", ".hg": "Mercurial", ".svn": "Subversion", ".venv": "a virtual environment"}
_FILES = {".DS_Store": "macOS", "Thumbs.db": "Windows", "desktop.ini": "Windows"}
_SUFFIXES = {".pyc": "Python", ".swp": "vim", ".orig": "a merge", ".rej": "a merge", "~": "an editor"}
_WEIGHTS = (".pkl", ".pickle", ".joblib", ".skops", ".h5", ".keras", ".pth", ".pt", ".onnx", ".cb", ".xgb", ".sav")
_REPOSITORY = (".git", "README.md", "setup.py", "Dockerfile", ".gitignore")


@lru_cache(maxsize=1024)  # folders have most names in common
def left_behind_by(path: str) -> str:
    """Return which tool leaves a file of this path behind, "" if none is known."""
    *directories, name = path.split("/")
    found = next((_DIRECTORIES[part] for part in directories if part in _DIRECTORIES), "")
    return found or _FILES.get(name, "") or next((tool for end, tool in _SUFFIXES.items() if name.endswith(end)), "")


def is_leftover(path: str) -> bool:
    """Return whether a file is junk that some tool left behind."""
    return bool(left_behind_by(path))


@rule("MLC430", Severity.NOTE, since="0.1.0")
def leftover_file(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files that tools leave behind: `__pycache__`, `.DS_Store`, `.ipynb_checkpoints`, `code/.git` and the like.

    ## Why is this bad?
    They are registered and deployed with the model, change its size and hash, and notebooks' checkpoints and
    editors' backups may hold what was never meant to be shipped. `code_paths=` copies them with the code.

    ## Bad
        code/__pycache__/features.cpython-311.pyc
        code/features.py

    ## Good
        code/features.py

    ## What to do
    Delete them before logging the model.

    ## Based on
    `_validate_and_copy_code_paths`, MLflow 1.25 to 3.17
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for entry in folder.files:
        tool = left_behind_by(entry.path)
        if tool:
            groups[tool].append(entry.path)
    for directory in {reference.target for reference in references(folder) if folder.is_dir(reference.target)}:
        for name, tool in _REPOSITORIES.items():
            if folder.is_dir(f"{directory}/{name}"):
                groups[tool].append(f"{directory}/{name}")
    for tool, paths in groups.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        message = f"{paths[0]!r}{more}: left behind by {tool}"
        yield Problem(message, Location(paths[0]), "delete before logging the model", subject=tool)


@rule("MLC431", Severity.NOTE, since="0.1.0")
def second_model_inside(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a second MLmodel inside the folder that no part of the model asks for.

    ## Why is this bad?
    Often the folder was saved or copied into itself, and then the one that is loaded is not the one that was meant.
    MLflow's own copies under `metadata/` and models that are artifacts or parts of the model are left alone.

    ## Bad
        MLmodel
        model/MLmodel

    ## Good
        MLmodel

    ## What to do
    Remove the one that is not meant.

    ## Based on
    https://github.com/mlflow/mlflow/issues/1774
    """
    named = tuple(f"{one.target}/" for one in references(folder) if one.target != ".")
    own = ("metadata/", "artifacts/", "underlying_model/", *named)
    inner = [one.path for one in folder.files if one.path.endswith(f"/{MLMODEL}") and not one.path.startswith(own)]
    if inner:
        more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
        message = f"a second model lies in {posixpath.dirname(inner[0])!r}{more}, and no key of MLmodel names it"
        yield Problem(message, Location(inner[0]), "remove the one that is not meant", subject=inner[0])


@rule("MLC432", Severity.NOTE, since="0.1.0")
def windows_line_ends(folder: ModelFolder) -> Iterator[Problem]:
    """Finds metadata files with Windows line ends (CR LF).

    ## Why is this bad?
    MLflow and pip read them, shell scripts around them often do not (`while read line; do pip install "$line"`),
    and sizes and hashes differ from those of the same model saved elsewhere. Git makes them with
    `core.autocrlf=true`.

    ## Bad
        mlflow==3.1.0␍␊

    ## Good
        mlflow==3.1.0␊

    ## What to do
    Put `* -text` for model folders into .gitattributes, or log the model on Linux.

    ## Based on
    Eight of 224 public model folders have them
    """
    documents = (folder.mlmodel, folder.conda, folder.python_env)
    found = [document.path for document in documents if document is not None and "\r\n" in document.text]
    if b"\r\n" in (folder.read_bytes("requirements.txt", limit=65536) or b""):
        found.append("requirements.txt")
    if found:
        message = f"Windows line ends in {', '.join(found)}"
        hint = "put `* -text` for model folders into .gitattributes"
        yield Problem(message, Location(found[0], 1, 1), hint, subject="crlf")


@rule("MLC433", Severity.NOTE, since="0.1.0")
def model_file_nobody_names(folder: ModelFolder) -> Iterator[Problem]:
    """Finds model files (`.pkl`, `.h5`, `.pth`, …) at the root of the folder that no key of MLmodel names.

    ## Why is this bad?
    They are shipped with the model and never loaded: what an earlier save left behind, or the model that was really
    meant. Nothing is said about folders that are repositories too (with a README or .git beside MLmodel).

    ## Bad
        sklearn:
          pickled_model: model.skops        (and model.pkl lies beside it)

    ## Good
        sklearn:
          pickled_model: model.skops        (and that is all)

    ## What to do
    Remove the file, or name it as an artifact if the model opens it.

    ## Based on
    Models saved over older ones in public repositories
    """
    targets = tuple(one.target for one in references(folder))
    if not targets or "." in targets or any(folder.has(name) for name in _REPOSITORY):
        return
    loader = folder.pyfunc.get("loader_module")
    if "data" not in folder.pyfunc and not (isinstance(loader, str) and loader.startswith("mlflow.")):
        return  # a loader of the user's own gets the whole folder
    for entry in folder.files:
        if "/" not in entry.path and entry.path.endswith(_WEIGHTS) and not entry.path.startswith(targets):
            message = f"no key of MLmodel names {entry.path!r}"
            hint = "remove it, or name it as an artifact if the model opens it"
            yield Problem(message, Location(entry.path), hint, subject=entry.path)


@rule("MLC434", Severity.WARNING, since="0.1.0")
def names_differ_by_case(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files whose names differ only in upper and lower case.

    ## Why is this bad?
    On macOS and Windows only one of them survives a download or a checkout, and the model loads the wrong one or
    none.

    ## Bad
        artifacts/Labels.json
        artifacts/labels.json

    ## Good
        artifacts/labels.json
        artifacts/labels_long.json

    ## What to do
    Rename one of them.

    ## Based on
    File systems of macOS and Windows
    """
    seen: dict[str, str] = {}
    for entry in folder.files:
        other = seen.setdefault(entry.path.lower(), entry.path)
        if other != entry.path:
            message = f"{entry.path!r} and {other!r} differ only in case: one is lost on macOS and Windows"
            yield Problem(message, Location(entry.path), "rename one of them", subject=entry.path.lower())
