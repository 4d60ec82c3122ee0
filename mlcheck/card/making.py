"""Model under test → contract card, by the cases and the checks of a contract run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from mlcheck.card.seeing import see_outputs
from mlcheck.card.types import (
    Behaviour,
    Card,
    Deviation,
    Edges,
    Group,
    Input,
    Json,
    Output,
    Parameter,
    Rejected,
    Typical,
)
from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case, show_value
from mlcheck.contract.checking import run_check
from mlcheck.contract.checks import load_checks
from mlcheck.contract.checks.answering import changed_prediction
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.checks.steady import needs_typical_row
from mlcheck.contract.conversation import is_conversation
from mlcheck.contract.domain import Values
from mlcheck.contract.outcome import Answered, Outcome, Raised, Refused
from mlcheck.contract.outputs import describe_schema
from mlcheck.contract.reception import Reception, describe_values, receive_edges
from mlcheck.records import replace
from mlcheck.signature import Column, Signature, Tensor

if TYPE_CHECKING:
    from mlcheck.contract.domain import Domain, InputDomain
    from mlcheck.contract.under_test import ModelUnderTest

_LONGEST_ERROR: Final = 300
_ROWS: Final = None


def make_card(model: ModelUnderTest) -> Card:
    """Return the contract card of a model: its process is started, and asked all that the checks would ask."""
    model.one_by_one = True  # for the card tells what each column takes
    outcome = model.load()
    card = Card(model.folder.name, dict(model.process.versions))
    if isinstance(outcome, Answered):
        card = replace(card, load_seconds=round(outcome.seen.seconds, 3))
    else:
        card = replace(card, load_error=say_outcome(outcome))
    signature = model.signature
    if signature is None:
        why = "a chat model or agent" if is_conversation(model.folder) else "no signature that can be read"
        return replace(card, notes=(f"{why}: there is nothing to hold the model to",))
    card = _declare(card, signature, model.domain)
    return card if card.load_error else _look(card, model)


def _look(card: Card, model: ModelUnderTest) -> Card:
    """Return the card with what the model was seen to do."""
    card = replace(card, behaviour=tuple(_behaviour(model)))
    if not make.can_call(model.domain):
        return replace(card, notes=("no input can be made from this signature",))
    card = replace(card, gives=tuple(see_outputs(model)), refuses=tuple(_groups(model, model.violation_cases)))
    try:
        needs_typical_row(model)
    except CheckSkipped:
        answer = model.ask(model.enumerated_typical_cases[0])
        return replace(card, notes=(f"typical input is not answered: {say_outcome(answer)}",))
    return replace(_with_edges(card, model), accepts=tuple(_groups(model, _variations(model))))


# --- what is declared ------------------------------------------------------------------------------------


def _declare(card: Card, signature: Signature, domain: Domain) -> Card:
    inputs = tuple(_input(item) for item in domain.inputs) if signature.inputs is not None else None
    params = None
    if signature.params is not None:
        params = tuple(
            Parameter(item.name, str(item), to_json(item.default), _typical((), domain.params[item.name]), Edges())
            for item in signature.params
        )
    outputs = None
    if signature.outputs is not None:
        outputs = tuple(Output(to_json(spec.name), *_type(spec)) for spec in signature.outputs)
    takes = describe_schema(signature.inputs) if signature.inputs is not None else ""
    return replace(
        card, takes=takes, inputs=inputs, params=params, outputs=outputs, from_type_hint=signature.from_type_hint
    )


def _input(item: InputDomain) -> Input:
    typical = tuple(_typical(path, values) for path, values in item.leaves.items())
    return Input(to_json(item.name), *_type(item.spec), typical, Edges())


def _type(spec: Column | Tensor) -> tuple[str, bool | None, tuple[int, ...] | None]:
    if isinstance(spec, Tensor):
        return spec.dtype, None, spec.shape
    return str(spec.type), bool(spec.required), None


def _typical(path: Sequence[str], values: Values) -> Typical:
    return Typical(
        property=".".join(path),
        source=values.source,
        choices=tuple(map(to_json, values.choices)),
        minimum=to_json(values.low),
        maximum=to_json(values.high),
        pattern=values.pattern,
        nullable=values.contains(None),
    )


def to_json(value: Any) -> Json:
    """Return a value as JSON has it, or as text for people."""
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return show_value(value)
    return value if value is None or isinstance(value, str | int | float | bool) else show_value(value)


# --- what was seen ---------------------------------------------------------------------------------------


def _with_edges(card: Card, model: ModelUnderTest) -> Card:
    found = {(one.place == "param", one.name): one for one in receive_edges(model, lambda _: True)}

    def edges(name: object, *, of_param: bool = False) -> Edges:
        reception = found.get((of_param, name))
        return _edges(reception, model.domain) if reception is not None else Edges()

    inputs = tuple(
        replace(item, edges=edges(known.name))
        for item, known in zip(card.inputs or (), model.domain.inputs, strict=True)
    )
    params = tuple(replace(item, edges=edges(item.name, of_param=True)) for item in card.params or ())
    return replace(
        card,
        inputs=inputs if card.inputs is not None else None,
        params=params if card.params is not None else None,
        rows=edges(_ROWS),
    )


def _edges(reception: Reception, domain: Domain) -> Edges:
    by_words: dict[tuple[str, str], list[Case]] = {}
    for case, outcome in reception.failed:
        by_words.setdefault((outcome.kind, _kind_of_error(outcome)), []).append(case)
    everything = [*reception.answered, *(case for case, _ in reception.failed)]
    first = {id(case): outcome for case, outcome in reception.failed}
    rejected = tuple(
        Rejected(
            describe_values(cases, [case for case in everything if case not in cases], domain),
            how,
            say_outcome(first[id(cases[0])]),
        )
        for (how, _), cases in by_words.items()
    )
    return Edges(describe_values(reception.answered, (case for case, _ in reception.failed), domain), rejected)


def _kind_of_error(outcome: Outcome) -> str:
    return outcome.error.type if isinstance(outcome, Raised | Refused) else ""


def _variations(model: ModelUnderTest) -> Iterator[Case]:
    """Yield the cases that must be answered as the plain rows are, in the order in which the card tells of them."""
    domain, limit = model.domain, model.enumerated
    yield from make.reordered_cases(domain)
    yield from make.extra_column_cases(domain)
    yield from make.container_cases(domain)
    yield from make.upcast_cases(domain, limit=limit)
    yield from make.optional_cases(domain, limit=limit)
    yield from make.params_cases(domain, limit=limit)


def _groups(model: ModelUnderTest, cases: Iterable[Case]) -> Iterator[Group]:
    """Yield the cases by kind; those on which the contract is silent are left out."""
    kinds: dict[str, list[Case]] = {}
    for case in cases:
        if model.verdict(case).kind != "unspecified":
            kinds.setdefault(case.intent.what if case.kind == "violation" else case.kind, []).append(case)
    for kind, alike in kinds.items():
        said = [(case, _deviation(model, case)) for case in alike]
        deviations = tuple(Deviation(str(case.intent), text) for case, text in said if text is not None)
        yield Group(kind, len(alike), len(alike) - len(deviations), deviations)


def _deviation(model: ModelUnderTest, case: Case) -> str | None:
    """Return what came of a case that was not taken as it must be, None where it was."""
    outcome = model.ask(case)
    if model.verdict(case).kind == "refuse":
        return None if isinstance(outcome, Refused) else say_outcome(outcome)
    if not isinstance(outcome, Answered):
        return say_outcome(outcome)
    changed = changed_prediction(model, case)
    return None if changed is None else f"another prediction: {changed}"


def _behaviour(model: ModelUnderTest) -> Iterator[Behaviour]:
    for check in load_checks().values():
        if check.code.startswith("MLC9"):
            try:
                said = [finding.message for finding in run_check(check, model)]
                yield Behaviour(check.code, check.name, not said, "; ".join(said))
            except CheckSkipped as reason:
                yield Behaviour(check.code, check.name, None, str(reason))


def say_outcome(outcome: Outcome) -> str:
    """Return in one line what came of a call."""
    text = " ".join(str(outcome.error if isinstance(outcome, Raised | Refused) else outcome).split())
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"
