"""What a run over models is at, on one line of a terminal; nothing anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_WIDTH: Final = 80
_BAR: Final = 16


@contextmanager
def show_progress() -> Iterator[Callable[[int, str, str], None] | None]:
    """Give the function that is told how many models there are and what is at work, `None` where nobody looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _Line()
    try:
        yield line.show
    finally:
        line.clear()


class _Line:
    """A line that is written over: how many models are done of how many, and what is done with those at work."""

    def __init__(self) -> None:
        self._done = 0
        self._at: dict[str, str] = {}

    def show(self, models: int, model: str, check: str) -> None:
        """Say that a check is at work on a model, or that the model is done where there is no check."""
        if check:
            self._at[model] = check
        else:
            self._at.pop(model, None)
            self._done += 1
        filled = _BAR * self._done // models
        bar = f"[{'#' * filled}{'-' * (_BAR - filled)}] {self._done} of {models}"
        self._write(" · ".join([bar, *(f"{name}: {what}" for name, what in self._at.items())]))

    def clear(self) -> None:
        """Leave nothing on the line."""
        self._write("")

    def _write(self, text: str) -> None:
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or _WIDTH  # some terminals say 0
        except (OSError, ValueError):
            columns = _WIDTH
        clean = "".join(char if char.isprintable() else "?" for char in text)
        sys.stderr.write(f"\r\x1b[2K{clean[: columns - 1]}")
        sys.stderr.flush()
