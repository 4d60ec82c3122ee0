"""Predictions that a process makes while the next cases are still being thought of."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from mlcheck.contract.clock import OutOfTimeError
from mlcheck.contract.data import to_wire
from mlcheck.contract.outcome import Answered, Refused
from mlcheck.contract.session import Ending, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlcheck.contract.outcome import Outcome

MOST_WAITING: Final = 8
"""Cases that are sent before the answer to the first of them is waited for."""


class Ahead:
    """Sends cases to `predict` ahead of the answers to those before, up to eight of them.

    It is over with the first in which something breaks. The worker skips those behind it, so that what the model has
    printed and keeps in mind is as if they had not been sent.
    """

    def __init__(
        self, session: Session, read: Callable[[dict[str, Any] | Ending], Outcome], cap: Callable[[], float]
    ) -> None:
        """`read` makes an outcome of an answer, `cap` returns the seconds that there are for the next one."""
        self._session = session
        self._read = read
        self._cap = cap
        self._waiting: deque[Callable[[Outcome], None]] = deque()
        self._over = False

    def predict(self, data: object, params: object, keep: Callable[[Outcome], None]) -> None:
        """Send a case; `keep` is called with its outcome, unless something broke in one before."""
        if len(self._waiting) == MOST_WAITING:
            self._take()
        if self._over or self._session.over:
            return
        case = {"data": to_wire(data), "params": to_wire(params)}
        request = {"op": "predict", "ahead": bool(self._waiting), "closely": False, **case}
        try:
            self._over = self._session.send(request, self._cap()) is not None
        except OutOfTimeError:  # which is raised again for the next to ask
            self._session.end()
        self._waiting.append(keep)

    def finish(self) -> None:
        """Wait for the answers that are still to come."""
        while self._waiting:
            self._take()

    def _take(self) -> None:
        keep = self._waiting.popleft()
        if self._session.over:
            return
        try:
            answer = self._session.receive(self._cap())
            if isinstance(answer, dict) and answer["outcome"] == "skipped":
                return
            outcome = self._read(answer)
        except OutOfTimeError:
            self._session.end()
            return
        self._over = self._over or not isinstance(outcome, (Answered, Refused))
        keep(outcome)
