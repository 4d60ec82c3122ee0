"""Where pickles are in a file: plain, compressed, in a zip or tar archive, behind NumPy's header."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from mlcheck.pickles.following import run
from mlcheck.pickles.glimpse import glimpse
from mlcheck.pickles.marks import HEAD, NPY, PICKLE_SUFFIXES, UNREAD, ZIP, is_tar, looks_like_pickle, may_begin_unmarked
from mlcheck.pickles.stream import Budget, Readable, Unpacked, Window
from mlcheck.pickles.values import Blob, PickleFacts
from mlcheck.records import record

_MOST_PICKLES = 32  # one after another in a file, or in an archive
_DEEPEST = 3  # pickles that a pickle holds as bytes
_LARGEST_NESTED = 64_000_000
_LZMA_MEMORY = 256_000_000
_BROKEN = (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, zlib.error)


class LzmaReader:
    """An xz or lzma stream; unlike `lzma.LZMAFile` it does not take as much memory as the file asks for."""

    def __init__(self, source: BinaryIO) -> None:
        """Decompress `source` from where it stands."""
        self._source = source
        self._decoder = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none only at the end. Raises lzma.LZMAError."""
        while size > 0 and not self._decoder.eof:
            raw = self._source.read(1 << 16) if self._decoder.needs_input else b""
            data = self._decoder.decompress(raw, size)
            if data or (self._decoder.needs_input and not raw):
                return data
        return b""


class ZlibReader:
    """A zlib stream, as joblib writes it with `compress=`."""

    def __init__(self, source: BinaryIO) -> None:
        """Decompress `source` from where it stands."""
        self._source = source
        self._decoder = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none only at the end. Raises zlib.error."""
        while size > 0 and not self._decoder.eof:
            raw = self._decoder.unconsumed_tail or self._source.read(1 << 16)
            data = self._decoder.decompress(raw, size)
            if data or not raw:
                return data
        return b""


class InPieces:
    """A gzip or bzip2 stream that gives what it has before it tells that it is cut off."""

    def __init__(self, source: gzip.GzipFile | bz2.BZ2File) -> None:
        """Read from `source`, which loses what it has read where one call meets the missing end."""
        self._source = source

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none only at the end. Raises EOFError if the end is missing."""
        return self._source.read1(size)


_UNPACKERS: tuple[tuple[bytes, Callable[[BinaryIO], Readable]], ...] = (
    (b"\x1f\x8b", lambda stream: InPieces(gzip.GzipFile(fileobj=stream))),
    (b"BZh", lambda stream: InPieces(bz2.BZ2File(stream))),
    (b"\xfd7zXZ\x00", LzmaReader),
    (b"\x5d\x00\x00", LzmaReader),
    (b"\x78\x01", ZlibReader),
    (b"\x78\x5e", ZlibReader),
    (b"\x78\x9c", ZlibReader),
    (b"\x78\xda", ZlibReader),
)


@record(frozen=True, slots=True)
class FoundPickle:
    """A pickle in a file; `member` names it where the file holds several, by a path in an archive or in words."""

    member: str
    facts: PickleFacts


def find_pickles(stream: BinaryIO, budget: Budget, *, unmarked: bool = False) -> Iterator[FoundPickle]:
    """Yield the pickles of a file with what they do when they are loaded; never raises for the content.

    unmarked: take a file that looks like nothing else for a pickle of protocol 0 or 1, which begins anyhow.
    """
    yield from _find(stream, budget, "", 0, unmarked=unmarked)


def _find(stream: BinaryIO, budget: Budget, member: str, depth: int, *, unmarked: bool) -> Iterator[FoundPickle]:
    head = stream.read(HEAD)
    stream.seek(0)
    unpacker = _unpacker(head)
    if head.startswith(ZIP):
        yield from _in_archive(stream, budget, member)
    elif head.startswith(NPY):
        yield from _behind_header(stream, budget, member)
    elif is_tar(head):
        yield from _in_tar(stream, budget, member)
    elif unmarked and head.startswith(UNREAD):
        yield FoundPickle(member, PickleFacts(end="packed"))
    elif looks_like_pickle(head) or (unmarked and unpacker is None and may_begin_unmarked(head)):
        yield from _one_after_another(Window(stream), budget, member, stream, depth)
    elif unpacker is not None:
        window = Window(Unpacked(unpacker(stream), budget, _BROKEN))
        if looks_like_pickle(window.data[:3]):
            yield from _one_after_another(window, budget, member, None, depth)
        elif is_tar(window.data[:HEAD]):
            stream.seek(0)
            yield from _in_tar(Unpacked(unpacker(stream), budget, _BROKEN), budget, member)


def _unpacker(head: bytes) -> Callable[[BinaryIO], Readable] | None:
    return next((unpacker for mark, unpacker in _UNPACKERS if head.startswith(mark)), None)


def _one_after_another(
    window: Window, budget: Budget, member: str, stream: BinaryIO | None, depth: int
) -> Iterator[FoundPickle]:
    """Yield pickles that follow each other, as torch.save wrote them up to PyTorch 1.5, and those within them."""
    for _ in range(_MOST_PICKLES):
        facts = run(window, budget)
        if facts.end == "limit":
            facts.glimpsed = glimpse(window, budget)
        yield FoundPickle(member, facts)
        for nested in facts.nested[:_MOST_PICKLES] if depth < _DEEPEST else ():
            raw = _content(nested, stream)
            if raw is None:
                facts.end = "limit"
            else:
                inside = f"{member}, within" if member else "within"
                yield from _find(io.BytesIO(raw), budget, inside, depth + 1, unmarked=True)
        if window.position > window.safe:
            window.fill()
        if facts.end != "stop" or not looks_like_pickle(window.data[window.position : window.position + 3]):
            return


def _content(nested: bytes | Blob, stream: BinaryIO | None) -> bytes | None:
    if isinstance(nested, bytes):
        return nested
    if stream is None or nested.size > _LARGEST_NESTED:
        return None
    place = stream.tell()
    stream.seek(nested.offset)
    content = stream.read(nested.size)
    stream.seek(place)
    return content


def _in_archive(stream: BinaryIO, budget: Budget, member: str) -> Iterator[FoundPickle]:
    """Yield the pickles of a zip archive; those of TorchScript are not read by Python and left out."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(PICKLE_SUFFIXES)]
            if any(name.endswith("/constants.pkl") or name == "constants.pkl" for name in names):
                return
            for name in names[:_MOST_PICKLES]:
                with archive.open(name) as handle:
                    handle._expected_crc = None  # type: ignore[attr-defined]  # noqa: SLF001 - PyTorch reads on as well
                    label = f"{member}, {name}" if member else name
                    yield from _one_after_another(
                        Window(Unpacked(handle, budget, _BROKEN)), budget, label, None, _DEEPEST
                    )
    except (zipfile.BadZipFile, ArithmeticError, EOFError, LookupError, OSError, RuntimeError, ValueError):
        return  # MLC423 tells of archives that are cut


def _in_tar(stream: Readable, budget: Budget, member: str) -> Iterator[FoundPickle]:
    """Yield the pickles of a tar archive, which is read forwards once."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
            for item, _ in zip(archive, range(_MOST_MEMBERS), strict=False):
                handle = archive.extractfile(item) if item.isfile() else None
                if handle is not None:
                    window = Window(Unpacked(handle, budget, (*_BROKEN, tarfile.TarError)))
                    label = f"{member}, {item.name}" if member else item.name
                    if looks_like_pickle(window.data[:3]):
                        yield from _one_after_another(window, budget, label, None, _DEEPEST)
    except (tarfile.TarError, ArithmeticError, EOFError, LookupError, OSError, RuntimeError, ValueError):
        return  # a broken archive fails before anything in it is loaded


_MOST_MEMBERS = 500


def _behind_header(stream: BinaryIO, budget: Budget, member: str) -> Iterator[FoundPickle]:
    """Yield the pickle of an array of objects; other arrays are plain numbers."""
    head = stream.read(12)
    width = 2 if head[6:7] == b"\x01" else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    stream.seek(8 + width)
    header = stream.read(min(length, 1 << 16))
    if b"'O" in header or b"'|O" in header:
        yield from _one_after_another(Window(stream), budget, member, None, _DEEPEST)
