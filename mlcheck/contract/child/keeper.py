"""The process beside a model's process: forks it, drains what it prints, ends it and all it has started.

It runs no code of the model's, so it can always act: when the parent asks, when the model dies, and when the
parent is gone, however that came about.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING

from ..worker import OUTPUT_MARK, read_frame, write_frame  # noqa: TID252 - see __main__
from .cleanup import remove_tree
from .entry import become_worker, prctl

if TYPE_CHECKING:
    from typing import Any

    Pipe = tuple[int, int]
    Request = dict[str, Any]

TAIL = 64 * 1024  # bytes kept of each of stdout and stderr
PAUSE_SECONDS = 0.02  # between two looks at pipes that hold little: each look takes a turn from the model
MUCH = 4096  # bytes at once, after which the next look comes without a pause
LAST_WORDS_SECONDS = 1.0  # for a dying model to be gone, a hanging one to write down where it is
END_SECONDS = 5.0  # for the kernel to end what was killed
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def keep(request: Request, data: int, control: int) -> None:
    """Start a model's process that talks over `data`, and mind it until it is gone or `control` is closed."""
    forkserver = os.getppid()
    os.setsid()
    prctl(SUBREAPER, 1)  # what the model leaves behind becomes our child, wherever it hides
    out, err = os.pipe(), os.pipe()
    wakeup = open_wakeup(signal.SIGTERM)
    keeper, pid = os.getpid(), os.fork()
    if pid == 0:
        become_worker(request, data, (out[1], err[1]), {control, out[0], err[0], *wakeup}, keeper)
    for fd in (data, out[1], err[1]):
        os.close(fd)
    minder = Keeper(pid, control, (out[0], err[0]), wakeup[0])
    minder.run()
    if minder.deserted and os.getppid() != forkserver:  # nobody else is left to do it
        remove_tree(request["root"])


def open_wakeup(*numbers: signal.Signals) -> Pipe:
    """Return a pipe that becomes readable whenever a child process ends, or at one of the signals."""
    reads, writes = os.pipe()
    for fd in (reads, writes):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *numbers):
        signal.signal(number, lambda *_: None)
    return reads, writes


class Keeper:
    """Minds one process: `run` returns when it and its children are gone."""

    def __init__(self, pid: int, control: int, pipes: Pipe, wakeup: int) -> None:
        self.deserted = False
        """Whether the parent is gone."""
        self._pid = pid
        self._control = control
        self._tails = dict.fromkeys(pipes, b"")
        self._open = set(pipes)
        self._wakeup = wakeup
        self._status: int | None = None
        self._gone = False
        self._busy = True

    def run(self) -> None:
        """Wait for the end of the process, or for an order to end it; then tell the parent, if there still is one."""
        for fd in self._open:
            os.set_blocking(fd, False)
        self._tell({"event": "started", "worker": self._pid, "keeper": os.getpid()})
        while self._status is None and self._step():
            pass
        status = self._status
        self._end_all()
        self._drain()
        self._tell(dict(_describe_status(status), event="ended", **self._describe_output()))

    def _step(self) -> bool:
        """Wait for something to happen and act on it; return False when the process is to be ended."""
        pipes, pause = (self._open, None) if self._busy else (set(), PAUSE_SECONDS)
        ready, _, _ = select.select([self._control, self._wakeup, *pipes], [], [], pause)
        self._busy = not ready or self._drain() >= MUCH
        if self._wakeup in ready and signal.SIGTERM in self._reap():  # the forkserver's order
            return False
        return self._control not in ready or self._obey(read_frame(self._control))

    def _obey(self, order: Request | None) -> bool:
        if order is None:
            self.deserted = True
        elif order["op"] == "output":
            self._drain()
            self._tell(dict(self._describe_output(), event="output"))
            return True
        elif order["how"] == "dump":
            self._dump()
        elif order["how"] == "wait":
            self._wait_for_end()
        return False

    def _dump(self) -> None:
        """Let faulthandler write where each thread is and go: SIGABRT works in the midst of C code, too."""
        _kill(os.kill, self._pid, signal.SIGABRT)
        self._wait_for_end()
        self._status = None  # how it ended is our doing

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while self._status is None and time.monotonic() < deadline:
            select.select([self._wakeup, *self._open], [], [], 0.05)
            self._drain()
            self._reap()

    def _drain(self) -> int:
        """Take what the pipes hold, a bounded amount at a time, and keep the end of it; return how much it was."""
        taken = 0
        for fd in list(self._open):
            for _ in range(16):
                try:
                    part = os.read(fd, TAIL)
                except BlockingIOError:
                    break
                if not part:
                    self._open.discard(fd)
                    break
                self._tails[fd] = (self._tails[fd] + part)[-TAIL:]
                taken += len(part)
        return taken

    def _reap(self) -> bytes:
        """Take note of children that have ended; return the numbers of the signals that came."""
        numbers = b""
        with contextlib.suppress(BlockingIOError):
            numbers = os.read(self._wakeup, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self._pid:
                    self._status, self._gone = status, True
        return numbers

    def _end_all(self) -> None:
        """Kill the process and all that it has started, until there is no child left."""
        deadline = time.monotonic() + END_SECONDS
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                _kill(os.killpg, self._pid)
                if not self._gone:  # it may have left its own group
                    _kill(os.kill, self._pid)
                for pid in _find_children(os.getpid()):
                    _kill(os.kill, pid)
                pid, _ = os.waitpid(-1, os.WNOHANG)
                self._gone = self._gone or pid == self._pid
                if pid == 0:
                    self._drain()
                    time.sleep(0.001)

    def _describe_output(self) -> dict[str, str]:
        texts = [tail.split(OUTPUT_MARK)[-1].decode("utf-8", "replace") for tail in self._tails.values()]
        return {"stdout": texts[0], "stderr": texts[1]}

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            write_frame(self._control, message)


def _kill(function: Any, pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        function(pid, number)


def _describe_status(status: int | None) -> dict[str, Any]:
    """Return the exit code or the signal; neither when the process was ended by us."""
    if status is None:
        return {"code": None, "signal": ""}
    if not os.WIFSIGNALED(status):
        return {"code": os.WEXITSTATUS(status), "signal": ""}
    number = os.WTERMSIG(status)
    try:
        return {"code": None, "signal": signal.Signals(number).name}
    except ValueError:
        return {"code": None, "signal": f"signal {number}"}


def _find_children(parent: int) -> list[int]:
    """Return the ids of a process's children; none where there is no /proc."""
    names = os.listdir("/proc") if os.path.isdir("/proc/self") else []
    return [int(name) for name in names if name.isdigit() and _read_parent(name) == parent]


def _read_parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return int(stream.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return -1
