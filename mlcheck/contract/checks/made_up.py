"""What a model is not blamed for: values that mlcheck made up, since nothing tells the real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases import Case, show_value
from mlcheck.contract.checks.answering import failure
from mlcheck.contract.compare import row_count, take_rows
from mlcheck.contract.data import Frame
from mlcheck.contract.learned import Learned
from mlcheck.contract.outcome import Answered, Outcome, Raised
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace

_TELL: Final = "save the model with an input example, or name the real values in [tool.mlcheck.domain]"
_A_WORD: Final = 3


def taught(model: ModelUnderTest, learned: Learned) -> Problem:
    """Return the problem of plain values that a model raises on, though it answers the others that were learned."""
    problem = failure(model, learned.rejected, learned.outcome, "typical input")
    return replace(
        problem,
        message=f"{problem.message[:300]}, yet it answers other values: nothing tells which ones are real",
        hint=f"{_TELL}; it was tested with {_listing(learned.settings)}",
        subject="values that nothing tells",
        severity=Severity.WARNING,
    )


def _listing(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the first inputs with their values."""
    shown = [
        f"{name!r} from {show_value(found['min'])} to {show_value(found['max'])}"
        if "min" in found
        else f"{name!r} as {' or '.join(map(show_value, found['choices'][:2]))}"
        for name, found in list(settings.items())[:3]
    ]
    return ", ".join(shown) + (", …" if len(settings) > len(shown) else "")


def lower_if_made_up(model: ModelUnderTest, problem: Problem, case: Case, outcome: Outcome) -> Problem:
    """Return a warning where the model complains of a value that mlcheck made up, since nothing told a real one."""
    if not isinstance(outcome, Raised) or (model.learned is None and model.domain.sources != {"plain"}):
        return problem
    if _names_a_word(outcome, case) or _depends_on_values(model, case):
        return replace(problem, severity=Severity.WARNING, hint=_TELL)
    return problem


def _depends_on_values(model: ModelUnderTest, case: Case) -> bool:
    """Tell whether one row alone makes the model raise, while another one alone is still answered."""
    if case.params is not None or not isinstance(case.data, (Frame, list, np.ndarray)):
        return False
    rows = (Case(take_rows(case.data, [row]), None, case.kind, case.intent) for row in range(row_count(case.data) or 0))
    if not any(isinstance(model.ask(row), Raised) for row in rows):
        return False
    return isinstance(model.ask_again(model.enumerated_typical_cases[0]), Answered)


def _names_a_word(outcome: Raised, case: Case) -> bool:
    """Tell whether the message has one of the texts given: as a word of its own, or in quotes what may be any word."""
    columns = case.data.columns if isinstance(case.data, Frame) else ()
    words = {value for column in columns for value in column.values if isinstance(value, str) and value}
    said = outcome.error.message
    return any(
        repr(word) in said or (len(word) >= _A_WORD and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said))
        for word in words
    )
