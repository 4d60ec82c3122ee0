"""One running model's process: requests and answers, and how it ended if it did not answer."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mlcheck.contract.channel import NO_FRAME, ChannelError, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlcheck.contract.forkserver import Child

T = TypeVar("T")

_END_SECONDS: Final = 10.0  # for the keeper to end a process and tell how it went
_BETWEEN: Final = "between two calls"
_NOTES: Final = {NO_FRAME: "the model wrote on a descriptor that is not its own", _BETWEEN: _BETWEEN}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended. `late` is the limit in seconds that had passed, None when it ended by itself.

    `exit_code` and `signal` (its name) are empty when it was ended from here.
    """

    late: float | None
    exit_code: int | None
    signal: str
    note: str
    stdout: str
    stderr: str


class Session:
    """A process that was started. It is over (`over`) once an Ending was returned or `end` was called."""

    def __init__(self, child: Child, timeout: float) -> None:
        """Wait for the keeper beside the process to say that it runs; raise TimeoutError or ChannelError."""
        self.over = False
        self.loaded = False
        self._child = child
        self._sent = 0
        self._received = 0
        child.control.receive(time.monotonic() + timeout)

    def ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any] | Ending:
        """Return the answer to a request, or how the process ended over it within `timeout` seconds.

        Whoever is interrupted has no process any more.
        """
        return self.send(request, timeout) or self.receive(timeout)

    def send(self, request: Mapping[str, Any], timeout: float) -> Ending | None:
        """Send a request, whose answer comes after those to all before it; return how the process ended, if it did."""
        return self._end_if_over(lambda: self._send(request, time.monotonic() + timeout), timeout)

    def receive(self, timeout: float) -> dict[str, Any] | Ending:
        """Return the next answer, or how the process ended over it within `timeout` seconds."""
        return self._end_if_over(lambda: self._await_answer(time.monotonic() + timeout), timeout)

    def _end_if_over(self, step: Callable[[], T], timeout: float) -> T | Ending:
        try:
            return step()
        except TimeoutError:
            return self._end_with("dump", late=timeout)
        except ChannelError as error:
            return self._end_with("now" if str(error) == NO_FRAME else "wait", note=_NOTES.get(str(error), ""))
        except BaseException:
            self.end()
            raise

    def fetch_output(self) -> Mapping[str, str]:
        """Return what the process has printed since the last request began: `stdout` and `stderr`."""
        control, deadline = self._child.control, time.monotonic() + _END_SECONDS
        with contextlib.suppress(TimeoutError, ChannelError):
            control.send({"op": "output"}, deadline)
            return {name: str(text) for name, text in control.receive(deadline).items()}
        return {}

    def end(self) -> None:
        """End the process and all that it has started."""
        if not self.over:
            self._end_with("now")

    def _send(self, request: Mapping[str, Any], deadline: float) -> None:
        is_first = self._sent == self._received
        if is_first and wait_for([self._child.control], 0):
            raise ChannelError(_BETWEEN)
        self._sent += 1
        try:
            self._child.data.send({**request, "id": self._sent}, deadline)
        except ChannelError:
            if is_first:  # else the one over which it ended is waited for, and so are the answers before
                raise

    def _await_answer(self, deadline: float) -> dict[str, Any]:
        """Return the next answer; raise ChannelError when the process is gone without one."""
        data, control = self._child.data, self._child.control
        while (answer := data.take()) is None:
            ready = wait_for([data, control], deadline)
            if not ready:
                raise TimeoutError
            # The keeper speaks unasked only at the end; what the process answered before is read first
            if not data.fill() and control in ready:
                raise ChannelError
        self._received += 1
        if answer.get("id") != self._received:
            raise ChannelError(NO_FRAME)
        return answer

    def _end_with(self, how: str, *, late: float | None = None, note: str = "") -> Ending:
        """Have the keeper end the process `now`, with a `dump` of where it is first, or `wait` for a dying one."""
        self.over = True
        end: dict[str, Any] = {}
        with contextlib.suppress(TimeoutError, ChannelError):
            end = self._order_end(how, time.monotonic() + _END_SECONDS)
        self._child.data.close()
        self._child.control.close()
        output = end.get("stdout", ""), end.get("stderr", "")
        return Ending(late, end.get("code"), end.get("signal", ""), note, *output)

    def _order_end(self, how: str, deadline: float) -> dict[str, Any]:
        control = self._child.control
        with contextlib.suppress(ChannelError):  # it has ended by itself, and the keeper's last word is waiting
            control.send({"op": "end", "how": how}, deadline)
        while (event := control.receive(deadline))["event"] != "ended":
            pass
        return event
