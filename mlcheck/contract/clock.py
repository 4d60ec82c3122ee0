"""The time that one model may take in all, beside the limits of single calls."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class OutOfTimeError(Exception):
    """The time for the model is over; what came of the call at hand is unknown."""


class Clock:
    """Counts the seconds spent inside of `with clock:`, of which there are `limit` in all (0: as many as it takes).

    Only time with this model counts: pytest may run other things in between.
    """

    def __init__(self, limit: float = 0.0) -> None:
        self.limit = limit
        self._spent = 0.0
        self._began: float | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._spent, self._began = self.spent, None

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return self._spent + (time.monotonic() - self._began if self._began is not None else 0.0)

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return 0 < self.limit <= self.spent

    @property
    def error(self) -> OutOfTimeError:
        """What to raise when there is no time left."""
        return OutOfTimeError(f"the {self.limit:g} s for this model are over")

    def cap(self, seconds: float) -> float:
        """Return how long a call with a limit of its own may take; raises `OutOfTimeError` when no time is left."""
        left = self.limit - self.spent if self.limit else math.inf
        if left <= 0:
            raise self.error
        return min(seconds, left)
