"""Tries the edge values of a model: one by one, or, of more than a few columns, many of them in one call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mlcheck.contract.cases import Cases, edge_case, edge_cases, edge_edits, edges_together, spread_edits
from mlcheck.contract.outcome import Answered, Died, TimedOut
from mlcheck.signature import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlcheck.contract.cases import Case, Edit
    from mlcheck.contract.under_test import ModelUnderTest

_ONE_BY_ONE: Final = 100
_FIRST: Final = 50
_MOST_CULPRITS: Final = 5
_MOST_CALLS: Final = 60
_MOST_LATE: Final = 5


@dataclass(frozen=True, slots=True)
class Edges:
    """Cases of one edge value each, and cases of many, all of which are answered."""

    cases: Cases
    together: tuple[Case, ...] = ()


def find_edges(model: ModelUnderTest) -> Edges:
    """Return the edge cases that tell how the model takes the edge values of its signature.

    Up to a hundred are all there are. Of more, those of one column of each type are tried one by one; what is not
    answered there is tried in the other columns as well; and all else is put into a few calls. What is in a call
    that is not answered is halved until one value is left, and all values of that column are among the cases.
    What no call can share (tensors, values inside of nested columns, params, numbers of rows) is tried one by one.
    """
    everything = edge_cases(model.domain, limit=model.enumerated)
    columns = edge_edits(model.domain)
    if everything.total <= _ONE_BY_ONE or not columns or model.one_by_one or not model.loaded:
        return Edges(everything)
    first = edge_cases(model.domain, limit=_FIRST)
    rejected = _find_rejected(model, first)
    if rejected is None:
        return Edges(first)
    alike, others = _sort_rest(model, columns, first, rejected)
    search = _Search(model)
    for edits in spread_edits(others):
        search.among([edit for edit in edits if edit.name not in search.culprits])
    more = alike[:: len(alike) // (model.enumerated // 2) + 1]
    more += [edit for edits in others for edit in edits if edit.name in search.culprits]
    apart = _apart(everything, first, {edit.name for edits in columns for edit in edits})
    cases = (*first, *apart, *(edge_case(model.domain, edit) for edit in more), *search.unsolved)
    return Edges(replace(first, cases=cases), tuple(search.answered))


def _apart(everything: Cases, first: Cases, shared: set[object]) -> Iterator[Case]:
    """Yield the cases beside the first that are not about one value of one of the columns that share calls."""
    known = {_describe(case) for case in first}
    for case in everything:
        in_column = case.intent.place == "column" and case.intent.what == "value" and case.intent.name in shared
        if not in_column and _describe(case) not in known:
            yield case


def _describe(case: Case) -> tuple[object, ...]:
    intent = case.intent
    return intent.what, intent.place, intent.name, intent.where, intent.sentence, repr(intent.given)


def smallest(model: ModelUnderTest, case: Case, fails: Callable[[Case], bool]) -> Case:
    """Return the case of one value, or of as few as halving leads to, that fails as the case of many does."""
    edits = case.edits
    while case.intent.what == "together" and len(edits) > 1:
        halves = (edits[: len(edits) // 2], edits[len(edits) // 2 :])
        made = [_make(model, half) for half in halves]
        left = next((i for i, one in enumerate(made) if model.verdict(one).kind == "accept" and fails(one)), None)
        if left is None:
            break
        case, edits = made[left], halves[left]
    return case


def _make(model: ModelUnderTest, edits: Sequence[Edit]) -> Case:
    return edges_together(model.domain, edits) if len(edits) > 1 else edge_case(model.domain, edits[0])


def _find_rejected(model: ModelUnderTest, cases: Cases) -> set[tuple[str, str]] | None:
    """Return what is not answered, as (type, value); None where it ends the process or the time, which is enough."""
    types = _types(model)
    rejected = set()
    for case in model.ahead(cases):
        outcome = model.ask(case)
        if isinstance(outcome, (Died, TimedOut)):
            return None
        if not isinstance(outcome, Answered) and case.intent.what == "value":
            rejected.add((types.get(case.intent.name, ""), repr(case.intent.given)))
    return rejected


def _sort_rest(
    model: ModelUnderTest, columns: Sequence[Sequence[Edit]], first: Cases, rejected: set[tuple[str, str]]
) -> tuple[list[Edit], list[list[Edit]]]:
    """Return the edits that were not tried: those that another column of the type rejects, and by column the others."""
    types = _types(model)
    tried = {(case.intent.name, repr(case.intent.given)) for case in first}
    alike: list[Edit] = []
    others: list[list[Edit]] = []
    for edits in columns:
        rest = [edit for edit in edits if (edit.name, repr(edit.value)) not in tried]
        again = [(types[edit.name], repr(edit.value)) in rejected for edit in rest]
        alike += [edit for edit, is_rejected in zip(rest, again, strict=True) if is_rejected]
        others.append([edit for edit, is_rejected in zip(rest, again, strict=True) if not is_rejected])
    return alike, others


def _types(model: ModelUnderTest) -> dict[object, str]:
    return {item.name: str(item.spec.type) for item in model.domain.inputs if isinstance(item.spec, Column)}


class _Search:
    """Asks for many edge values at once and looks for the columns of those that are not answered."""

    def __init__(self, model: ModelUnderTest) -> None:
        self._model = model
        self._calls = 0
        self._late = 0
        self.culprits: set[object] = set()
        self.answered: list[Case] = []
        self.unsolved: list[Case] = []

    def among(self, edits: Sequence[Edit]) -> None:
        if not edits or self._calls >= _MOST_CALLS or self._late >= _MOST_LATE or len(self.culprits) >= _MOST_CULPRITS:
            return
        self._calls += 1
        case = _make(self._model, edits)
        if self._model.verdict(case).kind != "accept":
            return
        outcome = self._model.ask(case)
        if isinstance(outcome, Answered):
            self.answered.append(case)
            return
        self._late += isinstance(outcome, TimedOut)
        if len(edits) == 1:
            self.culprits.add(edits[0].name)
        elif self._late >= _MOST_LATE:
            self.unsolved.append(case)
        else:
            self.among(edits[: len(edits) // 2])
            self.among(edits[len(edits) // 2 :])
