"""What the signature allows and few have thought of: it is survived, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.answering import ends_process, failure, not_answered, sentence
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import needs_typical_row
from mlcheck.contract.compare import row_count
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Died, Raised, TimedOut
from mlcheck.contract.reception import Reception, describe_values, label, receive_edges
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity

_HUGE: Final = 1e300


@check("MLC608", Severity.ERROR, since="0.1.0")
def survives_edge_values(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when no value that the signature allows ends the process or hangs predict.

    ## What is done
    Every column, tensor and param in turn gets the edge values of its type: NaN, infinities, the largest and
    smallest numbers, empty and long strings, far dates, unseen categories, zero rows. Of more than a hundred, some
    are tried one by one and the others many in one call, which is halved as long as it is not answered.

    ## Why does it matter?
    An exception is an answer that a server can pass on. A dead or hanging process takes other requests with it.

    ## What to do
    Check values before they reach native code, and bound loops that depend on them.

    ## Based on
    https://github.com/mlflow/mlflow/issues/3683
    """
    needs_typical_row(model)
    seen: set[object] = set()
    for case in model.edge_cases:
        outcome = not_answered(model, case) if case.intent.name not in seen else None
        if outcome is not None and (isinstance(outcome, (Died, TimedOut)) or ends_process(outcome)):
            seen.add(case.intent.name)
            yield failure(model, case, outcome, sentence(case))


@check("MLC609", Severity.WARNING, since="0.1.0")
def accepts_all_the_signature_allows(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the model answers the edge values that its signature allows; else the signature is too wide.

    ## What is done
    The same edge values as in `survives-edge-values`. What the model raises on is gathered: one finding for all
    columns that behave alike, with what they reject and what they accept.

    ## Why does it matter?
    MLflow lets these values through, so callers meet the model's own exception instead of a clear refusal.

    ## What to do
    Handle the values in the model, declare a narrower type, or say in the configuration what values there are.
    With `--strict` this is an error.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4827, https://github.com/mlflow/mlflow/issues/6783
    """
    needs_typical_row(model)

    def is_promised(case: Case) -> bool:
        # Whoever has said what values there are has promised no others.
        return model.verdict(case).kind == "accept" and str(case.intent.name) not in model.settings.domain

    groups: dict[tuple[str, ...], list[Reception]] = {}
    for reception in receive_edges(model, is_promised):
        labels = tuple(dict.fromkeys(label(case) for case, _ in _raised(reception)))
        if labels:
            groups.setdefault(labels, []).append(reception)
    for alike in groups.values():
        yield _too_wide(model, alike)


def _raised(reception: Reception) -> list[tuple[Case, Raised]]:
    """Return what the model raised on; what would end a server is said by `survives-edge-values`."""
    failed = [(case, outcome) for case, outcome in reception.failed if isinstance(outcome, Raised)]
    return [(case, outcome) for case, outcome in failed if not ends_process(outcome)]


def _too_wide(model: ModelUnderTest, alike: list[Reception]) -> Problem:
    first, raised = alike[0], _raised(alike[0])
    case, outcome = raised[0]
    rejected = describe_values((one for one, _ in raised), first.answered, model.domain)
    accepted = describe_values(first.answered, (one for one, _ in raised), model.domain)
    who = _name_inputs([one.name for one in alike], case)
    also = f"; accepts {_listed(accepted)}" if accepted and who != "it" else ""
    both = f"rejected: {', '.join(rejected)}; accepted: {', '.join(accepted) or 'none of those tried'}"
    return case_problem(
        model,
        case,
        f"the signature is wider than the model: {who} rejects {_listed(rejected)}{also}"[:500],
        expected=f"an answer: {model.verdict(case).reason}",
        happened=f"{explain(outcome)}; {both}",
        outcome=outcome,
        hint="handle these values, declare a narrower type, or name the real values in [tool.mlcheck.domain]",
        subject=f"{who}: {', '.join(label(one) for one, _ in raised)}",
        severity=Severity.NOTE if all(_is_far_out(one) for one, _ in raised) else None,
    )


def _is_far_out(case: Case) -> bool:
    """Tell whether hardly anyone asks for it: most of scikit-learn answers no infinity and no table without rows."""
    given = case.intent.given
    huge = isinstance(given, float) and abs(given) >= _HUGE
    return huge or row_count(case.data) == 0


def _listed(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - 5} more" if len(labels) > 6 else ""
    return ", ".join(labels[:5] if more else labels) + more


def _name_inputs(names: list[object], case: Case) -> str:
    if names == [None]:
        return "it"
    listed = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{case.intent.place} {listed}" if len(names) == 1 else f"each of {listed}"
