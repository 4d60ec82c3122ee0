"""Family 9xx: what must hold across calls, rows and processes."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.outputs import has_both, input_rows
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.checks.steady import stays
from mlcheck.contract.compare import concatenate, difference, row_count, take_rows
from mlcheck.contract.data import Frame
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Answered
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature


def answered_cases(model: ModelUnderTest, least_rows: int = 1) -> list[tuple[Case, object]]:
    """Return the typical cases of at least some rows that are answered, with their outputs."""
    found = []
    for case in model.enumerated_typical_cases:
        rows = row_count(case.data)
        outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
        if isinstance(outcome, Answered) and (least_rows == 1 or (rows is not None and rows >= least_rows)):
            found.append((case, outcome.output))
    if not found:
        raise CheckSkipped("no typical input is answered")
    return found


def needs_determinism(model: ModelUnderTest) -> None:
    """Skip the check for a model that is random by design."""
    if not model.settings.deterministic:
        raise CheckSkipped("the configuration says that the model is random by design")


@check("MLC901", Severity.ERROR, since="0.1.0")
def same_input_gives_same_output(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the same input gives the same output on every call of a process.

    ## What is done
    Typical rows are predicted again after all other calls, and the outputs compared.

    ## Why does it matter?
    A model that draws random numbers, or changes its own state in predict, cannot be tested, cached or audited.

    ## What to do
    Fix the seed inside predict, and do not store anything on the model while predicting. A model that is random by
    design says so: `deterministic = false` under `[tool.mlcheck.contract]`.

    ## Based on
    https://github.com/mlflow/mlflow/pull/11014
    """
    needs_determinism(model)
    for case, output in [*answered_cases(model), *model.unsteady]:
        for _ in range(2):
            again = model.ask_again(case)
            changed = difference(output, again.output) if isinstance(again, Answered) else str(again)
            if changed is not None:
                yield _changed(model, case, "the same input gives another output on a later call", changed, "repeat")
                return


@check("MLC902", Severity.ERROR, since="0.1.0")
def fresh_process_gives_same_output(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when a fresh process, with another seed for the hashes of strings, gives the same output.

    ## What is done
    The model is loaded again in a new process and asked the same typical rows.

    ## Why does it matter?
    Servers run many processes. An order taken from a set, or a seed from the clock, makes them disagree.

    ## What to do
    Sort what comes from sets and dicts of unknown order, and fix seeds at load.

    ## Based on
    measured: no MLflow thread names it, callers see two answers to one question
    """
    needs_determinism(model)
    cases = answered_cases(model)
    process = model.new_process(hash_seed=1)
    try:
        for case, output in cases:
            other = process.predict(case.data, case.params)
            changed = difference(output, other.output) if isinstance(other, Answered) else str(other)
            if changed is not None and stays(model, case, output):
                yield _changed(model, case, "a fresh process gives another output", changed, "process")
                return
    finally:
        process.stop()


def _changed(model: ModelUnderTest, case: Case, message: str, changed: str, subject: str) -> Problem:
    return case_problem(
        model,
        case,
        f"{message}: {changed}",
        expected="the same output every time",
        happened=changed,
        hint="fix seeds, keep no state in predict; or set deterministic = false under [tool.mlcheck.contract]",
        subject=subject,
        field="outputs",
    )


def _per_row(signature: Signature | None) -> bool:
    return has_both(signature) or (signature is not None and signature.inputs is not None)


@check("MLC903", Severity.ERROR, since="0.1.0", applies=_per_row)
def rows_are_independent(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when one call on many rows equals one call for each row.

    ## What is done
    The rows of a typical input are predicted together and one by one, and the outputs compared.

    ## Why does it matter?
    A model that centres, ranks or encodes within the batch gives a customer another answer depending on who else
    is in the request.

    ## What to do
    Compute means, ranks and encodings at training time and store them with the model.

    ## Based on
    https://github.com/lightgbm-org/LightGBM/issues/5599, https://github.com/PriorLabs/TabPFN/issues/800
    """
    needs_determinism(model)
    for case, output in answered_cases(model, least_rows=2):
        rows = input_rows(model, case)
        if rows is None or row_count(output) != rows:
            continue
        singles = _one_by_one(model, case, min(rows, 10))
        if singles is None:
            continue
        changed = difference(take_rows(output, range(len(singles))), concatenate(singles), tolerance_bytes=4)
        if changed is not None and stays(model, case, output):
            yield case_problem(
                model,
                case,
                f"a row's prediction depends on the other rows of the call: {changed}",
                expected="the same prediction for a row alone and among others",
                happened=f"together and alone: {changed}",
                hint="do not compute statistics over the batch in predict; store them at training time",
                subject="batch",
                field="outputs",
            )
            return


def _one_by_one(model: ModelUnderTest, case: Case, rows: int) -> list[object] | None:
    outputs = []
    for row in range(rows):
        single = Case(take_rows(case.data, [row]), case.params, "typical", case.intent)
        outcome = model.ask(single)
        if not isinstance(outcome, Answered) or row_count(outcome.output) != 1:
            return None
        outputs.append(outcome.output)
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
    for case, output in answered_cases(model, least_rows=2):
        rows = input_rows(model, case)
        if rows is None or row_count(output) != rows:
            continue
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
    for case, output in answered_cases(model, least_rows=2):
        if not isinstance(case.data, Frame) or row_count(output) != case.data.rows:
            continue
        labels: list[object] = [case.data.rows + 10 - row for row in range(case.data.rows)]
        labelled = Case(Frame(case.data.columns, case.data.rows, labels), case.params, "typical", case.intent)
        outcome = model.ask(labelled)
        if isinstance(outcome, Answered):
            changed = difference(output, outcome.output, tolerance_bytes=4)
        else:
            changed = explain(outcome)
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


@check("MLC905", Severity.ERROR, since="0.1.0")
def input_is_not_changed(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict leaves the caller's data as it was.

    ## What is done
    The data that was handed to predict is compared with what it was before the call.

    ## Why does it matter?
    Callers keep using their data: the next model, the log line or the retry gets changed values.

    ## What to do
    Copy before you change: `model_input = model_input.copy()`.

    ## Based on
    https://github.com/mlflow/mlflow/pull/6141, https://github.com/apache/spark/pull/42887
    """
    for case in model.enumerated_typical_cases:
        outcome = model.ask_closely(case)
        if outcome.seen.input_changed:
            yield case_problem(
                model,
                case,
                "predict changes the data that the caller handed in",
                expected="the caller's data as it was",
                happened="the data was another one after the call",
                hint="copy the input before you change it",
                subject="input",
            )
            return
