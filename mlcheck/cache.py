"""What lint found in folders that have not changed since, kept in `.mlcheck_cache` between runs.

What is trusted: a folder is unchanged when each file and directory in it has the name, kind, size, inode, time of
change of its content and time of change of its status (ctime, which no program can set back) that it had, links and
what they lead to included. A folder that was touched in the last two seconds is not kept, since a second change within
the resolution of the clock could not be told. Anything else that findings depend on (mlcheck's own code, the libraries
it reads with, the selected rules, the name that the folder is shown by) is part of the key. The files are JSON, so a
cache from elsewhere can at worst be wrong, never run anything; one that cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import time
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mlcheck import __version__
from mlcheck.finding import Edit, Finding, Location, Severity
from mlcheck.folder import MAX_FILES, SKIPPED_DIRECTORIES, ModelFolder
from mlcheck.keeping import make_directory, replace_file

DIRECTORY = ".mlcheck_cache"

_TOO_RECENT = 2.0  # seconds


class Cache:
    """The findings of earlier runs below a directory that is made when there is something to keep.

    Safe to use by several processes: files are replaced in one step, and the last one wins.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._shards: dict[str, dict[str, list[object]]] = {}
        self._changed: set[str] = set()

    def get(self, folder: ModelFolder, key: str) -> list[Finding] | None:
        """Return what was found in a folder when it had this key, `None` when that is not known."""
        place = os.fspath(folder.root)
        entry = self._shard(_shard_of(place)).get(place)
        try:
            if entry is None or entry[0] != key:
                return None
            return [_to_finding(item, folder.name) for item in entry[1]]  # type: ignore[attr-defined]
        except (TypeError, ValueError, IndexError, KeyError):
            return None

    def put(self, folder: ModelFolder, key: str, findings: list[Finding]) -> None:
        """Keep what was found in a folder; internal errors are not kept, so that they are met again."""
        if all(finding.code != "MLC001" for finding in findings):
            place = os.fspath(folder.root)
            shard = _shard_of(place)
            self._shard(shard)[place] = [key, [_to_json(finding) for finding in findings]]
            self._changed.add(shard)

    def save(self) -> None:
        """Write what is new; does nothing where that is not possible (a read-only directory, a full disk)."""
        try:
            if self._changed:
                make_directory(self.directory)
            for shard in sorted(self._changed):
                known = {place: entry for place, entry in self._shards[shard].items() if os.path.isdir(place)}
                replace_file(self.directory / f"{shard}.json", json.dumps({"stamp": _stamp(), "folders": known}))
        except (OSError, ValueError):
            return

    def _shard(self, name: str) -> dict[str, list[object]]:
        if name not in self._shards:
            self._shards[name] = _read(self.directory / f"{name}.json")
        return self._shards[name]


def key_of(folder: ModelFolder, select: tuple[str, ...]) -> str | None:
    """Return what the findings of a folder depend on, as hex digits; `None` where they must not be kept."""
    if folder.partial:
        return None
    digest = hashlib.sha256(repr((_stamp(), select, folder.name)).encode("utf-8", "surrogatepass"))
    newest = 0.0
    try:
        for relative, status in _walk(os.fspath(folder.root)):
            what = (relative, status.st_mode, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
            digest.update(repr(what).encode("utf-8", "surrogatepass"))
            newest = max(newest, status.st_mtime, status.st_ctime)
    except (OSError, ValueError):
        return None
    return digest.hexdigest() if newest < time.time() - _TOO_RECENT else None


def _walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield all that is below a directory; raises `ValueError` for what lint may read without listing it."""
    waiting = [("", root)]
    count = 0
    while waiting:
        prefix, directory = waiting.pop()
        with os.scandir(directory) as items:
            for item in sorted(items, key=lambda item: item.name):
                count += 1
                if item.name in SKIPPED_DIRECTORIES or count > MAX_FILES:
                    raise ValueError(item.name)
                status = item.stat(follow_symlinks=False)
                yield prefix + item.name, status
                if stat.S_ISDIR(status.st_mode):
                    waiting.append((f"{prefix}{item.name}/", item.path))
                elif stat.S_ISLNK(status.st_mode):
                    target = os.stat(item.path)
                    if stat.S_ISDIR(target.st_mode):
                        raise ValueError(item.name)
                    yield os.path.realpath(item.path), target


def _shard_of(place: str) -> str:
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:2]


def _read(path: Path) -> dict[str, list[object]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["stamp"] == _stamp() and isinstance(data["folders"], dict):
            return dict(data["folders"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return {}


@cache
def _stamp() -> str:
    """Return what all findings depend on: the code of mlcheck and the versions of what it reads with."""
    package = Path(__file__).parent
    files = sorted([*package.rglob("*.py"), *package.parent.glob("schemas/*.json"), *package.glob("_schemas/*.json")])
    code = [(os.fspath(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    libraries = [_version(name) for name in ("pyyaml", "jsonschema", "jsonschema-rs", "packaging")]
    known = repr((__version__, code, libraries, platform.python_version()))
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _to_json(finding: Finding) -> list[object]:
    place, edits = finding.location, finding.fix
    return [
        *(finding.code, finding.name, finding.severity.value, finding.message, _place_to_json(place), finding.hint),
        *(finding.subject, finding.reproduce, finding.details),
        [[_place_to_json(edit.location), edit.old, edit.new] for edit in edits],
    ]


def _to_finding(item: list[object], model: str) -> Finding:
    code, name, severity, message, place, hint, subject, reproduce, details, edits = item
    texts = (code, name, message, hint, subject, reproduce)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a finding of a cache holds texts")
    return Finding(
        code=str(code),
        name=str(name),
        severity=Severity(severity),
        message=str(message),
        model=model,
        location=_to_place(place),
        hint=str(hint),
        subject=str(subject),
        reproduce=str(reproduce),
        details=tuple((str(title), str(text)) for title, text in details),  # type: ignore[attr-defined]
        fix=tuple(Edit(_to_place(where), str(old), str(new)) for where, old, new in edits),  # type: ignore[attr-defined]
    )


def _place_to_json(place: Location) -> list[object]:
    return [place.path, place.line, place.column, place.pointer]


def _to_place(item: object) -> Location:
    assert isinstance(item, list)
    path, line, column, pointer = item
    return Location(path, line, column, pointer)
