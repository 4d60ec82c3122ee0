"""What files and directories are below a folder, by one walk that follows no link to a directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

from mlcheck.records import record

_EXACT = sys.platform not in {"win32", "darwin"}
"""Whether a file has one name; elsewhere case does not count."""

MAX_FILES = 200_000
"""More files than this are not listed: a checkpoint store or a dataset, not a model."""

SKIPPED_DIRECTORIES = frozenset(
    {".git", ".hg", ".svn", ".venv", "node_modules", ".tox", ".nox", ".mypy_cache", ".mlcheck_cache"}
)
"""Directories that are no part of a model wherever they lie."""


@record(frozen=True, slots=True)
class FileEntry:
    """A file of the folder.

    `kind` is `file`, `link` (inside the folder), `outside-link`, `broken-link`, or `special` for what cannot be read
    like a file: named pipes, sockets and devices.
    """

    path: str
    size: int
    kind: str = "file"


def list_files(root: Path, inside: Callable[[str], bool]) -> tuple[tuple[FileEntry, ...], frozenset[str] | None]:
    """Return the files below a folder, sorted, and all directories; `None` where not all were looked into.

    inside: tells of a path without links whether it is in the folder.
    """
    directories: list[str | None] = []
    files = tuple(sorted(_walk(root, inside, directories), key=_path_of))
    complete = _EXACT and None not in directories and len(files) < MAX_FILES
    complete = complete and all(one.kind == "file" for one in files)
    return files, frozenset(filter(None, directories)) if complete else None


def _walk(root: Path, inside: Callable[[str], bool], directories: list[str | None]) -> Iterator[FileEntry]:
    """Yield the files, and add the directories to a list, with `None` for those that were not looked into."""
    waiting = [("", os.fspath(root))]
    count = 0
    while waiting:
        prefix, directory = waiting.pop()
        items = _scan(directory)
        if items is None:
            directories.append(None)
        for item in items or ():
            relative = prefix + item.name
            if item.is_dir(follow_symlinks=False):
                skipped = item.name in SKIPPED_DIRECTORIES
                directories.append(None if skipped else relative)
                if not skipped:
                    waiting.append((relative + "/", item.path))
                continue
            count += 1
            if count > MAX_FILES:
                return
            yield _entry(relative, item, inside)


def _entry(relative: str, item: os.DirEntry[str], inside: Callable[[str], bool]) -> FileEntry:
    try:
        if not item.is_symlink():
            kind = "file" if item.is_file(follow_symlinks=False) else "special"
            return FileEntry(relative, item.stat(follow_symlinks=False).st_size, kind)
        if not inside(os.path.realpath(item.path)):
            return FileEntry(relative, 0, "outside-link")
        return FileEntry(relative, item.stat().st_size, "link")
    except OSError:
        return FileEntry(relative, 0, "broken-link")


_path_of = attrgetter("path")


_name_of = attrgetter("name")


def _scan(directory: str) -> list[os.DirEntry[str]] | None:
    """Return what is in a directory by name, `None` where it cannot be read."""
    try:
        with os.scandir(directory) as items:
            return sorted(items, key=_name_of)
    except OSError:
        return None
