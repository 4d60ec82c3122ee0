"""The paths that the metadata of a model folder name, with their places, for all rules that look at files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from mlcheck.facts.flavors import PYFUNC, expected_parts, implied_paths, named_paths
from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.parts import shared_by
from mlcheck.records import record

Role = Literal["model", "code", "environment", "example", "extra"]

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


@record(frozen=True, slots=True)
class Reference:
    """A path that metadata name: where it stands (`location`, `label`), its value and what is opened for it.

    target: the path that MLflow opens, relative to the folder and normalised.
    prefix: `target` is the beginning of the names of several files. directory: whether one belongs there, and no file;
    None where either may be.
    """

    label: str
    value: str
    target: str
    location: Location
    role: Role
    prefix: bool = False
    basename_only: bool = False
    directory: bool | None = None

    @property
    def outside(self) -> bool:
        """Whether the path as it is written cannot lie inside the folder, on any system."""
        return is_absolute(self.value) or "\\" in self.value or escapes(self.value)


@lru_cache(maxsize=1024)
def is_absolute(path: str) -> bool:
    """Return whether a path is absolute on POSIX or Windows, starts at a home directory or is a URI."""
    return path.startswith(("/", "~")) or bool(_DRIVE.match(path) or _URI.match(path))


@lru_cache(maxsize=1024)
def escapes(path: str) -> bool:
    """Return whether a relative path leaves the folder by `..`."""
    return posixpath.normpath(path.replace("\\", "/")).split("/", 1)[0] == ".."


@shared_by("examples")
def references(folder: ModelFolder) -> tuple[Reference, ...]:
    """Return every path that MLmodel names: those of the flavors, then those of the input example."""
    return tuple(_references(folder))


def _references(folder: ModelFolder) -> Iterator[Reference]:
    document = folder.mlmodel
    if document is None:
        return
    for flavor, conf in folder.flavors.items():
        for path in (*named_paths(flavor, conf), *implied_paths(flavor, conf)):
            yield Reference(
                label=".".join(map(str, (flavor, *path.keys))),
                value=path.value,
                target=_target(path.value, path.basename_only),
                location=document.locate("flavors", flavor, *path.keys),
                role=_role(flavor, path.keys),
                prefix=path.kind == "prefix",
                basename_only=path.basename_only,
                directory={"file": False, "directory": True}.get(path.kind),
            )
    for key, value in folder.example_info.items():
        if key in ("artifact_path", "serving_input_path") and isinstance(value, str) and value:
            place = document.locate("saved_input_example_info", key)
            label = f"saved_input_example_info.{key}"
            yield Reference(label, value, _target(value), place, "example")


@lru_cache(maxsize=4)
def model_files(folder: ModelFolder) -> tuple[str, ...]:
    """Return the files that make up the model: those that metadata name and those in directories they name."""
    targets = {reference.target for reference in references(folder) if reference.role == "model"}
    inside = tuple(f"{target}/" for target in targets)
    return tuple(e.path for e in folder.files if e.path in targets or e.path.startswith(inside))


def lacking_parts(folder: ModelFolder) -> Iterator[tuple[Reference, tuple[str, ...]]]:
    """Yield directories of the model that are there without what their loader opens, and the paths it looks for."""
    for reference in references(folder):
        flavor, _, key = reference.label.partition(".")
        for part in expected_parts(flavor, folder.flavors.get(flavor, {})):
            if part.keys == (key,) and not reference.outside and folder.is_dir(reference.target):
                paths = tuple(f"{reference.target}/{name}" for name in part.names)
                if not any(folder.has(path) for path in paths):
                    yield reference, paths


def is_there(folder: ModelFolder, reference: Reference) -> bool:
    """Return whether what a reference names is in the folder."""
    if reference.prefix:
        return any(entry.path.startswith(reference.target) for entry in folder.files)
    return folder.has(reference.target)


def _target(value: str, basename_only: bool = False) -> str:
    return posixpath.basename(value) if basename_only else posixpath.normpath(value)


def _role(flavor: str, keys: tuple[str | int, ...]) -> Role:
    first = keys[0] if keys else ""
    if first == "env" and flavor == PYFUNC:
        return "environment"
    if first in ("extra_files", "requirements_file"):
        return "extra"
    return "code" if first == "code" else "model"
