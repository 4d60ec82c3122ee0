"""Family 7xx: what the signature does not allow is refused before the model's own predict runs."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.causes import by_cause, likewise
from mlcheck.contract.checks.registry import CheckSkipped, check, has_inputs
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Answered, Died, Outcome, Raised, TimedOut
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature

_MISSING = frozenset({"missing", "missing-property"})
_SHAPES = frozenset({"rank", "dimension", "too-few-columns"})


def family(case: Case) -> str:
    """Return which of the checks of this module a violation belongs to."""
    if case.intent.place == "param":
        return "param"
    if case.intent.what in _MISSING:
        return "missing"
    if case.intent.what in _SHAPES:
        return "shape"
    if case.intent.what in {"null", "narrowing"}:
        return case.intent.what
    return "nested" if case.intent.place == "property" else "type"


def _violations(model: ModelUnderTest, wanted: str) -> Iterator[Case]:
    found = model.violation_cases
    chosen = [case for case in found if family(case) == wanted]
    if not chosen:
        raise CheckSkipped("the signature leaves nothing of the kind to violate")
    if found.covered < found.subjects:
        note = f"violations were tried for {found.covered} of {found.subjects} inputs and params"
        if note not in model.tally.notes:
            model.tally.notes.append(note)
    yield from model.ahead(case for case in chosen if model.verdict(case).kind == "refuse")


def _not_refused(model: ModelUnderTest, case: Case) -> Outcome | None:
    outcome = model.ask(case)
    return outcome if isinstance(outcome, (Answered, Raised, Died, TimedOut)) else None


def _must_refuse(model: ModelUnderTest, wanted: str) -> Iterator[Problem]:
    outcomes = ((case, _not_refused(model, case)) for case in _violations(model, wanted))
    for group in by_cause((case, outcome) for case, outcome in outcomes if outcome is not None):
        (case, outcome), *others = group
        yield _problem(model, case, outcome, likewise([other for other, _ in others]))


def _problem(model: ModelUnderTest, case: Case, outcome: Outcome, likewise: str) -> Problem:
    what = f"input where {case.intent.sentence}{likewise}"
    if isinstance(outcome, Answered):
        message = f"{what} is answered instead of refused"
        hint = "the signature does not protect this model: load it with mlflow.pyfunc and keep enforcement on"
    elif isinstance(outcome, Raised):
        message = f"{what} reaches the model, which raises {outcome.error}"
        hint = "enforcement let it through to predict: check which signature the model really has"
    else:
        message = f"{what} is not refused: {outcome}"
        hint = "predict was reached with input that the signature forbids"
    return case_problem(
        model,
        case,
        message[:400],
        expected=f"a refusal: {model.verdict(case).reason}",
        happened=explain(outcome),
        outcome=outcome,
        hint=hint,
        subject=f"{case.intent.what} {case.intent.name}",
    )


def has_params(signature: Signature | None) -> bool:
    """Tell whether the signature declares params."""
    return signature is not None and bool(signature.params)


@check("MLC701", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_missing_column(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when input without a required column, tensor or property is refused before predict runs.

    ## What is done
    Each required column, tensor and property is left out in turn.

    ## Why does it matter?
    A caller who forgets a column must hear so, and not get a prediction made of something else.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    MLflow enforces required columns since 1.10
    """
    yield from _must_refuse(model, "missing")


@check("MLC702", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_wrong_type(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when a value of a type that cannot be converted safely is refused before predict runs.

    ## What is done
    Each column and tensor in turn gets every dtype that MLflow's table refuses for its declared type.

    ## Why does it matter?
    The declared types are what callers program against.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    the type matrix of MLflow 2.9 to 3.17
    """
    yield from _must_refuse(model, "type")


@check("MLC703", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_null(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when null is refused where the declared type cannot hold it.

    ## What is done
    Each integer, long and (where MLflow refuses it) boolean column in turn gets a null.

    ## Why does it matter?
    A null in an integer column turns it into floats; MLflow promises to refuse that.

    ## What to do
    Declare columns that can be null as `double`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/5207, https://github.com/mlflow/mlflow/issues/25593
    """
    yield from _must_refuse(model, "null")


@check("MLC704", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_narrowing(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when wider numbers that would lose digits are refused before predict runs.

    ## What is done
    Each numeric column in turn gets a wider dtype (float64 for `float`, int64 for `integer`, fractions for `long`).

    ## Why does it matter?
    A silently truncated number is a wrong prediction.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    the type matrix of MLflow 2.9 to 3.17
    """
    yield from _must_refuse(model, "narrowing")


@check("MLC705", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_wrong_shape(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when arrays of another shape, and tables with too few columns, are refused before predict runs.

    ## What is done
    Tensors get another rank and another size in each fixed dimension; nameless columns one column too few.

    ## Why does it matter?
    Broadcasting makes an answer out of almost any shape.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    MLflow enforces tensor shapes since 1.14
    """
    yield from _must_refuse(model, "shape")


@check("MLC706", Severity.ERROR, since="0.1.0", applies=has_inputs)
def refuses_wrong_nested_value(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when arrays, objects and maps with a wrong element or property are refused before predict runs.

    ## What is done
    Elements of another type, scalars for lists, undeclared and missing properties, keys that are no strings.

    ## Why does it matter?
    Nested values are what callers get wrong most.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    MLflow 2.10 (array, object), 2.12 (map)
    """
    yield from _must_refuse(model, "nested")


@check("MLC707", Severity.ERROR, since="0.1.0", applies=has_params)
def refuses_wrong_param(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when params of another type, or a list for one value, are refused before predict runs.

    ## What is done
    Each declared param in turn gets values of every type that MLflow refuses.

    ## Why does it matter?
    Params steer what the model does; a wrong one must not be guessed at.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    MLflow 2.6 and newer; https://github.com/mlflow/mlflow/pull/9252
    """
    yield from _must_refuse(model, "param")
