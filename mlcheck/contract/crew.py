"""The same work on several things at a time, each in one of a few processes, with results in the order of the things.

Processes and no threads: a check draws its cases with Hypothesis, which is Python code that holds the interpreter for
most of the time, and a model that brings a process of ours down must not take the others with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, Final, TypeVar, cast

from mlcheck.contract.launcher import Key, borrow_forkserver, lend_forkservers
from mlcheck.interrupts import raise_interrupts

Thing = TypeVar("Thing")
Result = TypeVar("Result")
Tell = Callable[[str, str], None]

_END_SECONDS: Final = 20.0  # for a process to end the models that it runs


def work_together(
    work: Callable[[Thing, Tell], Result], things: Sequence[Thing], jobs: int, tell: Tell | None = None
) -> Iterator[Result | str]:
    """Yield `work(thing, tell)` for each thing, or how the process ended that was at it.

    `work` is a function of a module; things and results can be pickled. What `work` raises is raised when its turn
    comes, and ends all others, as does an interrupt.
    """
    results: dict[int, object] = {}
    crew = _Crew(f"{work.__module__}:{work.__name__}", things, tell or tell_nobody)
    try:
        crew.start(jobs)
        for i in range(len(things)):
            while i not in results:
                results.update(crew.await_results())
            result = results.pop(i)
            if isinstance(result, BaseException):
                raise result
            yield cast("Result | str", result)
    finally:
        crew.end()


def tell_nobody(*_: str) -> None:
    """Let nobody know how far the work is."""


class _Crew:
    """Processes and what each of them is at."""

    def __init__(self, work: str, things: Sequence[Any], tell: Tell) -> None:
        self._work = work
        self._things = things
        self._tell = tell
        self._waiting = list(range(len(things)))
        self._at: dict[Connection, tuple[subprocess.Popen[bytes], int]] = {}
        self._leaving: list[subprocess.Popen[bytes]] = []

    def start(self, count: int) -> None:
        for _ in range(min(count, len(self._waiting))):
            self._hire()

    def _hire(self) -> None:
        ours, theirs = socket.socketpair()
        loans = lend_forkservers()
        given = [theirs, *(stream for _, stream in loans)]
        lent = json.dumps([(*key, stream.fileno()) for key, stream in loans])
        command = [sys.executable, "-c", _CHILD, self._work, str(theirs.fileno()), lent, *sys.path]
        try:
            # In a session of its own: an interrupt from the terminal comes by way of this process alone
            process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                pass_fds=[stream.fileno() for stream in given],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
            )
        finally:
            for stream in given:
                stream.close()
        self._give(Connection(ours.detach()), process)

    def _give(self, connection: Connection, process: subprocess.Popen[bytes]) -> None:
        thing = self._waiting.pop(0)
        self._at[connection] = (process, thing)
        with contextlib.suppress(OSError):  # it has ended, which is seen when it is asked
            connection.send(self._things[thing])

    def await_results(self) -> dict[int, object]:
        """Return results by number once there are any; processes get the next thing to do."""
        found: dict[int, object] = {}
        for connection in cast("list[Connection]", wait(list(self._at))):
            process, thing = self._at[connection]
            try:
                kind, *parts = connection.recv()
            except (EOFError, OSError):
                del self._at[connection]
                found[thing] = self._bury(connection, process)
                if self._waiting:
                    self._hire()
                continue
            if kind == "told":
                self._tell(*parts)
                continue
            found[thing] = parts[0]
            if self._waiting:
                self._give(connection, process)
            else:
                self._dismiss(connection)
        return found

    def _bury(self, connection: Connection, process: subprocess.Popen[bytes]) -> str:
        connection.close()
        code = process.wait()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _dismiss(self, connection: Connection) -> None:
        """Have a process end itself, with the models that it runs."""
        process, _ = self._at.pop(connection)
        connection.close()
        self._leaving.append(process)

    def end(self) -> None:
        """End all processes."""
        for connection in list(self._at):
            self._dismiss(connection)
        deadline = time.monotonic() + _END_SECONDS
        for process in self._leaving:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            process.kill()
            process.wait()


# What is importable here is importable there, and no more: `-c` alone would add the current folder
_CHILD: Final = (
    "import sys; name, descriptor, lent, sys.path[:] = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]; "
    "from mlcheck.contract.crew import be_member; be_member(name, descriptor, lent)"
)


def be_member(name: str, descriptor: int, lent: str) -> None:
    """Be one of the processes: do what comes over the descriptor until it is closed, then leave nothing behind.

    `lent` are the parent's forkservers, as JSON, with the descriptors by which to ask them.
    """
    gc.set_threshold(50_000)  # as the command itself has it
    for *key, number in json.loads(lent):
        borrow_forkserver(Key(*key), socket.socket(fileno=number))
    module, _, function = name.partition(":")
    connection = Connection(descriptor)
    tasks: SimpleQueue[Any] = SimpleQueue()
    raise_interrupts(signal.SIGINT)  # which is off in the background of a shell script
    threading.Thread(target=_listen, args=(connection, tasks), daemon=True).start()
    try:
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            work = getattr(importlib.import_module(module), function)
            while True:
                _do(work, tasks.get(), connection)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is leaving


def _listen(connection: Connection, tasks: SimpleQueue[Any]) -> None:
    """Hand over what comes; the end of it interrupts whatever is going on."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            tasks.put(connection.recv())
    os.kill(os.getpid(), signal.SIGINT)


def _do(work: Callable[[Any, Tell], Any], thing: Any, connection: Connection) -> None:
    try:
        result = work(thing, lambda *parts: connection.send(("told", *parts)))
    except Exception as error:  # noqa: BLE001 - raised again where the result is wanted
        result = error
    connection.send(("done", result))
