"""Learns from a model, where nothing else tells, what it takes: plain values that it answers, or well-known forms."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlcheck.contract.cases import base_case
from mlcheck.contract.cases.base import base_cell, has_data
from mlcheck.contract.domain import WHOLE_RANGES
from mlcheck.contract.domain.forms import FORMS
from mlcheck.contract.domain.inputs import leaves_of
from mlcheck.contract.outcome import Answered, Died, Raised, TimedOut
from mlcheck.signature import Column, Scalar, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlcheck.contract.cases import Case
    from mlcheck.contract.domain import Domain
    from mlcheck.contract.domain.inputs import Settings
    from mlcheck.contract.outcome import ModelError, Outcome
    from mlcheck.contract.under_test import ModelUnderTest

_ROWS: Final = 10
_MOST_CALLS: Final = 250
_MOST_SECONDS: Final = 10.0
_MOST_LOST: Final = 3
_TIMES: Final = 5
_NEVER_OF_VALUES: Final = ("NameError", "ImportError", "AttributeError", "NotImplementedError")
"""Exceptions that say that the model is broken, whatever it is given."""
_OF_VALUES: Final = ("UnboundLocalError", "'NoneType' object has no attribute")
"""But for a branch that no value has led to, and for what was looked for in a text and not found: `re.match(…)`."""

_FRAME: Final = re.compile(r'^ *File "(.*)", line (\d+), in (.*)$', re.MULTILINE)
_ORDERED: Final = frozenset({"integer", "long", "float", "double", "datetime"})


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model takes, as settings of its domain (none where that is not to be learned), and what it raises on.

    It is not `guessed` where the model itself shows which values it was fitted on.
    """

    settings: Settings
    rejected: Case
    outcome: Raised
    guessed: bool = True


def learn(model: ModelUnderTest, plain: Domain, make_domain: Callable[[Settings], Domain]) -> Learned | None:
    """Return what a model that raises on plain rows takes; None where it answers them all.

    Nothing is learned where it raises on whatever it is given, or now and then.
    """
    if not has_data(plain):
        return None
    cases = [base_case(plain, 1, row) for row in range(_ROWS)]
    if any(model.verdict(case).kind != "accept" for case in cases):
        return None
    failed: list[tuple[Case, Raised]] = []
    for case in model.ahead(cases):
        outcome = model.ask(case)
        if isinstance(outcome, Raised):
            failed.append((case, outcome))
        elif not isinstance(outcome, Answered):
            return None
    if not failed:
        return None
    rejected, outcome = failed[0]
    if _is_broken(outcome.error):
        return Learned({}, rejected, outcome)
    search = _Search(model, make_domain)
    rows = [row for row, case in enumerate(cases) if all(case is not other for other, _ in failed)]
    settings = (_narrow(plain, rows) if rows else {}) or search.find_form(plain, outcome.error)
    if not settings or not search.stays(rejected, settings):
        return Learned({}, rejected, outcome)
    return Learned(settings, rejected, outcome, guessed=settings is not search.known)


def _is_broken(error: ModelError) -> bool:
    return any(map(error.is_a, _NEVER_OF_VALUES)) and not any(words in str(error) for words in _OF_VALUES)


def _narrow(domain: Domain, rows: Sequence[int]) -> Settings:
    """Return the values of the rows as settings: the range of what has an order, the choices of what has none."""
    settings: dict[str, Mapping[str, Any]] = {}
    known = _scalars(domain)
    for position, item in enumerate(domain.inputs):
        if isinstance(item.spec, Column) and isinstance(item.spec.type, Scalar) and str(item.name) in known:
            values = [base_cell(item, row, position) for row in rows]
            ordered = item.spec.type.name in _ORDERED
            found = {"min": min(values), "max": max(values)} if ordered else {"choices": list(dict.fromkeys(values))}
            settings[str(item.name)] = found
    return settings


class _Search:
    def __init__(self, model: ModelUnderTest, make_domain: Callable[[Settings], Domain]) -> None:
        self._model = model
        self._make_domain = make_domain
        self._calls = 0
        self._seconds = 0.0
        self._lost = 0
        self.known: Settings = {}

    def find_form(self, plain: Domain, error: ModelError) -> Settings:
        """Return values of forms that are answered, for as few inputs as can be, or nothing.

        Columns whose categories the model shows have those. Another input keeps the form with which predict got
        further than before.
        """
        self.known = kept = _known_categories(self._model, plain)
        outcome = self._ask(kept) if kept else None
        if isinstance(outcome, Answered):
            return kept
        error = outcome.error if isinstance(outcome, Raised) else error
        trials = list(_trials(plain, kept))
        before = -1
        while before < len(kept):
            before = len(kept)
            for names, form in trials:
                if self._calls >= _MOST_CALLS or self._seconds >= _MOST_SECONDS or self._lost >= _MOST_LOST:
                    return {}
                settings = {**kept, **{name: {"choices": list(form)} for name in names}}
                outcome = self._ask(settings)
                if isinstance(outcome, Answered):
                    return self._without_idle(settings)
                if len(names) == 1 and isinstance(outcome, Raised) and _is_further(outcome.error, error):
                    kept, error = settings, outcome.error
        return {}

    def stays(self, rejected: Case, settings: Settings) -> bool:
        """Tell whether what was raised on is raised on again, and the rest still answered."""
        return all(
            isinstance(self._model.ask_again(rejected), Raised) and isinstance(self._ask(settings), Answered)
            for _ in range(_TIMES)
        )

    def _without_idle(self, settings: Settings) -> Settings:
        for name in settings if len(settings) > 1 else ():
            fewer = {other: found for other, found in settings.items() if other != name}
            if fewer and isinstance(self._ask(fewer), Answered):
                settings = fewer
        return settings

    def _ask(self, settings: Settings) -> Outcome:
        outcome = self._model.ask_again(base_case(self._make_domain(settings)))
        self._calls += 1
        self._seconds += outcome.seen.seconds
        # What is not answered in time takes the whole limit, and the model is loaded again after both
        self._lost += _MOST_LOST if isinstance(outcome, TimedOut) else isinstance(outcome, Died)
        return outcome


def _known_categories(model: ModelUnderTest, domain: Domain) -> Settings:
    known = model.process.find_categories()
    settings: dict[str, Mapping[str, Any]] = {}
    scalars = _scalars(domain)
    for item in domain.inputs:
        type_ = str(item.spec.type) if isinstance(item.spec, Column) else ""
        kind = {"string": str, "integer": int, "long": int}.get(type_)
        low, high = WHOLE_RANGES.get(type_, (0, 0))
        given: Iterator[Any] = (value for value in known.get(str(item.name), ()) if type(value) is kind)
        choices = [value for value in given if isinstance(value, str) or low <= value <= high]
        if choices and str(item.name) in scalars:
            settings[str(item.name)] = {"choices": choices}
    return settings


def _is_further(error: ModelError, before: ModelError) -> bool:
    """Tell whether an exception comes from a later line of the same function than the one before."""
    for (file, line, function), (other, other_line, other_function) in zip(
        _frames(error), _frames(before), strict=False
    ):
        if (file, line, function) != (other, other_line, other_function):
            return (file, function) == (other, other_function) and int(line) > int(other_line)
    return False


def _frames(error: ModelError) -> list[tuple[str, str, str]]:
    return _FRAME.findall(error.traceback)


def _trials(domain: Domain, known: Settings) -> Iterator[tuple[list[str], tuple[Any, ...]]]:
    """Yield inputs and the values to try in them: all inputs of a type that are not known together, then one by one."""
    leaves = {name: scalar for name, scalar in _scalars(domain).items() if name not in known}
    whole = {
        str(item.name): np.iinfo(item.spec.dtype)
        for item in domain.inputs
        if isinstance(item.spec, Tensor) and leaves.get(str(item.name)) and np.dtype(item.spec.dtype).kind in "iu"
    }
    for alone in (False, True)[: len(leaves)]:
        for scalars, families in FORMS.items():
            names = [name for name, scalar in leaves.items() if scalar in scalars]
            for family in families:
                fit = [one for one in names if one not in whole or max(family) <= whole[one].max]
                yield from (([name], family) for name in fit) if alone else [(fit, family)] if fit else ()


def _scalars(domain: Domain) -> dict[str, str]:
    """Return the scalar types by the names that settings have for them, but for names of two things."""
    found = [
        (".".join((str(item.name), *path)), scalar)
        for item in domain.inputs
        for path, scalar in leaves_of(item.spec).items()
    ]
    uses = Counter(name for name, _ in found)
    return {name: scalar for name, scalar in found if uses[name] == 1}
