"""Family 8xx: how many rows predict returns, and what their index is."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.checks.promised import has_both, output_keeps
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import answers_by_row, input_rows
from mlcheck.contract.data import Frame, Series
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity


@check("MLC805", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_one_row_per_input_row(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict returns as many rows as it was given.

    ## What is done
    Rows are counted for one, several and no input rows. Forecasting flavors, whose input asks for a length, are
    left out. For a model that answers several rows to each single one, or as many whatever it is asked, it is a
    warning: it may be a forecast or a summary, of which a signature says nothing.

    ## Why does it matter?
    Callers put predictions beside their rows; a dropped row shifts all that follow.

    ## What to do
    Return a value for every row (a missing one where there is no prediction), and do not use only the first row. Of
    a model that is not meant to answer row by row, ignore the finding with the reason.

    ## Based on
    https://github.com/mlflow/mlflow/pull/8948, https://github.com/mlflow/mlflow/issues/3683
    """
    if answers_by_row(model):
        hint, severity = "return one output row per input row, in the same order", None
    else:
        hint, severity = "ignore this finding, with the reason, if it is a forecast or a summary", Severity.WARNING
    yield from output_keeps(
        model, "rows", lambda item: f"predict returned {item.found} for {item.expected}", hint, severity
    )


@check("MLC809", Severity.WARNING, since="0.1.0")
def output_index_is_that_of_the_input(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when a DataFrame or Series that predict returns has the index of the input, or none of its own.

    ## What is done
    The index of outputs for typical rows, whose own index counts from 0, must hold the same labels.

    ## Why does it matter?
    `data["prediction"] = model.predict(data)` puts values beside rows of the same label: with other labels they are
    shifted, or missing.

    ## What to do
    Build the output with `index=model_input.index`, or reset its index.

    ## Based on
    https://github.com/mlflow/mlflow/issues/2412
    """
    for case in model.enumerated_typical_cases:
        outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
        output = outcome.output if isinstance(outcome, Answered) else None
        if not isinstance(output, (Frame, Series)) or output.index is None:
            continue
        rows = input_rows(model, case)
        if rows == len(output.index) and set(map(repr, output.index)) != set(map(repr, range(rows))):
            labels = ", ".join(map(repr, output.index[:5]))
            yield case_problem(
                model,
                case,
                f"the output has an index of its own: {labels}{', …' if rows > 5 else ''}",
                expected="the index of the input, which counts from 0",
                happened=f"index {labels}",
                hint="build the output with index=model_input.index",
                subject="index",
                field="outputs",
            )
            return
