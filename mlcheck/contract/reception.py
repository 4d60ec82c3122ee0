"""How a model took the edge values of its signature, input by input, and how that is said in few words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlcheck.contract.cases import Case, show_value
from mlcheck.contract.domain import Values
from mlcheck.contract.outcome import Answered, Outcome

if TYPE_CHECKING:
    from mlcheck.contract.cases.types import Place
    from mlcheck.contract.domain import Domain
    from mlcheck.contract.under_test import ModelUnderTest

_ENOUGH_TEXTS: Final = 3


@dataclass(frozen=True, slots=True)
class Reception:
    """What came of the edge values of one column, tensor or param; of the rows as such where `name` is None."""

    place: Place
    name: object
    answered: tuple[Case, ...]
    failed: tuple[tuple[Case, Outcome], ...]


def receive_edges(model: ModelUnderTest, wanted: Callable[[Case], bool]) -> list[Reception]:
    """Return how the model took the wanted ones of its edge cases, in the order of the inputs and params."""
    found: dict[tuple[bool, object], list[tuple[Case, Outcome]]] = {}
    for case in filter(wanted, model.edge_cases):
        key = (case.intent.place == "param", case.intent.name)
        found.setdefault(key, []).append((case, model.ask(case)))
    return [_gather(name, tried) for (_, name), tried in found.items()]


def _gather(name: object, tried: Sequence[tuple[Case, Outcome]]) -> Reception:
    answered = tuple(case for case, outcome in tried if isinstance(outcome, Answered))
    failed = tuple((case, outcome) for case, outcome in tried if not isinstance(outcome, Answered))
    return Reception(tried[0][0].intent.place, name, answered, failed)


def describe_values(cases: Iterable[Case], others: Iterable[Case], domain: Domain) -> tuple[str, ...]:
    """Return what one input was given in the cases, in few words; `others` are those that were taken otherwise.

    Numbers beyond all that was taken otherwise, typical ones included, are told as `-1.0 and less`.
    """
    plain, rest = _split(cases)
    other_plain, _ = _split(others)
    values = _typical_values(plain[0], domain) if plain else None
    texts = [case for case in plain if _is_text(case)]
    words: dict[str, None] = {}
    if values is not None and values.source != "plain" and _are_unseen(texts, other_plain):
        plain = [case for case in plain if not _is_text(case)]
        words["unseen text"] = None
    numbers = list(dict.fromkeys(_given(case) for case in plain if _is_number(case)))
    taken = [_given(case) for case in other_plain if _is_number(case)] + _typical_numbers(values)
    words.update(dict.fromkeys(_describe_numbers(numbers, taken)))
    words.update(dict.fromkeys(label(case) for case in plain if not _is_number(case)))
    told = {show_value(_given(case)) for case in plain}  # of one element, and then of all of them
    rest = [case for case in rest if case.intent.what != "fill" or show_value(_given(case)) not in told]
    words.update(dict.fromkeys(map(label, rest)))
    return tuple(words)


def label(case: Case) -> str:
    """Return what is unusual about the case, as short as can be."""
    intent = case.intent
    if intent.what == "fill":
        return f"{show_value(intent.given)} in every element"
    if intent.place == "property":
        return f"{str(intent.name) + intent.where} as {show_value(intent.given)}"
    if intent.what == "present":
        return "any value"
    if intent.what == "value" and (intent.given is not None or case.edits):
        return show_value(intent.given)
    return f"input where {intent.sentence}"


def _split(cases: Iterable[Case]) -> tuple[list[Case], list[Case]]:
    """Return the cases of one plain value in a column, a tensor or a param, and the others."""
    plain: list[Case] = []
    rest: list[Case] = []
    for case in cases:
        is_plain = case.intent.what == "value" and case.intent.place in {"column", "tensor", "param"}
        (plain if is_plain else rest).append(case)
    return plain, rest


def _typical_values(case: Case, domain: Domain) -> Values | None:
    if case.intent.place == "param":
        return domain.params.get(str(case.intent.name))
    return next((item.leaves.get(()) for item in domain.inputs if item.name == case.intent.name), None)


def _typical_numbers(values: Values | None) -> list[Any]:
    known = (*values.choices, values.low, values.high) if values is not None else ()
    return [value for value in known if _is_finite(value)]


def _are_unseen(texts: Sequence[Case], others: Sequence[Case]) -> bool:
    return len(texts) >= _ENOUGH_TEXTS and not any(map(_is_text, others))


def _describe_numbers(numbers: Sequence[Any], taken: Sequence[Any]) -> Iterable[str]:
    """Yield the numbers one by one, but those beyond all that were taken otherwise together."""
    low = [number for number in numbers if taken and number < min(taken)]
    high = [number for number in numbers if taken and number > max(taken)]
    if len(low) > 1:
        yield f"{show_value(max(low))} and less"
    if len(high) > 1:
        yield f"{show_value(min(high))} and more"
    together = (low if len(low) > 1 else []) + (high if len(high) > 1 else [])
    yield from (show_value(number) for number in numbers if number not in together)


def _is_number(case: Case) -> bool:
    return _is_finite(case.intent.given)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(case: Case) -> bool:
    return isinstance(case.intent.given, str)


def _given(case: Case) -> Any:
    return case.intent.given
