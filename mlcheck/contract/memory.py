"""What came of cases, remembered so that checks which look at the same cases do not ask twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from mlcheck.contract.cases import Case
from mlcheck.contract.data import to_wire

T = TypeVar("T")

_MOST: Final = 5000


class ById(Generic[T]):
    """What is known of cases; a case is known again by being the same object."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Case, T]] = {}

    def __contains__(self, case: Case) -> bool:
        return id(case) in self._known

    def get(self, case: Case, make: Callable[[Case], T]) -> T:
        """Return what is known of the case, made when it is not."""
        known = self._known.get(id(case))
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[id(case)] = (case, make(case))  # holding the case keeps its id from being used again
        return known[1]


class ByContent(Generic[T]):
    """What is known of cases; a case is known again by its data and params."""

    def __init__(self) -> None:
        self._known: dict[str, T] = {}

    def get(self, case: Case, make: Callable[[Case], T]) -> T:
        """Return what is known of the case, made when it is not."""
        key = _key(case)
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = make(case)
        return self._known[key]


def _key(case: Case) -> str:
    text = json.dumps([to_wire(case.data), to_wire(case.params)], default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
