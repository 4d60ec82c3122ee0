"""Turns a case that went wrong into a problem for people: case, expectation, what happened, how to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcheck.contract.cases import Case
from mlcheck.contract.outcome import Answered, Outcome, Raised, Refused, Served
from mlcheck.contract.outputs import describe_output
from mlcheck.contract.snippet import load_snippet, predict_snippet, show_case
from mlcheck.document import Document
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder

if TYPE_CHECKING:
    from mlcheck.contract.under_test import ModelUnderTest

_LAST_LINES = 12


def case_problem(
    model: ModelUnderTest,
    case: Case,
    message: str,
    *,
    expected: str,
    happened: str,
    outcome: Outcome | None = None,
    hint: str = "",
    subject: str = "",
    field: str = "inputs",
    severity: Severity | None = None,
) -> Problem:
    """Return a problem that shows a case; `field` is the part of the signature that it breaks."""
    details = [("case", show_case(case.data, case.params)), ("expected", expected), ("happened", happened)]
    if outcome is not None and not isinstance(outcome, Answered):
        details += _evidence(outcome)
    snippet = predict_snippet(model.folder.name, case.data, case.params, comment=f"expected: {_one_line(expected)}")
    return Problem(
        message=message,
        location=signature_place(model.folder, field, case.intent.name if field == "inputs" else None),
        hint=hint,
        subject=subject,
        severity=severity,
        reproduce=_name_interpreter(model, snippet),
        details=tuple(details),
    )


def load_problem(
    model: ModelUnderTest, message: str, outcome: Outcome, *, hint: str = "", subject: str = ""
) -> Problem:
    """Return a problem of loading the model."""
    details = [("expected", "mlflow.pyfunc.load_model returns the model"), ("happened", explain(outcome))]
    return Problem(
        message=message,
        location=loader_place(model.folder),
        hint=hint,
        subject=subject,
        reproduce=_name_interpreter(model, load_snippet(model.folder.name)),
        details=(*details, *_evidence(outcome)),
    )


def _name_interpreter(model: ModelUnderTest, snippet: str) -> str:
    python = model.host.interpreter.python
    return f"# with {python}\n{snippet}" if python else snippet


def explain(outcome: Outcome | Served) -> str:
    """Return what happened, in the model's own words where it has said something."""
    if isinstance(outcome, Answered):
        return f"answered {describe_output(outcome.output)}"
    if isinstance(outcome, (Raised, Refused)):
        who = "the model raised" if isinstance(outcome, Raised) else "MLflow refused the input"
        return f"{who} {outcome.error}"
    return str(outcome)


def _evidence(outcome: Outcome) -> list[tuple[str, str]]:
    found = []
    if isinstance(outcome, Raised) and outcome.error.traceback:
        found.append(("traceback", _tail(outcome.error.traceback)))
    if outcome.seen.stderr.strip():
        found.append(("stderr", _tail(outcome.seen.stderr)))
    return found


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LAST_LINES:])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def signature_place(folder: ModelFolder, field: str, name: object = None) -> Location:
    """Return where the signature says it: the line of `inputs`, `outputs` or `params`, with a pointer to the item."""
    document = folder.mlmodel
    if document is None:
        return Location(MLMODEL, 1, 1)
    embedded = folder.signature_documents.get(field)
    position = _position(embedded, name) if embedded is not None and name is not None else None
    if embedded is not None and position is not None:
        return embedded.locate(position)
    return document.locate("signature", field)


def _position(document: Document, name: object) -> int | None:
    items = document.data if isinstance(document.data, list) else []
    for index, item in enumerate(items):
        if isinstance(item, dict) and item.get("name") == name:
            return index
    return None


def loader_place(folder: ModelFolder) -> Location:
    """Return the line that says how the model is loaded."""
    document = folder.mlmodel
    if document is None:
        return Location(MLMODEL, 1, 1)
    return document.locate("flavors", "python_function", "loader_module")
