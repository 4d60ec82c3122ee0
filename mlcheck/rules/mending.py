"""Edits for rules: what a requirement or another text would be once it is mended."""

from __future__ import annotations

import re

from packaging.version import Version

from mlcheck.edits import MENDED_FILES
from mlcheck.environment import read_environment
from mlcheck.facts.flavors import recorded_versions
from mlcheck.finding import Edit
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement, read_version

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\s*\[[^\]]*\])?")


def edit_line(folder: ModelFolder, line: Requirement, new: str) -> tuple[Edit, ...]:
    """Return edits that write a requirement line anew in every file of the folder that holds it."""
    groups = read_environment(folder).groups
    # A file that another one includes with `-r` is in two groups.
    places = dict.fromkeys(other.location for group in groups for other in group if other.text == line.text)
    return tuple(Edit(place, line.text, new) for place in places if place.path in MENDED_FILES)


def rename_line(folder: ModelFolder, line: Requirement, name: str, *, drop_version: bool = False) -> tuple[Edit, ...]:
    """Return edits that give a line another distribution name.

    A line without a version (with `drop_version`: any) gets the one that MLmodel records for that name.
    """
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.text)
    if found is None:
        return ()
    if line.specifier and not drop_version:
        return edit_line(folder, line, name + line.text[found.end() :])
    return edit_line(folder, line, _pinned(folder, name, name if drop_version else name + line.text[found.end() :]))


def pin_line(folder: ModelFolder, line: Requirement) -> tuple[Edit, ...]:
    """Return edits that pin a line without a version to the one that MLmodel records; nothing where it records none."""
    pinned = line.text if line.specifier or line.hashed else _pinned(folder, line.name or "", line.text)
    return edit_line(folder, line, pinned) if pinned != line.text else ()


def _pinned(folder: ModelFolder, distribution: str, text: str) -> str:
    version, found = recorded_version(folder, distribution), _NAME.match(text)
    if version is None or found is None:
        return text
    return f"{found[0]}=={version}{text[found.end() :]}"


def recorded_version(folder: ModelFolder, distribution: str) -> Version | None:
    """Return the released version of a distribution that MLmodel records, `None` for none or several."""
    if distribution == "mlflow":
        found = {folder.mlflow_version}
    else:
        found = {
            read_version(recorded.value)
            for flavor, conf in folder.flavors.items()
            for recorded in recorded_versions(flavor, conf)
            if distribution in recorded.distributions
        }
    version = next(iter(found)) if len(found) == 1 else None
    unreleased = version is None or version.is_devrelease or version.local
    return None if unreleased else version
