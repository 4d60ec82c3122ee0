"""Family 8xx: outputs are what the signature's outputs promise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.missing import missing_among_others
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import input_rows, is_library_model
from mlcheck.contract.compare import row_count
from mlcheck.contract.data import Frame, Series
from mlcheck.contract.edges import smallest
from mlcheck.contract.failure import case_problem
from mlcheck.contract.inferred import is_null
from mlcheck.contract.outcome import Answered
from mlcheck.contract.outputs import Aspect, Mismatch, describe_output, output_mismatches
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature

_MODEST: Final = 1e6
_BARE: Final = (bool, int, float, str, bytes, np.generic)
_CONTAINERS: Final = (Frame, Series, np.ndarray, list, tuple)


def has_both(signature: Signature | None) -> bool:
    """Tell whether a signature declares inputs and outputs."""
    return signature is not None and signature.inputs is not None and signature.outputs is not None


def _mismatches(model: ModelUnderTest, case: Case, aspect: Aspect) -> list[Mismatch]:
    assert model.signature is not None
    assert model.signature.outputs is not None
    outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
    if not isinstance(outcome, Answered):
        return []
    found = output_mismatches(model.signature.outputs, outcome.output, input_rows(model, case))
    return [item for item in found if item.aspect == aspect]


def output_keeps(
    model: ModelUnderTest,
    aspect: Aspect,
    say: Callable[[Mismatch], str],
    hint: str,
    severity: Severity | None = None,
) -> Iterator[Problem]:
    """Look for a mismatch of one aspect in typical cases, drawn ones, with optional parts left out, at the edges.

    At the edges it is a warning, but for a row that gets lost: then all that follow stand beside the wrong input.
    """

    def find(case: Case) -> Mismatch | None:
        return next(iter(_mismatches(model, case, aspect)), None)

    found = model.find_typical(find)
    if found is not None:
        case, mismatch = found
        yield _problem(model, case, mismatch, say(mismatch), hint, severity=severity)
        return
    for edge in [*_optional(model), *_edges(model, aspect)]:
        if find(edge) is not None:
            case = smallest(model, edge, lambda one: find(one) is not None)
            at_edge = next(iter(_mismatches(model, case, aspect)))
            text = f"for input where {case.intent.sentence}, {say(at_edge)}"
            yield _problem(model, case, at_edge, text, hint, severity=severity or _edge_severity(model, case, aspect))
            return


def _optional(model: ModelUnderTest) -> list[Case]:
    """Return the cases with optional parts left out; MLflow counts no rows where no column is left."""
    return [case for case in model.optional_cases if isinstance(case.data, Frame) and case.data.columns]


def _edge_severity(model: ModelUnderTest, case: Case, aspect: Aspect) -> Severity | None:
    if case.kind == "optional-absent" and aspect != "null":
        return None  # the signature promises that it may be left out
    if aspect == "null" and not is_modest(case.intent.given):
        return Severity.NOTE  # what else should it say to NaN
    return None if aspect == "rows" and input_rows(model, case) else Severity.WARNING


def _edges(model: ModelUnderTest, aspect: Aspect) -> list[Case]:
    """Return the cases at the edges, those without rows first; to a missing value a model may have no answer.

    One missing value makes floats of all the whole numbers in a column, which shows where there are others.
    """
    empty = [case for case in model.edge_cases if case.intent.what == "rows" and row_count(case.data) == 0]
    filled = [case for case in (*model.edge_cases, *model.edges.together) if case not in empty]
    if aspect == "null":
        filled.sort(key=lambda case: not is_modest(case.intent.given))
    if aspect == "type":
        filled += missing_among_others(model)
    return [*empty, *filled]


def is_modest(value: object) -> bool:
    """Tell whether an edge value is one that arithmetic can do with: not missing, nor near where numbers end."""
    if isinstance(value, (int, float)):
        return abs(value) <= _MODEST or value in {True, False}
    return isinstance(value, (str, bytes, dt.date))


def _problem(
    model: ModelUnderTest, case: Case, mismatch: Mismatch, message: str, hint: str, *, severity: Severity | None = None
) -> Problem:
    outcome = model.ask(case)
    assert isinstance(outcome, Answered)
    return case_problem(
        model,
        case,
        message[:400],
        expected=mismatch.expected,
        happened=f"{mismatch.found}; predict returned {describe_output(outcome.output)}",
        hint=hint,
        subject=f"{mismatch.aspect} {mismatch.subject}".strip(),
        field="outputs",
        severity=Severity.WARNING if mismatch.mild else severity,
    )


_RELOG = "log the model again with infer_signature(inputs, model.predict(inputs)), or correct predict"


@check("MLC801", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_kind(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict returns the kind of container that the output schema describes.

    ## What is done
    Outputs for one, several and no rows are compared with the output schema: a table with named columns, a nameless
    array, a dict of arrays. One row must not be answered by a bare value where several are by a container of values.

    ## Why does it matter?
    MLflow never looks at outputs. Callers index by column name, Spark builds a result type, a server serialises.

    ## What to do
    Log the model again with a signature inferred from what predict really returns, or convert in predict.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6092, https://github.com/mlflow/mlflow/issues/4993
    """
    found = list(output_keeps(model, "kind", lambda item: f"the output is {item.found}, not {item.expected}", _RELOG))
    yield from found or _bare_value_for_one_row(model)


def _bare_value_for_one_row(model: ModelUnderTest) -> Iterator[Problem]:
    """Find an answer to one row that is its value alone, where several rows are answered by a container of values."""
    typical = [case for case in model.enumerated_typical_cases if model.verdict(case).kind == "accept"]
    if not typical or input_rows(model, typical[0]) != 1:
        return
    single, one = typical[0], model.ask(typical[0])
    many = [outcome.output for case in typical[1:] if isinstance(outcome := model.ask(case), Answered)]
    several = next((output for output in many if isinstance(output, _CONTAINERS)), None)
    if isinstance(one, Answered) and isinstance(one.output, _BARE) and several is not None:
        bare, listed = describe_output(one.output), describe_output(several)
        yield case_problem(
            model,
            single,
            f"one row is answered by its value alone, {bare}, and several rows by {listed}"[:400],
            expected="the same kind of container for any number of rows",
            happened=f"{bare} for one row",
            hint="return a container of one value for one row: do not squeeze, and take no first element of it",
            subject="one row",
            field="outputs",
            severity=Severity.WARNING if is_library_model(model) else None,
        )


@check("MLC802", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_columns(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the output has the declared columns, in the declared order, and no others.

    ## What is done
    Names and order of the output's columns (or the keys of a dict of arrays) are compared with the output schema.

    ## Why does it matter?
    A renamed column is a `KeyError` in the caller's code, a repeated one is lost in a server's JSON.

    ## What to do
    Return the declared columns, or log the model again with the real ones.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6092, https://github.com/mlflow/mlflow/issues/1671
    """
    yield from output_keeps(model, "names", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC803", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_types(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when output values have the declared types, as `infer_signature` would see them.

    ## What is done
    The dtype of each column or array is compared with the output schema; where a dtype says nothing (object), the
    values are.

    ## Why does it matter?
    A string where a double was promised breaks the caller's arithmetic, an int where a float was promised its schema.

    ## What to do
    Convert in predict, or log the model again with the real types.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4993, https://github.com/SeldonIO/MLServer/issues/2212
    """
    yield from output_keeps(model, "type", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC804", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_shape(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when output arrays have the declared rank and fixed dimensions.

    ## What is done
    The shape of each array is compared with the output schema; -1 stands for any size.

    ## Why does it matter?
    A signature inferred from labels says `(-1,)` while `predict_proba` returns `(-1, 2)`; a squeezed single row
    is no longer an array of one.

    ## What to do
    Log the model again with infer_signature(inputs, model.predict(inputs)); never infer outputs from `y_test`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/11559, https://github.com/fastai/fastai/pull/2427
    """
    yield from output_keeps(model, "shape", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC806", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_no_nulls(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict returns a value, and no None in required columns.

    ## What is done
    Outputs for typical rows are searched for None.

    ## Why does it matter?
    A predict that forgets `return` answers None to everyone; nothing in MLflow notices.

    ## What to do
    Return a value, or declare the output column as optional.

    ## Based on
    measured with MLflow 2.9 to 3.17: None passes without a warning
    """
    hint = "return a value for every row, or declare the output as optional"
    yield from output_keeps(
        model, "null", lambda item: f"predict returned {item.found} instead of {item.expected}", hint
    )


@check("MLC807", Severity.WARNING, since="0.1.0")
def output_is_finite_for_typical_input(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when typical input without NaN gives output without NaN or infinity.

    ## What is done
    Outputs for typical rows are searched for NaN and infinities. Then those for edge values of modest size, such as
    -1, 0 or an empty text, where it is a note.

    ## Why does it matter?
    The scoring server writes a bare `NaN`, which is not JSON: strict clients fail to read the whole response.

    ## What to do
    Guard divisions and logarithms in predict, or name the real values in the configuration.

    ## Based on
    https://github.com/mlflow/mlflow/pull/5000
    """

    def find(case: Case) -> str | None:
        outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
        if not isinstance(outcome, Answered) or _non_finite(case.data):
            return None
        return _non_finite(outcome.output)

    found = model.find_typical(find)
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


def _name(value: object) -> str:
    return "NaN" if is_null(value) else "infinity"
