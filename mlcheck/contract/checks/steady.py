"""What a check may build on: a typical row that is answered, rows that are counted, an answer that stays the same."""

from __future__ import annotations

from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.compare import difference, row_count, take_rows
from mlcheck.contract.data import Frame
from mlcheck.contract.failure import explain
from mlcheck.contract.outcome import Answered, Outcome
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.signature import is_column_schema, is_tensor_schema

_NOT_PER_ROW: Final = frozenset({"pmdarima", "prophet", "diviner"})
"""Flavors whose predict returns a forecast of a length that the input asks for."""

_SINGLES: Final = 7


def needs_typical_row(model: ModelUnderTest) -> None:
    """Skip the check where one plain row is not answered: every variation of it would only say so again."""
    for case in model.enumerated_typical_cases[:1]:
        if model.verdict(case).kind == "accept" and not isinstance(model.ask(case), Answered):
            raise CheckSkipped("typical input is not answered: see accepts-typical-input")


def is_library_model(model: ModelUnderTest) -> bool:
    """Tell whether predict is the library's own, behind MLflow's flavor for it, and not the author's."""
    loader = model.folder.pyfunc.get("loader_module")
    return isinstance(loader, str) and loader.startswith("mlflow.") and not loader.startswith("mlflow.pyfunc.")


def other_answer(output: object, outcome: Outcome) -> str | None:
    """Return how the outcome differs from the output that was to come again, `None` where it does not."""
    if isinstance(outcome, Answered):
        return difference(output, outcome.output, tolerance_bytes=4)
    return explain(outcome)


def stays(model: ModelUnderTest, case: Case, output: object) -> bool:
    """Tell whether a case still has this output; where it has not, the case is kept for `MLC901` to report.

    A model that changes its mind would else be blamed for whatever was varied between its two answers. One that does
    so now and then is more likely to show it with many rows.
    """
    if model.unsteady:
        return False
    many = model.enumerated_typical_cases[-1:]
    known = [(one, model.ask(one)) for one in many if model.verdict(one).kind == "accept"]
    pairs = [(case, output), *((one, outcome.output) for one, outcome in known if isinstance(outcome, Answered))]
    for one, before in pairs * 2:
        again = model.ask_again(one)
        if not isinstance(again, Answered) or difference(before, again.output) is not None:
            model.unsteady.append((one, before))
            return False
    return True


def input_rows(model: ModelUnderTest, case: Case) -> int | None:
    """Return how many rows the input has, `None` where the signature does not speak of rows."""
    inputs = model.signature.inputs if model.signature else None
    if _NOT_PER_ROW & model.folder.flavors.keys():
        return None
    if is_tensor_schema(inputs) and any(spec.shape[:1] != (-1,) for spec in inputs):
        return None
    if is_column_schema(inputs) and not isinstance(case.data, (Frame, list)):
        return None
    return row_count(case.data)


def answers_by_row(model: ModelUnderTest) -> bool:
    """Tell whether the model can be meant to answer row by row: False for a forecast, or a summary of all rows.

    A forecast answers several rows even to a single one, whichever it is. A summary has as many rows whatever it is
    asked, and they depend on more than the first row.
    """
    sizes = [(case, _rows_of(model, case)) for case in model.enumerated_typical_cases]
    sizes = [(case, rows) for case, rows in sizes if rows is not None and input_rows(model, case)]
    if not sizes:
        return True
    largest = sizes[-1][0]
    singles = [_single(largest, row) for row in range(min(_SINGLES, input_rows(model, largest) or 0))]
    counts = [_rows_of(model, case) for case in singles]
    if counts and all(count is not None and count > 1 for count in counts):
        return False
    same = len({rows for _, rows in sizes}) == 1 and len(sizes) > 2
    return not (same and _depends_on_more(model, largest, singles[0]))


def _single(case: Case, row: int) -> Case:
    return Case(take_rows(case.data, [row]), case.params, "typical", case.intent)


def _rows_of(model: ModelUnderTest, case: Case) -> int | None:
    outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
    return row_count(outcome.output) if isinstance(outcome, Answered) else None


def _depends_on_more(model: ModelUnderTest, case: Case, first: Case) -> bool:
    whole, alone = model.ask(case), model.ask(first)
    if not (isinstance(whole, Answered) and isinstance(alone, Answered)):
        return False
    return difference(whole.output, alone.output, tolerance_bytes=4) is not None
