"""A process that has imported mlflow once, and forks a keeper with a model's process for each request."""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import warnings

from . import keeper
from .cleanup import remove_tree
from ..worker import describe_versions, import_libraries, write_frame

PATIENCE = 15.0  # seconds that keepers have to end their models, once the parent is gone


def serve(fd, root, *, preload):
    """Answer start requests that come over the descriptor until its other end is closed; then remove `root`."""
    channel = socket.socket(fileno=fd)
    hello = prepare(preload)
    try:
        write_frame(channel.fileno(), hello)
        if hello["ok"]:
            Forkserver(channel, preload).run()
    finally:
        remove_tree(root)


def prepare(preload):
    """Import what the models need; return the first message to the parent."""
    # The terminal's Ctrl-C is the parent's affair; the closed channel then says that it is over
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if preload:
            import_libraries()
            gc.collect()
            gc.freeze()
        return {"ok": True, "versions": describe_versions() if preload else {}}
    except BaseException as error:
        return {"ok": False, "error": "{}: {}".format(type(error).__name__, error)}


class Forkserver:
    def __init__(self, channel, preload):
        self.channel = channel
        self.keepers = set()

    def run(self):
        reads, writes = os.pipe()
        os.set_blocking(writes, False)
        os.set_blocking(reads, False)
        signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            ready, _, _ = select.select([self.channel, reads], [], [])
            if reads in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(reads, 4096)
                self.reap()
            if self.channel in ready and not self.start_next((reads, writes)):
                break
        self.wait_for_keepers()

    def start_next(self, private):
        """Fork a keeper for the next request; return whether the parent is still there."""
        request, fds = receive(self.channel)
        if request is None:
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads: see DESIGN; numpy's are safe to fork
            pid = os.fork()
        if pid == 0:
            self.become_keeper(request, fds, private)
        for fd in fds:
            os.close(fd)
        self.keepers.add(pid)
        return True

    def become_keeper(self, request, fds, private):
        """In the child: never returns."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            self.channel.close()
            for fd in private:
                os.close(fd)
            keeper.keep(request, *fds)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def reap(self):
        for pid in list(self.keepers):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    self.keepers.discard(pid)

    def wait_for_keepers(self):
        deadline = time.monotonic() + PATIENCE
        while self.keepers and time.monotonic() < deadline:
            self.reap()
            time.sleep(0.01)


def receive(channel):
    """Return the next request with the descriptors that came along; (None, []) at the end of the stream."""
    fds = array.array("i")
    data, ancillary, _, _ = channel.recvmsg(65536, socket.CMSG_SPACE(2 * fds.itemsize))
    for level, kind, raw in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(raw[: len(raw) - len(raw) % fds.itemsize])
    while data and not data.endswith(b"\n"):
        data += channel.recv(65536)
    return (json.loads(data.decode("utf-8")), list(fds)) if data else (None, [])
