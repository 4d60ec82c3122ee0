"""A process that has imported mlflow once, and forks a keeper with a model's process for each request.

It can be lent to others, who ask it by channels of their own, and fork another one like it that has imported more.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import warnings
from typing import TYPE_CHECKING

from ..worker import describe_versions, import_libraries, read_frame, write_frame  # noqa: TID252 - see __main__
from . import keeper, namespaces
from .cleanup import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    Request = dict[str, Any]

PATIENCE = 15.0  # seconds that forks have to end their models, once the parent is gone


def serve(fd: int, root: str, *, preload: bool) -> None:
    """Answer start requests that come over the descriptor until its other end is closed; then remove `root`."""
    channel = socket.socket(fileno=fd)
    abilities = namespaces.probe(root)
    hello = prepare(preload=preload)
    try:
        hello["root"] = root
        write_frame(channel.fileno(), hello)
        if hello["ok"]:
            Forkserver(channel, hello, abilities).run()
    finally:
        remove_tree(root)


def prepare(*, preload: bool = True) -> dict[str, Any]:
    """Import what the models need, without `preload` in a child process only; return what came of it."""
    # The terminal's Ctrl-C is the parent's affair; the closed channel then says that it is over
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if not preload:
            return ask_child(prepare)
        import_libraries()
        list_packages()
        gc.collect()
        gc.freeze()
        return {"ok": True, "versions": describe_versions()}
    except BaseException as error:  # noqa: BLE001 - whatever a broken installation raises
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def list_packages() -> None:
    """Have MLflow list the installed packages, as it does at the first load of a process, for longer than the load."""
    with contextlib.suppress(Exception):  # another MLflow may do without
        importlib.import_module("mlflow.utils.requirements_utils")._init_modules_to_packages_map()  # noqa: SLF001


def import_all(modules: list[str]) -> None:
    """Import the modules; the model itself says what is wrong with one that cannot be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    gc.collect()
    gc.freeze()


def ask_child(function: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what the function returns in a forked child."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            write_frame(writes, function())
        finally:
            os._exit(0)
    os.close(writes)
    answer = read_frame(reads)
    os.close(reads)
    os.waitpid(pid, 0)
    return answer or {"ok": False, "error": "the process died"}


class Forkserver:
    """The loop of it: requests in, keepers out."""

    def __init__(self, channel: socket.socket, hello: dict[str, Any], abilities: dict[str, bool]) -> None:
        """The owner's `channel` comes first; others follow, by which it is lent and which are told `hello`."""
        self._channels = [channel]
        self._hello = hello
        self._abilities = abilities
        self._forks: set[int] = set()
        self._wakeup = keeper.open_wakeup()

    def run(self) -> None:
        """Serve until the owner's end of the channel is closed, however that came about."""
        while self._channels:
            wakeup, descriptors = self._wakeup[0], [channel.fileno() for channel in self._channels]
            ready, _, _ = select.select([*descriptors, wakeup], [], [])
            if wakeup in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wakeup, 4096)
                self._reap()
            for channel in [channel for channel in self._channels if channel.fileno() in ready]:
                self._serve_next(channel)
        self._end_forks()

    def _serve_next(self, channel: socket.socket) -> None:
        request, fds = receive(channel)
        if request is None:
            is_owner = channel is self._channels[0]
            self._channels = [] if is_owner else [other for other in self._channels if other is not channel]
            channel.close()
        elif request["op"] == "lend":
            self._lend(fds[0], request["modules"])
        else:
            self._fork(fds, lambda: keeper.keep(dict(request, abilities=self._abilities), *fds))

    def _lend(self, fd: int, modules: list[str]) -> None:
        """Serve over the descriptor, too; with modules, have a fork do so that has imported them."""
        if modules:
            self._fork([fd], lambda: self._serve_with(fd, modules))
            return
        lent = socket.socket(fileno=fd)
        with contextlib.suppress(OSError):  # whoever wanted it is gone again
            write_frame(fd, self._hello)
            self._channels.append(lent)

    def _serve_with(self, fd: int, modules: list[str]) -> None:
        import_all(modules)
        write_frame(fd, self._hello)
        Forkserver(socket.socket(fileno=fd), self._hello, self._abilities).run()

    def _fork(self, fds: list[int], work: Callable[[], None]) -> None:
        """Do the work, for which the descriptors are, in a fork."""
        with warnings.catch_warnings():
            # Python 3.12 warns of threads. Those of OpenBLAS and jemalloc, which numpy and pyarrow start at import,
            # are ended or locked around a fork by the libraries themselves
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            self._leave_behind(work)
        for fd in fds:
            os.close(fd)
        self._forks.add(pid)

    def _leave_behind(self, work: Callable[[], None]) -> NoReturn:
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            for channel in self._channels:
                channel.close()
            for fd in self._wakeup:
                os.close(fd)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - it must not become a second forkserver
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def _reap(self) -> None:
        for pid in list(self._forks):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    self._forks.discard(pid)

    def _end_forks(self) -> None:
        for pid in self._forks:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self._forks and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.01)


def receive(channel: socket.socket) -> tuple[Request | None, list[int]]:
    """Return the next request with the descriptors that came along; (None, []) at the end of the stream."""
    fds = array.array("i")
    try:
        data, ancillary, _, _ = channel.recvmsg(65536, socket.CMSG_SPACE(2 * fds.itemsize))
    except ConnectionResetError:  # the other end has not read all that it was told
        return None, []
    for level, kind, raw in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(raw[: len(raw) - len(raw) % fds.itemsize])
    while data and not data.endswith(b"\n"):
        data += channel.recv(65536)
    return (json.loads(data.decode("utf-8")), list(fds)) if data else (None, [])
