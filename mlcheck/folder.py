"""A model folder as lint sees it: lazy, read-only, and never outside of the folder."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, cast

from packaging.version import Version

from mlcheck.document import MAX_BYTES, Document, parse_common_yaml, parse_json, parse_yaml
from mlcheck.match_spec import CondaSpec, parse_match_spec
from mlcheck.pip_lines import decode_requirements
from mlcheck.records import lazy, record
from mlcheck.requirements import Requirement, parse_requirements, parse_requirements_text, read_version
from mlcheck.signature import Signature, SignatureError

MLMODEL = "MLmodel"

SIGNATURE_FIELDS = ("inputs", "outputs", "params")

_SMALL = 64 * 1024
"""Files up to this size, in bytes, are read once and whole."""

_EXACT = sys.platform not in {"win32", "darwin"}
"""Whether a file has one name; elsewhere case does not count."""

_BINARY = getattr(os, "O_BINARY", 0)  # Windows alone tells text from bytes

LFS_HEAD = b"version https://git-lfs.github.com/spec/"

_LFS_SIZES = range(100, 1024)
"""Sizes, in bytes, that a git-LFS pointer can have."""

_COMMON = 8 * 1024
"""Texts up to this length are read once for all folders: requirements in bytes, signatures in characters."""

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


class ModelFolder:
    """A folder with an `MLmodel` file. `name` is the folder as the user wrote it, with forward slashes.

    Nothing is read before it is asked for, nothing is read twice, and no symbolic link is followed out of the
    folder. Properties never raise for anything that a folder contains: what cannot be read is `None` or empty,
    and the documents say why in their defects.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        listing: Iterable[FileEntry] | None = None,
        contents: Mapping[str, bytes] | None = None,
    ) -> None:
        """Look at `root`. `listing` replaces the walk over the files where only some of them are at hand.

        `contents` are read instead of files of the same path: what they would hold once they are mended.
        """
        self.root = root
        self.name = name
        self._listing = None if listing is None else tuple(listing)
        self._contents = contents or {}
        self._small: dict[str, bytes] = {}

    def forget(self) -> None:
        """Let go of what was read; what is asked for afterwards is read again."""
        kept = ("root", "name", "_listing", "_contents")
        self.__dict__ = {name: self.__dict__[name] for name in kept if name in self.__dict__} | {"_small": {}}

    def __repr__(self) -> str:
        return f"ModelFolder({self.name!r})"

    # --- files -------------------------------------------------------------------------------------------

    @lazy
    def real_root(self) -> str:
        """The folder's own path with every symbolic link resolved."""
        return os.path.realpath(self.root)

    @lazy
    def _home(self) -> str:
        return os.path.join(self.root, "")

    @lazy
    def partial(self) -> bool:
        """Whether only metadata is at hand: the listing says which files exist, but they may not be readable."""
        return self._listing is not None

    @lazy
    def files(self) -> tuple[FileEntry, ...]:
        """All files below the folder, sorted by path; version control and environments left out."""
        if self._listing is not None:
            return self._listing
        return self._walked[0]

    @lazy
    def _walked(self) -> tuple[tuple[FileEntry, ...], frozenset[str] | None]:
        """The files, and all directories; `None` for these where there are more that were not looked into."""
        directories: list[str | None] = []
        files = tuple(sorted(self._walk(directories), key=_path_of))
        complete = _EXACT and None not in directories and len(files) < MAX_FILES
        complete = complete and all(one.kind == "file" for one in files)
        return files, frozenset(filter(None, directories)) if complete else None

    def _walk(self, directories: list[str | None]) -> Iterator[FileEntry]:
        """Yield the files, and add the directories to a list, with `None` for those that were not looked into."""
        waiting = [("", os.fspath(self.root))]
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
                yield self._entry(relative, item)

    def _entry(self, relative: str, item: os.DirEntry[str]) -> FileEntry:
        try:
            if not item.is_symlink():
                kind = "file" if item.is_file(follow_symlinks=False) else "special"
                return FileEntry(relative, item.stat(follow_symlinks=False).st_size, kind)
            if not self._inside(os.path.realpath(item.path)):
                return FileEntry(relative, 0, "outside-link")
            return FileEntry(relative, item.stat().st_size, "link")
        except OSError:
            return FileEntry(relative, 0, "broken-link")

    def _inside(self, real_path: str) -> bool:
        return real_path == self.real_root or real_path.startswith(self.real_root + os.sep)

    @lazy
    def _index(self) -> dict[str, FileEntry]:
        return {entry.path: entry for entry in self.files}

    @lazy
    def _directories(self) -> frozenset[str]:
        parents = set()
        for entry in self.files:
            parent = posixpath.dirname(entry.path)
            while parent and parent not in parents:
                parents.add(parent)
                parent = posixpath.dirname(parent)
        return frozenset(parents)

    def entry(self, relative: str) -> FileEntry | None:
        """Return the file at a path relative to the folder, `None` where there is none."""
        return self._index.get(relative) or self._index.get(posixpath.normpath(relative))

    def has(self, relative: str) -> bool:
        """Tell whether a file or directory is there, inside of the folder."""
        return self.entry(relative) is not None or self.is_dir(relative)

    def is_dir(self, relative: str) -> bool:
        """Tell whether a directory is there (an empty one counts)."""
        normal = posixpath.normpath(relative)
        if normal == ".":
            return True
        if self.partial:
            return normal in self._directories
        if normal.startswith(("/", "..")):
            return False
        _, walked = self._walked
        if walked is not None:
            return normal in walked
        full = os.path.join(self.root, normal)
        return normal in self._directories or (os.path.isdir(full) and self._inside(os.path.realpath(full)))

    def _is_absent(self, relative: str) -> bool:
        """Tell whether the listing alone says that there is nothing at a path."""
        if self.partial or self._walked[1] is None:
            return False
        normal = posixpath.normpath(relative)
        return normal not in self._index and not normal.startswith(("/", ".."))

    def _readable(self, relative: str) -> str | None:
        """Return where a regular file lies that is inside of the folder, `None` for anything else."""
        known = None if self.partial else self._index.get(relative)
        # What the listing calls a file was reached without following any link: no need to resolve it again.
        if known is not None and known.kind == "file":
            return f"{self._home}{relative}"
        if self._is_absent(relative):
            return None
        full = os.path.join(self.root, relative)
        try:
            return full if self._inside(os.path.realpath(full)) and os.path.isfile(full) else None
        except (OSError, ValueError):
            return None

    def read_bytes(self, relative: str, limit: int = MAX_BYTES + 1) -> bytes | None:
        """Return at most `limit` bytes of a file; `None` if it is absent, no regular file or leads outside."""
        known = self._contents.get(relative)
        if known is None:
            known = self._small.get(relative)
        if known is not None:
            return known[:limit]
        entry = None if self.partial else self._index.get(relative)
        if entry is not None and entry.kind == "file" and entry.size <= _SMALL:
            return self._read_small(relative, entry.size, limit)
        return self._read(relative, lambda stream: self._read_start(relative, stream, limit))

    def _read_small(self, relative: str, size: int, limit: int) -> bytes | None:
        """Read a file that the listing knows, with no more system calls than it takes."""
        try:
            descriptor = os.open(f"{self._home}{relative}", os.O_RDONLY | _BINARY)
        except (OSError, ValueError):
            return None
        try:
            whole = os.read(descriptor, size)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        self._small[relative] = whole
        return whole[:limit]

    def _read_start(self, relative: str, stream: BinaryIO, limit: int) -> bytes:
        # Several rules look at the same metadata file, most only at its beginning.
        size = os.fstat(stream.fileno()).st_size
        if size > _SMALL:
            return stream.read(min(limit, size))
        whole = self._small[relative] = stream.read(size)
        return whole[:limit]

    def read_at(self, relative: str, offset: int, size: int) -> bytes | None:
        """Return `size` bytes of a file from `offset` on, fewer at its end; `None` as for `read_bytes`."""

        def read(stream: BinaryIO) -> bytes:
            stream.seek(offset)
            return stream.read(size)

        return self._read(relative, read)

    def read_tail(self, relative: str, size: int) -> bytes | None:
        """Return the last `size` bytes of a file; `None` as for `read_bytes`."""

        def read(stream: BinaryIO) -> bytes:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - size))
            return stream.read(size)

        return self._read(relative, read)

    def _read(self, relative: str, read: Callable[[BinaryIO], bytes]) -> bytes | None:
        stream = self.open(relative)
        if stream is None:
            return None
        try:
            with stream:
                return read(stream)
        except (OSError, ValueError, OverflowError):
            return None

    def open(self, relative: str) -> BinaryIO | None:
        """Return a file opened for reading, unbuffered; `None` as for `read_bytes`."""
        full = self._readable(relative)
        try:
            return None if full is None else cast(BinaryIO, open(full, "rb", buffering=0))
        except (OSError, ValueError):
            return None

    def read_text(self, relative: str) -> str | None:
        """Return a text file as UTF-8 with undecodable bytes replaced; `None` as for `read_bytes`."""
        raw = self.read_bytes(relative)
        return None if raw is None else raw.decode("utf-8-sig", "replace")

    # --- MLmodel -----------------------------------------------------------------------------------------

    @lazy
    def unfetched(self) -> tuple[str, ...]:
        """Those of the metadata files that are git-LFS pointers: while there are any, the folder says nothing."""
        entries = map(self.entry, (MLMODEL, self.conda_path, self.python_env_path, "requirements.txt"))
        return tuple(entry.path for entry in entries if entry is not None and self.is_lfs_pointer(entry))

    def is_lfs_pointer(self, entry: FileEntry) -> bool:
        """Tell whether a file is a git-LFS pointer, a text of some hundred bytes that stands in for another file."""
        is_small_file = entry.size in _LFS_SIZES and entry.kind in ("file", "link")
        return is_small_file and self.read_bytes(entry.path, limit=len(LFS_HEAD)) == LFS_HEAD

    @lazy
    def mlmodel(self) -> Document | None:
        """The parsed `MLmodel` file."""
        raw = self.read_bytes(MLMODEL)
        return None if raw is None else parse_yaml(MLMODEL, raw)

    def _yaml(self, relative: str) -> Document | None:
        raw = self.read_bytes(relative)
        return None if raw is None else parse_common_yaml(relative, raw)

    def _json(self, relative: str) -> Document | None:
        raw = self.read_bytes(relative)
        return None if raw is None else parse_json(relative, raw)

    @lazy
    def mlmodel_data(self) -> dict[str, object]:
        """The keys of `MLmodel`, empty when it is not a mapping."""
        return _mapping(self.mlmodel.data if self.mlmodel else None)

    @lazy
    def flavors(self) -> dict[str, dict[str, object]]:
        """The well-formed entries of `flavors`, by name."""
        flavors = _mapping(self.mlmodel_data.get("flavors"))
        return {name: _mapping(conf) for name, conf in flavors.items() if isinstance(conf, dict)}

    @lazy
    def pyfunc(self) -> dict[str, object]:
        """The `python_function` flavor, empty when there is none."""
        return self.flavors.get("python_function", {})

    @lazy
    def mlflow_version(self) -> Version | None:
        """The MLflow that wrote the folder, as `MLmodel` says."""
        return read_version(self.mlmodel_data.get("mlflow_version"))

    # --- environment -------------------------------------------------------------------------------------

    @lazy
    def conda_path(self) -> str:
        """The path of the conda environment that `MLmodel` names (`conda.yaml` where it names none)."""
        env = self.pyfunc.get("env")
        named = _mapping(env).get("conda") if isinstance(env, dict) else env
        return named if isinstance(named, str) and named else "conda.yaml"

    @lazy
    def python_env_path(self) -> str:
        """The path of the virtualenv environment that `MLmodel` names (`python_env.yaml` where it names none)."""
        named = _mapping(self.pyfunc.get("env")).get("virtualenv")
        return named if isinstance(named, str) and named else "python_env.yaml"

    @lazy
    def conda(self) -> Document | None:
        """The parsed conda.yaml."""
        return self._yaml(self.conda_path)

    @lazy
    def python_env(self) -> Document | None:
        """The parsed python_env.yaml."""
        return self._yaml(self.python_env_path)

    @lazy
    def requirements(self) -> tuple[Requirement, ...] | None:
        """The lines of requirements.txt, `None` when there is no such file."""
        raw = self.read_bytes("requirements.txt")
        if raw is None:
            return None
        return (_read_common_requirements if len(raw) <= _COMMON else _read_requirements)(raw)

    @lazy
    def _conda_items(self) -> tuple[tuple[int, object], ...]:
        items = _mapping(self.conda.data if self.conda else None).get("dependencies")
        return tuple(enumerate(items)) if isinstance(items, list) else ()

    @lazy
    def conda_specs(self) -> tuple[CondaSpec, ...]:
        """The conda packages of conda.yaml (`python`, `pip`, …)."""
        conda = self.conda
        if conda is None:
            return ()
        return tuple(
            parse_match_spec(item, conda.locate("dependencies", index))
            for index, item in self._conda_items
            if isinstance(item, str) and item.strip()
        )

    @lazy
    def conda_pip(self) -> tuple[Requirement, ...] | None:
        """The requirements of the first pip section of conda.yaml (the one MLflow reads), `None` without one."""
        conda = self.conda
        for index, item in self._conda_items:
            if conda is not None and isinstance(item, dict) and isinstance(item.get("pip"), list):
                return tuple(
                    requirement
                    for position, line in enumerate(item["pip"])
                    if isinstance(line, str)
                    for requirement in parse_requirements(line, conda.locate("dependencies", index, "pip", position))
                )
        return None

    @property
    def all_requirements(self) -> tuple[Requirement, ...]:
        """What pip installs for the model: requirements.txt, or the pip section of conda.yaml without one."""
        if self.requirements is not None:
            return self.requirements
        return self.conda_pip or ()

    @lazy
    def pinned_mlflow(self) -> Version | None:
        """The MLflow version that the requirements pin, `None` when they pin none."""
        for requirement in self.all_requirements:
            if requirement.name in {"mlflow", "mlflow-skinny"} and requirement.pinned_version is not None:
                return requirement.pinned_version
        return None

    # --- signature and examples --------------------------------------------------------------------------

    @lazy
    def signature(self) -> Signature | None:
        """The signature, `None` when there is none or MLflow's newest reader could not read it."""
        mapping = self.mlmodel_data.get("signature")
        if not isinstance(mapping, dict):
            return None
        hinted = self.mlmodel_data.get("is_signature_from_type_hint") is True
        texts = tuple(mapping.get(field) for field in SIGNATURE_FIELDS)
        if all(text is None or (isinstance(text, str) and len(text) < _COMMON) for text in texts):
            return _read_common_signature(texts, hinted)
        return _read_signature(mapping, hinted)

    @lazy
    def signature_documents(self) -> dict[str, Document]:
        """The JSON texts of `inputs`, `outputs` and `params` that are strings, readable or not."""
        if self.mlmodel is None:
            return {}
        found = {field: self.mlmodel.embedded("signature", field) for field in SIGNATURE_FIELDS}
        return {field: document for field, document in found.items() if document is not None}

    @lazy
    def example_info(self) -> dict[str, object]:
        """The `saved_input_example_info` mapping, empty when there is none."""
        return _mapping(self.mlmodel_data.get("saved_input_example_info"))

    @property
    def input_example_path(self) -> str | None:
        """The path of the input example that `MLmodel` names."""
        return _text(self.example_info.get("artifact_path"))

    @property
    def serving_example_path(self) -> str | None:
        """The path of the serving example that `MLmodel` names."""
        return _text(self.example_info.get("serving_input_path"))

    @lazy
    def input_example(self) -> Document | None:
        """The parsed input example."""
        return self._json(self.input_example_path) if self.input_example_path else None

    @lazy
    def serving_example(self) -> Document | None:
        """The parsed serving example."""
        return self._json(self.serving_example_path) if self.serving_example_path else None


def _read_requirements(raw: bytes) -> tuple[Requirement, ...]:
    return parse_requirements_text("requirements.txt", decode_requirements(raw))


_read_common_requirements = lru_cache(maxsize=128)(_read_requirements)


@lru_cache(maxsize=128)
def _read_common_signature(texts: tuple[object, ...], hinted: bool) -> Signature | None:
    return _read_signature(dict(zip(SIGNATURE_FIELDS, texts, strict=True)), hinted)


def _read_signature(mapping: Mapping[str, object], hinted: bool) -> Signature | None:
    try:
        return Signature.from_mlmodel(mapping, from_type_hint=hinted)
    except SignatureError:
        return None


_path_of = attrgetter("path")


_name_of = attrgetter("name")


def _scan(directory: str) -> list[os.DirEntry[str]] | None:
    """Return what is in a directory by name, `None` where it cannot be read."""
    try:
        with os.scandir(directory) as items:
            return sorted(items, key=_name_of)
    except OSError:
        return None


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


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
