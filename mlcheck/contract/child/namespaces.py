"""Linux namespaces by way of libc: no network but a loopback of one's own, a folder that nobody can write to."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NEW_MOUNTS, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_LOCKED_FLAGS = 2 | 4 | 8 | 1024 | 2048  # nosuid, nodev, noexec, noatime, nodiratime: a remount must repeat them
_SET_INTERFACE_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_CAPABILITY_VERSION_3 = 0x20080522


def leave(*, network: bool, mount: bool) -> None:
    """Leave the network and the table of mounts that all share; raise OSError where that is not allowed.

    Root does so as it is. Others need a user namespace, in which they stay who they are. (Root in one would lose
    its way past the permissions of other people's files, which is why it takes none.)
    """
    flags = (_NEW_NETWORK if network else 0) | (_NEW_MOUNTS if mount else 0)
    if not flags:
        return
    user, group = os.geteuid(), os.getegid()
    _call("unshare", flags | (_NEW_USER if user != 0 else 0))
    if user != 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")


def make_read_only(folder: str) -> None:
    """Let nobody in this mount namespace write to the folder, root neither."""
    path = os.fsencode(folder)
    _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    _call("mount", path, path, None, _BIND | _RECURSIVE, None)
    kept = os.statvfs(folder).f_flag & _LOCKED_FLAGS
    _call("mount", b"none", path, None, _REMOUNT | _BIND | _READ_ONLY | kept, None)


def raise_loopback() -> None:
    """Make 127.0.0.1 work in a new network namespace, for models that talk to helpers of their own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as interface:
        fcntl.ioctl(interface, _SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))


def drop_capabilities() -> None:
    """Give up what a user namespace gave on top, so that the model is no more than the user it runs as."""
    if sys.platform == "linux" and os.geteuid() != 0:
        _call("capset", struct.pack("Ii", _CAPABILITY_VERSION_3, 0), struct.pack("6I", *[0] * 6))


def probe(folder: str) -> dict[str, bool]:
    """Return which of `network` and `mount` can be had, found out by trying in child processes."""
    return {"network": _works(_try_network, folder), "mount": _works(_try_mount, folder)}


def _try_network(_: str) -> None:
    leave(network=True, mount=False)
    raise_loopback()


def _try_mount(folder: str) -> None:
    leave(network=False, mount=True)
    make_read_only(folder)


def _works(attempt: Callable[[str], None], folder: str) -> bool:
    if sys.platform != "linux":
        return False
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            attempt(folder)
            drop_capabilities()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as stream:
        stream.write(text)
