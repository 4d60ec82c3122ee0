"""A model in a process of its own, which may crash, hang or print without end: each of these is an outcome.

with ModelProcess(Path("models/churn")) as process:
    process.load()                                  # Answered(…), Raised(…), Died(…) or TimedOut(…)
    match process.predict(frame, {"threshold": 0.5}):
        case Answered(output=output):
            ...
        case Refused(error=error):                  # by enforcement: the model's own predict was not reached
            ...
"""

from __future__ import annotations

import contextlib
import select
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlcheck.contract.answers import Tidier, read_outcome
from mlcheck.contract.channel import NO_FRAME, ChannelError
from mlcheck.contract.data import to_wire
from mlcheck.contract.environment import clean_environment, pick_declared, place_folders
from mlcheck.contract.launcher import Child, StartError, get_forkserver
from mlcheck.contract.outcome import Answered, Died, Outcome, Seen, TimedOut
from mlcheck.contract.workspace import Workspace, make_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

__all__ = ["Limits", "ModelProcess", "Room", "StartError"]

_END_SECONDS: Final = 10.0  # for the keeper to end a process and tell how it went


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that things may take, and bytes of address space that the process may have (None: no limit)."""

    start: float = 120.0
    load: float = 120.0
    call: float = 60.0
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What surrounds the model: whether it has network, whether its folder is read-only, which variables it sees.

    `declared` are the names of environment variables that the model says it needs; those that are set here are
    handed on, all others are not.
    """

    network: bool = False
    read_only: bool = True
    declared: tuple[str, ...] = ()


@dataclass(slots=True)
class _Running:
    child: Child
    versions: Mapping[str, str]
    loaded: bool = False
    request: int = 0


class ModelProcess:
    """One model folder, copied and run in its own process; not for use by several threads at once.

    The process starts when it is first needed and is started again after a death. Every wait has a limit. `stop`
    (or leaving the `with` block) ends the process with all that it has started and removes its folders.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        python: str | None = None,
        hash_seed: int = 0,
        room: Room | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Take `folder`; `name` stands for it in texts, `python` is another interpreter (with mlflow) to use."""
        self.folder = folder
        self.name = name or str(folder)
        self.room = room or Room()
        self.limits = limits or Limits()
        self._python = python
        self._hash_seed = hash_seed
        self._workspace: Workspace | None = None
        self._running: _Running | None = None

    def __enter__(self) -> ModelProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what can be asked -------------------------------------------------------------------------------

    def load(self, timeout: float | None = None) -> Outcome:
        """Load the model with `mlflow.pyfunc.load_model` in a fresh process."""
        self._end()
        running = self._start()
        outcome = self._ask_once({"op": "load"}, timeout or self.limits.load)
        running.loaded = isinstance(outcome, Answered)
        return outcome

    def predict(
        self, data: object, params: object = None, *, timeout: float | None = None, watch: bool = True
    ) -> Outcome:
        """Return what comes of `predict(data, params)`; described or real data. Loads the model if need be.

        With `watch`, `seen.input_changed` tells whether the model changed the caller's data.
        """
        request = {"op": "predict", "data": to_wire(data), "params": to_wire(params), "watch": watch}
        return self._make_ready() or self._ask_once(request, timeout or self.limits.call)

    # --- life of the process -----------------------------------------------------------------------------

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of python, mlflow, numpy and pandas in the process, which is started if need be."""
        return (self._running or self._start()).versions

    def restart(self, hash_seed: int | None = None) -> None:
        """End the process; the next call has a new one, with another seed for the hashes of str if given."""
        self._end()
        if hash_seed is not None:
            self._hash_seed = hash_seed

    def stop(self) -> None:
        """End the process and remove the copy of the folder."""
        self._end()
        if self._workspace is not None:
            self._workspace.remove()
            self._workspace = None

    def _make_ready(self) -> Outcome | None:
        """Return None once the model is loaded, else what came of loading it."""
        if self._running is not None and self._running.loaded:
            return None
        outcome = self.load()
        return None if isinstance(outcome, Answered) else outcome

    def _start(self) -> _Running:
        server = get_forkserver(self._python, self._hash_seed, timeout=self.limits.start)
        if self._workspace is None:
            root = Path(tempfile.mkdtemp(prefix="model-", dir=server.root))
            self._workspace = make_workspace(self.folder, root)
        child = server.start(self._describe_room(self._workspace))
        child.control.receive(time.monotonic() + self.limits.start)
        self._running = _Running(child, server.versions)
        return self._running

    def _describe_room(self, workspace: Workspace) -> dict[str, object]:
        environment = clean_environment(self._hash_seed) | place_folders(workspace.root)
        return {
            "model": str(workspace.model),
            "cwd": str(workspace.root / "cwd"),
            "env": environment | pick_declared(self.room.declared),
            "network": self.room.network,
            "read_only": self.room.read_only,
            "memory": self.limits.memory,
        }

    def _end(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        with contextlib.suppress(TimeoutError, ChannelError):
            _order_end(running.child, dump=False)
        running.child.data.close()
        running.child.control.close()

    # --- one request and its answer ----------------------------------------------------------------------

    def _ask_once(self, request: dict[str, Any], timeout: float) -> Outcome:
        answer = self._exchange(request, timeout)
        if not isinstance(answer, dict):
            return answer
        output = {} if answer["outcome"] == "answered" else self._fetch_output()
        return read_outcome(answer, request["op"], self._tidier, output)

    def _exchange(self, request: dict[str, Any], timeout: float) -> dict[str, Any] | Died | TimedOut:
        running, op, deadline = self._running, request["op"], time.monotonic() + timeout
        assert running is not None
        running.request += 1
        try:
            running.child.data.send(request | {"id": running.request}, deadline)
            return self._await_answer(running, deadline)
        except TimeoutError:
            return TimedOut(timeout, self._see_end(op, dump=True)[1])
        except ChannelError as error:
            return self._describe_death(op, str(error))
        except BaseException:
            self._end()
            raise

    def _await_answer(self, running: _Running, deadline: float) -> dict[str, Any]:
        """Return the next answer; raise ChannelError when the process is gone without one."""
        child = running.child
        while (answer := child.data.take()) is None:
            left = max(0.0, deadline - time.monotonic())
            ready = select.select([child.data, child.control], [], [], left)[0]
            if not ready:
                raise TimeoutError
            if not child.data.fill() and child.control in ready:
                raise ChannelError("")
        if answer.get("id") != running.request:
            raise ChannelError(NO_FRAME)
        return answer

    def _describe_death(self, op: str, error: str) -> Died:
        end, seen = self._see_end(op, dump=False)
        if error == NO_FRAME:
            return Died(note="the model wrote on a descriptor that is not its own", seen=seen)
        if end.get("code") is None and not end.get("signal"):
            return Died(note="the model closed a descriptor that is not its own", seen=seen)
        return Died(end["code"], end["signal"], seen=seen)

    def _see_end(self, op: str, *, dump: bool) -> tuple[dict[str, Any], Seen]:
        """End the process if it has not ended; return what the keeper says of it."""
        running, self._running = self._running, None
        assert running is not None
        end: dict[str, Any] = {}
        with contextlib.suppress(TimeoutError, ChannelError):
            end = _order_end(running.child, dump=dump)
        running.child.data.close()
        running.child.control.close()
        tidy = self._tidier.tidy
        return end, Seen(op=op, stdout=tidy(end.get("stdout", "")), stderr=tidy(end.get("stderr", "")))

    def _fetch_output(self) -> dict[str, Any]:
        """Return what the process printed since the last request began."""
        assert self._running is not None
        control, deadline = self._running.child.control, time.monotonic() + _END_SECONDS
        with contextlib.suppress(TimeoutError, ChannelError):
            control.send({"op": "output"}, deadline)
            return control.receive(deadline)
        return {}

    @property
    def _tidier(self) -> Tidier:
        assert self._workspace is not None
        return Tidier(((str(self._workspace.model), self.name), (str(self._workspace.root), "<temp>")))


def _order_end(child: Child, *, dump: bool) -> dict[str, Any]:
    """Have the keeper end the process; return its last word. With `dump` the process writes where it is first."""
    deadline = time.monotonic() + _END_SECONDS
    with contextlib.suppress(ChannelError):  # it has ended by itself: the last word is waiting
        child.control.send({"op": "end", "dump": dump}, deadline)
    while True:
        event = child.control.receive(deadline)
        if event["event"] == "ended":
            return event
