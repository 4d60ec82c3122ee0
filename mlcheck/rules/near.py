"""What a reader probably meant: the file in the folder that is nearest to one that is missing."""

from __future__ import annotations

import difflib
import posixpath

from mlcheck.facts.flavors import expected_parts
from mlcheck.folder import ModelFolder
from mlcheck.rules.named import Reference, references

_MAX_FILES = 5000  # more names than this are not compared letter by letter


def near_match(folder: ModelFolder, missing: Reference) -> str:
    """Return a hint that names what is there instead of a missing path, "" if nothing comes near."""
    wanted = posixpath.normpath(missing.value.replace("\\", "/"))
    name = posixpath.basename(wanted)
    named = {reference.target for reference in references(folder)}
    paths = [entry.path for entry in folder.files if not entry.path.startswith("metadata/")]
    moved = sorted((path for path in paths if posixpath.basename(path) == name), key=lambda path: path.count("/"))
    if moved:
        return f"{moved[0]!r} is there: name that one, or move it"
    if f"{wanted}.dvc" in paths:
        return f"{wanted + '.dvc'!r} is there: fetch the file itself with `dvc pull`"
    flattened = _flattened(folder, missing)
    if flattened:
        return f"{flattened!r} lies at the root of the folder: move it and its neighbours into {wanted!r}"
    similar = _similar(missing, wanted, [path for path in paths if path not in named])
    return f"{similar!r} is there: is it meant?" if similar else ""


def _flattened(folder: ModelFolder, missing: Reference) -> str:
    """Return a file at the root that belongs into the missing directory."""
    for flavor, conf in folder.flavors.items():
        for part in expected_parts(flavor, conf):
            if part.directory == missing.value:
                return next((name for name in part.names if "." in name and folder.entry(name)), "")
    return ""


def _similar(missing: Reference, wanted: str, paths: list[str]) -> str:
    lower = {path.lower(): path for path in paths}
    if wanted.lower() in lower:
        return lower[wanted.lower()]
    root = [path for path in paths if "/" not in path and path != "MLmodel"]
    if missing.role == "environment":
        environments = [path for path in root if path.endswith((".yml", ".yaml")) and _sounds_like_env(path)]
        return environments[0] if environments else ""
    if len(paths) > _MAX_FILES:
        return ""
    suffix = posixpath.splitext(wanted)[1]
    same_kind = [path for path in paths if posixpath.splitext(path)[1] == suffix]
    close = difflib.get_close_matches(wanted, same_kind, n=1, cutoff=0.75)
    return close[0] if close else ""


def _sounds_like_env(path: str) -> bool:
    return "env" in path.lower() or "conda" in path.lower()
