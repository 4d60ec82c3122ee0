"""What must be answered and is not, or not alike: found, and put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.causes import by_cause, likewise
from mlcheck.contract.checks.steady import stays
from mlcheck.contract.compare import difference
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Answered, Died, Outcome, Raised, Refused, TimedOut
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem


def not_answered(model: ModelUnderTest, case: Case) -> Outcome | None:
    """Return what came of a case that must be answered and was not; `None` where all is well."""
    if model.verdict(case).kind != "accept":
        return None
    outcome = model.ask(case)
    return None if isinstance(outcome, Answered) else outcome


def ends_process(outcome: Outcome | None) -> bool:
    """Tell whether the model raised what no server catches, such as SystemExit: it is no subclass of Exception."""
    return isinstance(outcome, Raised) and not outcome.error.is_a("builtins.Exception")


def failure(model: ModelUnderTest, case: Case, outcome: Outcome, what: str) -> Problem:
    """Return the problem of a case that was not answered; `what` says what kind of input it is."""
    verbs = {
        Refused.kind: "is refused by MLflow though the signature allows it",
        Died.kind: "ends the model's process",
        TimedOut.kind: "is not answered in time",
    }
    said = f"makes the model raise {outcome.error}" if isinstance(outcome, Raised) else verbs[outcome.kind]
    if ends_process(outcome):
        said += ", which ends the process of a server"
    return case_problem(
        model,
        case,
        f"{what} {said}"[:400],
        expected=_expectation(model, case),
        happened=explain(outcome),
        outcome=outcome,
        hint=_hint(outcome),
        subject=f"{case.kind} {case.intent.name}",
    )


def _expectation(model: ModelUnderTest, case: Case) -> str:
    if model.signature is None:
        return "an answer: it is the input that the model was saved with"
    return f"an answer: {model.verdict(case).reason}"


def _hint(outcome: Outcome) -> str:
    if isinstance(outcome, TimedOut):
        return "raise time-limit under [tool.mlcheck.contract] if predict needs longer"
    if isinstance(outcome, Died) or ends_process(outcome):
        return "predict must raise an exception instead of ending the process: a server would go down with it"
    return "make predict take it, or correct the signature to what the model really takes"


def first_failures(model: ModelUnderTest, cases: Iterable[Case], what: Callable[[Case], str]) -> Iterator[Problem]:
    """Yield a problem for each cause for which cases that must be answered are not."""
    for group in by_cause(_failures(model, cases)):
        (case, outcome), *others = group
        yield failure(model, case, outcome, what(case) + likewise([other for other, _ in others]))


def _failures(model: ModelUnderTest, cases: Iterable[Case]) -> Iterator[tuple[Case, Outcome]]:
    for case in cases:
        outcome = not_answered(model, case)
        if outcome is not None and _is_answered_otherwise(model, case):
            yield case, outcome
        if isinstance(outcome, TimedOut):
            return  # the others would take as long, each


def _is_answered_otherwise(model: ModelUnderTest, case: Case) -> bool:
    """Tell whether the same rows are answered when written down otherwise: else it is the rows that are to blame."""
    if case.same_as is None or case.intent.place == "param":
        return True
    return isinstance(model.ask(case.same_as), Answered)


def changed_prediction(model: ModelUnderTest, case: Case) -> str | None:
    """Return how the answer to a case differs from that of the case it must equal, `None` where it does not."""
    if case.same_as is None or not model.settings.deterministic:
        return None
    left, right = model.ask(case.same_as), model.ask(case)
    if not (isinstance(left, Answered) and isinstance(right, Answered)):
        return None
    changed = difference(left.output, right.output, tolerance_bytes=4)
    return changed if changed is not None and stays(model, case.same_as, left.output) else None


def answered_alike(model: ModelUnderTest, cases: Iterable[Case], what: Callable[[Case], str]) -> Iterator[Problem]:
    """Yield a problem for each cause for which cases are not answered, or not like the case that they must equal."""
    listed = list(cases)
    yield from first_failures(model, model.ahead(listed), what)
    changes: dict[str, list[tuple[Case, str]]] = {}
    for case in listed:
        changed = changed_prediction(model, case) if model.verdict(case).kind == "accept" else None
        if changed is not None:
            changes.setdefault(case.intent.what, []).append((case, changed))
    for (case, changed), *others in changes.values():
        yield _change(model, case, changed, what(case) + likewise([other for other, _ in others]))


def _change(model: ModelUnderTest, case: Case, changed: str, what: str) -> Problem:
    return case_problem(
        model,
        case,
        f"{what} changes the prediction: {changed}",
        expected="the same prediction as without it",
        happened=f"another prediction: {changed}",
        hint="predict must not depend on how the same input is written down",
        subject=f"{case.kind} {case.intent.name}",
    )


def sentence(case: Case) -> str:
    """Return what kind of input the case is."""
    return f"input where {case.intent.sentence}"
