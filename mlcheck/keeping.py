"""Directories of our own in a project: no version control, no backup, files replaced in one step."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by mlcheck; see https://bford.info/cachedir/\n"


def make_directory(directory: Path) -> None:
    """Make a directory that Git and backups pass over; raises `OSError` where that is not possible."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        if not (directory / name).exists():
            replace_file(directory / name, text)


def replace_file(path: Path, text: str) -> None:
    """Write a file so that others see either the old or the new text of it; raises `OSError`."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
