"""A model's place on disk: a copy of its folder at another path, an empty working directory, home and temp folder."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlcheck.contract.child.cleanup import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Workspace:
    """Folders of one model: `model` is the copy, `root` holds all."""

    root: Path
    snapshot: Mapping[str, tuple[int, int]]

    @property
    def model(self) -> Path:
        """The copy of the model folder."""
        return self.root / "model"

    def find_changes(self) -> tuple[str, ...]:
        """Return the paths in the copy that were added, changed or removed, relative to it, sorted."""
        now = take_snapshot(self.model)
        return tuple(
            sorted(path for path in now.keys() | self.snapshot.keys() if now.get(path) != self.snapshot.get(path))
        )

    def remove(self) -> None:
        """Remove all of it."""
        remove_tree(str(self.root))


def make_workspace(folder: Path, root: Path, *, read_only: bool) -> Workspace:
    """Copy the model folder below `root`; raise OSError when it cannot be read or copied."""
    for name in ("cwd", "home", "tmp"):
        (root / name).mkdir(parents=True)
    copy_folder(folder, root / "model", read_only=read_only)
    return Workspace(root, take_snapshot(root / "model"))


def copy_folder(source: Path, target: Path, *, read_only: bool = False, inside: frozenset[str] = frozenset()) -> None:
    """Copy files and folders; links by what they lead to, as MLflow does when it logs a folder; no devices."""
    real = os.path.realpath(source)
    if real in inside:  # a link to a folder that it is in
        return
    target.mkdir()
    with os.scandir(source) as entries:
        for entry in entries:
            place = target / entry.name
            if entry.is_dir():
                copy_folder(Path(entry.path), place, read_only=read_only, inside=inside | {real})
            elif entry.is_file():
                shutil.copy2(entry.path, place)
                place.chmod((entry.stat().st_mode & 0o555) | (0o444 if read_only else 0o644))
    target.chmod(0o555 if read_only else 0o755)


def take_snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change (ns) of every file, and of every folder without its size."""
    return {
        path: (0 if stat.S_ISDIR(found.st_mode) else found.st_size, found.st_mtime_ns)
        for path, found in _walk(folder, "")
    }


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # removed by the model: its parent shows it
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        yield prefix + entry.name, entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
