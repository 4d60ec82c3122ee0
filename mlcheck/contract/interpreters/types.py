"""An interpreter that models are run with, and the two ways in which there may be none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mlcheck.finding import Location

CURRENT: Final = "current"
DECLARED: Final = "uv"
"""What `--env` takes besides paths: the interpreter that mlcheck runs with, and what the folder declares, by uv."""

OLDEST: Final = (3, 8)
"""The oldest Python that runs `contract/worker.py`."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter to run a model with; `python` is its path, `None` for the one that mlcheck runs with.

    declared: whether it is of the environment that the folder declares.
    build_seconds: what building that took in this run, 0 where it was there before.
    notes: what the reader of a report must know about it.
    """

    python: str | None = None
    declared: bool = False
    build_seconds: float = 0.0
    notes: tuple[str, ...] = ()


class NoInterpreterError(Exception):
    """There is none to be had, for a reason that is not the model's; the message names the reason and the remedy."""


class DeclarationError(Exception):
    """What the folder declares cannot be had by anybody: the message says why, `location` where it is declared.

    words: the essential lines of what the tool that tried has said.
    """

    def __init__(self, message: str, location: Location, *, hint: str = "", words: str = "") -> None:
        super().__init__(message)
        self.location = location
        self.hint = hint
        self.words = words
