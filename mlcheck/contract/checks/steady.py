"""What a check may build on: a typical row that is answered, and an answer that stays the same when asked again."""

from __future__ import annotations

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.compare import difference
from mlcheck.contract.outcome import Answered
from mlcheck.contract.under_test import ModelUnderTest


def needs_typical_row(model: ModelUnderTest) -> None:
    """Skip the check where one plain row is not answered: every variation of it would only say so again."""
    for case in model.enumerated_typical_cases[:1]:
        if model.verdict(case).kind == "accept" and not isinstance(model.ask(case), Answered):
            raise CheckSkipped("typical input is not answered: see accepts-typical-input")


def stays(model: ModelUnderTest, case: Case, output: object) -> bool:
    """Tell whether a case still has this output; where it has not, the case is kept for `MLC901` to report.

    A model that changes its mind would else be blamed for whatever was varied between its two answers.
    """
    for _ in range(2):
        again = model.ask_again(case)
        if not isinstance(again, Answered) or difference(output, again.output) is not None:
            model.unsteady.append((case, output))
            return False
    return True
