"""Forkservers, one for each interpreter and environment: started when first needed, ended with this process."""

from __future__ import annotations

import array
import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlcheck.contract.channel import Channel, ChannelError
from mlcheck.contract.child.cleanup import remove_tree
from mlcheck.contract.environment import clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHILD: Final = Path(__file__).parent / "child"
_END_SECONDS: Final = 20.0
# Elsewhere the system's own libraries do not bear a fork once numpy is imported
PRELOADS: Final = sys.platform == "linux"


class StartError(Exception):
    """No model can be started this way; the message says why."""


@dataclass(frozen=True, slots=True)
class Child:
    """A model's process: the channel to its worker, and the one to the keeper beside it."""

    data: Channel
    control: Channel


class Forkserver:
    """A process that forks a model's process at each `start`; `root` is the folder that goes when it goes.

    It imports what models need while its owner goes on; `await_ready` waits for that.
    """

    def __init__(self, python: str, hash_seed: int, *, preload: bool) -> None:
        self.owner = os.getpid()
        # Without symbolic links, so that the paths that a model sees are the ones that are asked for
        self.root = Path(tempfile.mkdtemp(prefix="mlcheck-")).resolve()
        self.versions: Mapping[str, str] = {}
        self._python = python
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        try:
            self._process = _spawn(python, hash_seed, self.root, theirs, preload=preload)
        except BaseException:
            self.close()
            raise
        finally:
            theirs.close()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked, by this process."""
        return self.owner == os.getpid() and self._process is not None and self._process.poll() is None

    def await_ready(self, timeout: float) -> None:
        """Wait until models can be started; raise StartError when there is no mlflow, or after `timeout` seconds."""
        if not self._ready:
            self._await_hello(timeout)

    def _await_hello(self, timeout: float) -> None:
        channel = Channel(self._socket.dup())
        try:
            hello = channel.receive(time.monotonic() + timeout)
        except TimeoutError:
            raise StartError(f"{self._python!r} has not imported mlflow within {timeout:g} s") from None
        except ChannelError:
            raise StartError(f"{self._python!r} ended before it was ready: {self._read_log()}") from None
        finally:
            channel.close()
            self._socket.setblocking(True)
        if not hello["ok"]:
            raise StartError(f"{self._python!r} cannot import mlflow: {hello['error']}")
        versions = hello["versions"]
        self.versions = versions if isinstance(versions, dict) else {}
        self._ready = True

    def _read_log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.root / "log").read_text("utf-8", "replace").strip()[-2000:]
        return ""

    def start(self, request: Mapping[str, object]) -> Child:
        """Fork a model's process as the request describes; raise StartError when the forkserver is gone."""
        data, worker_end = socket.socketpair()
        control, keeper_end = socket.socketpair()
        try:
            with self._lock:
                _send_with_descriptors(
                    self._socket, {**request, "root": str(self.root)}, [worker_end.fileno(), keeper_end.fileno()]
                )
        except OSError as error:
            data.close()
            control.close()
            raise StartError(f"the forkserver is gone: {self._read_log()}") from error
        finally:
            worker_end.close()
            keeper_end.close()
        return Child(Channel(data), Channel(control))

    def forget(self) -> None:
        """Let go of it in a forked child of the process that owns it."""
        self._socket.close()

    def close(self) -> None:
        """End it; it takes its models' processes and its folder with it."""
        self._socket.close()
        if self.owner != os.getpid():
            return
        if self._process is not None:
            self._end_process(self._process)
        remove_tree(str(self.root))

    def _end_process(self, process: subprocess.Popen[bytes]) -> None:
        if not self._ready:  # in the midst of importing: nothing has come of it yet
            process.kill()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _spawn(python: str, hash_seed: int, root: Path, theirs: socket.socket, *, preload: bool) -> subprocess.Popen[bytes]:
    # The user's own home here, for packages may be installed below it; a model gets another
    environment = clean_environment(hash_seed, python) | {"HOME": str(Path.home()), "TMPDIR": str(root)}
    command = [python, str(_CHILD), str(theirs.fileno()), str(root), "preload" if preload else "bare"]
    try:
        with (root / "log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - the user's own choice of interpreter
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=root,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
    except OSError as error:
        raise StartError(f"the interpreter {python!r} cannot be run: {error}") from error


def _send_with_descriptors(stream: socket.socket, request: Mapping[str, object], fds: list[int]) -> None:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
    body = json.dumps(request).encode("ascii") + b"\n"
    sent = stream.sendmsg([body], [rights])
    stream.sendall(body[sent:])


_servers: dict[tuple[str, int, bool], Forkserver] = {}
_KEPT: Final = 4
"""Forkservers of other interpreters than the one that is asked for that may wait to be used again."""

_servers_lock: Final = threading.Lock()


def get_forkserver(
    python: str | None = None, hash_seed: int = 0, *, preload: bool | None = None, timeout: float = 120.0
) -> Forkserver:
    """Return the forkserver for the interpreter (this one by default), starting it when there is none.

    With `preload` (the default where it is safe) it imports mlflow once for all models, else each model's
    process does so.

    Raises StartError when the interpreter is not there, has no mlflow, or takes longer than `timeout` seconds.
    """
    with _servers_lock:
        server = _get_or_spawn(python, hash_seed, preload=preload)
        try:
            server.await_ready(timeout)
        except BaseException:
            _close(server)
            raise
        return server


def prepare_forkserver(python: str | None = None, hash_seed: int = 0) -> None:
    """Start a forkserver that is going to be asked for, unless it runs, and do not wait for it."""
    with _servers_lock, contextlib.suppress(StartError):  # which is raised again where it is asked for
        _get_or_spawn(python, hash_seed)


def _get_or_spawn(python: str | None, hash_seed: int, *, preload: bool | None = None) -> Forkserver:
    if not hasattr(os, "fork"):
        raise StartError("models are run in processes that need fork: Linux, macOS or WSL")
    key = (python or sys.executable, hash_seed, PRELOADS if preload is None else preload)
    server = _servers.get(key)
    if server is not None and not server.alive:
        _close(server)
        server = None
    if server is None:
        _end_unused(key[0])
        server = Forkserver(key[0], hash_seed, preload=key[2])
    _servers[key] = _servers.pop(key, server)  # to the end: the longest unused come first
    return server


def _close(server: Forkserver) -> None:
    server.close()
    for key in [key for key, known in _servers.items() if known is server]:
        del _servers[key]


def _end_unused(python: str) -> None:
    """Make room for another one: each holds some hundred megabytes, and a tree may name many interpreters."""
    others = [key for key in _servers if key[0] not in {python, sys.executable}]
    for key in others[: max(0, len(others) - _KEPT)]:
        _servers.pop(key).close()


@atexit.register
def close_forkservers() -> None:
    """End all forkservers of this process, with the models' processes that are left."""
    with _servers_lock:
        while _servers:
            _servers.popitem()[1].close()


def _forget_forkservers() -> None:
    """In a forked child: the parent's end must not look open once the parent is gone."""
    for server in _servers.values():
        server.forget()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_forkservers)
