"""What lint found in folders that have not changed since, kept in `.mlcheck_cache` between runs.

What is trusted: a folder is unchanged when each file and directory in it has the name, kind, size, inode, time of
change of its content and time of change of its status (ctime, which no program can set back) that it had, links and
what they lead to included. That is not said of a folder that was touched in the last two seconds, since a second
change within the resolution of the clock could not be told. A folder that was copied, checked out or restored is
unchanged when all that it holds is the same, byte for byte; large ones are not read for that. Anything else that
findings depend on (mlcheck's own code, the libraries it reads with, the selected rules, the name that the folder is
shown by) is part of the key. The files are JSON, so a cache from elsewhere can at worst be wrong, never run anything;
one that cannot be read is as good as none.
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
from typing import Any

from mlcheck import __version__
from mlcheck.finding import Edit, Finding, Location, Severity
from mlcheck.folder import ModelFolder
from mlcheck.keeping import make_directory, replace_file
from mlcheck.listing import MAX_FILES, SKIPPED_DIRECTORIES
from mlcheck.records import record

DIRECTORY = ".mlcheck_cache"

Linted = tuple[list[Finding], dict[str, object]]
"""What rules found in a folder, and what rules that compare folders have to know of it, by their codes."""

_TOO_RECENT = 2.0  # seconds
_LARGEST = 4 * 1024 * 1024  # bytes of all files of a folder, which are quicker hashed than linted


class Cache:
    """The findings of earlier runs below a directory that is made when there is something to keep.

    Safe to use by several processes: files are replaced in one step, and the last one wins.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._shards: dict[str, dict[str, list[object]]] = {}
        self._changed: set[str] = set()
        self._seen: dict[str, _State | None] = {}

    def get(self, folder: ModelFolder, select: tuple[str, ...]) -> Linted | None:
        """Return what was found in a folder with a selection of rules, `None` when that is not known."""
        place = os.fspath(folder.root)
        state = self._seen[place] = _look_at(folder, select)
        if state is None:
            return None
        status, content, *found = self._entry(place)
        if status != state.status:
            state.content = _content_key(folder, select)
            if not content or content != state.content:
                return None
            self._keep(place, ["" if state.is_recent else state.status, content, *found])
        return _to_linted(found, folder.name)

    def _entry(self, place: str) -> list[object]:
        entry = self._shard(_shard_of(place)).get(place)
        return entry if isinstance(entry, list) and len(entry) > 1 else ["", ""]

    def put(self, folder: ModelFolder, select: tuple[str, ...], linted: Linted) -> None:
        """Keep what was found in a folder after `get` did not know it, unless it was changed in the meantime."""
        place = os.fspath(folder.root)
        before, after = self._seen.get(place), _look_at(folder, select)
        findings, facts = linted
        if before is None or after is None or before.status != after.status or not _are_lasting(findings):
            return
        content = before.content
        if before.is_recent and content != _content_key(folder, select):
            content = None
        status = "" if before.is_recent else before.status
        if status or content:
            self._keep(place, [status, content or "", [_to_json(finding) for finding in findings], facts])

    def _keep(self, place: str, entry: list[object]) -> None:
        shard = _shard_of(place)
        self._shard(shard)[place] = entry
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


@record(slots=True)
class _State:
    """A folder as it was at one time: the keys of its status and of its content, the latter where it was needed."""

    status: str
    is_recent: bool
    content: str | None = None


def _are_lasting(findings: list[Finding]) -> bool:
    """Tell whether findings depend on their folder alone.

    Internal errors should be met again. Where several files are missing, missing-file looks for them above the folder.
    """
    missing = [finding for finding in findings if finding.code == "MLC401"]
    beside = len(missing) > 1 or any(finding.subject == "../" for finding in missing)
    return not beside and all(finding.code != "MLC001" for finding in findings)


def _start_key(folder: ModelFolder, select: tuple[str, ...]) -> hashlib._Hash:
    return hashlib.sha256(repr((_stamp(), select, folder.name)).encode("utf-8", "surrogatepass"))


def _look_at(folder: ModelFolder, select: tuple[str, ...]) -> _State | None:
    """Return the state of a folder without the key of its content; `None` where findings must not be kept."""
    if folder.partial:
        return None
    digest = _start_key(folder, select)
    newest = 0.0
    try:
        for path, status in _walk(os.fspath(folder.root)):
            what = (path, status.st_mode, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
            digest.update(repr(what).encode("utf-8", "surrogatepass"))
            newest = max(newest, status.st_mtime, status.st_ctime)
    except (OSError, ValueError):
        return None
    return _State(digest.hexdigest(), is_recent=newest >= time.time() - _TOO_RECENT)


def _content_key(folder: ModelFolder, select: tuple[str, ...]) -> str | None:
    """Return the key of all that a folder holds; `None` where it is large or cannot be read."""
    digest = _start_key(folder, select)
    left = _LARGEST
    try:
        for path, status in _walk(os.fspath(folder.root)):
            left -= status.st_size
            if left < 0:
                return None
            is_file = stat.S_ISREG(status.st_mode)
            data = _read_whole(os.path.join(folder.root, path), status.st_size) if is_file else b""
            what = (path, stat.S_IFMT(status.st_mode), len(data))
            digest.update(repr(what).encode("utf-8", "surrogatepass") + data)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def _read_whole(path: str, size: int) -> bytes:
    with open(path, "rb", buffering=0) as stream:
        return stream.read(size + 1)


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
    code = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
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


def _to_linted(found: list[Any], model: str) -> Linted | None:
    try:
        findings, facts = found
        return [_to_finding(item, model) for item in findings], {str(code): fact for code, fact in facts.items()}
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, AssertionError):
        return None


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
