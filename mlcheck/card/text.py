"""The contract card for people."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mlcheck.card.types import Card, Edges, Group, Input, Json, Output, Parameter, Typical

_WIDTH: Final = 120
_MOST_INPUTS: Final = 60
_MOST_CHOICES: Final = 8
_MOST_DEVIATIONS: Final = 4
_SOURCES: Final = {
    "configuration": "configuration",
    "sample": "data sample",
    "example": "input example",
    "model": "what the model answers",
}
_KINDS: Final = {
    "reordered": "columns in another order",
    "extra-column": "undeclared columns",
    "container": "other containers",
    "upcast": "narrower numbers",
    "optional-absent": "optional parts left out",
    "optional-null": "optional parts null",
    "params-default": "params left out or default",
    "params-value": "typical params",
    "params-unknown": "unknown params",
}
_VIOLATIONS: Final = {
    "container": "wrong containers",
    "dtype": "wrong types",
    "missing": "missing inputs",
    "missing-property": "missing properties",
    "null": "null",
    "narrowing": "wider numbers",
    "rank": "tensors of another rank",
    "dimension": "tensors of another size",
}


def render(card: Card) -> str:
    """Return the card as text that ends with a newline."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(card.versions.items()))
    lines = [card.model, f"  run with {versions}"]
    if card.load_error:
        lines += _wrap(f"does not load: {card.load_error}", 2)
    lines += [line for note in card.notes for line in _wrap(note, 2)]
    for title, part in _parts(card):
        listed = list(part)
        if listed:
            lines += ["", title, *listed]
    return "\n".join(lines) + "\n"


def _parts(card: Card) -> Iterator[tuple[str, Iterable[str]]]:
    hinted = " (from a type hint: MLflow leaves checking them to the model)" if card.from_type_hint else ""
    yield f"inputs{hinted}", _inputs(card.inputs or ())
    yield "params", _params(card.params or ())
    yield "outputs", _outputs(card)
    yield "at the edges of the signature", _all_edges(card)
    yield "must be answered, with the same prediction", _groups(card.accepts, _KINDS)
    yield "must be refused before predict", _groups(card.refuses, _VIOLATIONS)
    yield "behaviour", _behaviour(card)
    yield "time", _times(card)


def _inputs(inputs: Sequence[Input]) -> Iterator[str]:
    for item in inputs[:_MOST_INPUTS]:
        needed = {True: "", False: ", optional", None: f" {item.shape}"}[item.required]
        yield from _declared(item.name, f"{item.type}{needed}", item.typical)
    if len(inputs) > _MOST_INPUTS:
        yield f"  … and {len(inputs) - _MOST_INPUTS} more; --format json has them all"


def _params(params: Sequence[Parameter]) -> Iterator[str]:
    for item in params:
        yield from _declared(item.name, f"{item.type}, default {_show(item.default)}", [item.typical])


def _declared(name: Json, what: str, typical: Sequence[Typical]) -> Iterator[str]:
    told = [_typical(one) for one in typical if one.source in _SOURCES]
    yield from _wrap(f"{_name(name)}  {what}" + (f"  {'; '.join(told)}" if told else ""), 2)


def _typical(typical: Typical) -> str:
    if typical.minimum is not None:
        values = f"{_show(typical.minimum)} to {_show(typical.maximum)}"
    elif typical.pattern:
        values = f"text like {typical.pattern!r}"
    else:
        more = f" and {len(typical.choices) - _MOST_CHOICES} more" if len(typical.choices) > _MOST_CHOICES else ""
        values = ", ".join(map(_show, typical.choices[:_MOST_CHOICES])) + more
    null = ", or null" if typical.nullable else ""
    place = f"{typical.property}: " if typical.property else ""
    return f"{place}{values}{null} ({_SOURCES[typical.source]})"


def _outputs(card: Card) -> Iterator[str]:
    for i, item in enumerate(card.outputs or ()):
        yield from _wrap(f"{_output(item, i)}", 2)
    for seen in card.gives:
        rows = "" if seen.rows is None else f"for {seen.rows} row{'' if seen.rows == 1 else 's'}: "
        yield from _wrap(f"{rows}{seen.text}", 2)


def _output(item: Output, position: int) -> str:
    name = _name(position if item.name is None else item.name)
    shape = f" {item.shape}" if item.shape is not None else ""
    return f"{name}  {item.type}{shape}{', optional' if item.required is False else ''}"


def _all_edges(card: Card) -> Iterator[str]:
    alike: dict[tuple[str, ...], list[str]] = {}
    named = [(_name(item.name), item.edges) for item in card.inputs or ()]
    named += [(f"param {item.name!r}", item.edges) for item in card.params or ()]
    for name, edges in [*named, ("rows", card.rows)]:
        if edges != Edges():
            alike.setdefault(tuple(_edges(edges)), []).append(name)
    for told, names in alike.items():
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        yield from _wrap(", ".join(names[:6]) + more, 2)
        yield from (line for text in told for line in _wrap(text, 4))


def _edges(edges: Edges) -> Iterator[str]:
    if edges.answered:
        yield f"answers {', '.join(edges.answered)}"
    verbs = {"raised": "raises on", "refused": "has MLflow refuse", "died": "dies of", "timed-out": "hangs on"}
    for one in edges.rejected:
        yield f"{verbs.get(one.how, one.how)} {', '.join(one.values)}: {one.error}"


def _groups(groups: Sequence[Group], kinds: Mapping[str, str]) -> Iterator[str]:
    for group in groups:
        yield f"  {kinds.get(group.kind, group.kind.replace('-', ' '))}: {group.kept} of {group.tried}"
        for item in group.deviations[:_MOST_DEVIATIONS]:
            yield from _wrap(f"{item.case}: {item.outcome}", 4)
        if len(group.deviations) > _MOST_DEVIATIONS:
            yield f"    … and {len(group.deviations) - _MOST_DEVIATIONS} more"


def _behaviour(card: Card) -> Iterator[str]:
    for item in card.behaviour:
        answer = {True: "yes", False: "no", None: "not tried"}[item.holds]
        yield from _wrap(f"{item.check}: {answer}{f', {item.says}' if item.says else ''}", 2)


def _times(card: Card) -> Iterator[str]:
    if card.load_seconds:
        yield f"  load: {card.load_seconds:.2f} s"
    for seen in card.gives:
        rows = "predict" if seen.rows is None else f"predict of {seen.rows} row{'' if seen.rows == 1 else 's'}"
        yield f"  {rows}: {seen.seconds * 1000:.1f} ms"


def _name(name: Json) -> str:
    return repr(name) if isinstance(name, str) else f"#{name}"


def _show(value: Json) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wrap(text: str, indent: int) -> list[str]:
    head, tail = " " * indent, " " * (indent + 4)
    clean = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return textwrap.wrap(clean, _WIDTH, initial_indent=head, subsequent_indent=tail, break_on_hyphens=False)
