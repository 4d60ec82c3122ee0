"""Which model folders a path stands for, and how a path is shown."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from mlcheck.folder import MLMODEL
from mlcheck.listing import SKIPPED_DIRECTORIES


def display_name(path: Path) -> str:
    """Return a path the way reports show it: as given, with forward slashes and without a leading `./`."""
    return posixpath.normpath(str(path).replace(os.sep, "/"))


def find_model_roots(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the model folders that a path stands for, and files that were meant to be the MLmodel of another one.

    The folders are the path itself, those below it, or the one that a file is in.
    A model inside of another model's folder (MLflow keeps copies under `metadata/`, and `artifacts/` may hold
    whole models) belongs to the outer one and is not returned by itself unless it is named directly.
    """
    if not path.is_dir():
        return _root_above(path), []
    return ([path], []) if (path / MLMODEL).is_file() else _roots_below(path)


def _roots_below(path: Path) -> tuple[list[Path], list[Path]]:
    roots, misnamed = [], []
    for directory, directories, names in os.walk(path):
        if MLMODEL in names:
            directories.clear()
            roots.append(Path(directory))
        else:
            directories[:] = [name for name in directories if name not in SKIPPED_DIRECTORIES]
            alike = [name for name in names if name.lower() in _MEANT]
            if alike and not _BESIDE_IT.isdisjoint(names):
                misnamed.append(Path(directory, min(alike)))
    return sorted(roots), sorted(misnamed)


_MEANT = frozenset({"mlmodel", "mlmodel.yaml", "mlmodel.yml"})
_BESIDE_IT = frozenset({"conda.yaml", "python_env.yaml", "requirements.txt"})


def _root_above(path: Path) -> list[Path]:
    """Return the outermost model folder around a file, looking no further up than the repository's root."""
    parents = list(path.parents) if path.is_absolute() else [*path.parents, *Path.cwd().parents]
    found: list[Path] = []
    for parent in parents:
        if (parent / MLMODEL).is_file():
            found = [parent]
        if (parent / ".git").exists():
            break
    return found
