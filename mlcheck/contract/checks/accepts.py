"""Family 6xx: the model answers what its signature says it takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case, Intent
from mlcheck.contract.checks.answering import answered_alike, failure, first_failures, not_answered, sentence
from mlcheck.contract.checks.made_up import lower_if_made_up, taught
from mlcheck.contract.checks.registry import CheckSkipped, always, check
from mlcheck.contract.checks.steady import is_library_model, needs_typical_row
from mlcheck.contract.domain import leaf_types
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.inferred import is_null
from mlcheck.contract.outcome import Answered, Outcome, Raised, Refused
from mlcheck.contract.typical import find_typical
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace
from mlcheck.signature import Array, ColumnType, Map, Object, Signature, is_column_schema

_MOST_CALLS: Final = 40


def saved_example(model: ModelUnderTest) -> Case:
    """Return the saved input example as a case; skips the check where there is none."""
    example = model.example
    if example is None:
        raise CheckSkipped("there is no input example that can be read")
    return Case(example.data, example.params, "example", Intent("example", "the saved input example"))


@check("MLC601", Severity.ERROR, since="0.1.0", applies=always)
def accepts_input_example(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the saved input example is answered.

    ## What is done
    The example is read the way `mlflow.models.Model.load_input_example` reads it and handed to `predict`.

    ## Why does it matter?
    It is the one input that the author vouched for. Documentation, smoke tests and serving payloads are made of it.

    ## What to do
    Log the model again with an example that it answers, or correct the model.

    ## Based on
    https://github.com/mlflow/mlflow/pull/14239, https://github.com/mlflow/mlflow/pull/12625
    """
    case = saved_example(model)
    verdict = model.verdict(case) if model.signature is not None else None
    if verdict is not None and verdict.kind == "refuse":
        yield case_problem(
            model,
            case,
            f"the input example does not fit the signature: {verdict.reason}",
            expected="an example that MLflow's enforcement lets through",
            happened=explain(model.ask(case)),
            hint="log the model again with an example of the declared types, or correct the signature",
            subject="input example",
        )
        return
    outcome = model.ask(case)
    if not isinstance(outcome, Answered):
        problem = failure(model, case, outcome, "the input example")
        if isinstance(outcome, Refused) and _has_texts_for_more(model.signature):
            yield replace(problem, severity=Severity.NOTE, hint=_TEXTS_FOR_MORE)
        else:
            yield problem


_TEXTS_FOR_MORE: Final = (
    "MLflow saves times and bytes as texts, which it does not turn back for type hints: nothing is wrong with the "
    "model, but clients that post its example may be refused too"
)


def _has_texts_for_more(signature: Signature | None) -> bool:
    """Tell whether an example that was saved for type hints holds texts where they ask for times or bytes."""
    if signature is None or not signature.from_type_hint or not is_column_schema(signature.inputs):
        return False
    types = {name for column in signature.inputs for _, name in leaf_types(column.type)}
    return not types.isdisjoint({"binary", "datetime"})


@check("MLC602", Severity.ERROR, since="0.1.0")
def accepts_typical_input(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when rows of ordinary values are answered, whatever their number.

    ## What is done
    Rows are taken from the domain (configuration, data sample, input example, or plain values of the declared
    types) and drawn within it: one row, two rows, many rows. What fails is shrunk to the smallest input, and asked
    once more in a fresh process: an answer there means that the calls before made it fail.
    Where nothing but the types is known and the model raises on plain values, it is asked for others: the plain ones
    that it answers, numbers of other sizes, texts and bytes in well-known forms (dates, JSON, addresses, images, …).
    If it answers any, it is tested with those, and this is a warning. Categories that scikit-learn's encoders in the
    model know are no guess.

    ## Why does it matter?
    Input that the signature declares and that looks like the model's own data must be answered. A model that fails
    here is broken, or its signature is not its own.

    ## What to do
    Run the snippet. If the values are not ones that the model would ever see, say so in the configuration
    (`[tool.mlcheck.domain.COLUMN]` with min, max or choices).

    ## Based on
    https://github.com/mlflow/mlflow/issues/4993, https://github.com/mlflow/mlflow/pull/8948
    """

    def find(case: Case) -> Outcome | None:
        return not_answered(model, case)

    learned = model.learned
    is_taught = learned is not None and bool(learned.settings)
    if learned is not None and is_taught and learned.guessed:
        yield taught(model, learned)
    found: tuple[Case, Outcome] | None = find_typical(model, find)
    if found is None and learned is not None and not is_taught:
        found = (learned.rejected, learned.outcome)
    if found is not None:
        case, outcome = found
        problem = failure(model, case, outcome, "typical input")
        answered = _count_answers_afresh(model, case) if isinstance(outcome, Raised) else 0
        if answered:
            message = f"{problem.message[:300]}, yet a fresh process answers it: predict depends on the calls before"
            hint = "keep nothing on the model, and use nothing up, in predict"
            yield replace(problem, message=message, hint=hint, reproduce=_repeat(problem.reproduce, answered + 1))
        else:
            problem = lower_if_made_up(model, problem, case, outcome)
            if problem.severity is None or not is_taught:
                yield problem


def _count_answers_afresh(model: ModelUnderTest, case: Case) -> int:
    """Return how often a fresh process answers the case before it fails, or is asked no more."""
    process = model.host.new_process()
    try:
        outcomes = (process.predict(case.data, case.params) for _ in range(_MOST_CALLS))
        return sum(1 for _ in takewhile(lambda outcome: isinstance(outcome, Answered), outcomes))
    finally:
        process.stop()


def _repeat(snippet: str, calls: int) -> str:
    body, call = snippet.rsplit("print(", 1)
    return f"{body}for _ in range({calls}):\n    print({call}"


@check("MLC603", Severity.ERROR, since="0.1.0")
def accepts_safe_upcasts(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when narrower numbers that MLflow widens safely are answered, with the same prediction.

    ## What is done
    Each column in turn is given in a narrower dtype that MLflow converts (int32 for `long`, float32 for `double`);
    where there are hundreds of columns, all of them at once, and each in turn where that changes anything.

    ## Why does it matter?
    Callers read data from many sources. MLflow promises them these conversions, so the model must not notice.

    ## What to do
    Do not look at dtypes before MLflow's enforcement, and log the types that the model was trained on.

    ## Based on
    MLflow's type matrix, 2.9 to 3.17
    """
    needs_typical_row(model)
    one_by_one = make.upcast_cases(model.domain, limit=model.enumerated_by_type)
    if len(one_by_one) == one_by_one.total:
        yield from answered_alike(model, one_by_one, sentence)
        return
    together = list(answered_alike(model, make.upcasts_together(model.domain), sentence))
    if together:
        yield from list(answered_alike(model, one_by_one, sentence)) or together


@check("MLC604", Severity.ERROR, since="0.1.0")
def accepts_any_column_order(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when named columns may come in any order, and with others beside them.

    ## What is done
    The same rows are given with the columns in another order, and with an extra column.

    ## Why does it matter?
    MLflow puts named columns in order and drops the others; a prediction that changes has read them by position
    or from somewhere else.

    ## What to do
    Take columns by name.

    ## Based on
    MLflow 2.10 and newer return columns in the order of the schema
    """
    cases = [*make.reordered_cases(model.domain), *make.extra_column_cases(model.domain)]
    if not cases:
        raise CheckSkipped("the inputs have no named columns")
    needs_typical_row(model)
    yield from answered_alike(model, cases, sentence)


@check("MLC605", Severity.ERROR, since="0.1.0")
def accepts_other_containers(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the same rows in another container that MLflow takes give the same prediction.

    ## What is done
    The rows are given as a dict of lists, a list of records and so on, wherever the signature allows it.

    ## Why does it matter?
    Servers, notebooks and batch jobs hand over different containers; MLflow promises that they are the same input.

    ## What to do
    Let the signature do the conversion, and do not look at the type of the raw input.

    ## Based on
    https://github.com/mlflow/mlflow/issues/11930, https://github.com/mlflow/mlflow/issues/12990
    """
    needs_typical_row(model)
    yield from answered_alike(model, make.container_cases(model.domain), sentence)


def has_optional_parts(signature: Signature | None) -> bool:
    """Tell whether anything in the inputs is optional."""
    inputs = signature.inputs if signature is not None else None
    if not is_column_schema(inputs):
        return False
    return any(not column.required or _has_optional(column.type) for column in inputs)


def _has_optional(declared: ColumnType) -> bool:
    if isinstance(declared, Object):
        return any(not item.required or _has_optional(item.type) for item in declared.properties)
    if isinstance(declared, Array):
        return _has_optional(declared.items)
    return isinstance(declared, Map) and _has_optional(declared.values)


@check("MLC606", Severity.ERROR, since="0.1.0", applies=has_optional_parts)
def accepts_missing_optional_columns(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when optional columns and properties may be left out or be null.

    ## What is done
    Each optional column or property is left out in turn, then set to null, then all of them together. Columns that
    fail alike are one finding.

    ## Why does it matter?
    `required: false` is a promise to callers. Enforcement lets such input through, so the model must cope.
    `infer_signature` makes it whenever a value is missing in the example, and nobody may have meant that the column
    can be left out: where the example shows that and the model takes null, or the model is a library's own, leaving
    the column out is a warning.

    ## What to do
    Fill in a default in predict (`model_input.get("x")`, an imputer), or declare the column as required.

    ## Based on
    https://github.com/mlflow/mlflow/pull/8438, https://github.com/mlflow/mlflow/issues/4578
    """
    needs_typical_row(model)
    cases = list(model.optional_cases)
    inferred = [case for case in cases if _may_be_inferred(model, case, cases)]
    yield from first_failures(model, (case for case in cases if case not in inferred), sentence)
    for problem in first_failures(model, inferred, sentence):
        yield replace(problem, severity=Severity.WARNING, hint=_INFERRED)


_INFERRED: Final = (
    "infer_signature declares columns that held a missing value as optional: correct the signature to "
    "`required: true`, or let the model fill in what is left out"
)


def _may_be_inferred(model: ModelUnderTest, case: Case, cases: list[Case]) -> bool:
    """Tell whether columns are left out that may be optional just because of missing values in the data."""
    if case.kind != "optional-absent" or case.intent.place == "property":
        return False
    if is_library_model(model):
        return True
    shown = {item.name for item in model.domain.inputs if any(map(is_null, item.shown))}
    nulls = [one for one in cases if one.kind == "optional-null" and case.intent.name in {None, one.intent.name}]
    is_shown = bool(shown) if case.intent.name is None else case.intent.name in shown
    return is_shown and all(not_answered(model, one) is None for one in nulls)
