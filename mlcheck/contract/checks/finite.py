"""Family 8xx: outputs are numbers that JSON can write."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.promised import is_modest
from mlcheck.contract.checks.registry import check
from mlcheck.contract.data import Frame, Series
from mlcheck.contract.failure import case_problem
from mlcheck.contract.inferred import is_null
from mlcheck.contract.outcome import Answered
from mlcheck.contract.typical import find_typical
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity


@check("MLC807", Severity.WARNING, since="0.1.0")
def output_is_finite_for_typical_input(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when typical input without NaN gives output without NaN or infinity.

    ## What is done
    Outputs for typical rows in which nothing is missing are searched for NaN and infinities. Then those for edge
    values of modest size, such as -1, 0 or an empty text, where it is a note.

    ## Why does it matter?
    The scoring server writes a bare `NaN`, which is not JSON: strict clients fail to read the whole response.

    ## What to do
    Guard divisions and logarithms in predict, or name the real values in the configuration.

    ## Based on
    https://github.com/mlflow/mlflow/pull/5000
    """

    def find(case: Case) -> str | None:
        outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
        if not isinstance(outcome, Answered) or _non_finite(case.data) or _lacks_some(case.data):
            return None
        return _non_finite(outcome.output)

    found = find_typical(model, find)
    if found is not None:
        case, what = found
        yield case_problem(
            model,
            case,
            f"typical input without NaN gives {what}",
            expected="finite numbers",
            happened=what,
            hint="guard divisions and logarithms, or name the real values in [tool.mlcheck.domain]",
            subject=what,
            field="outputs",
        )
        return
    yield from _not_finite_at_edges(model, find)


def _not_finite_at_edges(model: ModelUnderTest, find: Callable[[Case], str | None]) -> Iterator[Problem]:
    for case in model.edge_cases:
        what = find(case) if is_modest(case.intent.given) else None
        if what is not None:
            yield case_problem(
                model,
                case,
                f"input where {case.intent.sentence} gives {what}",
                expected="finite numbers",
                happened=what,
                hint="guard divisions and logarithms, or name the real values in [tool.mlcheck.domain]",
                subject=f"{what} at the edges",
                field="outputs",
                severity=Severity.NOTE,
            )
            return


def _non_finite(value: object) -> str | None:
    if isinstance(value, Frame):
        return next((what for column in value.columns if (what := _non_finite(column.values))), None)
    if isinstance(value, Series):
        return _non_finite(value.values)
    if isinstance(value, np.ndarray):
        finite = value.dtype.kind not in "fc" or bool(np.isfinite(value).all())
        return None if finite else _name(value[~np.isfinite(value)].flat[0])
    if isinstance(value, dict):
        return next((what for item in value.values() if (what := _non_finite(item))), None)
    if isinstance(value, (list, tuple)):
        return next((what for item in value if (what := _non_finite(item))), None)
    if isinstance(value, (float, np.floating)) and (is_null(value) or value in {float("inf"), float("-inf")}):
        return _name(value)
    return None


def _lacks_some(value: object) -> bool:
    """Tell whether a text, a time or anything else is missing, for which NaN is what many a model answers."""
    if isinstance(value, Frame):
        return any(_lacks_some(column.values) for column in value.columns)
    if isinstance(value, Series):
        return _lacks_some(value.values)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OmM" and _lacks_some(list(value.flat))
    if isinstance(value, dict):
        return any(map(_lacks_some, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_lacks_some, value))
    return is_null(value)


def _name(value: object) -> str:
    return "NaN" if is_null(value) else "infinity"
