"""Finds the smallest typical input on which a check fails; the one that was saved is tried first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mlcheck.contract.cases import Case, typical
from mlcheck.contract.drawing import shrink
from mlcheck.contract.outcome import TimedOut
from mlcheck.contract.under_test import ModelUnderTest

T = TypeVar("T")


def find_typical(model: ModelUnderTest, find: Callable[[Case], T | None]) -> tuple[Case, T] | None:
    """Return the smallest typical case for which `find` returns something, with what it returned.

    The one that was saved when the check failed last is tried first.
    """
    again = _find_saved(model, find)
    if again is not None:
        return again
    for case in model.typical_cases:
        found = find(case)
        if found is not None:
            # What hangs is shown as it is: each attempt at a smaller one would take as long again
            smaller = None if isinstance(found, TimedOut) else _shrink(model, find)
            model.saved.keep(model.check, (smaller or (case, found))[0])
            return smaller or (case, found)
    return None


def _shrink(model: ModelUnderTest, find: Callable[[Case], T | None]) -> tuple[Case, T] | None:
    return shrink(typical(model.domain), find, model.settings.max_examples, model.seed)


def _find_saved(model: ModelUnderTest, find: Callable[[Case], T | None]) -> tuple[Case, T] | None:
    case = model.saved.get(model.check, model.domain)
    found = find(case) if case is not None and model.verdict(case).kind == "accept" else None
    if case is None or found is None:
        model.saved.forget(model.check)
        return None
    model.tally.replayed += 1
    return case, found
