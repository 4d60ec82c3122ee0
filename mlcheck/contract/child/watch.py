"""Sees, through Python's audit events, which hosts a model tries to reach and what it writes in its own folder."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import TYPE_CHECKING

from .habits import Habits

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MOST = 20  # of each kind, per call
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Nothing is bound to here: these are compared with what a model asks for
_LOCAL_NAMES = frozenset(["", "localhost", "localhost.localdomain", "0.0.0.0", "::", "::1", "ip6-localhost"])  # noqa: S104


class Watch:
    """Notes what the current call reached for. With `block`, the network is refused here and now."""

    def __init__(self, folder: str, *, block: bool, room: dict[str, str], places: dict[str, str] | None = None) -> None:
        """`places` are the model's working directory, home and temp folder, by the names `cwd`, `home` and `tmp`."""
        self.room = room
        self._places = places or {}
        self._habits: Habits | None = None
        self._folder = folder + os.sep
        self._block = block
        self._local = _LOCAL_NAMES | {socket.gethostname().lower()}
        self._network: list[str] = []
        self._writes: list[str] = []
        self._notes: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._note_open,
            "socket.connect": self._note_connect,
            "socket.sendto": self._note_send,
            "socket.sendmsg": self._note_send,
            "socket.getaddrinfo": self._note_lookup,
            "socket.gethostbyname": self._note_lookup,
            "os.rename": lambda args: self._note_write(args[0], args[1]),
            "os.link": lambda args: self._note_write(args[1]),
            "os.symlink": lambda args: self._note_write(args[1]),
        }
        for event in ("mkdir", "rmdir", "remove", "truncate", "chmod", "chown", "utime"):
            self._notes["os." + event] = lambda args: self._note_write(args[0])

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an audit event; one that is not understood is let pass."""
        take = self._notes.get(event)
        if take is None:
            return
        before = len(self._network)
        try:
            take(args)
        except Exception:  # noqa: BLE001 - a model's own odd arguments are for Python to refuse
            return
        if self._block and len(self._network) > before:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    def take(self) -> dict[str, list[str]]:
        """Return what was noted since the last time, each once."""
        found = {"network": _tidy(self._network), "writes": _tidy(self._writes)}
        self._network.clear()
        self._writes.clear()
        return found

    def remember(self) -> None:
        """Note how the process is, now that the model is loaded."""
        self._habits = Habits(sys.modules["numpy"], self._places)

    def observe(self, first: Callable[[], Any], second: Callable[[], Any], encode: Callable[[Any], Any]) -> Any:
        """Return what the calls do to the process besides answering, as `habits.py` sees it."""
        assert self._habits is not None
        return self._habits.observe(first, second, encode)

    # --- network -----------------------------------------------------------------------------------------

    def _note_connect(self, args: tuple[Any, ...]) -> None:
        # A connected datagram socket has sent nothing yet: it is how programs learn their own address
        if args[0].type != socket.SOCK_DGRAM:
            self._note_send(args)

    def _note_send(self, args: tuple[Any, ...]) -> None:
        stream, address = args
        if stream.family in (socket.AF_INET, socket.AF_INET6) and address is not None:
            self._note_host(address[0], address[1])

    def _note_lookup(self, args: tuple[Any, ...]) -> None:
        self._note_host(args[0], args[1] if len(args) > 1 else None)

    def _note_host(self, host: object, port: object) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name.lower() not in self._local and not name.startswith("127."):
            self._network.append(name if port in (None, 0, "") else f"{name}:{port}")

    # --- files -------------------------------------------------------------------------------------------

    def _note_open(self, args: tuple[Any, ...]) -> None:
        path, _, flags = args
        if flags & _WRITING:
            self._note_write(path)

    def _note_write(self, *paths: object) -> None:
        for path in paths:
            if isinstance(path, (str, bytes, os.PathLike)):
                full = os.path.abspath(os.fsdecode(path))
                if full.startswith(self._folder) and "__pycache__" not in full:
                    self._writes.append(full[len(self._folder) :])


def _tidy(names: list[str]) -> list[str]:
    return sorted(set(names))[:_MOST]
