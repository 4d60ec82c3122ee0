"""The parent's side of a forkserver: starting one, asking it for models' processes, lending it to other processes."""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import subprocess
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
    from collections.abc import Mapping, Sequence

_CHILD: Final = Path(__file__).parent / "child"
_END_SECONDS: Final = 20.0


class StartError(Exception):
    """No model can be started this way; the message says why."""


@dataclass(frozen=True, slots=True)
class Child:
    """A model's process: the channel to its worker, and the one to the keeper beside it."""

    data: Channel
    control: Channel


class Forkserver:
    """A process that forks a model's process at each `start`; `root` is the folder that goes when it goes.

    It imports what models need while its owner goes on; `await_ready` waits for that. This one is somebody else's,
    lent by them.
    """

    def __init__(self, python: str, stream: socket.socket) -> None:
        self.root = Path()
        self.versions: Mapping[str, str] = {}
        self._python = python
        self._socket = stream
        self._lock = threading.Lock()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether it can still be asked, by this process."""
        return self._look() != b""

    def _look(self) -> bytes | None:
        """Return a byte of what it has said, none where it is gone, None where it has said nothing yet."""
        try:
            return self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def await_ready(self, timeout: float) -> None:
        """Wait until models can be started; raise StartError when there is no mlflow, or after `timeout` seconds."""
        if self._ready:
            return
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
        self.root = Path(str(hello["root"]))
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
                self._send({**request, "op": "start", "root": str(self.root)}, worker_end, keeper_end)
        except OSError as error:
            data.close()
            control.close()
            raise StartError(f"the forkserver is gone: {self._read_log()}") from error
        finally:
            worker_end.close()
            keeper_end.close()
        return Child(Channel(data), Channel(control))

    def lend(self, modules: Sequence[str] = ()) -> socket.socket:
        """Return a stream by which another process can ask it, too; raises OSError when it is gone.

        With `modules`, what is asked that way is a fork of it that has imported them.
        """
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._send({"op": "lend", "modules": list(modules)}, theirs)
        return ours

    def _send(self, request: Mapping[str, object], *streams: socket.socket) -> None:
        descriptors = array.array("i", [stream.fileno() for stream in streams])
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)
        body = json.dumps(request).encode("ascii") + b"\n"
        sent = self._socket.sendmsg([body], [rights])
        self._socket.sendall(body[sent:])

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()

    def forget(self) -> None:
        """Let go of it in a forked child of the process that has it."""
        self._socket.close()


class OwnForkserver(Forkserver):
    """A forkserver that this process has started, and ends."""

    def __init__(self, python: str, hash_seed: int, *, preload: bool) -> None:
        """Start it; raise StartError where there is no such interpreter."""
        ours, theirs = socket.socketpair()
        super().__init__(python, ours)
        self._owner = os.getpid()
        # Without symbolic links, so that the paths that a model sees are the ones that are asked for
        self.root = Path(tempfile.mkdtemp(prefix="mlcheck-")).resolve()
        self._process: subprocess.Popen[bytes] | None = None
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
        return self._owner == os.getpid() and self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End it; it takes its models' processes and its folder with it."""
        is_importing = not self._ready and self._look() is None
        self._socket.close()
        if self._owner != os.getpid():
            return
        if self._process is not None:
            self._end_process(self._process, at_once=is_importing)
        remove_tree(str(self.root))

    def _end_process(self, process: subprocess.Popen[bytes], *, at_once: bool) -> None:
        if at_once:  # nothing has come of it yet
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
