"""The process beside a model's process: forks it, drains what it prints, ends it and all it has started.

It runs no code of the model's, so it can always act: when the parent asks, when the model dies, and when the
parent is gone, however that came about.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import time

from . import sandbox
from ..worker import OUTPUT_MARK, read_frame, run_worker, write_frame

TAIL = 64 * 1024  # bytes kept of each of stdout and stderr
DUMP_SECONDS = 1.0  # for a hanging model to write down where it is
END_SECONDS = 5.0  # for the kernel to end what was killed
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
HIGH = 700  # descriptors that a model's closing of the low ones does not reach


def keep(request, data, control):
    """Start a model's process that talks over `data`, and mind it until it is gone or `control` is closed."""
    os.setsid()
    _prctl(SUBREAPER, 1)  # what the model leaves behind becomes our child, wherever it hides
    out, err = os.pipe(), os.pipe()
    wakeup = _open_wakeup()
    pid = os.fork()
    if pid == 0:
        _become_worker(request, data, control, (out, err), wakeup)
    for fd in (data, out[1], err[1]):
        os.close(fd)
    Keeper(pid, control, (out[0], err[0]), wakeup[0]).run()


def _open_wakeup():
    reads, writes = os.pipe()
    for fd in (reads, writes):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reads, writes


def _prctl(option, value):
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


# --- in the model's process --------------------------------------------------------------------------------------


def _become_worker(request, data, control, pipes, wakeup):
    code = 70
    try:
        _settle(data, control, pipes, wakeup)
        watch = sandbox.enter(request)
        run_worker(HIGH, request["model"], watch, [HIGH + 1, HIGH + 2])
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
    finally:
        os._exit(code)


def _settle(data, control, pipes, wakeup):
    """Give the model its own session, streams and signals; keep mlcheck's descriptors out of its way."""
    os.setsid()
    _prctl(DEATH_SIGNAL, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    (out_reads, out_writes), (err_reads, err_writes) = pipes
    for wanted, fd in ((HIGH, data), (HIGH + 1, out_writes), (HIGH + 2, err_writes)):
        os.dup2(fd, wanted, inheritable=False)
    empty = os.open(os.devnull, os.O_RDONLY)
    for wanted, fd in ((0, empty), (1, out_writes), (2, err_writes)):
        os.dup2(fd, wanted)
    for fd in {data, control, empty, out_reads, out_writes, err_reads, err_writes, *wakeup} - {0, 1, 2}:
        os.close(fd)


# --- in the keeper -----------------------------------------------------------------------------------------------


class Keeper:
    def __init__(self, pid, control, pipes, wakeup):
        self.pid = pid
        self.control = control
        self.tails = {fd: b"" for fd in pipes}
        self.open = set(pipes)
        self.wakeup = wakeup
        self.status = None

    def run(self):
        """Mind the process until it is gone; then tell the parent, if there still is one."""
        for fd in self.open:
            os.set_blocking(fd, False)
        self.tell({"event": "started", "worker": self.pid, "keeper": os.getpid()})
        while self.status is None and self.step():
            pass
        self.end_all()
        self.drain()
        self.tell(dict(self.describe_end(), event="ended", **self.describe_output()))

    def step(self):
        """Wait for something to happen and act on it; return False when the process is to be ended."""
        ready, _, _ = select.select([self.control, self.wakeup, *self.open], [], [])
        self.drain()
        if self.wakeup in ready:
            self.reap()
        return self.control not in ready or self.obey(read_frame(self.control))

    def obey(self, order):
        if order is None:  # the parent is gone
            return False
        if order["op"] == "output":
            self.drain()
            self.tell(dict(self.describe_output(), event="output"))
            return True
        if order.get("dump"):
            self.dump()
        return False

    def dump(self):
        """Let faulthandler write where each thread is, then go: SIGABRT works in the midst of C code, too."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGABRT)
        deadline = time.monotonic() + DUMP_SECONDS
        while self.status is None and time.monotonic() < deadline:
            select.select([self.wakeup, *self.open], [], [], 0.05)
            self.drain()
            self.reap()
        self.status = "killed"  # by us: how it ended says nothing

    def drain(self):
        """Take what the pipes hold, keeping the end of it."""
        for fd in list(self.open):
            for _ in range(16):
                try:
                    part = os.read(fd, TAIL)
                except BlockingIOError:
                    break
                if not part:
                    self.open.discard(fd)
                    break
                self.tails[fd] = (self.tails[fd] + part)[-TAIL:]

    def reap(self):
        with contextlib.suppress(BlockingIOError):
            os.read(self.wakeup, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid and self.status is None:
                self.status = status

    def end_all(self):
        """Kill the process and all that it has started, until there is no child left."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            for pid in find_children(os.getpid()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    self.drain()
                    time.sleep(0.001)
            except ChildProcessError:
                return

    def describe_end(self):
        if not isinstance(self.status, int):
            return {"code": None, "signal": ""}
        if os.WIFSIGNALED(self.status):
            return {"code": None, "signal": _name_signal(os.WTERMSIG(self.status))}
        return {"code": os.WEXITSTATUS(self.status), "signal": ""}

    def describe_output(self):
        texts = [tail.split(OUTPUT_MARK)[-1].decode("utf-8", "replace") for tail in self.tails.values()]
        return {"stdout": texts[0], "stderr": texts[1]}

    def tell(self, message):
        with contextlib.suppress(OSError):
            write_frame(self.control, message)


def _name_signal(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return "signal {}".format(number)


def find_children(parent):
    """Return the ids of a process's children; none where there is no /proc."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit() and _read_parent(name) == parent:
            found.append(int(name))
    return found


def _read_parent(pid):
    try:
        with open("/proc/{}/stat".format(pid), "rb") as stream:
            return int(stream.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return -1
