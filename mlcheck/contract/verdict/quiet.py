"""Keeps what pandas and numpy warn of, when data is only judged, from the user and from `-W error`."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore every warning inside; for short stretches, as the filters are those of the whole process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
