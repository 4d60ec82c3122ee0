"""Looks for outputs that break what the signature's outputs promise, in typical input and at the edges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.missing import missing_among_others
from mlcheck.contract.checks.steady import input_rows
from mlcheck.contract.compare import row_count
from mlcheck.contract.data import Frame
from mlcheck.contract.edges import smallest
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.outputs import Aspect, Mismatch, describe_output, output_mismatches
from mlcheck.contract.typical import find_typical
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature

_MODEST: Final = 1e6


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

    found = find_typical(model, find)
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
