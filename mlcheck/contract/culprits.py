"""Finds among thousands of edge values those that a model does not answer, in few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlcheck.contract.cases import edge_case, edge_edits, edges_together
from mlcheck.contract.outcome import Answered, Died, TimedOut
from mlcheck.signature import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlcheck.contract.cases import Case, Edit
    from mlcheck.contract.under_test import ModelUnderTest

_MOST: Final = 5
_MOST_CALLS: Final = 40
_MOST_LATE: Final = 5


def find_culprits(model: ModelUnderTest, tried: Iterable[Case]) -> list[Case]:
    """Return the edge cases of the columns, besides those tried, of which one is not answered: a few at the most.

    All values that are answered in some column of their type are put into one call; what is in a call that is not
    answered is halved until one value is left. Where that takes too long, the case is one of many values.
    """
    done: set[tuple[object, str]] = set()
    failing: set[tuple[object, str]] = set()
    types: dict[object, str] = {
        item.name: str(item.spec.type) for item in model.domain.inputs if isinstance(item.spec, Column)
    }
    for case in model.ahead(tried):
        outcome = model.ask(case)
        if isinstance(outcome, (Died, TimedOut)):
            return []  # there is a fault to tell of, and each such call takes long
        done.add((case.intent.name, repr(case.intent.given)))
        if not isinstance(outcome, Answered):
            failing.add((types.get(case.intent.name), repr(case.intent.given)))
    edits = [
        edit
        for edit in edge_edits(model.domain)
        if (edit.name, repr(edit.value)) not in done and (types[edit.name], repr(edit.value)) not in failing
    ]
    search = _Search(model)
    names = {edit.name for edit in search.among(edits)}
    return [edge_case(model.domain, edit) for edit in edits if edit.name in names] + search.unsolved


class _Search:
    def __init__(self, model: ModelUnderTest) -> None:
        self._model = model
        self._calls = 0
        self._late = 0
        self.unsolved: list[Case] = []

    def among(self, edits: Sequence[Edit]) -> list[Edit]:
        """Return edits each of which alone is not answered."""
        if not edits or self._calls >= _MOST_CALLS or self._late >= _MOST_LATE:
            return []
        self._calls += 1
        case = edges_together(self._model.domain, edits)
        if self._model.verdict(case).kind != "accept":
            return []
        outcome = self._model.ask(case)
        if isinstance(outcome, Answered):
            return []
        self._late += isinstance(outcome, TimedOut)
        if len(edits) == 1:
            return list(edits)
        if self._late >= _MOST_LATE:
            self.unsolved.append(case)
            return []
        half = len(edits) // 2
        found = self.among(edits[:half])
        return found if len(found) >= _MOST else found + self.among(edits[half:])
