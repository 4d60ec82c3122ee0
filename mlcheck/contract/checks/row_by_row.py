"""Family 9xx: each row gets its own prediction, whatever stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.behaviour import answered_cases, needs_determinism
from mlcheck.contract.checks.missing import missing_alone, put_between_others
from mlcheck.contract.checks.promised import has_both
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.checks.steady import answers_by_row, input_rows, other_answer, stays
from mlcheck.contract.compare import concatenate, difference, row_count, take_rows
from mlcheck.contract.data import Frame
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature

_BATCH: Final = (
    "do not compute statistics over the batch in predict, store them at training time; of a model that is meant to "
    "compare the rows of one request, ignore this finding with the reason"
)
_ORDER: Final = "give the predictions back in the order of the rows: restore it after a sort, a groupby or a merge"


def _per_row(signature: Signature | None) -> bool:
    return has_both(signature) or (signature is not None and signature.inputs is not None)


@check("MLC903", Severity.ERROR, since="0.1.0", applies=_per_row)
def rows_are_independent(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when one call on many rows equals one call for each row.

    ## What is done
    The rows of a typical input are predicted together and one by one, and the outputs compared. Then a row with a
    missing value is predicted alone and between two others.

    ## Why does it matter?
    A model that centres, ranks or encodes within the batch gives a customer another answer depending on who else
    is in the request.

    ## What to do
    Compute means, ranks and encodings at training time and store them with the model.

    ## Based on
    https://github.com/lightgbm-org/LightGBM/issues/5599, https://github.com/PriorLabs/TabPFN/issues/800
    """
    needs_determinism(model)
    for case, output in _row_by_row(model):
        rows = row_count(output) or 0
        singles = _one_by_one(model, case, min(rows, 10))
        if singles is None:
            continue
        together, alone = take_rows(output, range(len(singles))), concatenate([one for _, one in singles])
        changed = difference(together, alone, tolerance_bytes=4)
        if changed is not None and stays(model, case, output) and all(stays(model, *one) for one in singles):
            said, hint = "a row's prediction depends on the other rows of the call", _BATCH
            if len(singles) == rows and _is_another_order(together, alone, rows):
                said, hint = "the predictions come back in another order than the rows", _ORDER
            yield case_problem(
                model,
                case,
                f"{said}: {changed}",
                expected="the same prediction for a row alone and among others",
                happened=f"together and alone: {changed}",
                hint=hint,
                subject="batch",
                field="outputs",
            )
            return
    yield from _depends_on_others_for_missing(model)


def _is_another_order(left: object, right: object, rows: int) -> bool:
    """Tell whether two outputs of as many rows hold the same rows."""
    rest = list(range(rows))
    for row in range(rows):
        one = take_rows(left, [row])
        same = (other for other in rest if difference(one, take_rows(right, [other]), tolerance_bytes=4) is None)
        found = next(same, None)
        if found is None:
            return False
        rest.remove(found)
    return True


def _row_by_row(model: ModelUnderTest) -> Iterator[tuple[Case, object]]:
    """Yield the answered typical cases of several rows, with outputs of as many; skips what is no answer by row."""
    if not answers_by_row(model):
        raise CheckSkipped("the model does not answer row by row")
    for case, output in answered_cases(model, least_rows=2):
        if input_rows(model, case) is not None and row_count(output) == input_rows(model, case):
            yield case, output


def _depends_on_others_for_missing(model: ModelUnderTest) -> Iterator[Problem]:
    """Put a missing value between two typical rows: it may be filled in from them."""
    for alone in missing_alone(model):
        among = put_between_others(model, alone)
        left, right = model.ask(alone), model.ask(among) if model.verdict(among).kind == "accept" else None
        if not (isinstance(left, Answered) and isinstance(right, Answered)):
            continue
        if row_count(left.output) != 1 or row_count(right.output) != 3:
            continue
        changed = difference(left.output, concatenate([take_rows(right.output, [1])]), tolerance_bytes=4)
        if changed is not None and stays(model, alone, left.output) and stays(model, among, right.output):
            yield case_problem(
                model,
                among,
                f"the prediction for a row where {alone.intent.sentence} depends on the other rows: {changed}",
                expected="the same prediction for a row alone and among others",
                happened=f"alone and between two others: {changed}",
                hint="fill missing values in with what was learned at training time, not with what the batch holds",
                subject="batch",
                field="outputs",
            )
            return


def _one_by_one(model: ModelUnderTest, case: Case, rows: int) -> list[tuple[Case, object]] | None:
    """Return the first rows as cases of their own with their outputs; None where one is not answered by one row."""
    outputs: list[tuple[Case, object]] = []
    for row in range(rows):
        single = Case(take_rows(case.data, [row]), case.params, "typical", case.intent)
        outcome = model.ask(single)
        if not isinstance(outcome, Answered) or row_count(outcome.output) != 1:
            return None
        outputs.append((single, outcome.output))
    return outputs


@check("MLC904", Severity.ERROR, since="0.1.0", applies=_per_row)
def row_order_does_not_matter(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when rows in another order give the same predictions in that order.

    ## What is done
    The rows of a typical input are reversed, and the outputs compared row by row. Then the rows of a DataFrame get
    other index labels, as a filter or a split leaves them.

    ## Why does it matter?
    A cumulative sum or a code numbered by first appearance makes a prediction depend on what stood before.

    ## What to do
    Let each row speak for itself, or sort by a column of the input inside predict.

    ## Based on
    https://github.com/microsoft/FLAML/issues/1101
    """
    needs_determinism(model)
    for case, output in _row_by_row(model):
        rows = row_count(output) or 0
        order = list(range(rows))[::-1]
        outcome = model.ask(Case(take_rows(case.data, order), case.params, "typical", case.intent))
        if not isinstance(outcome, Answered) or row_count(outcome.output) != rows:
            continue
        changed = difference(take_rows(output, order), outcome.output, tolerance_bytes=4)
        if changed is not None and stays(model, case, output):
            yield case_problem(
                model,
                case,
                f"predictions depend on the order of rows: {changed}",
                expected="the same prediction for a row wherever it stands",
                happened=f"in the given order and reversed: {changed}",
                hint="do not use cumulative or first-seen values in predict",
                subject="order",
                field="outputs",
            )
            return
    yield from _depends_on_labels(model)


def _depends_on_labels(model: ModelUnderTest) -> Iterator[Problem]:
    for case, output in _row_by_row(model):
        if not isinstance(case.data, Frame):
            continue
        labels: list[object] = [case.data.rows + 10 - row for row in range(case.data.rows)]
        labelled = Case(Frame(case.data.columns, case.data.rows, labels), case.params, "typical", case.intent)
        outcome = model.ask(labelled)
        changed = other_answer(output, outcome)
        if changed is not None and stays(model, case, output):
            yield case_problem(
                model,
                labelled,
                f"predictions depend on the index labels of the rows: {changed}"[:400],
                expected="the same predictions whatever the index of the DataFrame is",
                happened=f"with other index labels: {changed}",
                outcome=outcome,
                hint="use model_input.index for what is built in predict, or reset the index of a copy first",
                subject="index",
                field="outputs",
            )
            return
