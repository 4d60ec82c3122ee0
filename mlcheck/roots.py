"""Which model folders a path stands for, and how a path is shown."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from mlcheck.folder import MLMODEL
from mlcheck.listing import SKIPPED_DIRECTORIES


def display_name(path: Path) -> str:
    """Return a path the way reports show it: as given, with forward slashes and without a leading `./`."""
    return posixpath.normpath(str(path).replace(os.sep, "/"))


def find_model_roots(path: Path) -> list[Path]:
    """Return the model folders that a path stands for: itself, those below it, or the one that a file is in.

    A model inside of another model's folder (MLflow keeps copies under `metadata/`, and `artifacts/` may hold
    whole models) belongs to the outer one and is not returned by itself unless it is named directly.
    """
    if path.is_dir():
        return [path] if (path / MLMODEL).is_file() else sorted(_roots_below(path))
    return _root_above(path)


def _roots_below(path: Path) -> Iterator[Path]:
    for directory, directories, names in os.walk(path):
        if MLMODEL in names:
            directories.clear()
            yield Path(directory)
        else:
            directories[:] = [name for name in directories if name not in SKIPPED_DIRECTORIES]


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
