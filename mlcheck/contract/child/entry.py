"""What happens in a model's process before its worker runs: session, streams, descriptors, clean room."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import types
from typing import TYPE_CHECKING

from ..worker import run_worker  # noqa: TID252 - see __main__
from . import sandbox

if TYPE_CHECKING:
    from typing import Any, NoReturn

    Pipe = tuple[int, int]
    Request = dict[str, Any]

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process, where the system knows it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def become_worker(request: Request, data: int, outputs: Pipe, foreign: set[int], keeper: int) -> NoReturn:
    """Go on as the model's process: `data` is its channel, `outputs` its stdout and stderr."""
    code = 70
    try:
        channel = _settle(data, outputs, foreign)
        sys.modules["__main__"] = types.ModuleType("__main__")  # a model's pickles must not find mlcheck there
        watch = sandbox.enter(request)
        prctl(DEATH_SIGNAL, signal.SIGKILL)  # after the namespaces, for new credentials take it back
        if os.getppid() == keeper:
            run_worker(channel, request["model"], watch, [channel + 1, channel + 2])
        code = 0
    except BaseException:  # noqa: BLE001 - it must not become a second keeper
        sys.excepthook(*sys.exc_info())
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
    finally:
        os._exit(code)


def _settle(data: int, outputs: Pipe, foreign: set[int]) -> int:
    """Give the model its own session, streams and signals; return where `data` now is, followed by the outputs.

    That is far up, where a model that closes the first few hundred descriptors does not get.
    """
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    channel = min(700, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 8)
    for place, fd in enumerate((data, *outputs)):
        os.dup2(fd, channel + place, inheritable=False)
    empty = os.open(os.devnull, os.O_RDONLY)
    for place, fd in enumerate((empty, *outputs)):
        os.dup2(fd, place)
    for fd in foreign | {data, empty, *outputs}:
        os.close(fd)
    return channel
