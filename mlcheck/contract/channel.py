"""Frames over a socket with a limit on every wait: the parent's end of what `worker.py` speaks."""

from __future__ import annotations

import json
import os
import select
import struct
import time
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

CLOSED: Final = "the other end is closed"
NO_FRAME: Final = "what arrived is no frame"
MAX_FRAME: Final = 256 * 1024 * 1024
_HEAD: Final = struct.Struct(">I")


class ChannelError(Exception):
    """The other end has closed the channel, or wrote what is no frame."""


class Channel:
    """One end of a stream of frames; not for use by several threads at once."""

    def __init__(self, stream: socket.socket) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._received = bytearray()
        _channels.add(self)

    def fileno(self) -> int:
        """Return the descriptor, for select."""
        return self._stream.fileno()

    def close(self) -> None:
        """Close this end."""
        self._stream.close()

    def send(self, message: dict[str, object], deadline: float) -> None:
        """Send one frame; raise TimeoutError, ChannelError, or ValueError for what is larger than a frame."""
        body = json.dumps(message).encode("ascii")
        if len(body) > MAX_FRAME:
            raise ValueError(f"a message of {len(body)} bytes is too large")
        rest = memoryview(_HEAD.pack(len(body)) + body)
        while rest:
            rest = rest[self._send_some(rest) :]
            if rest:
                self._wait(deadline, write=True)
                self.fill()  # the other end may not read before what it has written is taken

    def _send_some(self, part: memoryview) -> int:
        try:
            return self._stream.send(part)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ChannelError(CLOSED) from error

    def receive(self, deadline: float) -> dict[str, object]:
        """Return the next frame; raise TimeoutError or ChannelError."""
        while True:
            message = self.take()
            if message is not None:
                return message
            self._wait(deadline)
            self.fill()

    def fill(self) -> bool:
        """Take in what has arrived, without waiting; tell whether anything has.

        Raises ChannelError at the end of the stream.
        """
        try:
            part = self._stream.recv(1 << 20)
        except BlockingIOError:
            return False
        except OSError as error:
            raise ChannelError(CLOSED) from error
        if not part:
            raise ChannelError(CLOSED)
        self._received += part
        return True

    def take(self) -> dict[str, object] | None:
        """Return the next frame of what has arrived, None when it is not complete."""
        if len(self._received) < _HEAD.size:
            return None
        (size,) = _HEAD.unpack_from(self._received)
        if size > MAX_FRAME:
            raise ChannelError(NO_FRAME)
        end = _HEAD.size + size
        if len(self._received) < end:
            return None
        body = bytes(self._received[_HEAD.size : end])
        del self._received[:end]
        return _parse(body)

    def _wait(self, deadline: float, *, write: bool = False) -> None:
        if not wait_for([self], deadline, write=write):
            raise TimeoutError


def wait_for(channels: Iterable[Channel], deadline: float, *, write: bool = False) -> set[Channel]:
    """Return the channels that have something to read (or to say at once: their end), empty at the deadline.

    With `write`, those that can be written to count, too.
    """
    by_descriptor = {channel.fileno(): channel for channel in channels}
    poll = select.poll()  # select itself knows no descriptor beyond 1024
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN | (select.POLLOUT if write else 0))
    milliseconds = max(0.0, deadline - time.monotonic()) * 1000
    return {by_descriptor[descriptor] for descriptor, _ in poll.poll(milliseconds)}


def _parse(body: bytes) -> dict[str, object]:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise ChannelError(NO_FRAME) from error
    if not isinstance(message, dict):
        raise ChannelError(NO_FRAME)
    return message


_channels: Final[weakref.WeakSet[Channel]] = weakref.WeakSet()


def _close_channels() -> None:
    """In a forked child: the parent's ends must not look open once the parent is gone."""
    for channel in _channels:
        channel.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_channels)
