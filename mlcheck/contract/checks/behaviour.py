"""Family 9xx: what must hold across calls, rows and processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.compare import difference, row_count
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity

_EDGES_LOOKED_AT: Final = 15


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
                yield changed_problem(
                    model, case, "the same input gives another output on a later call", changed, "repeat"
                )
                return


def changed_problem(model: ModelUnderTest, case: Case, message: str, changed: str, subject: str) -> Problem:
    """Return the problem of a case whose answer is not the same as before."""
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


@check("MLC905", Severity.ERROR, since="0.1.0")
def input_is_not_changed(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict leaves the caller's data as it was.

    ## What is done
    The data that was handed to predict is compared with what it was before the call: typical rows, and edge values
    such as NaN, which predict may want to mend.

    ## Why does it matter?
    Callers keep using their data: the next model, the log line or the retry gets changed values.

    ## What to do
    Copy before you change: `model_input = model_input.copy()`.

    ## Based on
    https://github.com/mlflow/mlflow/pull/6141, https://github.com/apache/spark/pull/42887
    """
    edges = [case for case in model.edge_cases if model.verdict(case).kind == "accept"]
    for case in [*model.enumerated_typical_cases, *edges[:: len(edges) // _EDGES_LOOKED_AT or 1]]:
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
