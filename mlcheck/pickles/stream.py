"""A stream of bytes that is read forwards through a window, within a budget."""

from __future__ import annotations

import io
from typing import Protocol

from mlcheck.records import record

WINDOW = 1 << 18


class Readable(Protocol):
    """What is needed of a binary stream."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none only at the end."""
        ...


@record(slots=True)
class Budget:
    """How much reading one folder may cost: opcodes to follow, bytes to decompress, to keep in memory, to search."""

    operations: int = 2_000_000
    unpacked: int = 200_000_000
    kept: int = 50_000_000
    searched: int = 500_000_000


class Unpacked:
    """A decompressing stream that ends when the budget does: a bomb is read no further."""

    def __init__(self, source: Readable, budget: Budget, broken: tuple[type[Exception], ...]) -> None:
        """Read from `source` and take every byte off the budget; errors of the types `broken` end the stream."""
        self._broken = broken
        self._source = source
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end of the stream or of the budget."""
        try:
            data = self._source.read(min(size, self._budget.unpacked))
        except self._broken:
            return b""
        self._budget.unpacked -= len(data)
        return data


class Window:
    """A part of a stream: `data`, in which the next byte to read is at `position`, and `safe`.

    Up to `safe` there are at least `MARGIN` bytes more in `data`, unless the stream ends before.
    """

    __slots__ = ("_source", "_start", "data", "position", "safe")

    MARGIN = 300

    def __init__(self, source: Readable) -> None:
        """Look at a stream from where it stands."""
        self._source = source
        self._start = 0
        self.data = b""
        self.position = 0
        self.fill()

    @property
    def offset(self) -> int:
        """How many bytes of the stream were read."""
        return self._start + self.position

    def fill(self, size: int = WINDOW) -> None:
        """Move the window on, so that at least `size` bytes are ahead if there are as many."""
        kept = [self.data[self.position :]]
        missing = size - len(kept[0])
        while missing > 0 and (more := self._source.read(max(missing, WINDOW))):
            kept.append(more)
            missing -= len(more)
        self._start += self.position
        self.data = b"".join(kept)
        self.position = 0
        self.safe = len(self.data) - 1 if missing > 0 else len(self.data) - self.MARGIN

    @property
    def ended(self) -> bool:
        """Whether all of the stream was read."""
        return self.position >= len(self.data)

    def take(self, size: int) -> bytes:
        """Return the next bytes. Raises EOFError if there are not as many."""
        if self.position + size > len(self.data):
            self.fill(size)
        start = self.position
        self.position = end = start + size
        if end > len(self.data):
            raise EOFError
        return self.data[start:end]

    def number(self, width: int) -> int:
        """Return the next bytes as a number without sign. Raises EOFError."""
        return int.from_bytes(self.take(width), "little")

    def line(self, longest: int) -> bytes:
        """Return the next line without its end. Raises EOFError if it is too long or not ended."""
        if len(self.data) - self.position < longest:
            self.fill(longest)
        end = self.data.find(b"\n", self.position, self.position + longest)
        if end < 0:
            if len(self.data) - self.position < longest:
                self.position = len(self.data)
            raise EOFError
        line = self.data[self.position : end]
        self.position = end + 1
        return line

    def skip(self, size: int) -> None:
        """Pass over bytes, at no cost where the stream can seek. Raises EOFError if there are not as many."""
        ahead = len(self.data) - self.position
        if size <= ahead:
            self.position += size
            return
        self._start += len(self.data)
        self.data, self.position = b"", 0
        self._pass_over(size - ahead)
        self.fill()
        if not self.data:
            raise EOFError

    def _pass_over(self, size: int) -> None:
        self._start += size
        if isinstance(self._source, io.BufferedIOBase | io.RawIOBase) and self._source.seekable():
            self._source.seek(size, io.SEEK_CUR)
            return
        while size > 0 and (passed := self._source.read(min(size, WINDOW))):
            size -= len(passed)
        if size > 0:
            raise EOFError
