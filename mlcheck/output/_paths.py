"""Paths as code hosts want them: relative to the repository's root, forward slashes, no leading `./`."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from mlcheck.remote import is_uri


def repository_path(path: str) -> str:
    """Return a path relative to the root of the repository around the current folder; as it is when outside."""
    if is_uri(path):
        return path
    root = repository_root(Path.cwd())
    full = os.path.abspath(path)  # not the real path: hosts know the names that the repository has
    if full != str(root) and not full.startswith(str(root).rstrip(os.sep) + os.sep):
        return path.replace(os.sep, "/")
    return os.path.relpath(full, root).replace(os.sep, "/")


@lru_cache(maxsize=8)
def repository_root(folder: Path) -> Path:
    """Return the nearest folder upwards with a `.git` (a file, in work trees and submodules), else `folder`."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
