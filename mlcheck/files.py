"""The files of a folder: listed once, read lazily and within limits, and never outside of the folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from mlcheck.document import MAX_BYTES
from mlcheck.listing import FileEntry, list_files
from mlcheck.records import lazy

_SMALL = 64 * 1024
"""Files up to this size, in bytes, are read once and whole."""

_BINARY = getattr(os, "O_BINARY", 0)  # Windows alone tells text from bytes

LFS_HEAD = b"version https://git-lfs.github.com/spec/"

_LFS_SIZES = range(100, 1024)
"""Sizes, in bytes, that a git-LFS pointer can have."""


class Files:
    """The files below `root`. `name` is the folder as the user wrote it, with forward slashes.

    Nothing is read before it is asked for, small files are not read twice, and no symbolic link is followed out of
    the folder. What cannot be read is `None`.
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
        return f"{type(self).__name__}({self.name!r})"

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
        return list_files(self.root, self._inside)

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

    def is_lfs_pointer(self, entry: FileEntry) -> bool:
        """Tell whether a file is a git-LFS pointer, a text of some hundred bytes that stands in for another file."""
        is_small_file = entry.size in _LFS_SIZES and entry.kind in ("file", "link")
        return is_small_file and self.read_bytes(entry.path, limit=len(LFS_HEAD)) == LFS_HEAD
