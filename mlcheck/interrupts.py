"""Interrupts (Ctrl-C, and SIGTERM as CI servers send it) that end a run wherever it is, and let it clean up."""

from __future__ import annotations

import signal
from types import FrameType

_SOON = 0.01  # seconds


def raise_interrupts(*numbers: signal.Signals) -> list[int]:
    """Have these signals raise `KeyboardInterrupt`; return the list that is going to hold those that have come.

    Python drops what is raised inside of a finalizer or of a callback of its garbage collector, and Hypothesis has
    such a callback. A signal that comes just then is raised a little later.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGALRM:
            came.append(number)
        if _is_dropped(frame):
            signal.signal(signal.SIGALRM, interrupt)
            signal.setitimer(signal.ITIMER_REAL, _SOON)
            return
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    return came


def _is_dropped(frame: FrameType | None) -> bool:
    """Return whether what is raised in the frame is dropped on the way up."""
    while frame is not None:
        if frame.f_code.co_name in {"gc_callback", "__del__"}:
            return True
        frame = frame.f_back
    return False
